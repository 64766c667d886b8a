"""What-if questions: a decision on facts that are only supposed, touching nothing."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from policies.authorities import Notified, Published, listing, role_of
from policies.cure import Cure, find_cure
from policies.decision import Decision
from policies.errors import PackError
from policies.facts import FactValue, check_facts
from policies.loading import load_packs, read_facts
from policies.packs import Pack
from policies.packset import PackSet
from policies.parties import parties_match
from policies.status import Activation, Withdrawal, in_force


class Records(Struct, frozen=True):
    """What a node has on record beside the packs, for questions about a day.

    Args:
        activations, withdrawals: statements about agreements' entry into force and end.
        notices, published: statements about lists of authorities.
    """

    activations: tuple[Activation, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    notices: tuple[Notified, ...] = ()
    published: tuple[Published, ...] = ()


NOTHING_RECORDED = Records()


class Simulated(Struct, frozen=True):
    """The answer to a what-if question.

    Args:
        decision: the decision.
        cure: for a denial, the smallest change that would make it lawful.
        filled_in: facts that followed from the day asked about; the question left them out.
    """

    decision: Decision
    cure: Cure | None
    filled_in: dict[str, Any]

    def to_json(self, language: str | None = None) -> bytes:
        """Encode as JSON: the decision's members, `cure` and, if any, `filled_in`.

        Args:
            language: ISO 639 code of the only language wanted; None gives all.
        """
        decision = self.decision if language is None else self.decision.in_language(language)
        told: dict[str, Any] = dict(_members.decode(decision.to_json()))
        told["cure"] = self.cure if self.cure is None or language is None else self.cure.in_language(language)
        if self.filled_in:
            told["filled_in"] = self.filled_in
        return msgspec.json.encode(told, order="deterministic")


_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def simulate(
    packs: PackSet,
    facts: Mapping[str, FactValue],
    on_date: date | None = None,
    records: Records = NOTHING_RECORDED,
) -> Simulated:
    """Decide on supposed facts, as of a day if one is named.

    Args:
        packs: packs to decide by.
        facts: the facts supposed. What they state stands, whatever the day.
        on_date: civil date, in the agreement's zone, for which its status and its lists are filled in.
        records: what is on record about them.

    Raises:
        FactsError: a fact is not in the catalogue or has the wrong type.
    """
    check_facts(facts)
    filled_in = {} if on_date is None else facts_of_day(packs, facts, on_date, records)
    known = {**filled_in, **facts}
    decision = packs.decide(known)
    return Simulated(decision, find_cure(packs, known, decision), filled_in)


def facts_of_day(
    packs: PackSet, facts: Mapping[str, Any], on_date: date, records: Records = NOTHING_RECORDED
) -> dict[str, FactValue]:
    """The facts about agreement, parties and lists that follow from a day and are not stated.

    Args:
        packs: packs to decide by.
        facts: what is stated; `agreement`, `sender` and `recipient` say what is asked about.
        on_date: civil date in the agreement's zone.
        records: what is on record.

    Returns:
        Those among as_of, agreement_in_force, agreement_status, parties_match and, for each end, its state,
        role and place on the list that follow; only `as_of` for an agreement that is not known.
    """
    day: dict[str, FactValue] = {"as_of": on_date.isoformat()}
    try:
        pack = packs.pack(str(facts.get("agreement")))
    except PackError:
        return _unstated(day, facts)
    if pack.in_force is None:
        return _unstated(day, facts)
    for end in ("sender", "recipient"):
        if isinstance(facts.get(end), str):
            day |= _facts_of_end(pack, end, str(facts[end]), on_date, records)
    stated = {**day, **facts}
    states = tuple(str(stated[name]) for name in ("sender_state", "recipient_state") if name in stated)
    both = (states[0], states[1]) if len(states) == 2 else None
    day |= in_force(pack, records.activations, on_date, records.withdrawals, both).facts()
    if both and "sender" in facts and "recipient" in facts:
        sides = (str(facts["sender"]), both[0], str(facts["recipient"]), both[1])
        day["parties_match"] = parties_match(pack, *sides)
    return _unstated(day, facts)


def _facts_of_end(
    pack: Pack, end: str, authority: str, on_date: date, records: Records
) -> dict[str, FactValue]:
    listed = listing(pack, authority, on_date, records.notices, records.published)
    return {
        f"{end}_state": authority.partition("/")[0].upper(),
        f"{end}_role": role_of(pack, authority),
        f"{end}_listed": listed.listed,
    }


def _unstated(day: dict[str, FactValue], facts: Iterable[str]) -> dict[str, FactValue]:
    return {name: value for name, value in day.items() if name not in set(facts)}


def decide_file(path: Path | str, packs: PackSet | None = None, on_date: date | None = None) -> Simulated:
    """Decide on the facts in a JSON file (docs/facts.schema.json).

    Args:
        path: the file.
        packs: packs to decide by; default: those shipped.
        on_date: as for `simulate`, with nothing on record beside the packs.

    Raises:
        FactsError: the file holds no object, or facts outside the catalogue.
        PackError: the shipped packs do not load.
        OSError: the file cannot be read.
    """
    return simulate(packs or load_packs(), read_facts(path), on_date)
