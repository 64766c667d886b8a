"""A request under sco-2010 between two real nodes: in Russian, under the seal alone, with its clocks."""

from typing import Any

import pytest

from gateway.exchange.body import Body, Obstacle
from gateway.exchange.draft import Draft
from gateway.exchange.firing import fire_due
from gateway.exchange.recording import MomentRecord, record_moment
from gateway.exchange.submit import Denied
from gateway.ports.clock_rows import ClockRow, NoticeRow
from keys import instants
from tests.support import drafts
from tests.support.stating import in_force, leaves
from tests.support.village import READER, Village, said

SCO, KZ, RU = "sco-2010", "kz/mia", "ru/mia"
DAY_MS = 86_400_000
ELEMENTS = {
    **drafts.ELEMENTS,
    "requesting_authority": "Министерство внутренних дел Республики Казахстан",
    "purpose": "Раскрытие преступления.",
}


def request(**changes: Any) -> Draft:
    fields: dict[str, Any] = {
        "agreement": SCO,
        "body": Body(elements=ELEMENTS),
        "subject": ["narcotics"],
        "form": "crime_and_person_information",
        "signatory": None,
    }
    return drafts.request(**(fields | changes))


def answer(kind: str, case: str, answers: str, body: Body) -> Draft:
    return said(kind, case, answers, KZ, body, agreement=SCO)


def rows(village: Village, authority: str, case: str) -> dict[str, ClockRow]:
    other = RU if authority == KZ else KZ
    return {row.clock: row for row in village.node(authority).store.clocks(case, other)}


def notices(village: Village, authority: str) -> list[NoticeRow]:
    return [item.notice for item in village.node(authority).store.notices(0, 99)]


def fired(village: Village) -> None:
    for authority in (KZ, RU):
        village.run(fire_due(village.node(authority)))


@pytest.fixture
def bound(region: Village) -> Village:
    """The agreement has been in force since 2012, by four deposits stated to both nodes."""
    for party in ("KZ", "RU", "CN", "TJ"):
        in_force(region, SCO, KZ, RU, party=party)
    return region


def test_sco_2010_12_1_without_four_deposits_nothing_is_sent(region: Village) -> None:
    for party in ("KZ", "RU", "CN"):
        in_force(region, SCO, KZ, party=party)
    assert any(one.startswith("sco-2010/12") for one in region.refused(KZ, request()))


def test_sco_2010_5_4_and_8_a_request_in_russian_needs_the_seal_alone(bound: Village) -> None:
    sent = bound.exchanged(KZ, request())
    assert bound.state(sent.case, KZ, RU) == "requested"
    denied = bound.submitted(KZ, request(language="kk"))
    assert isinstance(denied, Denied)


def test_sco_2010_6_1_thirty_days_run_alike_at_both_ends_with_a_reminder_and_a_flag(bound: Village) -> None:
    sent = bound.exchanged(KZ, request())
    begun = bound.clock.now
    ours, theirs = rows(bound, KZ, sent.case)["execution"], rows(bound, RU, sent.case)["execution"]
    assert ours.due_ms == theirs.due_ms == begun + 30 * DAY_MS
    assert ours.owner == theirs.owner == RU
    bound.clock.now = begun + 25 * DAY_MS
    fired(bound)
    assert [one.event for one in notices(bound, RU)] == ["clock.reminder"]
    bound.clock.now = begun + 30 * DAY_MS
    fired(bound)
    assert [(one.event, one.flag) for one in notices(bound, RU)][1:] == [("clock.overdue", "unexplained")]
    assert rows(bound, RU, sent.case)["execution"].state == "fired"


def test_sco_2010_6_2_an_obstacle_that_is_told_explains_the_delay_and_the_result_still_comes(
    bound: Village,
) -> None:
    sent = bound.exchanged(KZ, request())
    begun = bound.clock.now
    bound.pass_ms(10 * DAY_MS)
    bound.run(record_moment(bound.node(RU), READER, sent.case, MomentRecord("obstacle_known")))
    assert rows(bound, RU, sent.case)["obstacle_notice"].state == "running"
    told = Body(obstacle=Obstacle("Сведения находятся в другом ведомстве."))
    bound.exchanged(RU, answer("obstacle_notice", sent.case, sent.message, told))
    assert rows(bound, RU, sent.case)["obstacle_notice"].state == "stopped"
    bound.pass_ms(begun + 31 * DAY_MS - bound.clock.now)
    fired(bound)
    assert {one.flag for one in notices(bound, RU)} == {"owed"}
    result = Body(text="Установлено.", law_applied="Национальное законодательство.")
    bound.exchanged(RU, answer("result", sent.case, sent.message, result))
    for authority in (KZ, RU):
        row = rows(bound, authority, sent.case)["execution"]
        assert (row.state, row.ended_ms) == ("stopped", bound.clock.now)
    assert bound.state(sent.case, KZ, RU) == "answered"


def test_sco_2010_13_3_the_result_of_what_was_started_is_collected_after_the_end(bound: Village) -> None:
    sent = bound.exchanged(KZ, request())
    result = Body(text="Установлено.", law_applied="Национальное законодательство.")
    answered = bound.exchanged(RU, answer("result", sent.case, sent.message, result))
    received = instants.write(bound.clock.now - 2 * DAY_MS)[:10]
    leaves(bound, SCO, KZ, RU, received=received, party="RU")
    bound.clock.now += 200 * DAY_MS
    assert "baseline/legal-basis" in bound.refused(KZ, request())
    assert bound.collected(KZ, answered.message, RU).body.text == "Установлено."
