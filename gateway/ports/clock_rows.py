"""Rows of time limits and of what they set off: clocks of cases, notices, webhooks, notices of leaving."""

from typing import ClassVar

import msgspec

from gateway.ports.rows import Row, Shift

NO_CASE = ""
"""In place of a case: the clock or notice is an agreement's own, and names it as its `counterpart` too."""


class ClockRow(Row, frozen=True, kw_only=True):
    """One run of a clock in a case with one counterpart (docs/MESSAGE-CYCLE.md, section K).

    Args:
        run: 1 for the first run of this clock in the case, then 2, ...
        duty: role that has the duty; `owner` is the authority it falls to.
        on_overdue: what overrunning means: `flag`, `deny` or `end`.
        notices: whose clients are told: `both` or `own` (the owner's).
        state: `pending` until the receipt that starts it is proven; `running`, `paused`, `fired` (overdue
            and still owed), `stopped`, or `void` if its starting message was never taken.
        due_ms, remind_ms: None while they are not known, and `remind_ms` also once it is of no use.
        grace_ms: how long after `due_ms` the flag is raised where the text says "at once"; else 0.
        fired_ms: when it was found overdue.
        wake_ms: when the clock is to be looked at again; None if nothing is to happen.
        paused_ms, resumed_ms: the last wait began and ended; `waited_ms` sums up all that have ended.
        *_by: the message that did it.
        version: grows with every change of the row.
    """

    TABLE: ClassVar[str] = "case_clock"
    case_id: str
    counterpart: str
    clock: str
    run: int
    agreement: str
    provision: str
    duty: str
    owner: str
    on_overdue: str
    notices: str
    state: str
    started_ms: int
    started_by: str
    due_ms: int | None = None
    remind_ms: int | None = None
    wake_ms: int | None = None
    grace_ms: int = 0
    fired_ms: int | None = None
    paused_ms: int | None = None
    paused_by: str | None = None
    resumed_ms: int | None = None
    resumed_by: str | None = None
    waited_ms: int = 0
    ended_ms: int | None = None
    ended_by: str | None = None
    version: int = 1


class ClockMoved(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "case_clock"
    WHERE: ClassVar[dict[str, str]] = {
        "case_id": "case_id",
        "counterpart": "counterpart",
        "clock": "clock",
        "run": "run",
        "expected": "version",
    }
    case_id: str
    counterpart: str
    clock: str
    run: int
    expected: int
    state: str
    started_ms: int
    due_ms: int | None
    remind_ms: int | None
    wake_ms: int | None
    fired_ms: int | None
    paused_ms: int | None
    paused_by: str | None
    resumed_ms: int | None
    resumed_by: str | None
    waited_ms: int
    ended_ms: int | None
    ended_by: str | None
    version: int


class NoticeRow(Row, frozen=True, kw_only=True):
    """A firing as the clients of this gateway are told of it. One per run of a clock and event.

    Args:
        event: `clock.reminder` or `clock.overdue`.
        flag: `owed` (the duty is open), or `unexplained` to the side that has it: overdue, and no obstacle
            notice in the case explains it.
        state: `waiting` or `acknowledged`.
    """

    TABLE: ClassVar[str] = "notice"
    notice_id: str
    event: str
    case_id: str
    counterpart: str
    clock: str
    run: int
    agreement: str
    provision: str
    duty: str
    owner: str
    flag: str
    due_ms: int
    at_ms: int
    state: str = "waiting"


class NoticeAcknowledged(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "notice"
    WHERE: ClassVar[dict[str, str]] = {"notice_id": "notice_id", "expected": "state"}
    notice_id: str
    expected: str
    state: str


class WebhookRow(Row, frozen=True, kw_only=True):
    """A webhook on its way to one client. `payload` is sent byte for byte at every try.

    Args:
        webhook_id: the same at every try (Standard Webhooks `webhook-id`).
        case_id: the case it tells of; whether the client may know of it is asked again before it leaves.
        state: `waiting`, `delivered` or `failed`.
        expires_ms: when the tries end.
    """

    TABLE: ClassVar[str] = "webhook"
    webhook_id: str
    client: str
    event: str
    case_id: str
    payload: bytes
    created_ms: int
    expires_ms: int
    state: str = "waiting"
    updated_ms: int = 0


class WebhookSettled(Shift, frozen=True, kw_only=True):
    TABLE: ClassVar[str] = "webhook"
    WHERE: ClassVar[dict[str, str]] = {"webhook_id": "webhook_id", "expected": "state"}
    webhook_id: str
    expected: str
    state: str
    updated_ms: int


class WithdrawalRow(Row, frozen=True, kw_only=True):
    """One admin's signed statement that a notice of leaving an agreement was received.

    Args:
        party: the party that leaves, as the pack names it (`KZ`).
        received: civil date of receipt.
    """

    TABLE: ClassVar[str] = "withdrawal"
    agreement: str
    party: str
    received: str
    reference: str
    statement_digest: str
    admin: str
    statement: str
    at_ms: int


class NoticeItem(msgspec.Struct, frozen=True):
    """A notice as a list shows it; `cursor` orders them."""

    cursor: int
    notice: NoticeRow
