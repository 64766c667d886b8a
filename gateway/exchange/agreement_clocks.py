"""Clocks of an agreement itself, about no case: a notice of leaving, a change of a list of authorities.

They are rows like those of cases, under no case and with the agreement in the counterpart's place, and every
client may know of them. What starts them is stated by admins or recorded by a client; both know a civil date,
so they run from the first instant of it in the agreement's zone.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from gateway.exchange.agreements import Agreements
from gateway.exchange.clocks import OPEN, RUNNING, STOPPED, due_after, moved, waking
from gateway.exchange.moments import first_instant
from gateway.exchange.node import Node
from gateway.ports.clock_rows import NO_CASE, ClockMoved, ClockRow
from policies.packs import Pack
from policies.status import Withdrawal, in_force
from policies.timing import Clock


def zone_of(pack: Pack) -> str:
    """IANA zone of an agreement's civil dates."""
    return "UTC" if pack.in_force is None else pack.in_force.zone


def leaving_rows(node: Node, pack: Pack, notice: Withdrawal, now: int) -> list[ClockRow]:
    """The clocks that a notice of leaving starts, with the second admin's signature.

    The one that ends the agreement is due on the day that the status rules give, which a notice may propose
    later than its months; there is none if the agreement is not in force, or ends by then anyhow.
    """
    rows: list[ClockRow] = []
    known = node.store.clocks(NO_CASE, pack.id)
    for clock in pack.clocks:
        if "leaving_notice" not in clock.starts_on:
            continue
        start_ms = first_instant(notice.received, zone_of(pack))
        due_ms = due_after(clock, pack, start_ms)
        if clock.on_overdue == "end":
            end = ends_on(node.agreements, pack, notice, now)
            if end is None:
                continue
            due_ms = first_instant(end, zone_of(pack))
        running = [row.due_ms for row in known if row.clock == clock.name and row.state in OPEN]
        if due_ms not in running:
            rows.append(_row(node, pack, clock, known, "leaving_notice", start_ms, due_ms))
    return rows


def ends_on(agreements: Agreements, pack: Pack, notice: Withdrawal, now: int) -> date | None:
    """First civil date on which the agreement binds no longer, this notice counted in."""
    today = agreements.civil_date(pack, now)
    others = [party.state for party in pack.parties if party.state != notice.party]
    pairs = [(notice.party, other) for other in others] if notice.party else [None]
    notices = [*agreements.withdrawals, notice]
    ends = [in_force(pack, agreements.activations, today, notices, pair).until for pair in pairs]
    return max((end for end in ends if end is not None), default=None)


def amendment_rows(node: Node, pack: Pack, day: date) -> list[ClockRow]:
    """The clocks that a change of this side's list starts, save those that have a run from that day."""
    start_ms = first_instant(day, zone_of(pack))
    known = node.store.clocks(NO_CASE, pack.id)
    return [
        _row(node, pack, clock, known, "amendment", start_ms, due_after(clock, pack, start_ms))
        for clock in pack.clocks
        if "amendment" in clock.starts_on and not runs_from(known, clock, start_ms)
    ]


def runs_from(rows: Iterable[ClockRow], clock: Clock, start_ms: int) -> bool:
    """Whether a run of a clock has that very beginning."""
    return any(row.clock == clock.name and row.started_ms == start_ms for row in rows)


def stopped(
    rows: Iterable[ClockRow], pack: Pack, moment: str, by: str, at_ms: int, started_ms: int | None = None
) -> list[ClockMoved]:
    """What a moment stops of an agreement's clocks.

    Args:
        by: the message, or the recorded moment, that does it.
        started_ms: only the runs that began then; None for all.
    """
    asking = {clock.name for clock in pack.clocks if moment in clock.stops_on}
    changes: list[ClockMoved] = []
    for row in rows:
        if row.state in OPEN and row.clock in asking and started_ms in (None, row.started_ms):
            ended = msgspec.structs.replace(row, state=STOPPED, wake_ms=None, ended_ms=at_ms, ended_by=by)
            changes += moved(row, ended)
    return changes


def _row(
    node: Node,
    pack: Pack,
    clock: Clock,
    known: Iterable[ClockRow],
    by: str,
    start_ms: int,
    due_ms: int,
) -> ClockRow:
    depositary = next((role.authority for role in pack.roles if role.role == "depositary"), None)
    owner = depositary if clock.duty_of == "depositary" and depositary else node.authority
    row = ClockRow(
        case_id=NO_CASE,
        counterpart=pack.id,
        clock=clock.name,
        run=1 + max((row.run for row in known if row.clock == clock.name), default=0),
        agreement=pack.id,
        provision=pack.cite(clock.provision),
        duty=clock.duty_of,
        owner=owner,
        on_overdue=clock.on_overdue,
        notices=clock.notices,
        state=RUNNING,
        started_ms=start_ms,
        started_by=by,
        due_ms=due_ms,
        remind_ms=None if clock.remind_before_s is None else due_ms - clock.remind_before_s * 1000,
        grace_ms=node.settings.clocks.at_once_grace_s * 1000 if clock.at_once else 0,
    )
    return waking(row)
