"""kz-tm-2024, a test for each provision."""

from datetime import date

import pytest
from treaty_facts import (
    KINDS_WITH_OR_WITHOUT_TEXT,
    KINDS_WITH_TEXT,
    KZ_RU,
    KZ_TM,
    act,
    assert_denied,
    assert_denied_then_cured,
    assert_permitted,
    assert_unknown_denies,
    changed,
    decide,
    granted,
    message,
    obligation_codes,
    packs,
    source,
    without,
)

from policies.authorities import Notified, listing
from policies.status import Activation, in_force

P = KZ_TM
SUBJECTS = [entry for entry in packs().pack(P).catalogue("subjects") if entry.provision.startswith("1.1")]
FORMS = [entry for entry in packs().pack(P).catalogue("forms") if entry.provision.startswith("2")]


@pytest.mark.parametrize("entry", SUBJECTS, ids=[entry.provision for entry in SUBJECTS])
def test_1_1_1_to_14_listed_subject_is_permitted_and_cited(entry) -> None:
    assert_permitted(message(P, subject=entry.code), f"{P}/{entry.provision}")


def test_1_1_lists_fourteen_kinds_in_order() -> None:
    assert [entry.provision for entry in SUBJECTS] == [f"1.1({number})" for number in range(1, 15)]


@pytest.mark.parametrize("subject", ["intellectual_property", "arms", ["narcotics", "arms"], []])
def test_1_1_subject_outside_the_catalogue_is_denied(subject: str | list[str]) -> None:
    assert_denied(message(P, subject=subject), f"{P}/1.1", exactly=True)


@pytest.mark.parametrize("agreed", [False, None])
def test_1_2_other_crime_without_the_parties_agreement_is_denied(agreed: bool | None) -> None:
    facts = message(P, subject="other_crime", subject_agreed=agreed, subject_reason_given=True)
    assert_denied_then_cured(facts, f"{P}/1.2")


def test_1_2_other_crime_with_the_agreement_on_record_is_cited() -> None:
    assert_permitted(message(P, subject="other_crime", subject_agreed=True), f"{P}/1.2")


def test_1_3_wanted_person_is_searched_for_under_national_law() -> None:
    decision = assert_permitted(message(P, act="receive", form="wanted_person"), f"{P}/1.3")
    assert "search_under_national_law" in obligation_codes(decision)


@pytest.mark.parametrize("entry", FORMS, ids=[entry.code for entry in FORMS])
def test_2_1_to_6_listed_form_is_permitted_and_cited(entry) -> None:
    assert_permitted(message(P, form=entry.code), f"{P}/{entry.provision}")


def test_2_covers_its_six_items() -> None:
    assert {entry.provision for entry in FORMS} == {f"2({number})" for number in range(1, 7)}


@pytest.mark.parametrize("form", ["extradition", "controlled_delivery", None])
def test_2_form_outside_the_catalogue_is_denied(form: str | None) -> None:
    decision = assert_denied(message(P, form=form), f"{P}/2")
    assert form is not None or "form" in decision.missing


@pytest.mark.parametrize("name", ["send", "receive"])
def test_2_2_information_without_a_request_is_permitted(name: str) -> None:
    assert_permitted(message(P, "information", act=name), f"{P}/2(2)")


@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed", "parties_match"])
@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_3_authority_not_on_the_list_is_denied(end: str, value: bool | None, act_name: str) -> None:
    facts = message(P, act=act_name, **{end: value})
    assert_denied_then_cured(facts, f"{P}/3", "baseline/authority-as-of")


def test_3_change_of_the_list_has_a_clock() -> None:
    assert packs().pack(P).clock("authority_change").at_once


@pytest.mark.parametrize("channel", ["direct", None])
def test_3_change_of_the_list_is_told_through_diplomatic_channels(channel: str | None) -> None:
    assert_permitted(message(P, "amendment_notice"), f"{P}/3")
    assert_denied_then_cured(message(P, "amendment_notice", channel=channel), f"{P}/3")


def test_3_nobody_is_competent_before_the_lists_are_notified() -> None:
    day = date(2026, 1, 1)
    assert not listing(packs().pack(P), "kz/mia", day)
    assert listing(packs().pack(P), "kz/mia", day, [Notified(P, "kz/mia", day, "note 2")])


@pytest.mark.parametrize("reason", ["danger_to_life", "other_urgent", None])
def test_4_1_oral_request_for_another_reason_is_denied(reason: str | None) -> None:
    assert_denied_then_cured(message(P, oral=True, urgency_reason=reason), f"{P}/4.1")


@pytest.mark.parametrize("reason", ["stop_crime", "prevent_crime", "solve_crime"])
def test_4_1_oral_request_to_stop_prevent_or_solve_a_crime_is_confirmed_at_once(reason: str) -> None:
    decision = assert_permitted(message(P, oral=True, urgency_reason=reason, elements=[]))
    assert "confirm_in_writing" in obligation_codes(decision)
    assert packs().pack(P).clock("oral_confirmation").duration_s is None


def test_4_1_oral_information_is_denied() -> None:
    assert_denied_then_cured(message(P, "information", oral=True), f"{P}/4.1")


def test_4_1_result_of_an_unconfirmed_oral_request_is_held() -> None:
    assert_denied_then_cured(message(P, "result", oral_unconfirmed=True), f"{P}/4.1")


@pytest.mark.parametrize(
    ("element", "provision"),
    [
        ("requested_authority", "4.1(1)"),
        ("grounds", "4.1(2)"),
        ("requesting_authority", "4.1(2)"),
        ("circumstances", "4.1(3)"),
        ("content", "4.1(4)"),
        ("certified_copy", "4.1(5)"),
        ("legal_text", "4.1(5)"),
    ],
)
def test_4_1_1_to_5_missing_element_is_denied_and_named(element: str, provision: str) -> None:
    decision = assert_denied_then_cured(without(element, message(P)), f"{P}/{provision}")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": [element]}]


def test_4_1_5_request_without_certified_copy_is_denied_also_at_receipt() -> None:
    assert_denied_then_cured(without("certified_copy", message(P, act="receive")), f"{P}/4.1(5)")


def test_4_1_unknown_elements_are_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/4.1(5)", ["elements"])


@pytest.mark.parametrize("kind", KINDS_WITH_TEXT)
def test_4_2_text_not_in_the_senders_state_language_is_denied(kind: str) -> None:
    facts = message(P, kind, languages=["ru"], translation_languages=["ru"])
    assert_denied_then_cured(facts, f"{P}/4.2")


@pytest.mark.parametrize("translations", [[], ["kk"], ["kk", "en"], None])
def test_4_2_text_without_translation_is_denied(translations: list[str] | None) -> None:
    assert_denied(message(P, translation_languages=translations), f"{P}/4.2", exactly=True)


@pytest.mark.parametrize("language", ["tk", "ru"])
def test_4_2_translation_into_the_requested_partys_language_or_russian_is_permitted(language: str) -> None:
    assert_permitted(message(P, translation_languages=["kk", language]))


def test_4_2_turkmen_side_writes_in_its_own_language() -> None:
    facts = message(
        P,
        act="receive",
        sender_state_language="tk",
        recipient_state_language="kk",
        languages=["tk"],
        translation_languages=["tk", "kk"],
    )
    assert_permitted(facts)


def test_4_2_other_language_agreed_by_the_authorities_is_permitted() -> None:
    assert_permitted(message(P, languages=["ru"], translation_languages=["ru"], language_agreed=True))


@pytest.mark.parametrize("kind", KINDS_WITH_OR_WITHOUT_TEXT)
def test_4_2_short_notice_may_be_without_text_but_not_untranslated(kind: str) -> None:
    assert_permitted(message(P, kind, languages=[], translation_languages=[]))
    assert_denied_then_cured(message(P, kind, translation_languages=["kk"]), f"{P}/4.2")
    assert_denied_then_cured(message(P, kind, languages=["ru"], translation_languages=["ru"]), f"{P}/4.2")


def test_4_2_unknown_state_language_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/4.2", ["sender_state_language", "languages"])


def test_4_2_channel_known_not_to_be_agreed_is_denied() -> None:
    assert_denied_then_cured(message(P, channel_agreed=False), f"{P}/4.2")


def test_4_3_requesters_follow_up_is_permitted_and_executed_at_once() -> None:
    facts = message(P, "clarification_query", act="receive", case_role="requester")
    assert "execute_at_once" in obligation_codes(assert_permitted(facts, f"{P}/4.3"))


def test_4_3_is_no_basis_for_the_executors_question_but_the_baseline_is() -> None:
    decision = assert_permitted(message(P, "clarification_query"), "baseline/correspondence")
    assert f"{P}/4.3" not in decision.provisions


def test_4_3_executor_answers_the_follow_up() -> None:
    assert_permitted(message(P, "clarification_answer", case_role="executor"), f"{P}/4.3")
    clock = packs().pack(P).clock("additional_information")
    assert (clock.at_once, clock.starts_on, clock.duty_of) == (True, ("follow_up",), "executor")


@pytest.mark.parametrize("name", ["send", "receive", "collect", "use", "onward"])
def test_4_4_declared_state_secret_is_denied(name: str) -> None:
    decision = assert_denied(act(P, name, level="state_secret"), f"{P}/4.4", "baseline/state-secrets")
    assert "keep_digest_only" in obligation_codes(decision)


@pytest.mark.parametrize("act_name", ["send", "receive"])
@pytest.mark.parametrize("kind", ["request", "information", "result", "acknowledgement"])
def test_4_4_state_secret_found_by_inspection_is_denied(act_name: str, kind: str) -> None:
    facts = message(P, kind, act=act_name, inspected_level="state_secret")
    assert_denied(facts, f"{P}/4.4", "baseline/state-secrets", exactly=True)


def test_4_4_unknown_level_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/4.4", ["level"])


@pytest.mark.parametrize("entry", packs().pack(P).catalogue("refusal_grounds"), ids=lambda entry: entry.code)
def test_4_5_listed_ground_is_permitted(entry) -> None:
    assert_permitted(message(P, "refusal", refusal_ground=entry.code), f"{P}/4.5")


@pytest.mark.parametrize("ground", ["no_offence", "workload", None])
def test_4_5_refusal_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied(message(P, "refusal", refusal_ground=ground), f"{P}/4.5", exactly=True)


def test_4_5_partial_refusal_needs_a_listed_ground_too() -> None:
    partly = {"partial": True, "refusal_reason_given": True}
    assert_denied(message(P, "result", refusal_ground="no_offence", **partly), f"{P}/4.5", exactly=True)
    assert_permitted(message(P, "result", refusal_ground="state_power", **partly))


@pytest.mark.parametrize("given", [False, None])
def test_4_6_refusal_without_reasons_is_denied(given: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_reason_given=given), f"{P}/4.6")


@pytest.mark.parametrize("partial", [True, None])
def test_4_6_partial_execution_without_reasons_is_denied(partial: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", partial=partial), f"{P}/4.6")


@pytest.mark.parametrize("provision", ["5", "8", "9"])
def test_5_8_9_are_informative_and_say_why(provision: str) -> None:
    [found] = [one for one in packs().pack(P).provisions if one.id == provision]
    assert found.informative
    assert not found.rules


@pytest.mark.parametrize("agreed", [False, None])
def test_6_further_form_without_the_parties_agreement_is_denied(agreed: bool | None) -> None:
    assert_denied_then_cured(message(P, form="other", form_agreed=agreed), f"{P}/6")


def test_6_further_form_on_record_is_cited() -> None:
    assert_permitted(message(P, form="other", form_agreed=True), f"{P}/6")


def test_7_1_recipients_own_stricter_designation_is_accepted() -> None:
    facts = act(P, "change_level", level_changed="raised", recipient_level="confidential")
    assert "protect_limited_access" in obligation_codes(assert_permitted(facts, f"{P}/7.1"))


@pytest.mark.parametrize("designated", ["open", "restricted", None])
def test_7_1_designation_that_is_not_stricter_is_denied(designated: str | None) -> None:
    facts = act(P, "change_level", level_changed="raised", recipient_level=designated)
    assert_denied(facts, f"{P}/7.1")


def test_7_1_lowering_by_a_holder_is_denied() -> None:
    facts = act(P, "change_level", level_changed="lowered", recipient_level="open")
    assert_denied(facts, f"{P}/7.1", "baseline/level-binds")


def test_7_1_designation_as_a_state_secret_is_denied() -> None:
    facts = act(P, "change_level", level_changed="raised", recipient_level="state_secret")
    assert_denied(facts, "baseline/state-secrets", exactly=True)


def test_7_1_does_not_loosen_another_agreement_whose_information_is_carried() -> None:
    back = source(KZ_RU, "kz/mia", recipient_is_originator=True)
    facts = act(P, "change_level", level_changed="raised", recipient_level="confidential", sources=[back])
    assert_denied(facts, f"{KZ_RU}/8.1", "baseline/level-binds", exactly=True)


@pytest.mark.parametrize("name", ["collect", "use"])
@pytest.mark.parametrize("grant", [None, True])
def test_7_2_another_purpose_is_denied_even_with_a_grant(name: str, grant: bool | None) -> None:
    facts = act(P, name, purpose_same=False, grant_repurpose=grant)
    decision = assert_denied_then_cured(facts, f"{P}/7.2")
    assert [remedy.action for remedy in decision.remedies] == ["new_request"]


@pytest.mark.parametrize("stated", [False, None])
def test_7_2_information_without_a_purpose_is_denied(stated: bool | None) -> None:
    facts = message(P, "information", purpose_declared=stated)
    assert_denied_then_cured(facts, f"{P}/7.2", "baseline/purpose")


def onward_to_russia(*sources: dict, **changes) -> dict:
    return message(KZ_RU, "information", onward=True, purpose_same=True, sources=list(sources), **changes)


def test_7_2_turkmen_information_passed_on_without_consent_is_denied() -> None:
    assert_denied_then_cured(onward_to_russia(source(P, "tm/mia")), f"{P}/7.2", "baseline/onward-transfer")


def test_7_2_consent_given_after_the_transfer_repairs_nothing() -> None:
    facts = onward_to_russia(granted(P, "tm/mia", grant_prior=False), act="receive")
    assert_denied(facts, f"{P}/7.2", "baseline/prior-consent", exactly=True)


def test_7_2_consent_to_another_recipient_is_not_enough() -> None:
    facts = onward_to_russia(granted(P, "tm/mia", beneficiary_matches=False))
    assert_denied(facts, f"{P}/7.2", "baseline/onward-depth", exactly=True)


def test_7_2_passing_on_for_another_purpose_is_denied_even_with_a_grant_to_repurpose() -> None:
    facts = onward_to_russia(granted(P, "tm/mia"), grant_repurpose=True)
    facts = changed(facts, purpose_same=False)
    assert_denied_then_cured(facts, f"{P}/7.2")


def test_7_2_prior_written_consent_permits() -> None:
    assert_permitted(onward_to_russia(granted(P, "tm/mia")), f"{KZ_RU}/5.1")


@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize(
    "worse", [{}, {"level": "state_secret"}, {"onward": True, "sources": [source(KZ_RU, "ru/mia")]}]
)
def test_10_before_activation_everything_is_denied_and_10_is_decisive(value, worse) -> None:
    assert_denied(message(P, agreement_in_force=value, **worse), f"{P}/10", "baseline/legal-basis")


def test_10_demo_order_before_activation_then_state_secret_then_onward() -> None:
    before = message(P, "information", agreement_in_force=False)
    assert decide(before).provisions[0] == f"{P}/10"
    active = before | {"agreement_in_force": True}
    assert decide(active | {"level": "state_secret"}).provisions[0] == f"{P}/4.4"
    passed_on = {"onward": True, "purpose_same": True, "sources": [source(KZ_RU, "ru/mia")]}
    assert decide(active | passed_on).provisions[0] == f"{KZ_RU}/8.3"


def test_10_ships_not_in_force_and_is_activated_by_date_and_reference() -> None:
    pack = packs().pack(P)
    assert not in_force(pack, [], date(2099, 1, 1))
    activation = Activation(P, date(2026, 3, 1), "note 12-3/45")
    assert not in_force(pack, [activation], date(2026, 2, 28))
    answer = in_force(pack, [activation], date(2026, 3, 1))
    assert (answer.in_force, answer.reference, answer.provision) == (True, "note 12-3/45", f"{P}/10")
