"""kz-ru-mvd-2008, articles 6 to 15: refusal, execution, protection, languages, force."""

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
    transfer,
)

from policies.status import in_force

P = KZ_RU


@pytest.mark.parametrize("entry", packs().pack(P).catalogue("refusal_grounds"), ids=lambda entry: entry.code)
def test_6_1_and_6_2_listed_ground_is_permitted(entry) -> None:
    assert entry.provision in {"6.1", "6.2"}
    assert_permitted(message(P, "refusal", refusal_ground=entry.code), f"{P}/6.4")


@pytest.mark.parametrize("ground", ["workload", "state_power", None])
def test_6_1_refusal_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied(message(P, "refusal", refusal_ground=ground), f"{P}/6.1", f"{P}/6.2", exactly=True)


def test_6_1_full_result_despite_a_ground_is_denied() -> None:
    assert_denied(message(P, "result", refusal_ground="security"), f"{P}/6.1", exactly=True)


def test_6_1_partial_result_with_reasons_is_permitted_on_a_ground() -> None:
    partly = {"partial": True, "refusal_reason_given": True, "consultation_held": True}
    assert_permitted(message(P, "result", refusal_ground="security", **partly), f"{P}/7.6")


def test_6_1_partial_refusal_needs_a_listed_ground_too() -> None:
    partly = {"partial": True, "refusal_reason_given": True, "consultation_held": True}
    facts = message(P, "result", refusal_ground="workload", **partly)
    assert_denied(facts, f"{P}/6.1", f"{P}/6.2", exactly=True)


def test_6_2_no_offence_may_but_need_not_be_refused() -> None:
    assert_permitted(message(P, "result", refusal_ground="no_offence"))
    assert_permitted(message(P, "refusal", refusal_ground="no_offence"))


@pytest.mark.parametrize("held", [False, None])
def test_6_3_refusal_without_consultation_is_denied(held: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", consultation_held=held), f"{P}/6.3")


@pytest.mark.parametrize("held", [False, None])
def test_6_3_partial_refusal_without_consultation_is_denied(held: bool | None) -> None:
    partly = {"partial": True, "refusal_reason_given": True, "consultation_held": held}
    facts = message(P, "result", refusal_ground="security", **partly)
    assert_denied_then_cured(facts, f"{P}/6.3")
    assert_permitted(facts | {"consultation_impossible_reason": True})


def test_6_3_recorded_reason_why_consultation_was_impossible_suffices() -> None:
    assert_permitted(message(P, "refusal", consultation_held=False, consultation_impossible_reason=True))


@pytest.mark.parametrize("role", ["executor", "requester"])
def test_6_3_consultation_is_held_by_the_executor_before_refusing(role: str) -> None:
    decision = assert_permitted(message(P, "consultation", case_role=role), f"{P}/12")
    assert (f"{P}/6.3" in decision.provisions) is (role == "executor")


def test_6_3_accepted_conditions_bind_the_requester() -> None:
    assert "keep_conditions" in obligation_codes(decide(message(P, "result", conditions_accepted=True)))
    assert "keep_conditions" not in obligation_codes(decide(message(P, "result")))


@pytest.mark.parametrize("given", [False, None])
def test_6_4_refusal_without_reasons_is_denied(given: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_reason_given=given), f"{P}/6.4")


def test_6_4_refusal_not_in_writing_is_denied() -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_written=False), f"{P}/6.4")


@pytest.mark.parametrize("partial", [True, None])
def test_6_4_partial_execution_without_reasons_is_denied(partial: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", partial=partial), f"{P}/6.4")


def test_7_1_notice_of_obstacle_is_permitted_and_execution_is_prompt() -> None:
    assert_permitted(message(P, "obstacle_notice"), f"{P}/7.1")
    received = assert_permitted(message(P, act="receive"))
    assert {"execute_promptly", "notify_obstacle"} <= obligation_codes(received)


@pytest.mark.parametrize("asked", [False, None])
def test_7_2_request_passed_on_without_the_requesters_wish_is_denied(asked: bool | None) -> None:
    assert_denied_then_cured(transfer(P, transfer_asked=asked), f"{P}/7.2")


def test_7_2_request_passed_on_at_the_requesters_wish_is_permitted_and_told() -> None:
    decision = assert_permitted(transfer(P), f"{P}/7.2")
    assert "tell_requester" in obligation_codes(decision)


@pytest.mark.parametrize("kind", ["request", "result", "information"])
def test_7_2_only_a_request_is_passed_on(kind: str) -> None:
    assert_denied(transfer(P, kind=kind), f"{P}/7.2", "baseline/legal-basis", exactly=True)


@pytest.mark.parametrize("listed", [False, None])
def test_7_2_request_goes_to_a_listed_authority_of_the_same_state(listed: bool | None) -> None:
    assert_denied_then_cured(transfer(P, transfer_recipient_listed=listed), "baseline/authority-as-of")


def test_7_2_requester_asks_that_its_request_be_passed_on() -> None:
    assert_permitted(message(P, "transfer_order"), f"{P}/7.2")
    assert_denied_then_cured(
        message(P, "transfer_order", case_role="executor"), "baseline/case-order", "baseline/legal-basis"
    )


def test_7_2_lack_of_competence_is_told() -> None:
    assert_permitted(message(P, "competence_notice"), f"{P}/7.2")
    assert packs().pack(P).clock("competence_notice").at_once


@pytest.mark.parametrize("asked", [False, None])
def test_7_2_notice_of_a_transfer_that_nobody_asked_for_is_denied(asked: bool | None) -> None:
    facts = message(P, "competence_notice", transferred=True, transfer_asked=asked)
    assert_denied_then_cured(facts, f"{P}/7.2")
    assert_permitted(facts | {"transfer_asked": True})


@pytest.mark.parametrize(
    ("change", "provision"), [({"level_set_by_originator": False}, "8.1"), ({"purpose_same": False}, "8.2")]
)
def test_7_2_level_and_purpose_travel_with_the_request(change: dict, provision: str) -> None:
    assert_denied_then_cured(transfer(P, **change), f"{P}/{provision}")


def test_7_3_executor_may_ask_and_requester_answers() -> None:
    assert_permitted(message(P, "clarification_query"), f"{P}/7.3")
    assert_permitted(message(P, "clarification_answer"), f"{P}/7.3")


def test_7_3_is_no_basis_for_the_requesters_question() -> None:
    decision = assert_permitted(message(P, "clarification_query", case_role="requester"))
    assert f"{P}/7.3" not in decision.provisions


@pytest.mark.parametrize("ground", [None, "security", "workload"])
def test_7_4_postponement_on_another_ground_is_denied(ground: str | None) -> None:
    facts = message(P, "obstacle_notice", deferral=True, deferral_ground=ground)
    assert_denied_then_cured(facts, f"{P}/7.4")


@pytest.mark.parametrize("ground", ["criminal_prosecution", "other_proceedings"])
def test_7_4_postponement_for_proceedings_is_permitted(ground: str) -> None:
    assert_permitted(message(P, "obstacle_notice", deferral=True, deferral_ground=ground))


@pytest.mark.parametrize("held", [False, None])
def test_7_4_conditions_are_set_after_a_consultation_only(held: bool | None) -> None:
    facts = message(P, "obstacle_notice", conditions_offered=True, consultation_held=held)
    assert_denied_then_cured(facts, f"{P}/7.4")


def test_7_4_conditions_after_consultation_need_no_ground_of_postponement() -> None:
    offered = {"conditions_offered": True, "consultation_held": True}
    assert_permitted(message(P, "obstacle_notice", deferral=True, **offered))


def test_7_4_requester_answers_the_conditions_and_they_bind_it() -> None:
    assert_permitted(message(P, "conditions_answer"), f"{P}/6.3")
    assert "keep_conditions" in obligation_codes(decide(message(P, "result", conditions_accepted=True)))
    assert_denied_then_cured(message(P, "conditions_answer", case_role="executor"), "baseline/case-order")


def test_7_5_executor_asks_and_the_requester_decides() -> None:
    confidential = {"confidentiality_of_request": True}
    assert_permitted(message(P, "confidentiality_query", **confidential), f"{P}/7.5")
    assert_permitted(message(P, "confidentiality_answer", **confidential), f"{P}/7.5")


def test_7_5_requesters_decision_to_go_on_permits_the_result() -> None:
    facts = message(P, "result", confidentiality_of_request=True, confidentiality_can_be_kept=False)
    assert_permitted(facts | {"execute_despite_disclosure": True})
    assert_denied_then_cured(facts | {"execute_despite_disclosure": False}, f"{P}/7.5")


@pytest.mark.parametrize("kept", [False, None])
def test_7_5_confidential_request_is_not_executed_openly_without_asking(kept: bool | None) -> None:
    facts = message(P, "result", confidentiality_of_request=True, confidentiality_can_be_kept=kept)
    assert_denied_then_cured(facts, f"{P}/7.5")


def test_7_5_unknown_wish_is_denied_and_named() -> None:
    assert_unknown_denies(message(P, "result"), f"{P}/7.5", ["confidentiality_of_request"])


def test_7_5_confidential_request_obliges_whoever_receives_it() -> None:
    decision = assert_permitted(message(P, act="receive", confidentiality_of_request=True))
    assert "keep_request_confidential" in obligation_codes(decision)


def test_7_6_result_is_permitted() -> None:
    assert_permitted(message(P, "result"), f"{P}/7.6")


@pytest.mark.parametrize("change", ["raised", "lowered"])
def test_8_1_level_changed_by_a_holder_is_denied(change: str) -> None:
    facts = act(P, "change_level", level_changed=change, recipient_level="confidential")
    assert_denied(facts, f"{P}/8.1", "baseline/level-binds")


@pytest.mark.parametrize("name", ["send", "receive", "collect", "use"])
def test_8_1_lowered_level_is_denied_in_every_act(name: str) -> None:
    facts = changed(act(P, name, level_changed="lowered"), changed_by_originator=None)
    decision = assert_denied_then_cured(facts, f"{P}/8.1", "baseline/level-binds")
    assert "changed_by_originator" in decision.missing


def test_8_1_level_not_set_by_the_giver_is_denied() -> None:
    assert_denied_then_cured(message(P, "result", level_set_by_originator=False), f"{P}/8.1")


def test_8_1_giver_may_change_its_level() -> None:
    assert_permitted(act(P, "change_level", level_changed="raised", changed_by_originator=True), f"{P}/8.1")


@pytest.mark.parametrize("name", ["collect", "use"])
@pytest.mark.parametrize("same", [False, None])
def test_8_2_another_purpose_without_consent_is_denied(name: str, same: bool | None) -> None:
    assert_denied_then_cured(act(P, name, purpose_same=same), f"{P}/8.2")


def test_8_2_another_purpose_with_a_grant_is_permitted() -> None:
    assert_permitted(act(P, "use", purpose_same=False, grant_repurpose=True), f"{P}/8.2")


def test_8_2_passing_on_for_another_purpose_is_denied() -> None:
    facts = message(P, "result", onward=True, purpose_same=False, sources=[granted(P, "ru/mia")])
    assert_denied_then_cured(facts, f"{P}/8.2")


def onward_to_turkmenistan(*sources: dict, **changes) -> dict:
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=list(sources))
    return changed(facts, form="archival_information", **changes)


def test_8_3_russian_result_passed_on_to_turkmenistan_without_a_grant_is_denied() -> None:
    facts = onward_to_turkmenistan(source(P, "ru/mia"))
    decision = assert_denied_then_cured(facts, f"{P}/8.3", "baseline/onward-transfer")
    assert [pack.id for pack in decision.packs] == [KZ_TM, P, "baseline"]


@pytest.mark.parametrize("act_name", ["send", "receive", "collect", "onward"])
@pytest.mark.parametrize("lacking", ["grant_verified", "grant_prior", "beneficiary_matches"])
@pytest.mark.parametrize("value", [False, None])
def test_8_3_anything_less_than_a_verified_prior_grant_is_denied(act_name, lacking, value) -> None:
    facts = onward_to_turkmenistan(
        granted(P, "ru/mia", **{lacking: value}), act=act_name, clearance="confidential"
    )
    assert_denied(facts, f"{P}/8.3")


def test_8_3_verified_prior_grant_permits() -> None:
    assert_permitted(onward_to_turkmenistan(granted(P, "ru/mia")), f"{KZ_TM}/2(2)")


def test_8_3_every_giver_must_consent() -> None:
    decision = decide(onward_to_turkmenistan(granted(P, "ru/mia"), source(P, "ru/mia/unit")))
    assert {reason.source for reason in decision.reasons} == {1}


def test_8_3_data_returned_to_its_giver_is_permitted() -> None:
    back = source(P, "ru/mia", recipient_is_originator=True)
    assert_permitted(message(P, "result", sources=[back]))


def test_8_3_protects_after_the_agreement_that_carries_the_message_changes() -> None:
    facts = onward_to_turkmenistan(granted(P, "ru/mia"), level_changed="raised", changed_by_originator=False)
    assert_denied(facts, f"{P}/8.1")


@pytest.mark.parametrize("notice", [False, None])
def test_8_4_compelled_disclosure_without_advance_notice_is_denied(notice: bool | None) -> None:
    facts = act(P, "use", compelled_disclosure=True, advance_notice_given=notice)
    assert_denied_then_cured(facts, f"{P}/8.4")


def test_8_4_holder_gives_the_advance_notice() -> None:
    assert_permitted(message(P, "disclosure_notice"), f"{P}/8.4")
    facts = message(P, "disclosure_notice", query_role_of_giver=True)
    assert_denied_then_cured(facts, "baseline/data-duties")


def test_8_4_compelled_use_for_another_purpose_after_notice_is_permitted() -> None:
    assert_permitted(act(P, "use", purpose_same=False, compelled_disclosure=True, advance_notice_given=True))


@pytest.mark.parametrize("provision", ["9", "13", "14", "15.2", "11.1", "11.3"])
def test_9_11_13_14_15_2_are_informative_and_say_why(provision: str) -> None:
    [found] = [one for one in packs().pack(P).provisions if one.id == provision]
    assert found.informative
    assert not found.rules


@pytest.mark.parametrize("kind", KINDS_WITH_TEXT)
def test_10_kazakh_text_without_russian_translation_is_denied(kind: str) -> None:
    facts = message(P, kind, languages=["kk"], translation_languages=["kk"])
    decision = assert_denied_then_cured(facts, f"{P}/10")
    assert decision.remedies[0].add == {"translation_languages": ["ru"]}


@pytest.mark.parametrize("languages", [["kk", "ru"], ["en"], []])
def test_10_any_other_or_undeclared_language_is_denied(languages: list[str]) -> None:
    assert_denied(message(P, languages=languages, translation_languages=["en"]), f"{P}/10", exactly=True)


def test_10_kazakh_text_with_russian_translation_is_permitted() -> None:
    assert_permitted(message(P, languages=["kk"], translation_languages=["kk", "ru"]))


@pytest.mark.parametrize("kind", KINDS_WITH_OR_WITHOUT_TEXT)
def test_10_short_notice_may_be_without_text_but_not_in_another_language(kind: str) -> None:
    assert_permitted(message(P, kind, languages=[], translation_languages=[]))
    assert_denied_then_cured(message(P, kind, languages=["kk"], translation_languages=["kk"]), f"{P}/10")


def test_10_undeclared_languages_are_denied_and_named() -> None:
    facts = message(P, translation_languages=None)
    assert_unknown_denies(facts, f"{P}/10", ["languages"])


def test_11_1_coordination_units_are_in_the_address_book() -> None:
    roles = packs().pack(P).roles
    assert {(role.role, role.state) for role in roles} == {
        ("coordination_unit", "KZ"),
        ("coordination_unit", "RU"),
    }


@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed"])
@pytest.mark.parametrize("listed", [False, None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_11_2_unit_not_designated_is_denied(end: str, listed: bool | None, act_name: str) -> None:
    facts = message(P, act=act_name, **{end: listed})
    assert_denied_then_cured(facts, f"{P}/11.2", "baseline/authority-as-of")


def test_11_2_designation_of_units_is_told() -> None:
    assert_permitted(message(P, "amendment_notice"), f"{P}/11.2")


def test_12_consultations_are_a_form_and_a_kind_of_their_own() -> None:
    assert_permitted(message(P, "consultation"), f"{P}/12")
    assert_permitted(message(P, "information", form="consultation"), f"{P}/12")


@pytest.mark.parametrize(
    "name", ["send", "receive", "collect", "use", "change_level", "onward", "transfer_request"]
)
@pytest.mark.parametrize("value", [False, None])
def test_15_1_nothing_is_done_while_not_in_force(name: str, value: bool | None) -> None:
    decision = assert_denied(act(P, name, agreement_in_force=value), f"{P}/15.1", "baseline/legal-basis")
    assert "keep_protecting" in obligation_codes(decision)


def test_15_1_in_force_on_the_day_of_signature_and_not_before() -> None:
    pack = packs().pack(P)
    assert not in_force(pack, [], date(2008, 10, 22))
    answer = in_force(pack, [], date(2008, 10, 23))
    assert (answer.in_force, answer.since, answer.provision) == (True, date(2008, 10, 23), f"{P}/15.1")


@pytest.mark.parametrize("agreement", ["kz-ru-mvd-1993", "kz-ru-mvd-1998"])
def test_15_3_replaced_instrument_cannot_be_cited(agreement: str) -> None:
    assert_denied_then_cured(message(P) | {"agreement": agreement}, f"{P}/15.3")


@pytest.mark.parametrize("replaced", [True, None])
def test_15_3_message_found_to_rest_on_a_replaced_instrument_is_denied(replaced: bool | None) -> None:
    assert_denied_then_cured(message(P, agreement_replaced=replaced), f"{P}/15.3")


def test_15_3_information_received_under_it_keeps_its_protection() -> None:
    assert_denied(onward_to_turkmenistan(source("kz-ru-mvd-1993", "ru/mia")), f"{P}/8.3")
