"""kz-jo-2017, a test for each provision."""

from datetime import date

import pytest
from treaty_facts import (
    KINDS,
    KZ_JO,
    KZ_TM,
    act,
    assert_denied,
    assert_denied_then_cured,
    assert_permitted,
    assert_unknown_denies,
    changed,
    decide,
    ended,
    granted,
    message,
    obligation_codes,
    packs,
    source,
    without,
)

from policies.authorities import Notified, listing
from policies.status import Withdrawal, in_force

P = KZ_JO
PACK = packs().pack(P)
FORMS = {entry.code: entry.provision for entry in PACK.catalogue("forms")}
KINDS_OF_3_3 = [entry.code for entry in PACK.catalogue("subjects") if entry.provision == "3(3)"]
SUBJECT = {"2": "terrorism", "3": "organised_crime", "4": "narcotics", "5": "narcotics"}
openers = pytest.mark.parametrize("kind", ["request", "information"])


def about(form: str, kind: str = "request", **changes) -> dict:
    """A message in a form with the subject that goes with it."""
    subject = "vehicle_theft" if FORMS[form] == "3(3)" else SUBJECT[FORMS[form][0]]
    facts = message(P, kind, form=form, subject=subject, mutual_agreement_recorded=True)
    return changed(facts, **changes)


def in_items(*provisions: str) -> list[str]:
    return [code for code, provision in FORMS.items() if provision in provisions]


def in_article(number: str) -> list[str]:
    return [code for code, provision in FORMS.items() if provision[0] == number]


@openers
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_1_1_request_and_information_are_inferred_from_the_forms(kind: str, act_name: str) -> None:
    assert_permitted(message(P, kind, act=act_name), f"{P}/1.1", f"{P}/4(2)")
    assert_permitted(message(P, "result", act=act_name), f"{P}/1.1")


@pytest.mark.parametrize("form", ["operational_search_request", None])
def test_1_1_form_outside_the_catalogue_is_denied(form: str | None) -> None:
    decision = decide(message(P, form=form))
    assert not decision.permitted
    assert f"{P}/1.1" in decision.provisions


@pytest.mark.parametrize("change", [{"elements": ["purpose", "grounds", "content"]}, {"oral": True}])
def test_1_1_form_of_a_request_is_the_baselines_and_an_oral_one_is_not_available(change: dict) -> None:
    assert_denied_then_cured(message(P, urgency_reason="stop_crime", **change), "baseline/request-form")


@pytest.mark.parametrize("element", ["requesting_authority", "purpose", "grounds", "content"])
def test_1_1_element_of_the_baseline_form_is_named(element: str) -> None:
    decision = assert_denied_then_cured(without(element, message(P)), "baseline/request-form")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": [element]}]


def test_1_2_1_to_3_name_terrorism_organised_crime_and_drugs() -> None:
    listed = [(one.provision, one.code) for one in PACK.catalogue("subjects")][:3]
    assert listed == [("1.2(1)", "terrorism"), ("1.2(2)", "organised_crime"), ("1.2(3)", "narcotics")]
    for _, subject in listed:
        assert_permitted(message(P, subject=subject, form="legal_acts"))


@pytest.mark.parametrize("subject", ["terrorism", "organised_crime", "narcotics", *KINDS_OF_3_3])
def test_1_2_listed_subject_is_permitted_and_cited(subject: str) -> None:
    [entry] = [one for one in PACK.catalogue("subjects") if one.code == subject]
    assert_permitted(message(P, subject=subject, form="legal_acts"), f"{P}/{entry.provision}")


@openers
@pytest.mark.parametrize("subject", ["corruption", ["narcotics", "corruption"], []])
def test_1_2_subject_outside_the_catalogue_is_denied(kind: str, subject: str | list[str]) -> None:
    assert_denied(message(P, kind, subject=subject, form="legal_acts"), f"{P}/1.2", exactly=True)


@pytest.mark.parametrize("agreed", [False, None])
def test_1_2_other_crime_without_the_parties_agreement_on_record_is_denied(agreed: bool | None) -> None:
    facts = message(P, subject="other_crime", form="legal_acts", subject_agreed=agreed)
    assert_denied_then_cured(facts, f"{P}/1.2")
    assert_permitted(facts | {"subject_agreed": True}, f"{P}/1.2")


@pytest.mark.parametrize(("article", "count"), [("2", 4), ("3", 3), ("4", 5), ("5", 6)])
def test_2_to_5_articles_have_a_form_for_every_item(article: str, count: int) -> None:
    wanted = {f"{article}({number})" for number in range(1, count + 1)}
    assert {provision for provision in FORMS.values() if provision[0] == article} == wanted


@pytest.mark.parametrize("form", in_article("2"))
def test_2_1_to_4_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form]}")


@pytest.mark.parametrize("form", in_article("3"))
def test_3_1_to_3_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form]}")


@pytest.mark.parametrize("form", in_article("4"))
def test_4_1_to_5_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form]}")


@pytest.mark.parametrize("form", in_article("5"))
def test_5_1_to_6_form_is_permitted_with_any_subject_and_cited(form: str) -> None:
    for subject in ("terrorism", "organised_crime", "narcotics", "vehicle_theft"):
        assert_permitted(about(form, subject=subject), f"{P}/{FORMS[form]}")


@openers
@pytest.mark.parametrize("form", in_items("2(1)", "2(2)"))
@pytest.mark.parametrize("subject", ["narcotics", "organised_crime", ["terrorism", "narcotics"]])
def test_2_form_serves_terrorism_alone(kind: str, form: str, subject: str | list[str]) -> None:
    assert_denied_then_cured(about(form, kind, subject=subject), f"{P}/2")


@pytest.mark.parametrize("form", in_items("2(3)", "2(4)"))
def test_2_prevention_and_links_serve_organised_crime_too_and_nothing_else(form: str) -> None:
    assert_permitted(about(form, subject=["terrorism", "organised_crime"]))
    assert_denied_then_cured(about(form, subject="narcotics"), f"{P}/2")


@openers
@pytest.mark.parametrize("form", in_items("3(1)", "3(2)"))
def test_3_form_serves_organised_crime_and_its_listed_kinds(kind: str, form: str) -> None:
    assert_permitted(about(form, kind, subject=["organised_crime", "forged_documents"]))
    assert_denied_then_cured(about(form, kind, subject=["organised_crime", "terrorism"]), f"{P}/3")


@pytest.mark.parametrize("subject", KINDS_OF_3_3)
def test_3_3_joint_measures_against_a_listed_kind_are_permitted(subject: str) -> None:
    assert_permitted(about("organised_crime_joint_measures", subject=subject), f"{P}/3(3)")


@pytest.mark.parametrize(
    "subject", ["organised_crime", "narcotics", ["vehicle_theft", "terrorism"], "economic"]
)
def test_3_3_joint_measures_against_anything_else_are_denied(subject: str | list[str]) -> None:
    decision = decide(about("organised_crime_joint_measures", subject=subject))
    assert not decision.permitted
    assert f"{P}/3(3)" in decision.provisions


def test_3_3_lists_seven_kinds() -> None:
    assert len(KINDS_OF_3_3) == 7


@openers
@pytest.mark.parametrize("form", in_article("4"))
@pytest.mark.parametrize("subject", ["terrorism", ["narcotics", "arms_smuggling"]])
def test_4_form_serves_the_fight_against_drugs_alone(kind: str, form: str, subject: str | list[str]) -> None:
    assert_denied_then_cured(about(form, kind, subject=subject), f"{P}/4")


@openers
@pytest.mark.parametrize("form", ["controlled_delivery", "drug_operation"])
@pytest.mark.parametrize("recorded", [False, None])
def test_4_3_operation_or_controlled_delivery_needs_the_agreement_on_record(kind, form, recorded) -> None:
    assert_denied_then_cured(about(form, kind, mutual_agreement_recorded=recorded), f"{P}/4(3)")


def test_4_3_controlled_delivery_is_for_drugs_only() -> None:
    assert_denied_then_cured(about("controlled_delivery", subject="arms_smuggling"), f"{P}/4")


def test_5_6_economic_crime_is_covered_as_information_on_threats_only() -> None:
    assert_permitted(message(P, "information", subject="economic", form="threat_information"), f"{P}/5(6)")
    facts = message(P, subject="economic", form="legal_acts")
    assert_denied_then_cured(facts, f"{P}/5(6)")


@pytest.mark.parametrize("entry", PACK.catalogue("refusal_grounds"), ids=lambda entry: entry.code)
def test_6_listed_ground_is_permitted_and_told_urgently(entry) -> None:
    decision = assert_permitted(message(P, "refusal", refusal_ground=entry.code), f"{P}/6")
    assert [one.clock for one in decision.obligations if one.code == "notify_urgently"] == ["refusal_notice"]
    assert PACK.clock("refusal_notice").at_once


@pytest.mark.parametrize("ground", ["public_order", "no_offence", None])
def test_6_refusal_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied(message(P, "refusal", refusal_ground=ground), f"{P}/6", exactly=True)


@pytest.mark.parametrize("written", [False, None])
def test_6_refusal_not_in_writing_is_denied(written: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_written=written), f"{P}/6")


@pytest.mark.parametrize("given", [False, None])
def test_6_reasons_are_demanded_by_the_baseline(given: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_reason_given=given), "baseline/refusal-notice")


def test_6_partial_refusal_needs_a_listed_ground_too() -> None:
    partly = {"partial": True, "refusal_reason_given": True}
    assert_denied(message(P, "result", refusal_ground="public_order", **partly), f"{P}/6", exactly=True)
    assert_permitted(message(P, "result", refusal_ground="security", **partly))


@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed", "parties_match"])
@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_7_1_end_that_is_no_authorised_body_is_denied(end: str, value: bool | None, act_name: str) -> None:
    facts = message(P, act=act_name, **{end: value})
    assert_denied_then_cured(facts, f"{P}/7.1", "baseline/authority-as-of")


def test_7_1_other_authorised_bodies_of_jordan_are_unusable_until_notified() -> None:
    day = date(2026, 1, 1)
    assert listing(PACK, "jo/moi", day)
    assert not listing(PACK, "jo/psd", day)
    notice = Notified(P, "jo/psd", date(2025, 6, 1), "note 4")
    assert listing(PACK, "jo/psd", day, [notice])
    assert not listing(PACK, "jo/psd", date(2025, 5, 31), [notice])


def test_7_1_lists_six_authorities_of_kazakhstan() -> None:
    listed = [one.id for one in PACK.authorities.authorities if one.state == "KZ"]
    assert listed == ["kz/mia", "kz/nsc", "kz/gpo", "kz/acsa", "kz/sps", "kz/mof"]
    assert listing(PACK, "kz/mia", date(2026, 1, 1), language="kk").name == "Ішкі істер министрлігі"


@pytest.mark.parametrize("channel", ["direct", "agreed", None])
def test_7_3_change_of_name_or_functions_goes_through_diplomatic_channels_at_once(channel) -> None:
    assert_permitted(message(P, "amendment_notice"), f"{P}/7.3")
    decision = assert_denied(message(P, "amendment_notice", channel=channel), f"{P}/7.3")
    assert "use_channel" in {remedy.action for remedy in decision.remedies}
    assert PACK.clock("authority_change").at_once


@pytest.mark.parametrize("provision", ["7.1(1)", "7.1(2)", "7.2", "8", "10", "12", "13"])
def test_7_2_8_10_12_13_informative_provisions_say_why(provision: str) -> None:
    [found] = [one for one in PACK.provisions if one.id == provision]
    assert found.informative
    assert not found.rules


@pytest.mark.parametrize("name", ["receive", "collect", "use"])
@pytest.mark.parametrize(("level", "kept"), [("confidential", True), ("restricted", True), ("open", False)])
def test_9_1_confidential_information_is_kept_safe(name: str, level: str, kept: bool) -> None:
    decision = assert_permitted(act(P, name, level=level))
    assert ("keep_safe" in obligation_codes(decision)) is kept


def test_9_1_is_no_licence_for_state_secrets() -> None:
    assert_denied(message(P, "result", level="state_secret"), "baseline/state-secrets", exactly=True)


@pytest.mark.parametrize("change", ["raised", "lowered"])
def test_9_1_level_is_kept_by_the_baseline(change: str) -> None:
    facts = act(P, "use", level_changed=change)
    assert_denied_then_cured(facts, "baseline/level-binds")


def to_turkmenistan(*sources: dict, **changes) -> dict:
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=list(sources))
    return changed(facts, form="archival_information", **changes)


@pytest.mark.parametrize("verified", [False, None])
def test_9_2_third_party_without_written_consent_is_denied(verified: bool | None) -> None:
    facts = to_turkmenistan(granted(P, "jo/moi", grant_verified=verified))
    assert_denied(facts, f"{P}/9.2", "baseline/onward-transfer")


def test_9_2_body_of_the_receivers_own_state_is_a_third_party_too() -> None:
    sources = [source(P, "jo/moi", same_state=True)]
    facts = message(P, "result", onward=True, purpose_same=True, sources=sources)
    assert_denied(facts, f"{P}/9.2", "baseline/onward-transfer", exactly=True)


def test_9_2_written_consent_permits_and_return_needs_none() -> None:
    assert_permitted(to_turkmenistan(granted(P, "jo/moi")))
    back = source(P, "jo/moi", recipient_is_originator=True)
    assert_permitted(message(P, "result", sources=[back]))


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"amendment_notice"}))
def test_11_channel_is_direct_or_diplomatic_and_recorded(kind: str) -> None:
    assert_permitted(message(P, kind, channel="direct"))
    assert_permitted(message(P, kind, channel="diplomatic"))
    assert_denied_then_cured(message(P, kind, channel="agreed"), f"{P}/11")
    assert_unknown_denies(message(P, kind), f"{P}/11", ["channel"])


@pytest.mark.parametrize("language", ["en", "ar", "kk"])
def test_11_no_language_is_prescribed(language: str) -> None:
    assert_permitted(message(P, languages=[language], translation_languages=[language]))


@pytest.mark.parametrize("value", [False, None])
def test_14_1_nothing_is_done_while_not_in_force(value: bool | None) -> None:
    facts = message(P, agreement_in_force=value, agreement_status="not_in_force")
    assert_denied_then_cured(facts, f"{P}/14.1", "baseline/legal-basis")


def test_14_1_in_force_since_9_january_2019() -> None:
    assert not in_force(PACK, [], date(2019, 1, 8))
    answer = in_force(PACK, [], date(2019, 1, 9))
    assert (bool(answer), answer.provision) == (True, f"{P}/14.1")


def test_14_2_ends_six_months_after_receipt_and_nothing_is_continued() -> None:
    leaving = [Withdrawal(P, date(2026, 1, 10), "note 1")]
    assert in_force(PACK, [], date(2026, 7, 9), leaving)
    assert in_force(PACK, [], date(2026, 7, 10), leaving).status == "ended"
    assert_denied(ended(P, "result"), f"{P}/14.1", "baseline/legal-basis")
