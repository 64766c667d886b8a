"""Whether an agreement binds both parties on a day: computed here, handed to the decision as a fact."""

import calendar
from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from policies.errors import PackError
from policies.packs import Pack


class Activation(Struct, frozen=True):
    """Two administrators' statement that an agreement entered into force.

    Args:
        agreement: agreement id.
        from_date: civil date, in the pack's zone, from which it binds both parties.
        reference: the notification it rests on.
    """

    agreement: str
    from_date: date
    reference: str


class Withdrawal(Struct, frozen=True):
    """A notice of leaving.

    Args:
        agreement: agreement id.
        received: civil date on which the other party received the notice.
        reference: the notice.
    """

    agreement: str
    received: date
    reference: str


class InForce(Struct, frozen=True):
    """Whether an agreement is in force; true or false in a condition.

    Args:
        in_force: the answer.
        since: date it bound from, if it ever did by the day asked about.
        reference: what that rests on; for an ended agreement, the notice of leaving.
        provision: provision id that rules on it.
    """

    in_force: bool
    since: date | None
    reference: str | None
    provision: str

    def __bool__(self) -> bool:
        """Return the answer."""
        return self.in_force


def in_force(
    pack: Pack,
    activations: Iterable[Activation],
    on_date: date,
    withdrawals: Iterable[Withdrawal] = (),
) -> InForce:
    """Tell whether an agreement is in force for both parties on a civil date.

    Args:
        pack: the agreement's pack.
        activations: all on record; those of other agreements are ignored. An agreement whose own text
            dates its entry into force needs none, and none can move that date.
        on_date: civil date in the pack's zone (`pack.in_force.zone`).
        withdrawals: all notices of leaving on record.

    Returns:
        The answer with its ground. An agreement ends when the months of its notice have passed.

    Raises:
        PackError: the pack is the baseline, which is no agreement.
    """
    terms = pack.in_force
    if terms is None:
        raise PackError(pack.id, "is no agreement")
    provision = pack.cite(terms.provision)
    starts = [(item.from_date, item.reference) for item in activations if item.agreement == pack.id]
    if terms.since is not None:
        starts = [(terms.since, terms.reference)]
    begun = sorted(start for start in starts if start[0] <= on_date)
    if not begun:
        return InForce(in_force=False, since=None, reference=None, provision=provision)
    since, reference = begun[0]
    for notice in sorted(
        (item for item in withdrawals if item.agreement == pack.id), key=lambda item: item.received
    ):
        if add_months(notice.received, terms.notice_months) <= on_date:
            return InForce(in_force=False, since=since, reference=notice.reference, provision=provision)
    return InForce(in_force=True, since=since, reference=reference, provision=provision)


def add_months(day: date, months: int) -> date:
    """Add calendar months to a date; the last day of a shorter month stands in for a missing one."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
