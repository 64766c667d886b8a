"""Clocks as pure rules: starts, waits, ends, proven receipts and refusals; both ends come to the same."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exchange.clocks import (
    FIRED,
    PAUSED,
    PENDING,
    RUNNING,
    STOPPED,
    VOID,
    Told,
    due_after,
    fire,
    follow,
    is_overdue,
    revoke,
    settle,
)
from gateway.exchange.moments import Moment
from gateway.ports.clock_rows import ClockMoved, ClockRow
from policies.loading import load_packs
from policies.packs import Pack
from policies.timing import Clock

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
GRACE_MS = DAY_MS
BASE = load_packs().pack("kz-ru-mvd-2008")
EXECUTION = Clock(
    name="execution",
    provision="7.1",
    label="thirty days",
    starts_on=("request",),
    starts_at="receipt",
    stops_on=("result", "refusal", "withdrawal"),
    paused_by=("clarification_query",),
    resumed_by=("clarification_answer",),
    duty_of="executor",
    duration_s=30 * 86_400,
    remind_before_s=3 * 86_400,
    on_overdue="flag",
    notices="both",
)
ORAL = Clock(
    name="oral_confirmation",
    provision="5.2",
    label="72 hours",
    starts_on=("oral_request",),
    starts_at="made",
    stops_on=("written_confirmation",),
    duty_of="requester",
    duration_s=72 * 3600,
    on_overdue="deny",
)
AT_ONCE = Clock(
    name="answer",
    provision="7.3",
    label="at once",
    starts_on=("clarification_query",),
    starts_at="receipt",
    stops_on=("clarification_answer",),
    duty_of="requester",
    on_overdue="flag",
)


def pack_of(*clocks: Clock) -> Pack:
    return msgspec.structs.replace(BASE, lists=msgspec.structs.replace(BASE.lists, clocks=clocks))


PACK = pack_of(EXECUTION, ORAL, AT_ONCE)


def told(kind: str, at_ms: int, receipt_ms: int | None, **other: Any) -> Told:
    values: dict[str, Any] = {
        "message": f"{kind}-{at_ms}",
        "case_id": "case",
        "counterpart": "ru/mia",
        "sender": "kz/mia",
        "requester": "kz/mia",
        "executor": "ru/mia",
        "moments": (Moment(kind, other.pop("stated_ms", None)),),
        "created_ms": at_ms - 1_000,
        "now_ms": at_ms,
        "receipt_ms": receipt_ms,
    }
    return Told(**values | other)


def applied(rows: list[ClockRow], changes: list[ClockRow | ClockMoved] | list[ClockMoved]) -> list[ClockRow]:
    """The rows after changes, as the store would leave them."""
    after = {(row.clock, row.run): row for row in rows}
    for change in changes:
        if isinstance(change, ClockRow):
            assert (change.clock, change.run) not in after
            after[change.clock, change.run] = change
            continue
        before = after[change.clock, change.run]
        assert before.version == change.expected
        fields = {n: getattr(change, n) for n in ClockMoved.__struct_fields__ if n != "expected"}
        after[change.clock, change.run] = msgspec.structs.replace(before, **fields)
    return list(after.values())


def run(rows: list[ClockRow], message: Told, pack: Pack = PACK) -> list[ClockRow]:
    return applied(rows, follow(rows, pack, message, GRACE_MS))


def test_the_receiver_starts_the_clock_at_receipt() -> None:
    [row] = run([], told("request", 5_000, 5_000))
    assert (row.state, row.started_ms, row.due_ms) == (RUNNING, 5_000, 5_000 + 30 * DAY_MS)
    assert (row.remind_ms, row.wake_ms) == (5_000 + 27 * DAY_MS, 5_000 + 27 * DAY_MS)
    assert (row.owner, row.provision, row.run) == ("ru/mia", "kz-ru-mvd-2008/7.1", 1)


def test_the_sender_waits_for_the_proof_of_receipt_and_then_has_the_same_clock() -> None:
    [pending] = run([], told("request", 4_000, None))
    assert (pending.state, pending.due_ms, pending.wake_ms) == (PENDING, None, None)
    [settled] = applied([pending], settle([pending], PACK, pending.started_by, 5_000))
    [theirs] = run([], told("request", 5_000, 5_000))
    assert (settled.state, settled.started_ms, settled.due_ms) == (RUNNING, 5_000, theirs.due_ms)
    assert settle([settled], PACK, pending.started_by, 5_000) == []


def test_evidence_about_another_message_settles_nothing() -> None:
    [pending] = run([], told("request", 4_000, None))
    assert settle([pending], PACK, "another", 5_000) == []


def test_what_was_made_orally_runs_from_then_at_both_ends() -> None:
    ours = run([], told("oral_request", 9_000, None, stated_ms=2_000))
    theirs = run([], told("oral_request", 9_900, 9_900, stated_ms=2_000))
    assert {(row.state, row.started_ms, row.due_ms) for row in (*ours, *theirs)} == {
        (RUNNING, 2_000, 2_000 + 72 * HOUR_MS)
    }
    assert ours[0].owner == "kz/mia"


def test_the_wait_for_an_answer_moves_the_due_date() -> None:
    rows = run([], told("request", 0, 0))
    rows = run(rows, told("clarification_query", DAY_MS, DAY_MS, sender="ru/mia"))
    execution = next(row for row in rows if row.clock == "execution")
    assert (execution.state, execution.wake_ms) == (PAUSED, None)
    rows = run(rows, told("clarification_answer", 6 * DAY_MS, 6 * DAY_MS))
    execution = next(row for row in rows if row.clock == "execution")
    assert (execution.state, execution.waited_ms) == (RUNNING, 5 * DAY_MS)
    assert (execution.due_ms, execution.wake_ms) == (35 * DAY_MS, 32 * DAY_MS)


def test_at_once_is_due_as_it_starts_and_flagged_after_the_grace() -> None:
    [row] = run([], told("clarification_query", 500, 500, sender="ru/mia"))
    assert (row.started_ms, row.due_ms, row.wake_ms) == (500, 500, 500 + GRACE_MS)
    assert fire(row, 499 + GRACE_MS) == (None, row)
    assert fire(row, 500 + GRACE_MS)[0] == "clock.overdue"


def test_every_query_starts_a_run_of_its_own_and_an_answer_stops_all() -> None:
    rows = run([], told("clarification_query", 500, 500, sender="ru/mia"))
    rows = run(rows, told("clarification_query", 900, 900, sender="ru/mia"))
    assert [(row.run, row.state) for row in rows] == [(1, RUNNING), (2, RUNNING)]
    rows = run(rows, told("clarification_answer", 1_000, 1_000))
    assert [(row.run, row.state, row.ended_ms) for row in rows] == [(1, STOPPED, 1_000), (2, STOPPED, 1_000)]
    rows = run(rows, told("clarification_query", 2_000, 2_000, sender="ru/mia"))
    assert [row.run for row in rows] == [1, 2, 3]


def test_reminder_and_overdue_fire_in_order_and_once() -> None:
    [row] = run([], told("request", 0, 0))
    assert fire(row, 27 * DAY_MS - 1) == (None, row)
    name, reminded = fire(row, 27 * DAY_MS)
    assert (name, reminded.wake_ms, reminded.state) == ("clock.reminder", 30 * DAY_MS, RUNNING)
    assert fire(reminded, 29 * DAY_MS) == (None, reminded)
    name, fired = fire(reminded, 30 * DAY_MS)
    assert (name, fired.state, fired.wake_ms) == ("clock.overdue", FIRED, None)
    assert fire(fired, 99 * DAY_MS)[0] is None
    assert is_overdue(fired)


def test_a_reminder_that_would_come_after_the_end_is_passed_over() -> None:
    [row] = run([], told("request", 0, 0))
    assert fire(row, 31 * DAY_MS)[0] == "clock.overdue"


def test_an_overdue_clock_stops_when_what_it_asks_for_comes_and_stays_overdue() -> None:
    [row] = run([], told("request", 0, 0))
    _, fired = fire(row, 30 * DAY_MS)
    [stopped] = run([fired], told("result", 40 * DAY_MS, 40 * DAY_MS, sender="ru/mia"))
    assert (stopped.state, stopped.ended_ms) == (STOPPED, 40 * DAY_MS)
    assert is_overdue(stopped)


def test_a_result_in_time_is_not_overdue() -> None:
    rows = run([], told("request", 0, 0))
    [stopped] = run(rows, told("result", 30 * DAY_MS, 30 * DAY_MS, sender="ru/mia"))
    assert not is_overdue(stopped)
    assert stopped.wake_ms is None


def test_a_question_asked_after_the_end_does_not_undo_it() -> None:
    [row] = run([], told("request", 0, 0))
    late = told("clarification_query", 30 * DAY_MS, 30 * DAY_MS, sender="ru/mia")
    execution = next(row for row in run([row], late) if row.clock == "execution")
    assert execution.state == RUNNING
    assert fire(execution, 30 * DAY_MS)[0] == "clock.overdue"


def test_a_question_sent_in_time_but_received_after_the_end_does_not_count_either() -> None:
    [row] = run([], told("request", 0, 0))
    sent = told("clarification_query", 30 * DAY_MS - 1, None, sender="ru/mia", counterpart="kz/mia")
    rows = run([row], sent)
    assert rows[0].state == PAUSED
    [settled] = [r for r in applied(rows, settle(rows, PACK, sent.message, 30 * DAY_MS)) if r.run == 1][:1]
    assert (settled.state, settled.waited_ms, settled.paused_ms) == (RUNNING, 0, None)
    assert fire(settled, 30 * DAY_MS)[0] == "clock.overdue"


def test_a_refused_message_undoes_what_it_did() -> None:
    [pending] = run([], told("request", 0, None))
    [void] = applied([pending], revoke([pending], pending.started_by))
    assert (void.state, void.wake_ms, is_overdue(void)) == (VOID, None, False)
    [row] = run([], told("request", 0, 0))
    result = told("result", DAY_MS, None, sender="ru/mia")
    [stopped] = run([row], result)
    [again] = applied([stopped], revoke([stopped], result.message))
    assert (again.state, again.wake_ms, again.ended_ms) == (RUNNING, row.wake_ms, None)
    _, fired = fire(row, 30 * DAY_MS)
    [stopped] = run([fired], result)
    [again] = applied([stopped], revoke([stopped], result.message))
    assert (again.state, again.wake_ms) == (FIRED, None)


def test_a_refused_question_and_a_refused_answer_are_undone() -> None:
    [row] = run([], told("request", 0, 0))
    query = told("clarification_query", DAY_MS, None, sender="ru/mia")
    paused = run([row], query)
    undone = applied(paused, revoke(paused, query.message))
    assert (undone[0].state, undone[0].due_ms, undone[0].wake_ms) == (RUNNING, row.due_ms, row.wake_ms)
    answer = told("clarification_answer", 3 * DAY_MS, None)
    resumed = run(paused, answer)
    back = applied(resumed, revoke(resumed, answer.message))
    assert (back[0].state, back[0].due_ms, back[0].waited_ms, back[0].paused_ms) == (
        PAUSED,
        row.due_ms,
        0,
        DAY_MS,
    )


def test_a_message_of_another_kind_changes_nothing() -> None:
    rows = run([], told("request", 0, 0))
    assert follow(rows, PACK, told("acknowledgement", 5, 5, sender="ru/mia"), GRACE_MS) == []


def test_a_notice_of_what_happened_before_shows_whether_it_came_in_time() -> None:
    """sco-2010/2.2: thirty days from the change of a list to the notice of it, which tells of both."""
    clock = load_packs().pack("sco-2010").clock("list_change")
    pack = pack_of(clock)
    for days, late in ((30, False), (31, True)):
        at = days * DAY_MS
        both = (Moment("amendment_notice"), Moment("amendment", 0))
        [row] = run([], told("amendment_notice", at, at, moments=both), pack)
        assert (row.state, row.started_ms, row.ended_ms, row.due_ms) == (STOPPED, 0, at, 30 * DAY_MS)
        assert (row.owner, row.wake_ms, is_overdue(row)) == ("kz/mia", None, late)


def test_months_are_calendar_months_in_the_agreements_zone() -> None:
    six = Clock(
        name="leaving",
        provision="15.1",
        label="six months",
        starts_on=("leaving_notice",),
        starts_at="receipt",
        duty_of="party",
        months=6,
        on_overdue="end",
    )
    # 31 August 2026, 02:30 in Almaty (UTC+5) is 30 August in UTC; six months later February ends on the 28th.
    start = 1_788_125_400_000
    due = due_after(six, BASE, start)
    assert (due - start) // HOUR_MS == (28 + 181 - 28) * 24


@pytest.mark.parametrize(
    ("duty", "moment", "sender", "owner"),
    [
        ("giver", "information", "kz/mia", "kz/mia"),
        ("holder", "information", "kz/mia", "ru/mia"),
        ("holder", "result", "ru/mia", "kz/mia"),
        ("giver", "result", "ru/mia", "ru/mia"),
        ("holder", "data_destruction", "ru/mia", "ru/mia"),
        ("holder", "use_report_query", "kz/mia", "ru/mia"),
        ("depositary", "amendment_notice", "kz/mia", "ru/mia"),
        ("party", "amendment_notice", "kz/mia", "kz/mia"),
        ("requester", "result", "ru/mia", "kz/mia"),
    ],
)
def test_the_duty_falls_to_the_right_authority(duty: str, moment: str, sender: str, owner: str) -> None:
    clock = msgspec.structs.replace(AT_ONCE, starts_on=(moment,), stops_on=("closure",), duty_of=duty)
    [row] = run([], told(moment, 1, 1, sender=sender), pack_of(clock))
    assert row.owner == owner


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["clarification_query", "clarification_answer", "acknowledgement", "result"]),
        st.integers(1, 40 * DAY_MS),
        st.integers(0, 2 * DAY_MS),
    ),
    max_size=8,
)


@given(STEPS, st.integers(0, DAY_MS))
def test_both_ends_have_the_same_clocks_once_every_receipt_is_proven(
    steps: list[tuple[str, int, int]], transit_ms: int
) -> None:
    """Messages are received in the order of their sending; every proof comes some time after its receipt."""
    kz, ru = run([], told("request", 0, None)), run([], told("request", transit_ms, transit_ms))
    kz = applied(kz, settle(kz, PACK, kz[0].started_by, transit_ms))
    ru = [msgspec.structs.replace(row, started_by=kz[0].started_by) for row in ru]
    at = transit_ms
    for kind, gap_ms, way_ms in steps:
        sent_ms, at = at + gap_ms, at + gap_ms + way_ms
        by_executor = kind != "clarification_answer"
        sender = "ru/mia" if by_executor else "kz/mia"
        out = told(kind, sent_ms, None, sender=sender)
        into = msgspec.structs.replace(out, receipt_ms=at, now_ms=at)
        if by_executor:
            ru, kz = run(ru, out), run(kz, into)
            ru = applied(ru, settle(ru, PACK, out.message, at))
        else:
            kz, ru = run(kz, out), run(ru, into)
            kz = applied(kz, settle(kz, PACK, out.message, at))
        assert [_shared(row) for row in kz] == [_shared(row) for row in ru]


def _shared(row: ClockRow) -> tuple[object, ...]:
    return (
        row.clock,
        row.run,
        row.state,
        row.started_ms,
        row.due_ms,
        row.wake_ms,
        row.waited_ms,
        row.ended_ms,
    )
