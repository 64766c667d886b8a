"""A notice of leaving runs as a clock: a reminder, the end, and what the end asks for in single cases."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.exchange.agreement_moments import AgreementMomentRecord, record_agreement_moment
from gateway.exchange.body import Body, Destruction
from gateway.exchange.collect import Reader
from gateway.exchange.draft import Draft
from gateway.exchange.firing import fire_due
from gateway.exchange.manifest import PersonalData
from gateway.exchange.notices import acknowledge_notice, notices_page
from gateway.ports.clock_rows import NO_CASE, ClockRow
from keys import instants
from policies.civil import add_months
from tests.support import drafts
from tests.support.stating import COMPARED, in_force, leaves
from tests.support.village import Village, said

KZ, RU, AZ = "kz/mia", "ru/mia", "az/mia"
KZ_RU, KZ_AZ, SCO = "kz-ru-mvd-2008", "kz-az-2005", "sco-2010"
DAY_MS = 86_400_000
ANYBODY = Reader("registry", "open", frozenset())


def today(village: Village) -> date:
    return datetime.fromtimestamp(village.clock.now / 1000, UTC).date() - timedelta(days=1)


def clocks(village: Village, authority: str, agreement: str) -> dict[str, ClockRow]:
    return {row.clock: row for row in village.node(authority).store.clocks(NO_CASE, agreement)}


def fire(village: Village, authority: str) -> None:
    village.run(fire_due(village.node(authority)))


def told(village: Village, authority: str, event: str) -> list[dict[str, Any]]:
    return [dict(leaf.fields) for leaf in village.leaves(authority) if leaf.event == event]


def data_request(village: Village, **changes: Any) -> Draft:
    """A request under kz-az-2005 with personal data and the giver's terms for it."""
    delete_by = instants.write(village.clock.now + 3000 * DAY_MS)
    fields: dict[str, Any] = {
        "agreement": KZ_AZ,
        "recipients": [AZ],
        "body": Body(elements=drafts.ELEMENTS, personal_data_checked=True),
        "subject": ["narcotics"],
        "form": "drug_crime_information",
        "personal_data": PersonalData("Раскрытие преступления.", "Только для этого дела.", delete_by),
    }
    return drafts.request(**(fields | changes))


@pytest.fixture
def azeri(region: Village) -> Village:
    in_force(region, KZ_AZ, KZ, AZ, confirms=COMPARED)
    return region


def test_kz_ru_mvd_2008_15_1_the_end_is_reminded_of_and_then_told_to_every_client(village: Village) -> None:
    received = today(village)
    [result] = leaves(village, KZ_RU, KZ, received=received.isoformat())
    [clock] = clocks(village, KZ, KZ_RU).values()
    assert (clock.clock, clock.owner, clock.provision) == ("leaving", KZ, "kz-ru-mvd-2008/15.1")
    assert clock.due_ms is not None
    end = add_months(received, 6)
    assert result.until == end.isoformat()
    village.clock.now = clock.due_ms - 30 * DAY_MS
    fire(village, KZ)
    village.clock.now = clock.due_ms - 1
    fire(village, KZ)
    assert told(village, KZ, "agreement.ended") == []
    village.clock.now = clock.due_ms
    assert (
        village.node(KZ).agreements.civil_date(village.node(KZ).agreements.packs.pack(KZ_RU), clock.due_ms)
        == end
    )
    for _ in range(2):
        fire(village, KZ)
    [ended] = told(village, KZ, "agreement.ended")
    assert (ended["agreement"], ended["provisions"], ended["due"]) == (
        KZ_RU,
        ["kz-ru-mvd-2008/15.1"],
        clock.due_ms,
    )
    assert "case" not in ended
    items, _ = notices_page(village.node(KZ), ANYBODY, 0, 9)
    assert [(item.notice.event, item.notice.flag) for item in items] == [
        ("clock.reminder", "owed"),
        ("clock.overdue", "ended"),
    ]
    village.run(acknowledge_notice(village.node(KZ), ANYBODY, items[1].notice.notice_id))
    assert told(village, KZ, "notice.acknowledged")[0]["agreement"] == KZ_RU
    assert village.node(RU).store.clocks(NO_CASE, KZ_RU) == []  # nobody stated anything there


def test_one_admins_proposal_starts_nothing_and_the_same_notice_no_second_clock(village: Village) -> None:
    from gateway.exchange.leaving import record_leaving
    from tests.support.stating import _signed

    stated = {"v": 1, "act": "withdraw-agreement", "agreement": KZ_RU, "party": None, "effective": None}
    stated |= {"received": today(village).isoformat(), "reference": "Note, 7"}
    first, second = _signed(village, KZ, stated)
    village.run(record_leaving(village.node(KZ), first))
    assert clocks(village, KZ, KZ_RU) == {}
    village.run(record_leaving(village.node(KZ), second))
    leaves(village, KZ_RU, KZ, received=today(village).isoformat(), reference="The same note, sent twice")
    assert len(village.node(KZ).store.clocks(NO_CASE, KZ_RU)) == 1


def test_a_later_day_that_the_notice_proposes_is_the_day_of_the_end(village: Village) -> None:
    later = add_months(today(village), 12)
    leaves(village, KZ_RU, KZ, received=today(village).isoformat(), effective=later.isoformat())
    [clock] = clocks(village, KZ, KZ_RU).values()
    pack = village.node(KZ).agreements.packs.pack(KZ_RU)
    assert clock.due_ms is not None
    assert village.node(KZ).agreements.civil_date(pack, clock.due_ms) == later
    assert village.node(KZ).agreements.civil_date(pack, clock.due_ms - 1) == later - timedelta(days=1)


def test_an_agreement_that_binds_nobody_has_no_end_to_wait_for(region: Village) -> None:
    leaves(region, KZ_AZ, KZ, received=today(region).isoformat())
    assert clocks(region, KZ, KZ_AZ) == {}


def test_sco_2010_13_2_the_depositary_has_thirty_days_to_tell_the_parties(region: Village) -> None:
    for party in ("KZ", "RU", "CN", "TJ"):
        in_force(region, SCO, KZ, party=party)
    received = today(region) - timedelta(days=3)
    leaves(region, SCO, KZ, received=received.isoformat(), party="RU")
    forwarding = clocks(region, KZ, SCO)["leaving_forwarding"]
    assert forwarding.owner == "xs/sco-secretariat"
    assert forwarding.due_ms == forwarding.started_ms + 30 * DAY_MS
    record = AgreementMomentRecord("leaving_forwarded", today(region).isoformat())
    for _ in range(2):
        region.run(record_agreement_moment(region.node(KZ), "registry", SCO, record))
    assert clocks(region, KZ, SCO)["leaving_forwarding"].state == "stopped"
    assert clocks(region, KZ, SCO)["leaving"].state == "running"
    assert len(told(region, KZ, "agreement.moment")) == 1


def test_sco_2010_13_2_a_notice_that_nobody_forwarded_is_overdue(region: Village) -> None:
    for party in ("KZ", "RU", "CN", "TJ"):
        in_force(region, SCO, KZ, party=party)
    leaves(region, SCO, KZ, received=today(region).isoformat(), party="RU")
    region.clock.now += 32 * DAY_MS
    fire(region, KZ)
    [late] = told(region, KZ, "clock.overdue")
    assert (late["clock"], late["owner"], late["provisions"]) == (
        "leaving_forwarding",
        "xs/sco-secretariat",
        ["sco-2010/13.2"],
    )
    assert notices_page(region.node(KZ), ANYBODY, 0, 9)[0] == []  # the duty is not ours


def test_kz_az_2005_8_6_at_the_end_whoever_holds_personal_data_is_to_destroy_it(azeri: Village) -> None:
    kept = azeri.exchanged(KZ, data_request(azeri))
    plain = azeri.exchanged(KZ, data_request(azeri, personal_data=None))
    gone = azeri.exchanged(KZ, data_request(azeri))
    destroyed = Body(destruction=Destruction("not_needed", ["Сведения о владельце."]))
    azeri.exchanged(
        AZ,
        said("data_destruction", gone.case, gone.message, KZ, destroyed, agreement=KZ_AZ, purpose=None),
    )
    leaves(azeri, KZ_AZ, KZ, AZ, received=today(azeri).isoformat())
    [leaving] = clocks(azeri, AZ, KZ_AZ).values()
    assert leaving.due_ms is not None
    azeri.pass_ms(leaving.due_ms - azeri.clock.now)
    for _ in range(2):
        for authority in (KZ, AZ):
            fire(azeri, authority)
    running = {
        sent.case: [
            (row.state, row.started_ms)
            for row in azeri.node(AZ).store.clocks(sent.case, KZ)
            if row.clock == "destruction_notice" and row.started_by == "agreement_ended"
        ]
        for sent in (kept, plain, gone)
    }
    assert running == {kept.case: [("running", leaving.due_ms)], plain.case: [], gone.case: []}
    assert len(told(azeri, AZ, "case.moment")) == 1
    assert told(azeri, KZ, "case.moment") == []  # the giver holds nothing of the other side
    ground = Body(destruction=Destruction("agreement_ended", ["Сведения о владельце."]))
    azeri.exchanged(
        AZ, said("data_destruction", kept.case, kept.message, KZ, ground, agreement=KZ_AZ, purpose=None)
    )
    [row] = [one for one in azeri.node(AZ).store.clocks(kept.case, KZ) if one.started_by == "agreement_ended"]
    assert row.state == "stopped"


class Crashed(BaseException):
    pass


def test_kz_az_2005_8_6_a_crash_before_the_end_is_told_loses_no_case(azeri: Village) -> None:

    sent = azeri.exchanged(KZ, data_request(azeri))
    leaves(azeri, KZ_AZ, AZ, received=today(azeri).isoformat())
    [leaving] = clocks(azeri, AZ, KZ_AZ).values()
    assert leaving.due_ms is not None
    azeri.clock.now = leaving.due_ms
    node = azeri.node(AZ)

    def crash(name: str) -> None:
        if name == "clocks.found":
            raise Crashed

    with pytest.raises(Crashed):
        azeri.run(fire_due(dataclasses.replace(node, crash_point=crash)))
    fire(azeri, AZ)
    rows = [one for one in node.store.clocks(sent.case, KZ) if one.started_by == "agreement_ended"]
    assert len(rows) == 1
    assert len(told(azeri, AZ, "agreement.ended")) == 1
