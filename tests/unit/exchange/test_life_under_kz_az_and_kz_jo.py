"""Personal data under kz-az-2005 from the request to its destruction, and a case under kz-jo-2017, live."""

from typing import Any

import pytest

from gateway.exchange.body import Body, Correction, Destruction, Refusal, UseReport
from gateway.exchange.collect import NotCollected, collect
from gateway.exchange.draft import Draft
from gateway.exchange.firing import fire_due
from gateway.exchange.manifest import PersonalData
from gateway.exchange.recording import MomentRecord, record_moment
from gateway.ports.clock_rows import ClockRow
from keys import instants
from tests.support import drafts
from tests.support.stating import COMPARED, in_force, leaves
from tests.support.village import READER, Village, said

KZ, AZ, JO = "kz/mia", "az/mia", "jo/moi"
KZ_AZ, KZ_JO = "kz-az-2005", "kz-jo-2017"
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PURPOSE = "crime-solving"


def data_request(village: Village, **changes: Any) -> Draft:
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


def az(kind: str, case: str, answers: str, recipient: str, body: Body, **changes: Any) -> Draft:
    return said(kind, case, answers, recipient, body, **({"agreement": KZ_AZ} | changes))


def jo(kind: str, case: str, answers: str, body: Body) -> Draft:
    return said(kind, case, answers, KZ, body, agreement=KZ_JO, language="en")


def clock(village: Village, authority: str, case: str, name: str, other: str) -> ClockRow:
    rows = village.node(authority).store.clocks(case, other)
    return [row for row in rows if row.clock == name][-1]


@pytest.fixture
def azeri(region: Village) -> Village:
    in_force(region, KZ_AZ, KZ, AZ, confirms=COMPARED)
    return region


def test_kz_az_2005_17_1_a_draft_that_nobody_compared_and_activated_permits_nothing(region: Village) -> None:
    assert any(one.startswith("kz-az-2005/17") for one in region.refused(KZ, data_request(region)))


@pytest.mark.parametrize("missing", ["purpose", "conditions", "delete_by", "checked"])
def test_kz_az_2005_8_personal_data_without_the_givers_terms_is_not_sent(
    azeri: Village, missing: str
) -> None:
    draft = data_request(azeri)
    terms: dict[str, Any] = {
        name: None if name == missing else getattr(draft.personal_data, name)
        for name in ("purpose", "conditions", "delete_by")
    }
    changes: dict[str, Any] = {"personal_data": PersonalData(**terms)}
    if missing == "checked":
        changes["body"] = Body(elements=drafts.ELEMENTS)
    assert any(one.startswith("kz-az-2005/8") for one in azeri.refused(KZ, data_request(azeri, **changes)))


def test_kz_az_2005_8_2_a_use_report_answers_the_givers_question_at_once(azeri: Village) -> None:
    sent = azeri.exchanged(KZ, data_request(azeri))
    assert azeri.collected(AZ, sent.message, KZ).manifest.personal_data is not None
    asked = azeri.exchanged(
        KZ, az("use_report_query", sent.case, sent.message, AZ, Body(text="Как использованы сведения?"))
    )
    assert clock(azeri, AZ, sent.case, "use_report", KZ).owner == AZ
    report = Body(use_report=UseReport("Проверен учёт.", "Лицо установлено."))
    azeri.exchanged(AZ, az("use_report", sent.case, asked.message, KZ, report))
    for authority, other in ((KZ, AZ), (AZ, KZ)):
        assert clock(azeri, authority, sent.case, "use_report", other).state == "stopped"


def test_kz_az_2005_8_4_an_error_proven_is_told_and_the_wrong_data_destroyed(azeri: Village) -> None:
    sent = azeri.exchanged(KZ, data_request(azeri))
    begun = azeri.run(record_moment(azeri.node(KZ), READER, sent.case, MomentRecord("data_error_proven")))
    assert [(row.clock, row.owner) for row in begun.clocks] == [("data_error_notice", KZ)]
    azeri.clock.now += 25 * HOUR_MS
    azeri.run(fire_due(azeri.node(KZ)))
    assert clock(azeri, KZ, sent.case, "data_error_notice", AZ).state == "fired"
    wrong = Body(correction=Correction("correct", "wrong", ["Дата."]), reason="Ошибка в учёте.")
    corrected = azeri.exchanged(KZ, az("data_correction", sent.case, sent.message, AZ, wrong))
    assert clock(azeri, KZ, sent.case, "data_error_notice", AZ).state == "stopped"
    assert clock(azeri, AZ, sent.case, "data_error_cure", KZ).owner == AZ
    gone = Body(destruction=Destruction("restricted", ["Дата."]))
    azeri.exchanged(AZ, az("data_destruction", sent.case, corrected.message, KZ, gone))
    assert clock(azeri, AZ, sent.case, "data_error_cure", KZ).state == "stopped"


def test_kz_az_2005_8_6_data_that_is_needed_no_more_is_the_holders_to_destroy(azeri: Village) -> None:
    sent = azeri.exchanged(KZ, data_request(azeri))
    begun = azeri.run(record_moment(azeri.node(AZ), READER, sent.case, MomentRecord("data_not_needed")))
    assert [(row.clock, row.owner) for row in begun.clocks] == [("destruction_notice", AZ)]
    gone = Body(destruction=Destruction("not_needed", ["Сведения."]))
    azeri.exchanged(AZ, az("data_destruction", sent.case, sent.message, KZ, gone))
    assert clock(azeri, AZ, sent.case, "destruction_notice", KZ).state == "stopped"


def test_kz_az_2005_17_1_personal_data_is_not_collected_once_the_agreement_has_ended(azeri: Village) -> None:
    sent = azeri.exchanged(KZ, data_request(azeri))
    leaves(azeri, KZ_AZ, KZ, AZ, received="2025-01-15")
    (envelope,) = azeri.node(AZ).store.envelopes("in", KZ, sent.message)
    denied = azeri.run(collect(azeri.node(AZ), READER, envelope.envelope_id, PURPOSE))
    assert isinstance(denied, NotCollected)
    assert denied.decision.provisions[0] == "kz-az-2005/17.1"
    assert denied.decision.missing == ()


def test_kz_jo_2017_6_a_refusal_decided_is_told_at_once_with_its_reason(region: Village) -> None:
    asked = drafts.request(
        agreement=KZ_JO, recipients=[JO], language="en", subject=["narcotics"], form="drug_person_information"
    )
    sent = region.exchanged(KZ, asked)
    region.run(record_moment(region.node(JO), READER, sent.case, MomentRecord("refusal_decided")))
    region.clock.now += 25 * HOUR_MS
    assert region.run(fire_due(region.node(JO))) == 1
    grounds = region.node(JO).agreements.packs.pack(KZ_JO).catalogue("refusal_grounds")
    refused = Body(refusal=Refusal(grounds[0].code, "The request would harm security.", consultation="held"))
    region.exchanged(JO, jo("refusal", sent.case, sent.message, refused))
    assert clock(region, JO, sent.case, "refusal_notice", KZ).state == "stopped"
    assert region.state(sent.case, KZ, JO) == "refused"


def test_kz_jo_2017_a_result_in_english_answers(region: Village) -> None:
    asked = drafts.request(
        agreement=KZ_JO, recipients=[JO], language="en", subject=["narcotics"], form="drug_person_information"
    )
    sent = region.exchanged(KZ, asked)
    result = Body(text="The person was identified.", law_applied="National law.")
    region.exchanged(JO, jo("result", sent.case, sent.message, result))
    assert region.state(sent.case, KZ, JO) == "answered"
