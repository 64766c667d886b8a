"""Steps K2 and K3: clocks whose time has come fire, each once, in one transaction with what tells of it.

A firing moves its clock's row on from the version it was read at, and a run of a clock has one notice for
each event: whatever happens in between, a second firing finds a conflict and writes nothing.
"""

import asyncio

from audit.errors import EventRefused
from audit.events import Event, FieldValue
from gateway.errors import Conflict
from gateway.exchange.clocks import fire, moved
from gateway.exchange.ending import end_cases
from gateway.exchange.entries import entry
from gateway.exchange.hooks import hook_rows
from gateway.exchange.journal import Recorded
from gateway.exchange.node import Node
from gateway.exchange.notices import matter
from gateway.exchange.waiting import NOTICES
from gateway.ports.clock_rows import NO_CASE, ClockRow, NoticeRow
from gateway.ports.rows import Write
from gateway.ports.store import Change
from gateway.settings import HookEvent

AT_ONCE = 512
_EVENTS: dict[str, tuple[Event, HookEvent]] = {
    "clock.reminder": (Event.CLOCK_REMINDER, "clock.reminder"),
    "clock.overdue": (Event.CLOCK_OVERDUE, "clock.overdue"),
}


async def fire_due(node: Node) -> int:
    """Fire every clock that is due now.

    Returns:
        How many events were logged.

    Raises:
        StoreUnavailable: the log cannot write; what did not fire is still due.
    """
    fired = 0
    while True:
        now = node.clock.now_ms()
        due = node.store.due_clocks(now, AT_ONCE)
        due = [row for row in due if await _prepared(node, row, now)]
        changes = [change for row in due if (change := _expressed(node, row, now)) is not None]
        if changes:
            node.crash_point("clocks.found")
        results = await asyncio.gather(*map(node.journal.enqueue, changes), return_exceptions=True)
        fired += sum(isinstance(result, Recorded) for result in results)
        for result in results:
            # Who was faster moved the clock on; if it is still due, the next look finds it.
            if isinstance(result, BaseException) and not isinstance(result, Conflict):
                raise result
        if changes:
            node.crash_point("clocks.fired")
            node.waiters.notify(NOTICES)
        if len(due) < AT_ONCE or not any(isinstance(result, Recorded) for result in results):
            return fired


async def _prepared(node: Node, row: ClockRow, now: int) -> bool:
    """Whether a clock may fire. Before an agreement's end is told, what it means in its cases is in place."""
    pack = node.agreements.pack(row.agreement)
    if row.case_id != NO_CASE or row.on_overdue != "end" or row.due_ms is None or pack is None:
        return True
    return now < row.due_ms or await end_cases(node, pack, row.due_ms, now)


def _expressed(node: Node, row: ClockRow, now: int) -> Change | None:
    """`firing`; a clock that the log has no words for must not keep the others from firing."""
    try:
        return firing(node, row, now)
    except EventRefused as error:
        node.log.error("clock.inexpressible", alert=True, clock=row.clock, cause=str(error))  # noqa: TRY400
        return None


def firing(node: Node, row: ClockRow, now: int) -> Change | None:
    """Everything that a due clock writes; None if nothing is due."""
    name, after = fire(row, now)
    if name is None or row.due_ms is None:
        return None
    event, hook = _EVENTS[name]
    ends = name == "clock.overdue" and row.case_id == NO_CASE and row.on_overdue == "end"
    ours = row.owner == node.authority
    notice = _notice(node, row, row.due_ms, name, now, ours=ours)
    writes: list[Write] = [*moved(row, after)]
    if ours or row.notices == "both":
        ids = {**matter(row), "notice": notice.notice_id}
        writes += [notice, *hook_rows(node, hook, ids, None, now)]
    event = Event.AGREEMENT_ENDED if ends else event
    fields = _fields(row, row.due_ms) | ({} if ends else {"duty": row.duty, "owner": row.owner})
    if event is Event.CLOCK_OVERDUE:
        fields["outcome"] = notice.flag
    return Change(tuple(writes), (entry(node, event, now, fields, row.case_id),))


def _fields(row: ClockRow, due_ms: int) -> dict[str, FieldValue]:
    of_case = {} if row.case_id == NO_CASE else {"case": row.case_id, "peer": row.counterpart}
    return {
        **of_case,
        "agreement": row.agreement,
        "provisions": [row.provision],
        "clock": row.clock,
        "count": row.run,
        "due": due_ms,
    }


def _notice(node: Node, row: ClockRow, due_ms: int, name: str, now: int, *, ours: bool) -> NoticeRow:
    unexplained = name == "clock.overdue" and ours and row.duty == "executor" and not _explained(node, row)
    flag = "unexplained" if unexplained else "owed"
    if name == "clock.overdue" and row.on_overdue == "end":
        flag = "ended"
    return NoticeRow(
        notice_id=node.entropy.uuid7(now),
        event=name,
        case_id=row.case_id,
        counterpart=row.counterpart,
        clock=row.clock,
        run=row.run,
        agreement=row.agreement,
        provision=row.provision,
        duty=row.duty,
        owner=row.owner,
        flag=flag,
        due_ms=due_ms,
        at_ms=now,
    )


def _explained(node: Node, row: ClockRow) -> bool:
    """Whether the side that is late has told of an obstacle (sco-2010/6.2)."""
    events = node.store.case_events(row.case_id, row.counterpart)
    return any(event.kind == "obstacle_notice" and event.authority == row.owner for event in events)
