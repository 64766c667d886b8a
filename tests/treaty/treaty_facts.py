"""Lawful facts for each agreement and kind of message; a test changes the one thing it is about."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from lawful import (
    AGREEMENTS,
    COMMON,
    EXECUTORS,
    GIVERS,
    HOLDERS,
    KINDS,
    KINDS_WITH_OR_WITHOUT_TEXT,
    KINDS_WITH_TEXT,
    KZ_AZ,
    KZ_JO,
    KZ_RU,
    KZ_TM,
    OF,
    OF_KIND,
    OPENERS,
    PARTICULAR,
    PERSONAL,
    REPLIES,
    REPLY,
    REQUESTERS,
    SCO,
    TRANSFER,
    Facts,
)

from policies.decision import Decision
from policies.loading import load_packs
from policies.packset import PackSet

__all__ = [
    "AGREEMENTS",
    "EXECUTORS",
    "GIVERS",
    "HOLDERS",
    "KINDS",
    "KINDS_WITH_OR_WITHOUT_TEXT",
    "KINDS_WITH_TEXT",
    "KZ_AZ",
    "KZ_JO",
    "KZ_RU",
    "KZ_TM",
    "OPENERS",
    "PERSONAL",
    "REPLIES",
    "REQUESTERS",
    "SCO",
    "Facts",
    "act",
    "assert_denied",
    "assert_denied_then_cured",
    "assert_permitted",
    "assert_unknown_denies",
    "changed",
    "decide",
    "ended",
    "granted",
    "message",
    "obligation_codes",
    "packs",
    "remedied",
    "source",
    "transfer",
    "without",
]


@cache
def packs() -> PackSet:
    """The packs shipped, loaded once."""
    return load_packs()


def message(agreement: str, kind: str = "request", **changes: Any) -> Facts:
    """Facts of a lawful message of a kind, with changes; a change to None makes the fact unknown."""
    facts = {**COMMON, **OF[agreement], "agreement": agreement, "kind": kind}
    if kind in REPLIES:
        facts |= REPLY
    return changed(facts | OF_KIND.get(kind, {}) | PARTICULAR.get((agreement, kind), {}), **changes)


def transfer(agreement: str, **changes: Any) -> Facts:
    """Facts of a request that is passed on to another listed authority of the executor's own state."""
    return changed(message(agreement, "transfer", **TRANSFER), **changes)


def ended(agreement: str, kind: str, **changes: Any) -> Facts:
    """Facts of a message of a case that was open when the agreement ended."""
    over = {"agreement_in_force": False, "agreement_status": "ended", "started_in_force": True}
    return message(agreement, kind, **(over | changes))


def act(agreement: str, name: str, **changes: Any) -> Facts:
    """Facts of a lawful act on a received result: collect, use, change_level."""
    facts = message(agreement, "result", act=name, purpose_same=True, compelled_disclosure=False)
    facts |= {"clearance": "confidential", "changed_by_originator": False}
    return changed(facts, **changes)


def source(agreement: str, originator: str, **changes: Any) -> Facts:
    """A source without any grant, received under an agreement from an authority."""
    facts: Facts = {"agreement": agreement, "originator": originator, "grant_verified": False}
    facts |= {"recipient_is_originator": False, "same_state": False}
    return changed(facts | {"personal_data": False, "agreement_ended": False}, **changes)


def granted(agreement: str, originator: str, **changes: Any) -> Facts:
    """A source with a verified prior grant that names the recipient."""
    grant = {"grant_verified": True, "grant_prior": True, "beneficiary_matches": True}
    return source(agreement, originator, **(grant | changes))


def changed(facts: Facts, **changes: Any) -> Facts:
    """The facts with changes; None takes a fact away."""
    return {name: value for name, value in (facts | changes).items() if value is not None}


def without(element: str, facts: Facts) -> Facts:
    """The facts without one element of the request."""
    return facts | {"elements": [name for name in facts["elements"] if name != element]}


def decide(facts: Facts) -> Decision:
    """Decide by the packs shipped."""
    return packs().decide(facts)


def assert_permitted(facts: Facts, *provisions: str) -> Decision:
    """The act is permitted, citing the provisions."""
    decision = decide(facts)
    assert decision.permitted, decision.reasons
    assert set(provisions) <= set(decision.provisions)
    assert decision.reasons == decision.missing == decision.remedies == ()
    return decision


def assert_denied(facts: Facts, provision: str, *others: str, exactly: bool = False) -> Decision:
    """The act is denied with `provision` decisive (cited first) and the others cited too."""
    decision = decide(facts)
    assert not decision.permitted
    assert decision.provisions[0] == provision
    assert set(others) <= set(decision.provisions)
    assert not exactly or set(decision.provisions) == {provision, *others}
    return decision


def assert_denied_then_cured(facts: Facts, provision: str, *others: str) -> Decision:
    """The act is denied for exactly these provisions, and lawful once its structured remedies hold."""
    decision = assert_denied(facts, provision, *others, exactly=True)
    assert decide(remedied(facts, decision)).permitted, decide(remedied(facts, decision)).reasons
    return decision


def remedied(facts: Facts, decision: Decision) -> Facts:
    """The facts after every structured remedy of a denial."""
    cured = dict(facts)
    for remedy in decision.remedies:
        for name, value in remedy.set.items():
            if name.startswith("source."):
                cured["sources"] = [one | {name.removeprefix("source."): value} for one in cured["sources"]]
            else:
                cured[name] = value
        for name, codes in remedy.add.items():
            cured[name] = [*cured.get(name, []), *codes]
    return cured


def obligation_codes(decision: Decision) -> set[str]:
    """Codes of a decision's obligations."""
    return {obligation.code for obligation in decision.obligations}


def assert_unknown_denies(facts: Facts, provision: str, names: Iterable[str]) -> None:
    """Taking any one of the facts away denies and names it."""
    for name in names:
        decision = decide(changed(facts, **{name: None}))
        assert not decision.permitted, name
        assert name in decision.missing
        reasons = [reason for reason in decision.reasons if name in reason.missing]
        assert provision in {reason.provision for reason in reasons}, (name, reasons)
