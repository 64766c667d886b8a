"""Clocks, notices, webhooks and notices of leaving, on every database."""

from typing import Any

import msgspec
import pytest
from store_database import Database
from store_world import KZ, RU, told

from gateway.errors import Conflict
from gateway.ports.clock_rows import (
    ClockMoved,
    ClockRow,
    NoticeAcknowledged,
    NoticeRow,
    WebhookRow,
    WebhookSettled,
    WithdrawalRow,
)
from gateway.ports.rows import Shift
from gateway.store.sql import SETTLED_KEPT_MS, SqlStore


def clock(number: int, **other: Any) -> ClockRow:
    values: dict[str, Any] = {
        "case_id": f"case-{number}",
        "counterpart": KZ,
        "clock": "execution",
        "run": 1,
        "agreement": "sco-2010",
        "provision": "sco-2010/6.1",
        "duty": "executor",
        "owner": RU,
        "on_overdue": "flag",
        "notices": "both",
        "state": "running",
        "started_ms": 1_000,
        "started_by": f"message-{number}",
        "due_ms": 5_000 + number,
        "wake_ms": 4_000 + number,
    }
    return ClockRow(**values | other)


def moved(row: ClockRow, **changes: Any) -> ClockMoved:
    names = [name for name in ClockMoved.__struct_fields__ if name != "expected"]
    values = {name: getattr(row, name) for name in names}
    return ClockMoved(**values | {"expected": row.version, "version": row.version + 1} | changes)


def notice(number: int, **other: Any) -> NoticeRow:
    values: dict[str, Any] = {
        "notice_id": f"notice-{number}",
        "event": "clock.overdue",
        "case_id": f"case-{number}",
        "counterpart": KZ,
        "clock": "execution",
        "run": 1,
        "agreement": "sco-2010",
        "provision": "sco-2010/6.1",
        "duty": "executor",
        "owner": RU,
        "flag": "owed",
        "due_ms": 5_000,
        "at_ms": 5_001,
    }
    return NoticeRow(**values | other)


def hook(number: int, **other: Any) -> WebhookRow:
    values: dict[str, Any] = {
        "webhook_id": f"msg_{number}",
        "client": "registry",
        "event": "clock.overdue",
        "case_id": f"case-{number}",
        "payload": b'{"\x00\xff"}',
        "created_ms": 1,
        "expires_ms": 9,
    }
    return WebhookRow(**values | other)


def withdrawal(number: int) -> WithdrawalRow:
    return WithdrawalRow(
        agreement="sco-2010",
        party="UZ",
        received="2027-01-01",
        reference="note",
        statement_digest=f"digest-{number}",
        admin="admin-1",
        statement="jws",
        at_ms=10 - number,
    )


def test_an_empty_store_has_no_clocks_and_nothing_waits(store: SqlStore) -> None:
    assert store.clocks("case-1", KZ) == []
    assert store.due_clocks(1 << 60, 10) == []
    assert store.next_wake_ms() is None
    assert store.notices(0, 10) == []
    assert store.notice("notice-1") is None
    assert store.hooked_clients() == []
    assert store.waiting_webhooks("registry", 10) == []
    assert store.withdrawals() == []


def test_clocks_of_a_case_are_its_own_and_in_order(database: Database, store: SqlStore) -> None:
    mine = [clock(1, clock="answer", run=n) for n in (2, 1)]
    database.commit(store, told(*mine, clock(1), clock(1, counterpart=RU), clock(2)))
    assert store.clocks("case-1", KZ) == [mine[1], mine[0], clock(1)]
    assert store.clocks("case-1", RU) == [clock(1, counterpart=RU)]
    assert store.clocks("case-1", "tm/mia") == []


def test_a_clock_keeps_every_field(database: Database, store: SqlStore) -> None:
    full = clock(
        1,
        remind_ms=3,
        grace_ms=8,
        fired_ms=9,
        paused_ms=4,
        paused_by="p",
        resumed_ms=5,
        resumed_by="r",
        waited_ms=6,
        ended_ms=7,
        ended_by="e",
        version=9,
    )
    database.commit(store, told(full))
    assert store.clocks("case-1", KZ) == [full]


def test_due_clocks_are_those_whose_time_has_come_earliest_first(database: Database, store: SqlStore) -> None:
    rows = [clock(n) for n in (3, 1, 2)]
    idle = clock(4, wake_ms=None, state="stopped")
    database.commit(store, told(*rows, idle))
    assert store.due_clocks(4_000, 10) == []
    assert store.due_clocks(4_002, 10) == [rows[1], rows[2]]
    assert store.due_clocks(4_003, 10) == [rows[1], rows[2], rows[0]]
    assert store.due_clocks(9_000, 1) == [rows[1]]
    assert store.next_wake_ms() == 4_001
    database.commit(store, told(*(moved(row, wake_ms=None) for row in rows)))
    assert store.next_wake_ms() is None


def test_of_two_that_move_one_clock_only_the_first_does(database: Database, store: SqlStore) -> None:
    database.commit(store, told(clock(1)))
    database.commit(store, told(moved(clock(1), state="fired")))
    with pytest.raises(Conflict, match="case_clock"):
        database.commit(store, told(moved(clock(1), state="stopped"), leaf=b"second"))
    [found] = store.clocks("case-1", KZ)
    assert (found.state, found.version) == ("fired", 2)


def test_a_run_of_a_clock_starts_once(database: Database, store: SqlStore) -> None:
    database.commit(store, told(clock(1)))
    with pytest.raises(Conflict, match="case_clock"):
        database.commit(store, told(clock(1, started_by="another")))


def test_a_firing_gives_one_notice_whatever_its_id(database: Database, store: SqlStore) -> None:
    database.commit(store, told(notice(1)))
    with pytest.raises(Conflict, match="notice"):
        database.commit(store, told(notice(1, notice_id="notice-9")))
    with pytest.raises(Conflict, match="notice"):
        database.commit(store, told(notice(1, case_id="case-9")))
    database.commit(store, told(notice(2, case_id="case-1", event="clock.reminder")))
    assert [item.notice.notice_id for item in store.notices(0, 10)] == ["notice-1", "notice-2"]


def test_notices_page_and_go_once_acknowledged(database: Database, store: SqlStore) -> None:
    database.commit(store, told(*(notice(n) for n in range(5))))
    first = store.notices(0, 3)
    rest = store.notices(first[-1].cursor, 3)
    assert [item.notice for item in first + rest] == [notice(n) for n in range(5)]
    seen = NoticeAcknowledged(notice_id="notice-2", expected="waiting", state="acknowledged")
    database.commit(store, told(seen))
    assert [item.notice.notice_id for item in store.notices(0, 9)] == [f"notice-{n}" for n in (0, 1, 3, 4)]
    found = store.notice("notice-2")
    assert found is not None
    assert found.notice == notice(2, state="acknowledged")
    with pytest.raises(Conflict, match="notice"):
        database.commit(store, told(seen, leaf=b"again"))


def test_webhooks_wait_client_by_client_in_order(database: Database, store: SqlStore) -> None:
    for row in (hook(3), hook(1), hook(2, client="archive")):
        database.commit(store, told(row))
    assert store.hooked_clients() == ["archive", "registry"]
    assert store.waiting_webhooks("registry", 10) == [hook(3), hook(1)]
    assert store.waiting_webhooks("registry", 1) == [hook(3)]
    done = WebhookSettled(webhook_id="msg_2", expected="waiting", state="delivered", updated_ms=5)
    database.commit(store, told(done))
    assert store.hooked_clients() == ["registry"]
    with pytest.raises(Conflict, match="webhook"):
        database.commit(store, told(msgspec.structs.replace(done, state="failed"), leaf=b"again"))


def test_a_settled_webhook_is_pruned_after_a_day_and_a_waiting_one_never(
    database: Database, store: SqlStore
) -> None:
    database.commit(store, told(hook(1), hook(2)))
    database.commit(
        store,
        told(WebhookSettled(webhook_id="msg_2", expected="waiting", state="failed", updated_ms=5)),
    )
    store.prune(4 + SETTLED_KEPT_MS)
    assert database.counts("webhook") == [2]
    store.prune(5 + SETTLED_KEPT_MS)
    assert database.counts("webhook") == [1]
    store.prune(1 << 60)
    assert store.waiting_webhooks("registry", 10) == [hook(1)]


def test_withdrawals_are_in_order_of_time_and_signed_once(database: Database, store: SqlStore) -> None:
    database.commit(store, told(withdrawal(1), withdrawal(2)))
    assert store.withdrawals() == [withdrawal(2), withdrawal(1)]
    with pytest.raises(Conflict, match="withdrawal"):
        database.commit(store, told(withdrawal(1)))


WRONG: list[Shift] = [
    moved(clock(1), expected=2),
    moved(clock(1), run=2),
    moved(clock(1), clock="another"),
    moved(clock(1), counterpart=RU),
    moved(clock(1), case_id="case-9"),
    NoticeAcknowledged(notice_id="notice-9", expected="waiting", state="acknowledged"),
    WebhookSettled(webhook_id="msg_9", expected="waiting", state="failed", updated_ms=1),
]


@pytest.mark.parametrize("shift", WRONG, ids=repr)
def test_a_shift_that_finds_nothing_writes_nothing(database: Database, store: SqlStore, shift: Shift) -> None:
    database.commit(store, told(clock(1), notice(1), hook(1)))
    with pytest.raises(Conflict) as caught:
        database.commit(store, told(clock(7), shift, leaf=b"second"))
    assert caught.value.what == shift.TABLE
    assert database.counts("case_clock", "notice", "webhook") == [1, 1, 1]
