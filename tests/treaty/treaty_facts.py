"""Lawful facts for each agreement and kind of message; a test changes the one thing it is about."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from policies.decision import Decision
from policies.loading import load_packs
from policies.packset import PackSet

Facts = dict[str, Any]

KZ_RU = "kz-ru-mvd-2008"
KZ_TM = "kz-tm-2024"
OPENERS = ("request", "information", "consultation", "amendment_notice")
REQUESTERS = ("authenticity_answer", "conditions_answer", "confidentiality_answer", "withdrawal", "closure")
GIVERS = ("use_report_query", "data_correction")
HOLDERS = ("use_report", "data_destruction", "disclosure_notice")
EXECUTORS = (
    *("acknowledgement", "authenticity_query", "clarification_query", "obstacle_notice"),
    *("competence_notice", "confidentiality_query", "refusal", "result"),
)
REPLIES = (*EXECUTORS, "clarification_answer", *REQUESTERS, *GIVERS, *HOLDERS)
KINDS = (*OPENERS, *REPLIES)
"""Kinds that every agreement allows, be it by the baseline: all but `transfer` and `transfer_order`."""

_COMMON: Facts = {
    "act": "send",
    "kind": "request",
    "agreement_in_force": True,
    "agreement_status": "in_force",
    "started_in_force": False,
    "case_transition_allowed": True,
    "transfer_recipient_listed": True,
    "sender_role": "none",
    "recipient_role": "none",
    "agreement_replaced": False,
    "sender": "kz/mia",
    "sender_state": "KZ",
    "sender_listed": True,
    "recipient_listed": True,
    "parties_match": True,
    "multiple_recipients": 1,
    "subject": "narcotics",
    "matter_excluded": "none",
    "oral": False,
    "oral_confirms": False,
    "requested_authority_known": True,
    "official_signature": "head",
    "seal": True,
    "sender_state_language": "kk",
    "language_agreed": False,
    "level": "restricted",
    "level_set_by_originator": True,
    "level_changed": "none",
    "caveats": [],
    "purpose": "criminal-case",
    "purpose_declared": True,
    "onward": False,
    "sources": [],
    "confidentiality_of_request": False,
}
_OF: dict[str, Facts] = {
    KZ_RU: {
        "recipient": "ru/mia",
        "recipient_state": "RU",
        "recipient_state_language": "ru",
        "form": "crime_and_person_information",
        "languages": ["ru"],
        "translation_languages": ["ru"],
        "elements": [
            "requesting_authority",
            "requested_authority",
            "circumstances",
            "purpose",
            "grounds",
            "content",
        ],
    },
    KZ_TM: {
        "recipient": "tm/mia",
        "recipient_state": "TM",
        "recipient_state_language": "tk",
        "form": "request_execution",
        "languages": ["kk"],
        "translation_languages": ["kk", "ru"],
        "elements": [
            "requesting_authority",
            "requested_authority",
            "grounds",
            "circumstances",
            "content",
            "certified_copy",
            "legal_text",
        ],
    },
}
_REPLY: Facts = {
    "in_reply_to_known": True,
    "reply_agreement_same": True,
    "case_role": "executor",
    "started_in_force": True,
    "oral_unconfirmed": False,
    "partial": False,
}
_OF_KIND: dict[str, Facts] = {
    **{kind: {"case_role": "requester"} for kind in ("clarification_answer", *REQUESTERS)},
    **{kind: {"case_role": "requester", "query_role_of_giver": True} for kind in GIVERS},
    **{kind: {"case_role": "executor", "query_role_of_giver": False} for kind in HOLDERS},
    "obstacle_notice": {"deferral": False},
    "refusal": {
        "refusal_ground": "security",
        "refusal_reason_given": True,
        "refusal_written": True,
        "consultation_held": True,
    },
}


@cache
def packs() -> PackSet:
    """The packs shipped, loaded once."""
    return load_packs()


def message(agreement: str, kind: str = "request", **changes: Any) -> Facts:
    """Facts of a lawful message of a kind, with changes; a change to None makes the fact unknown."""
    facts = {**_COMMON, **_OF[agreement], "agreement": agreement, "kind": kind}
    if kind in REPLIES:
        facts |= _REPLY
    return changed(facts | _OF_KIND.get(kind, {}), **changes)


def act(agreement: str, name: str, **changes: Any) -> Facts:
    """Facts of a lawful act on a received result: collect, use, change_level."""
    facts = message(agreement, "result", act=name, purpose_same=True, compelled_disclosure=False)
    facts |= {"clearance": "confidential", "changed_by_originator": False}
    return changed(facts, **changes)


def source(agreement: str, originator: str, **changes: Any) -> Facts:
    """A source without any grant, received under an agreement from an authority."""
    facts = {"agreement": agreement, "originator": originator, "grant_verified": False}
    return changed(facts | {"recipient_is_originator": False}, **changes)


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
