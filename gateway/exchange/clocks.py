"""Steps K1 and K3: what a message does to the clocks of its case. Pure; both ends compute the same clocks.

A message works on clocks at the instant of its *receipt*. The receiver knows it at once. The sender learns
it from the RelayAcceptance, whose leaf bears it; until then a clock that starts on receipt is `pending`, and
what stops, pauses or resumes one counts from its sending. With the evidence, `settle` puts the receipt in
place, so that started, due and ended are the same at both ends. An instant that the message itself states (an
oral request's, a date of destruction) needs no evidence. A wait that begins after the limit was overrun does
not count.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from gateway.exchange.moments import Moment
from gateway.ports.clock_rows import ClockMoved, ClockRow
from policies.civil import add_months
from policies.packs import Pack
from policies.timing import Clock

PENDING, RUNNING, PAUSED, FIRED, STOPPED, VOID = "pending", "running", "paused", "fired", "stopped", "void"
OPEN = frozenset({PENDING, RUNNING, PAUSED, FIRED})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOVED = tuple(name for name in ClockMoved.__struct_fields__ if name != "expected")
_GIVERS = frozenset(
    {"information", "result", "use_report_query", "data_correction", "deletion_due", "data_error_proven"}
)


class Told(Struct, frozen=True):
    """A permitted message as clocks see it.

    Args:
        receipt_ms: when it was received; None for one of ours until that is proven.
        created_ms: when it was signed, as it states itself.
        now_ms: when this gateway took it.
        requester, executor: the case's authorities.
    """

    message: str
    case_id: str
    counterpart: str
    sender: str
    requester: str
    executor: str
    moments: tuple[Moment, ...]
    created_ms: int
    now_ms: int
    receipt_ms: int | None

    @property
    def worked_ms(self) -> int:
        """The instant at which it works on running clocks, as far as it is known."""
        return self.now_ms if self.receipt_ms is None else self.receipt_ms


def follow(rows: Iterable[ClockRow], pack: Pack, told: Told, grace_ms: int) -> list[ClockRow | ClockMoved]:
    """What a message changes in the clocks of its case: first what runs is stopped, paused or resumed.

    Args:
        rows: the case's clocks as stored.
        grace_ms: how long after it is due an "at once" is flagged.
    """
    known = list(rows)
    clocks = {clock.name: clock for clock in pack.clocks}
    names = {moment.name for moment in told.moments}
    changes: list[ClockRow | ClockMoved] = []
    for row in known:
        clock = clocks.get(row.clock)
        if clock is not None and row.state in OPEN:
            changes += moved(row, _worked(row, clock, names, told))
    for clock in pack.clocks:
        runs = max((row.run for row in known if row.clock == clock.name), default=0)
        for moment in told.moments:
            if moment.name in clock.starts_on:
                runs += 1
                changes.append(_started(clock, pack, told, moment, runs, grace_ms))
    return changes


def settle(rows: Iterable[ClockRow], pack: Pack, message: str, receipt_ms: int) -> list[ClockMoved]:
    """Put the proven receipt of one of our messages in the place of what was assumed."""
    clocks = {clock.name: clock for clock in pack.clocks}
    changes: list[ClockMoved] = []
    for row in rows:
        now = row
        if now.started_by == message and now.due_ms is None and now.clock in clocks:
            now = _armed(now, clocks[now.clock], pack, receipt_ms)
        if now.resumed_by == message and now.resumed_ms is not None:
            now = _shifted(now, receipt_ms - now.resumed_ms, resumed_ms=receipt_ms)
        if now.paused_by == message and now.paused_ms is not None:
            now = _paused_at(now, now.paused_ms, receipt_ms)
        if now.ended_by == message:
            now = msgspec.structs.replace(now, ended_ms=receipt_ms)
        changes += moved(row, now)
    return changes


def revoke(rows: Iterable[ClockRow], message: str) -> list[ClockMoved]:
    """Undo what one of our messages did: the other side has refused it."""
    changes: list[ClockMoved] = []
    for row in rows:
        now = row
        if now.ended_by == message:
            state = PENDING if now.due_ms is None else RUNNING if now.fired_ms is None else FIRED
            now = waking(msgspec.structs.replace(now, state=state, ended_ms=None, ended_by=None))
        if now.resumed_by == message and now.paused_ms is not None and now.resumed_ms is not None:
            now = _shifted(now, now.paused_ms - now.resumed_ms, resumed_ms=None, resumed_by=None)
            now = msgspec.structs.replace(now, state=PAUSED, wake_ms=None)
        if now.paused_by == message and now.state == PAUSED:
            now = waking(msgspec.structs.replace(now, state=RUNNING, paused_ms=None, paused_by=None))
        if now.started_by == message:
            now = msgspec.structs.replace(now, state=VOID, wake_ms=None)
        changes += moved(row, now)
    return changes


def fire(row: ClockRow, now_ms: int) -> tuple[str | None, ClockRow]:
    """Step K3: the event that is due (`clock.reminder`, `clock.overdue` or None) and the clock after it.

    A reminder whose clock is overdue by now is passed over.
    """
    if row.state != RUNNING or row.due_ms is None:
        return None, msgspec.structs.replace(row, wake_ms=None)
    if now_ms >= row.due_ms + row.grace_ms:
        fired = msgspec.structs.replace(row, state=FIRED, fired_ms=now_ms, remind_ms=None, wake_ms=None)
        return "clock.overdue", fired
    if row.remind_ms is not None and now_ms >= row.remind_ms:
        return "clock.reminder", waking(msgspec.structs.replace(row, remind_ms=None))
    return None, waking(row)


def is_overdue(row: ClockRow) -> bool:
    """Whether the limit was overrun, also if what it asks for came later."""
    late = row.due_ms is not None and row.ended_ms is not None and row.ended_ms > row.due_ms + row.grace_ms
    return row.state != VOID and (row.fired_ms is not None or late)


def moved(before: ClockRow, after: ClockRow) -> list[ClockMoved]:
    """The change from one state of a clock's row to another; none if they are equal."""
    if before == after:
        return []
    values = {name: getattr(after, name) for name in _MOVED} | {"version": before.version + 1}
    return [ClockMoved(expected=before.version, **values)]


def _worked(row: ClockRow, clock: Clock, names: set[str], told: Told) -> ClockRow:
    if not names.isdisjoint(clock.stops_on):
        return msgspec.structs.replace(
            row, state=STOPPED, wake_ms=None, ended_ms=told.worked_ms, ended_by=told.message
        )
    if _may_wait(row, told.worked_ms) and not names.isdisjoint(clock.paused_by):
        return msgspec.structs.replace(
            row,
            state=PAUSED,
            wake_ms=None,
            paused_ms=told.worked_ms,
            paused_by=told.message,
            resumed_ms=None,
            resumed_by=None,
        )
    if row.state == PAUSED and row.paused_ms is not None and not names.isdisjoint(clock.resumed_by):
        state = PENDING if row.due_ms is None else RUNNING
        resumed = msgspec.structs.replace(row, state=state, resumed_by=told.message)
        return _shifted(resumed, told.worked_ms - row.paused_ms, resumed_ms=told.worked_ms)
    return row


def _may_wait(row: ClockRow, at_ms: int) -> bool:
    """Whether a wait may begin: the clock runs, or will, and was not overrun by then."""
    if row.state == RUNNING and row.due_ms is not None:
        return at_ms < row.due_ms + row.grace_ms
    return row.state == PENDING


def _paused_at(row: ClockRow, assumed_ms: int, receipt_ms: int) -> ClockRow:
    """The clock whose last wait began at another instant than was assumed."""
    waited_ms = 0 if row.resumed_ms is None else row.resumed_ms - assumed_ms
    if row.due_ms is None or receipt_ms < row.due_ms - waited_ms + row.grace_ms:
        shift_ms = 0 if row.resumed_ms is None else assumed_ms - receipt_ms
        return _shifted(row, shift_ms, paused_ms=receipt_ms)
    state = RUNNING if row.state == PAUSED else row.state
    return _shifted(
        msgspec.structs.replace(row, state=state, paused_by=None, resumed_by=None),
        -waited_ms,
        paused_ms=None,
        resumed_ms=None,
    )


def _started(clock: Clock, pack: Pack, told: Told, moment: Moment, run: int, grace_ms: int) -> ClockRow:
    owner = _owner(clock, pack, told, moment)
    row = ClockRow(
        case_id=told.case_id,
        counterpart=told.counterpart,
        clock=clock.name,
        run=run,
        agreement=pack.id,
        provision=pack.cite(clock.provision),
        duty=clock.duty_of,
        owner=owner,
        on_overdue=clock.on_overdue,
        notices=clock.notices,
        state=PENDING,
        started_ms=told.now_ms,
        started_by=told.message,
        grace_ms=grace_ms if clock.at_once else 0,
    )
    start_ms = _start(clock, told, moment)
    row = row if start_ms is None else _armed(row, clock, pack, start_ms)
    # A notice of what happened before it starts the clock that it also stops, so that lateness shows.
    return _worked(row, clock, {one.name for one in told.moments}, told)


def _start(clock: Clock, told: Told, moment: Moment) -> int | None:
    """When a clock starts; None while that is not known. What the message states goes before its sending."""
    if clock.starts_at == "receipt":
        return told.receipt_ms
    if clock.starts_at == "sent" or moment.stated_ms is None:
        return told.created_ms
    return moment.stated_ms


def _owner(clock: Clock, pack: Pack, told: Told, moment: Moment) -> str:
    """The authority that has the duty. A party's duty is its own notice: that of the message's sender."""
    if clock.duty_of in ("requester", "executor"):
        return told.requester if clock.duty_of == "requester" else told.executor
    recipient = told.executor if told.sender == told.requester else told.requester
    if clock.duty_of == "depositary":
        roles = {role.authority for role in pack.roles if role.role == "depositary"}
        return next((one for one in (told.requester, told.executor) if one in roles), recipient)
    if clock.duty_of == "party":
        return told.sender
    giver_sends = moment.name in _GIVERS
    return told.sender if (clock.duty_of == "giver") == giver_sends else recipient


def _armed(row: ClockRow, clock: Clock, pack: Pack, start_ms: int) -> ClockRow:
    """The clock with its start, and everything that follows from it; a run that ended meanwhile stays so."""
    due_ms = due_after(clock, pack, start_ms) + row.waited_ms
    remind_ms = None if clock.remind_before_s is None else due_ms - clock.remind_before_s * 1000
    state = RUNNING if row.state == PENDING else row.state
    return waking(
        msgspec.structs.replace(row, state=state, started_ms=start_ms, due_ms=due_ms, remind_ms=remind_ms)
    )


def due_after(clock: Clock, pack: Pack, start_ms: int) -> int:
    """When a clock that starts at an instant is due (Unix milliseconds); "at once" is due as it starts.

    Months are calendar months in the agreement's zone, at the same time of day.
    """
    if clock.months is None:
        return start_ms + (clock.duration_s or 0) * 1000
    zone = ZoneInfo("UTC" if pack.in_force is None else pack.in_force.zone)
    local = (_EPOCH + timedelta(milliseconds=start_ms)).astimezone(zone)
    clock_time: time = local.time()
    due = datetime.combine(add_months(local.date(), clock.months), clock_time, tzinfo=zone)
    return (due - _EPOCH) // timedelta(milliseconds=1)


def _shifted(row: ClockRow, by_ms: int, **changes: int | str | None) -> ClockRow:
    """The clock with its due date moved by a wait, or by what a wait turned out to be longer or shorter."""
    shifted = msgspec.structs.replace(
        row,
        waited_ms=row.waited_ms + by_ms,
        due_ms=None if row.due_ms is None else row.due_ms + by_ms,
        remind_ms=None if row.remind_ms is None else row.remind_ms + by_ms,
        **changes,
    )
    return waking(shifted)


def waking(row: ClockRow) -> ClockRow:
    """The clock with the instant at which it is to be looked at next."""
    wake_ms = None
    if row.state == RUNNING and row.due_ms is not None:
        overdue_ms = row.due_ms + row.grace_ms
        wake_ms = overdue_ms if row.remind_ms is None else min(row.remind_ms, overdue_ms)
    return msgspec.structs.replace(row, wake_ms=wake_ms)
