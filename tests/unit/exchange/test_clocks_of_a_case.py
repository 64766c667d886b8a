"""Clocks along the life of a case between two real nodes: both ends hold the same ones after every step."""

import pytest

from gateway.exchange.body import Body, Obstacle, Oral
from gateway.exchange.firing import fire_due
from gateway.ports.clock_rows import ClockRow
from keys import instants
from tests.support import drafts
from tests.support.hostile import HOUR_MS
from tests.support.village import Village, said

KZ, RU = "kz/mia", "ru/mia"
SHARED = (
    "clock",
    "run",
    "state",
    "provision",
    "duty",
    "owner",
    "started_ms",
    "due_ms",
    "waited_ms",
    "ended_ms",
)


def oral(village: Village, hours_ago: int = 1, *, confirms: bool = False) -> Body:
    made = instants.write(village.clock.now - hours_ago * HOUR_MS)
    return Body(elements=drafts.ELEMENTS, oral=Oral(made, "prevent_crime", confirms))


def clocks(village: Village, case: str) -> list[ClockRow]:
    """The case's clocks, found alike at both ends."""
    ours, theirs = village.node(KZ).store.clocks(case, RU), village.node(RU).store.clocks(case, KZ)
    assert [[getattr(row, name) for name in SHARED] for row in ours] == [
        [getattr(row, name) for name in SHARED] for row in theirs
    ]
    return ours


def fired(village: Village) -> list[int]:
    return [village.run(fire_due(village.node(authority))) for authority in (KZ, RU)]


def test_kz_ru_mvd_2008_5_2_an_oral_request_has_three_times_24_hours_from_when_it_was_made(
    village: Village,
) -> None:
    made_ms = village.clock.now - HOUR_MS
    sent = village.exchanged(KZ, drafts.request(body=oral(village)))
    [clock] = clocks(village, sent.case)
    assert (clock.clock, clock.owner, clock.state) == ("oral_confirmation", KZ, "running")
    assert clock.due_ms == made_ms + 72 * HOUR_MS
    village.clock.now += 47 * HOUR_MS
    assert fired(village) == [1, 1]
    village.clock.now += 24 * HOUR_MS
    assert fired(village) == [1, 1]
    for authority in (KZ, RU):
        events = [item.notice.event for item in village.node(authority).store.notices(0, 9)]
        assert events == ["clock.reminder", "clock.overdue"]
    [clock] = clocks(village, sent.case)
    assert clock.state == "fired"


def test_kz_ru_mvd_2008_5_2_a_written_confirmation_stops_it_and_starts_the_execution(
    village: Village,
) -> None:
    sent = village.exchanged(KZ, drafts.request(body=oral(village)))
    village.clock.now += HOUR_MS
    confirming = drafts.request(
        body=oral(village, 2, confirms=True), case=sent.case, in_reply_to=sent.message
    )
    village.exchanged(KZ, confirming)
    found = {clock.clock: clock for clock in clocks(village, sent.case)}
    assert found["oral_confirmation"].state == "stopped"
    assert (found["execution"].state, found["execution"].owner) == ("running", RU)
    assert found["execution"].started_ms == village.clock.now


def test_kz_ru_mvd_2008_7_3_the_clock_shows_the_wait_for_an_answer(village: Village) -> None:
    sent = village.exchanged(KZ, drafts.request())
    query = village.exchanged(
        RU, said("clarification_query", sent.case, sent.message, KZ, Body(text="Уточните номер."))
    )
    [clock] = clocks(village, sent.case)
    assert clock.state == "paused"
    village.clock.now += 5 * HOUR_MS
    village.exchanged(
        KZ, said("clarification_answer", sent.case, query.message, RU, Body(text="Номер таков."))
    )
    [clock] = clocks(village, sent.case)
    assert (clock.state, clock.waited_ms) == ("running", 5 * HOUR_MS)


@pytest.mark.parametrize("notified", [False, True])
def test_kz_ru_mvd_2008_7_1_what_is_late_without_an_obstacle_notice_is_flagged_to_the_executor(
    village: Village, *, notified: bool
) -> None:
    sent = village.exchanged(KZ, drafts.request())
    if notified:
        told = Body(obstacle=Obstacle("Сведения в другом ведомстве."))
        village.exchanged(RU, said("obstacle_notice", sent.case, sent.message, KZ, told))
    village.clock.now += 25 * HOUR_MS
    assert fired(village) == [1, 1]
    [item] = village.node(RU).store.notices(0, 9)
    assert item.notice.flag == ("owed" if notified else "unexplained")
    assert village.node(KZ).store.notices(0, 9) == []  # this agreement tells the duty holder alone


def test_a_result_stops_the_execution_and_a_part_of_it_does_not(village: Village) -> None:
    sent = village.exchanged(KZ, drafts.request())
    law = "Национальное законодательство."
    part = Body(
        text="Собственник установлен.", law_applied=law, partial=True, reason="Остальное исполняется."
    )
    village.exchanged(RU, said("result", sent.case, sent.message, KZ, part))
    assert [clock.state for clock in clocks(village, sent.case)] == ["running"]
    whole = Body(text="Автомобиль установлен.", law_applied=law)
    village.exchanged(RU, said("result", sent.case, sent.message, KZ, whole))
    assert [clock.state for clock in clocks(village, sent.case)] == ["stopped"]
