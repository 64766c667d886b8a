"""kz-az-2005, article 8: personal data, item by item."""

import pytest
from treaty_facts import (
    KINDS,
    KZ_AZ,
    KZ_TM,
    PERSONAL,
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
)

P = KZ_AZ
PACK = packs().pack(P)
FIGHTING = [entry.code for entry in PACK.catalogue("personal_data_authorities")]
CARRIERS = ("request", "information", "result", "clarification_answer", "data_correction")


def personal(kind: str = "result", **changes) -> dict:
    return changed(message(P, kind) | PERSONAL, **changes)


def personal_act(name: str, **changes) -> dict:
    return changed(act(P, name) | PERSONAL, **changes)


@pytest.mark.parametrize("kind", CARRIERS)
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_8_1_personal_data_with_all_its_terms_is_permitted(kind: str, act_name: str) -> None:
    assert_permitted(personal(kind, act=act_name))


@pytest.mark.parametrize("kind", CARRIERS)
@pytest.mark.parametrize("fact", ["personal_data_purpose", "personal_data_conditions"])
@pytest.mark.parametrize("value", [False, None])
def test_8_1_purposes_and_conditions_are_mandatory(kind: str, fact: str, value: bool | None) -> None:
    assert_denied_then_cured(personal(kind, **{fact: value}), f"{P}/8(1)")


def test_8_1_unknown_whether_personal_data_is_held_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/8(1)", ["personal_data"])


@pytest.mark.parametrize("name", ["collect", "use"])
@pytest.mark.parametrize("same", [False, None])
def test_8_1_use_for_a_purpose_the_giver_did_not_set_is_denied(name: str, same: bool | None) -> None:
    facts = personal_act(name, purpose_same=same)
    assert_denied_then_cured(facts, f"{P}/8(1)", "baseline/purpose", "baseline/legal-basis")


def test_8_1_the_giver_may_set_a_further_purpose() -> None:
    decision = assert_permitted(personal_act("use", purpose_same=False, grant_repurpose=True))
    assert "keep_data_conditions" in obligation_codes(decision)


def test_8_1_other_data_rests_on_the_baseline() -> None:
    facts = act(P, "use", purpose_same=False)
    assert_denied_then_cured(facts, "baseline/purpose", "baseline/legal-basis")


def test_8_2_giver_asks_and_holder_reports() -> None:
    assert_permitted(message(P, "use_report_query"), f"{P}/8(2)")
    assert_permitted(message(P, "use_report"), f"{P}/8(2)")
    asked = assert_permitted(message(P, "use_report_query", act="receive"))
    assert [one.clock for one in asked.obligations if one.code == "report_use"] == ["use_report"]


@pytest.mark.parametrize(("kind", "giver"), [("use_report_query", False), ("use_report", True)])
def test_8_2_the_other_way_round_is_denied(kind: str, giver: bool) -> None:
    assert_denied_then_cured(message(P, kind, query_role_of_giver=giver), "baseline/data-duties")


@pytest.mark.parametrize("recipient", sorted(set(FIGHTING) - {"kz/mia"}))
def test_8_3_authority_that_fights_the_crimes_covered_gets_personal_data(recipient: str) -> None:
    assert_permitted(personal(recipient=recipient))


@pytest.mark.parametrize("recipient", ["az/moj", "kz/mof", "kz/moj", "az/pensions", None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_8_3_personal_data_for_any_other_authority_is_denied(recipient: str | None, act_name: str) -> None:
    facts = personal(recipient=recipient, act=act_name)
    assert_denied_then_cured(facts, f"{P}/8(3)")


def test_8_3_authority_without_that_task_gets_other_information() -> None:
    assert_permitted(message(P, "result", recipient="az/moj"))


HANDED_OVER = {
    "recipient": "kz/pensions",
    "recipient_state": "KZ",
    "recipient_listed": False,
    "parties_match": False,
    "onward": True,
}


def handed_over(*sources: dict, **changes) -> dict:
    return personal_act("onward", **(HANDED_OVER | {"sources": list(sources)} | changes))


def test_8_3_another_body_of_the_same_state_needs_the_givers_written_consent() -> None:
    facts = handed_over(source(P, "az/mia", personal_data=True, same_state=True))
    assert_denied(facts, f"{P}/8(3)", "baseline/onward-transfer", "baseline/legal-basis", exactly=True)
    assert_permitted(handed_over(granted(P, "az/mia", personal_data=True, same_state=True)))


@pytest.mark.parametrize("body", [False, None])
def test_8_3_anybody_who_is_no_state_body_is_denied_even_with_consent(body: bool | None) -> None:
    facts = handed_over(granted(P, "az/mia", personal_data=True, same_state=True), recipient_state_body=body)
    assert_denied(facts, f"{P}/8(3)", "baseline/authority-as-of")


@pytest.mark.parametrize("held", [True, None])
def test_8_3_travels_with_the_data_under_another_agreement(held: bool | None) -> None:
    carried = source(P, "az/mia", personal_data=held)
    facts = message(
        KZ_TM, "information", onward=True, purpose_same=True, sources=[carried], personal_data=True
    )
    assert f"{P}/8(3)" in decide(facts).provisions
    facts["sources"] = [granted(P, "az/mia", personal_data=held)]
    decision = decide(facts)
    assert decision.permitted, decision.reasons


@pytest.mark.parametrize("value", [False, None])
def test_8_4_giver_states_that_it_checked_the_data(value: bool | None) -> None:
    assert_denied_then_cured(personal(personal_data_checked=value), f"{P}/8(4)")


@pytest.mark.parametrize(("fault", "duty"), [("wrong", "correct_data"), ("restricted", "destroy_data")])
def test_8_4_wrong_data_is_corrected_and_restricted_data_destroyed(fault: str, duty: str) -> None:
    decision = assert_permitted(message(P, "data_correction", act="receive", data_fault=fault), f"{P}/8(4)")
    assert {"correct_data", "destroy_data"} & obligation_codes(decision) == {duty}
    assert [one.clock for one in decision.obligations if one.code == duty] == ["data_error_cure"]


@pytest.mark.parametrize("fault", ["none", None])
def test_8_4_notice_that_names_no_fault_is_denied(fault: str | None) -> None:
    assert_denied_then_cured(message(P, "data_correction", data_fault=fault), f"{P}/8(4)")


def test_8_4_receiver_is_told_at_once() -> None:
    clock = PACK.clock("data_error_notice")
    assert clock.at_once
    assert (clock.duty_of, clock.starts_on, clock.stops_on) == (
        "giver",
        ("data_error_proven",),
        ("data_correction",),
    )


@pytest.mark.parametrize("value", [False, None])
def test_8_6_giver_sets_a_deletion_deadline(value: bool | None) -> None:
    assert_denied_then_cured(personal(deletion_deadline_set=value), f"{P}/8(6)")


@pytest.mark.parametrize("ground", ["deadline", "not_needed", "restricted", "agreement_ended"])
def test_8_6_destruction_is_told_with_its_ground(ground: str) -> None:
    assert_permitted(message(P, "data_destruction", destruction_ground=ground), f"{P}/8(6)")


@pytest.mark.parametrize("ground", ["boredom", None])
def test_8_6_destruction_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied_then_cured(message(P, "data_destruction", destruction_ground=ground), f"{P}/8(6)")


def test_8_6_the_earlier_of_deadline_and_end_of_need_counts() -> None:
    clock = PACK.clock("destruction_notice")
    assert {"deletion_due", "data_not_needed", "agreement_ended"} == set(clock.starts_on)
    assert "destroy_in_time" in obligation_codes(assert_permitted(personal(act="receive")))


@pytest.mark.parametrize("kind", KINDS)
def test_8_6_all_personal_data_is_destroyed_when_the_agreement_ends(kind: str) -> None:
    decision = decide(ended(P, kind))
    assert "destroy_at_end" in obligation_codes(decision)


def test_8_6_destruction_is_told_after_the_end() -> None:
    assert_permitted(ended(P, "data_destruction", destruction_ground="agreement_ended"), f"{P}/8(6)")


@pytest.mark.parametrize("over", [True, None])
def test_8_6_data_of_an_ended_agreement_is_never_passed_on(over: bool | None) -> None:
    carried = granted(P, "az/mia", personal_data=True, agreement_ended=over)
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=[carried])
    assert_denied_then_cured(facts, f"{P}/8(6)")


def test_8_6_other_data_of_an_ended_agreement_stays_usable_under_its_limits() -> None:
    carried = granted(P, "az/mia", personal_data=False, agreement_ended=True)
    assert_permitted(message(KZ_TM, "information", onward=True, purpose_same=True, sources=[carried]))


@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_8_7_sending_receiving_and_destroying_is_registered(act_name: str) -> None:
    assert "register_data" in obligation_codes(assert_permitted(personal(act=act_name)))
    destroyed = message(P, "data_destruction", act=act_name)
    assert "register_data" in obligation_codes(assert_permitted(destroyed))
    assert "register_data" not in obligation_codes(assert_permitted(message(P, act=act_name)))


@pytest.mark.parametrize("name", ["receive", "collect", "use"])
def test_8_8_received_data_is_protected(name: str) -> None:
    assert "protect_data" in obligation_codes(assert_permitted(personal_act(name)))
    assert "protect_data" not in obligation_codes(assert_permitted(act(P, name)))
