"""A change of a list: thirty days to tell the depositary, seven for it to tell the parties (sco-2010/2.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.errors import Invalid, NotFound
from gateway.exchange.agreement_moments import AgreementMomentRecord, record_agreement_moment
from gateway.exchange.body import Amendment, Body
from gateway.exchange.draft import Draft
from gateway.exchange.firing import fire_due
from gateway.exchange.following import follow_refusal
from gateway.exchange.submit import Accepted
from gateway.ports.clock_rows import NO_CASE, ClockMoved, ClockRow
from tests.support import drafts
from tests.support.stating import in_force
from tests.support.village import Village

SCO, KZ, RU, DEPOSITARY = "sco-2010", "kz/mia", "ru/mia", "xs/sco-secretariat"
DAY_MS = 86_400_000


def day(village: Village, days_ago: int = 1) -> str:
    today = datetime.fromtimestamp(village.clock.now / 1000, UTC).date()
    return (today - timedelta(days=days_ago)).isoformat()


def notice(village: Village, recipients: list[str], effective: str, forwards: str | None = None) -> Draft:
    change = Amendment("kz/mia", "renamed", {"ru": "Министерство внутренних дел"}, effective, None, forwards)
    fields: dict[str, Any] = {
        "kind": "amendment_notice",
        "agreement": SCO,
        "recipients": recipients,
        "body": Body(text="Изменено наименование.", amendment=change, channel="diplomatic"),
        "subject": [],
        "form": None,
        "purpose": None,
        "signatory": None,
    }
    return drafts.request(**fields)


def changed(village: Village, on: str, authority: str = KZ, moment: str = "amendment") -> list[ClockRow]:
    record = AgreementMomentRecord(moment, on)  # type: ignore[arg-type]
    return village.run(record_agreement_moment(village.node(authority), "registry", SCO, record))


def of_agreement(village: Village, authority: str = KZ) -> list[ClockRow]:
    return village.node(authority).store.clocks(NO_CASE, SCO)


def forwarding(village: Village, authority: str, case: str) -> ClockRow:
    other = KZ if authority == DEPOSITARY else DEPOSITARY
    rows = village.node(authority).store.clocks(case, other)
    [row] = [one for one in rows if one.clock == "list_change_forwarding"]
    return row


@pytest.fixture
def bound(region: Village) -> Village:
    """In force between Kazakhstan and Russia alone."""
    in_force(region, SCO, KZ, RU, DEPOSITARY)
    for party in ("KZ", "RU"):
        in_force(region, SCO, KZ, RU, DEPOSITARY, party=party)
    return region


def test_sco_2010_2_2_the_thirty_days_run_from_the_change_and_remind(bound: Village) -> None:
    on = day(bound, 10)
    [row] = changed(bound, on)
    assert (row.clock, row.owner, row.state) == ("list_change", KZ, "running")
    assert row.due_ms == row.started_ms + 30 * DAY_MS
    assert changed(bound, on) == [row]  # again: harmless
    bound.clock.now = row.due_ms - 7 * DAY_MS
    bound.run(fire_due(bound.node(KZ)))
    [item] = bound.node(KZ).store.notices(0, 9)
    assert (item.notice.event, item.notice.clock) == ("clock.reminder", "list_change")
    bound.clock.now = row.due_ms
    bound.run(fire_due(bound.node(KZ)))
    assert [one.state for one in of_agreement(bound)] == ["fired"]


def test_sco_2010_2_2_the_notice_of_that_change_stops_it_and_of_another_does_not(bound: Village) -> None:
    first, second = day(bound, 10), day(bound, 4)
    changed(bound, first)
    changed(bound, second)
    sent = bound.exchanged(KZ, notice(bound, [DEPOSITARY], second))
    stopped, running = sorted(of_agreement(bound), key=lambda row: row.started_ms, reverse=True)
    assert (stopped.state, stopped.ended_by, running.state) == ("stopped", sent.message, "running")
    assert stopped.ended_ms == bound.clock.now


def test_a_refused_notice_has_told_nobody(bound: Village) -> None:
    on = day(bound, 4)
    changed(bound, on)
    sent = bound.send(KZ, notice(bound, [DEPOSITARY], on))
    assert [row.state for row in of_agreement(bound)] == ["stopped"]
    writes = follow_refusal(bound.node(KZ), DEPOSITARY, sent.message)
    moved = [one for one in writes if isinstance(one, ClockMoved) and one.case_id == NO_CASE]
    assert [one.state for one in moved] == ["running"]


def _told(bound: Village) -> Accepted:
    sent = bound.exchanged(KZ, notice(bound, [DEPOSITARY], day(bound)))
    for authority in (KZ, DEPOSITARY):
        row = forwarding(bound, authority, sent.case)
        assert (row.state, row.owner, row.due_ms) == ("running", DEPOSITARY, bound.clock.now + 7 * DAY_MS)
    return sent


def test_sco_2010_2_2_forwarding_to_all_parties_stops_the_seven_days_at_both_ends(bound: Village) -> None:
    sent = _told(bound)
    bound.clock.now += 5 * DAY_MS
    bound.exchanged(DEPOSITARY, notice(bound, [KZ, RU], day(bound, 6), sent.message))
    for authority in (KZ, DEPOSITARY):
        row = forwarding(bound, authority, sent.case)
        assert (row.state, row.ended_ms) == ("stopped", bound.clock.now)
    bound.clock.now += 5 * DAY_MS
    for authority in (KZ, DEPOSITARY):
        bound.run(fire_due(bound.node(authority)))
        assert not [leaf for leaf in bound.leaves(authority) if leaf.event == "clock.overdue"]


@pytest.mark.parametrize("recipients", [[RU], [KZ]])
def test_forwarding_to_some_parties_or_another_notice_stops_nothing_more_than_it_should(
    bound: Village, recipients: list[str]
) -> None:
    sent = _told(bound)
    other = bound.exchanged(KZ, notice(bound, [DEPOSITARY], day(bound, 2)))
    bound.exchanged(DEPOSITARY, notice(bound, recipients, day(bound), sent.message))
    expected = "stopped" if recipients == [RU] else "running"  # Russia is all the other parties
    assert forwarding(bound, DEPOSITARY, sent.case).state == expected
    assert forwarding(bound, DEPOSITARY, other.case).state == "running"
    bound.exchanged(DEPOSITARY, notice(bound, [KZ, RU], day(bound)))  # forwards nothing by name
    assert forwarding(bound, DEPOSITARY, other.case).state == "running"


def test_nobody_but_the_depositary_stops_its_clock(bound: Village) -> None:
    sent = _told(bound)
    bound.exchanged(KZ, notice(bound, [DEPOSITARY], day(bound), sent.message))
    assert forwarding(bound, DEPOSITARY, sent.case).state == "running"


def test_an_overlooked_notice_is_overdue_after_seven_days(bound: Village) -> None:
    sent = _told(bound)
    bound.clock.now += 7 * DAY_MS
    bound.run(fire_due(bound.node(DEPOSITARY)))
    assert forwarding(bound, DEPOSITARY, sent.case).state == "fired"


def test_what_cannot_be_recorded_is_refused(bound: Village) -> None:
    with pytest.raises(Invalid, match="future"):
        changed(bound, day(bound, -3))
    with pytest.raises(Invalid, match="no date"):
        changed(bound, "2026-02-30")
    with pytest.raises(Invalid, match="a matter of the parties"):
        changed(bound, day(bound), DEPOSITARY)
    for agreement, error in (("kz-xx-1999", NotFound), ("baseline", NotFound), ("kz-ru-mvd-2008", Invalid)):
        record = AgreementMomentRecord("leaving_forwarded", day(bound))
        with pytest.raises(error):
            bound.run(record_agreement_moment(bound.node(KZ), "registry", agreement, record))
