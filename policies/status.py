"""Whether an agreement binds two parties on a day: computed here, handed to the decision as facts.

A bilateral agreement binds and ends for both sides at once. Under a multilateral one each party has its own
date, leaves alone, and the others stay bound to each other. An agreement that has *ended* is told apart from
one that never was in force: what was started under it, and what was received, may still matter.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations
from typing import Literal

from msgspec import Struct

from policies.civil import add_months
from policies.documents import EntryIntoForce, Multilateral, Party
from policies.errors import PackError
from policies.packs import Pack

StatusName = Literal["in_force", "not_in_force", "ended"]


class Activation(Struct, frozen=True):
    """Two administrators' statement that an agreement entered into force.

    Args:
        agreement: agreement id.
        from_date: civil date, in the pack's zone, from which it binds; of a party's own, the day on which the
            depositary received its notification or instrument.
        reference: the notification it rests on.
        party: state whose own date this is, under a multilateral agreement; None for the whole agreement.
        confirms: what was confirmed besides (`EntryIntoForce.activation_asks`).
    """

    agreement: str
    from_date: date
    reference: str
    party: str | None = None
    confirms: tuple[str, ...] = ()


class Withdrawal(Struct, frozen=True):
    """A notice of leaving.

    Args:
        agreement: agreement id.
        received: civil date on which the other party, or the depositary, received the notice.
        reference: the notice.
        party: state that leaves; needed under a multilateral agreement, where a notice without it counts for
            nobody.
        effective: date that the notice itself proposes; never earlier than the months of notice allow.
    """

    agreement: str
    received: date
    reference: str
    party: str | None = None
    effective: date | None = None


class InForce(Struct, frozen=True):
    """Whether an agreement is in force; true or false in a condition.

    Args:
        in_force: the answer.
        since: date it bound from, if it ever did by the day asked about.
        reference: what that rests on; for an ended agreement, the notice of leaving.
        provision: provision id that rules on it.
        status: the answer, with an ended agreement told apart from one that never was in force.
        until: first date on which it binds no longer, if a notice of leaving is on record.
    """

    in_force: bool
    since: date | None
    reference: str | None
    provision: str
    status: StatusName = "not_in_force"
    until: date | None = None

    def __bool__(self) -> bool:
        """Return the answer."""
        return self.in_force

    def facts(self) -> dict[str, bool | str]:
        """The facts of a decision that follow: `agreement_in_force` and `agreement_status`."""
        return {"agreement_in_force": self.in_force, "agreement_status": self.status}


class Bound(Struct, frozen=True):
    """From when and until when a party, or both of them, are bound; `until` is the first day they are not."""

    since: date
    reference: str
    provision: str
    until: date | None = None
    left_by: str | None = None


def in_force(
    pack: Pack,
    activations: Iterable[Activation],
    on_date: date,
    withdrawals: Iterable[Withdrawal] = (),
    parties: tuple[str, str] | None = None,
) -> InForce:
    """Tell whether an agreement is in force between two parties on a civil date.

    Args:
        pack: the agreement's pack.
        activations: all on record; those of other agreements, and those that leave out what the pack asks to
            be confirmed, are ignored. An agreement whose own text dates its entry into force needs none, and
            none can move that date.
        on_date: civil date in the pack's zone (`pack.in_force.zone`).
        withdrawals: all notices of leaving on record.
        parties: states of the two sides; None asks whether it binds any two.

    Returns:
        The answer with its ground.

    Raises:
        PackError: the pack is the baseline, which is no agreement.
    """
    terms = pack.in_force
    if terms is None:
        raise PackError(pack.id, "is no agreement")
    stated = [item for item in activations if item.agreement == pack.id and _complete(terms, item)]
    notices = [item for item in withdrawals if item.agreement == pack.id]
    if terms.multilateral is None:
        return _on(pack, terms, _both(terms, stated, notices), on_date)
    bounds = _each(pack, terms, terms.multilateral, stated, notices)
    pairs = [parties] if parties else list(combinations(bounds, 2))
    answers = [_on(pack, terms, _between(bounds.get(a), bounds.get(b)), on_date) for a, b in pairs if a != b]
    return min(answers, key=_best, default=_on(pack, terms, None, on_date))


def _complete(terms: EntryIntoForce, item: Activation) -> bool:
    return set(terms.activation_asks) <= set(item.confirms)


def _best(answer: InForce) -> tuple[int, date]:
    return ("in_force", "ended", "not_in_force").index(answer.status), answer.since or date.max


def _on(pack: Pack, terms: EntryIntoForce, bound: Bound | None, on_date: date) -> InForce:
    """The answer for a day, from when it binds and until when."""
    if bound is None or on_date < bound.since or (bound.until is not None and bound.until <= bound.since):
        return InForce(in_force=False, since=None, reference=None, provision=pack.cite(terms.provision))
    if bound.until is not None and bound.until <= on_date:
        leaving = pack.cite(terms.leaving or terms.provision)
        return InForce(
            in_force=False,
            since=bound.since,
            reference=bound.left_by,
            provision=leaving,
            status="ended",
            until=bound.until,
        )
    return InForce(
        in_force=True,
        since=bound.since,
        reference=bound.reference,
        provision=pack.cite(bound.provision),
        status="in_force",
        until=bound.until,
    )


def _both(terms: EntryIntoForce, stated: list[Activation], notices: list[Withdrawal]) -> Bound | None:
    """A bilateral agreement; one side's own date does not bring it into force."""
    starts = [(item.from_date, item.reference) for item in stated if item.party is None]
    if terms.since is not None:
        starts = [(terms.since, terms.reference)]
    if not starts:
        return None
    since, reference = min(starts)
    return Bound(since, reference, terms.provision, *_end(terms, notices))


def _end(terms: EntryIntoForce, notices: list[Withdrawal]) -> tuple[date | None, str | None]:
    ends = [(_leaves_on(terms, notice), notice.reference) for notice in notices]
    return min(ends, default=(None, None), key=lambda end: (end[0] or date.max, end[1]))


def _leaves_on(terms: EntryIntoForce, notice: Withdrawal) -> date:
    earliest = add_months(notice.received, terms.notice_months)
    return max(earliest, notice.effective or earliest)


def _each(
    pack: Pack,
    terms: EntryIntoForce,
    rules: Multilateral,
    stated: list[Activation],
    notices: list[Withdrawal],
) -> dict[str, Bound]:
    """Every party that has a date of its own, by state."""
    deposits = {party.state: _deposit(party, stated) for party in pack.parties}
    first = _first(pack, terms, rules, stated, deposits)
    if first is None:
        return {}
    bounds = {}
    for party in pack.parties:
        deposit = deposits[party.state]
        if deposit is not None:
            left = [notice for notice in notices if notice.party == party.state]
            since, provision = max(first, deposit[0]), _rule_on(party, terms, rules, later=deposit[0] > first)
            bounds[party.state] = Bound(since, deposit[1], provision, *_end(terms, left))
    return bounds


def _deposit(party: Party, stated: list[Activation]) -> tuple[date, str] | None:
    if party.since is not None:
        return party.since, party.name
    own = [(item.from_date, item.reference) for item in stated if item.party == party.state]
    return min(own, default=None)


def _first(
    pack: Pack,
    terms: EntryIntoForce,
    rules: Multilateral,
    stated: list[Activation],
    deposits: dict[str, tuple[date, str] | None],
) -> date | None:
    """The day the agreement itself entered into force: stated as such, or that of the decisive deposit."""
    whole = [item.from_date for item in stated if item.party is None]
    if terms.since is not None or whole:
        return terms.since or min(whole)
    signed = [deposits[party.state] for party in pack.parties if not party.acceded]
    days = sorted(deposit[0] for deposit in signed if deposit is not None)
    return days[rules.deposits - 1] if len(days) >= rules.deposits else None


def _rule_on(party: Party, terms: EntryIntoForce, rules: Multilateral, *, later: bool) -> str:
    if party.acceded:
        return rules.accession or rules.later
    return rules.later if later else terms.provision


def _between(one: Bound | None, other: Bound | None) -> Bound | None:
    """Bound to each other from the later date on, until the first of them leaves."""
    if one is None or other is None:
        return None
    began = max(one, other, key=lambda bound: (bound.since, bound.reference))
    until, left_by = min(_endings(one, other), default=(None, None))
    return Bound(began.since, began.reference, began.provision, until, left_by)


def _endings(*bounds: Bound) -> Iterator[tuple[date, str | None]]:
    return ((bound.until, bound.left_by) for bound in bounds if bound.until is not None)
