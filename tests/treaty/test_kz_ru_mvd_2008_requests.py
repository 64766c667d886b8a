"""kz-ru-mvd-2008, articles 1 to 5: who, about what, and the request."""

import pytest
from treaty_facts import (
    KZ_RU,
    assert_denied,
    assert_denied_then_cured,
    assert_permitted,
    assert_unknown_denies,
    decide,
    message,
    obligation_codes,
    packs,
    without,
)

P = KZ_RU


def test_1_other_parties_than_the_two_ministries_are_denied() -> None:
    assert_denied_then_cured(message(P, parties_match=False), f"{P}/1", "baseline/authority-as-of")


def test_1_unknown_parties_are_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/1", ["parties_match"])


@pytest.mark.parametrize(
    "code", [entry.code for entry in packs().pack(P).catalogue("subjects") if entry.provision == "2.1"]
)
def test_2_1_listed_subject_is_permitted_and_cited(code: str) -> None:
    assert_permitted(message(P, subject=code, subject_reason_given=True), f"{P}/5.1", f"{P}/2.1")


def test_2_1_has_thirteen_kinds_and_stays_open() -> None:
    listed = [entry.code for entry in packs().pack(P).catalogue("subjects") if entry.provision == "2.1"]
    assert len(listed) == 14
    assert listed[-1] == "other_crime"


@pytest.mark.parametrize("subject", ["piracy", ["narcotics", "piracy"], [], ""])
def test_2_1_subject_outside_the_catalogue_is_denied(subject: str | list[str]) -> None:
    assert_denied(message(P, subject=subject), f"{P}/2.1", exactly=True)


@pytest.mark.parametrize("reason", [False, None])
def test_2_1_other_crime_without_a_reason_is_denied(reason: bool | None) -> None:
    facts = message(P, subject=["narcotics", "other_crime"], subject_reason_given=reason)
    assert_denied_then_cured(facts, f"{P}/2.1")


def test_2_1_missing_subject_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/2.1", ["subject"])


@pytest.mark.parametrize(
    "code", [entry.code for entry in packs().pack(P).catalogue("subjects") if entry.provision == "2.2"]
)
def test_2_2_further_field_is_permitted_and_cited(code: str) -> None:
    assert_permitted(message(P, subject=code), f"{P}/2.2")


@pytest.mark.parametrize(
    "code", [entry.code for entry in packs().pack(P).catalogue("forms") if entry.provision == "3.1"]
)
def test_3_1_listed_form_is_permitted_and_cited(code: str) -> None:
    assert_permitted(message(P, form=code), f"{P}/3.1")


def test_3_1_unlisted_form_is_denied() -> None:
    assert_denied(message(P, form="controlled_delivery"), f"{P}/3.1", exactly=True)


@pytest.mark.parametrize(
    "change", [{"form": "measure_with_sanction"}, {"matter_excluded": "sanctioned_measure"}]
)
def test_3_1_measure_that_needs_a_sanction_is_denied(change: dict[str, str]) -> None:
    decision = assert_denied(message(P, **change), f"{P}/3.1", exactly=True)
    assert [remedy.action for remedy in decision.remedies] == ["other_channel"]


@pytest.mark.parametrize(
    "change",
    [
        {"form": "extradition"},
        {"form": "legal_assistance"},
        {"matter_excluded": "extradition"},
        {"matter_excluded": "legal_assistance"},
        {"matter_excluded": "extradition", "act": "receive", "kind": "information"},
    ],
)
def test_3_2_extradition_and_legal_assistance_are_denied(change: dict[str, str]) -> None:
    decision = assert_denied(message(P, **change), f"{P}/3.2", exactly=True)
    assert [remedy.action for remedy in decision.remedies] == ["other_channel"]


def test_3_2_unknown_matter_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/3.2", ["matter_excluded"])


@pytest.mark.parametrize(("subject", "form"), [("other_direction", "legal_acts"), ("narcotics", "other")])
def test_4_further_direction_or_form_needs_the_parties_settlement_on_record(subject: str, form: str) -> None:
    assert_denied_then_cured(message(P, subject=subject, form=form), f"{P}/4")


def test_4_recorded_settlement_is_cited() -> None:
    facts = message(P, subject="other_direction", subject_agreed=True, form="other", form_agreed=True)
    assert_permitted(facts, f"{P}/4")


@pytest.mark.parametrize("act", ["send", "receive"])
@pytest.mark.parametrize("kind", ["request", "information"])
def test_5_1_request_and_information_on_initiative_are_permitted(act: str, kind: str) -> None:
    assert_permitted(message(P, kind, act=act), f"{P}/5.1")


@pytest.mark.parametrize("reason", [None, "convenience", ""])
def test_5_2_oral_request_without_a_reason_of_urgency_is_denied(reason: str | None) -> None:
    assert_denied_then_cured(message(P, oral=True, urgency_reason=reason), f"{P}/5.2")


def test_5_2_urgent_oral_request_needs_no_signature_yet_and_starts_the_clock() -> None:
    facts = message(P, oral=True, urgency_reason="danger_to_life", official_signature="none", elements=[])
    decision = assert_permitted(facts, f"{P}/5.1")
    clocks = [one.clock for one in decision.obligations if one.code == "confirm_in_writing"]
    assert clocks == ["oral_confirmation"]


def test_5_2_clock_is_three_times_24_hours_from_the_oral_request() -> None:
    clock = packs().pack(P).clock("oral_confirmation")
    assert (clock.duration_s, clock.starts_on, clock.starts_at) == (3 * 24 * 3600, ("oral_request",), "made")


def test_5_2_confirmation_in_the_last_second_is_permitted() -> None:
    assert_permitted(message(P, oral_confirms=True, oral_age_s=259_200, in_reply_to_known=True))


@pytest.mark.parametrize("age", [259_201, None])
def test_5_2_late_confirmation_is_denied(age: int | None) -> None:
    facts = message(P, oral_confirms=True, oral_age_s=age, in_reply_to_known=True)
    assert_denied_then_cured(facts, f"{P}/5.2")


def test_5_2_confirmation_is_signed_like_any_written_request() -> None:
    facts = message(P, oral_confirms=True, oral_age_s=60, in_reply_to_known=True, official_signature="none")
    assert_denied_then_cured(facts, f"{P}/5.4")


@pytest.mark.parametrize("held", [True, None])
def test_5_2_result_of_an_unconfirmed_oral_request_is_held(held: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", oral_unconfirmed=held), f"{P}/5.2")


def test_5_2_doubt_about_authenticity_is_put_as_a_question_and_answered() -> None:
    assert_permitted(message(P, "authenticity_query"), f"{P}/5.2")
    assert_permitted(message(P, "authenticity_answer"), f"{P}/5.2")


def test_5_2_the_question_pauses_the_clock_of_execution() -> None:
    clock = packs().pack(P).clock("execution")
    assert "authenticity_query" in clock.paused_by
    assert "authenticity_answer" in clock.resumed_by


@pytest.mark.parametrize(
    "element",
    ["requesting_authority", "requested_authority", "circumstances", "purpose", "grounds", "content"],
)
def test_5_3_missing_element_is_denied_and_named(element: str) -> None:
    decision = assert_denied_then_cured(without(element, message(P)), f"{P}/5.3")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": [element]}]


def test_5_3_all_missing_elements_are_listed_at_once() -> None:
    decision = assert_denied_then_cured(message(P, elements=[]), f"{P}/5.3")
    assert len(decision.reasons) == 6


def test_5_3_unknown_requested_authority_is_routed_by_the_coordination_unit() -> None:
    facts = without("requested_authority", message(P, requested_authority_known=False))
    assert "route_by_coordination_unit" in obligation_codes(assert_permitted(facts))


def test_5_3_unknown_elements_are_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/5.3", ["elements"])


@pytest.mark.parametrize("act", ["send", "receive"])
@pytest.mark.parametrize("office", ["none", None])
def test_5_4_request_without_official_signature_is_denied(act: str, office: str | None) -> None:
    assert_denied_then_cured(message(P, act=act, official_signature=office), f"{P}/5.4")


@pytest.mark.parametrize("seal", [False, None])
def test_5_4_request_without_seal_is_denied(seal: bool | None) -> None:
    assert_denied_then_cured(message(P, seal=seal), f"{P}/5.4")


def test_5_4_deputy_may_sign() -> None:
    assert_permitted(message(P, official_signature="deputy"))


def test_5_4_missing_signature_and_seal_are_both_reported() -> None:
    decision = decide(message(P, official_signature="none", seal=False))
    assert [reason.rule for reason in decision.reasons] == [f"{P}/5.4#official-signature", f"{P}/5.4#seal"]


def test_5_4_binds_requests_only() -> None:
    assert_permitted(message(P, "result", official_signature="none"))
