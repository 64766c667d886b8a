"""sco-2010, articles 6 to 14: execution, refusal, protection, languages, force."""

from datetime import date

import pytest
from treaty_facts import (
    KINDS_WITH_OR_WITHOUT_TEXT,
    KINDS_WITH_TEXT,
    KZ_TM,
    SCO,
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
    transfer,
)

from policies.status import Activation, Withdrawal, in_force

P = SCO
PACK = packs().pack(P)
GROUNDS = [entry.code for entry in PACK.catalogue("refusal_grounds")]
FINISHING = [entry.code for entry in PACK.catalogue("finishing_kinds")]


def test_6_1_result_is_permitted_and_the_receiver_executes_promptly() -> None:
    assert_permitted(message(P, "result"), f"{P}/6.1")
    received = assert_permitted(message(P, act="receive"))
    [clock] = [one.clock for one in received.obligations if one.code == "execute_promptly"]
    assert clock == "execution"


def test_6_1_thirty_days_run_from_receipt_and_are_flagged_never_denied() -> None:
    clock = PACK.clock("execution")
    assert (clock.duration_s, clock.starts_at, clock.on_overdue) == (30 * 86_400, "receipt", "flag")
    assert {"result", "refusal"} <= set(clock.stops_on)
    assert not any(name.endswith("_age_s") for name in packs().reads(P, "send", "result"))


def test_6_2_obstacle_or_delay_is_told() -> None:
    assert_permitted(message(P, "obstacle_notice"), f"{P}/6.2")
    assert "notify_obstacle" in obligation_codes(assert_permitted(message(P, act="receive")))
    assert PACK.clock("obstacle_notice").at_once


def test_6_2_requester_has_no_obstacle_to_tell() -> None:
    assert_denied_then_cured(message(P, "obstacle_notice", case_role="requester"), "baseline/case-order")


def test_6_3_request_is_passed_on_inside_the_state_without_being_asked() -> None:
    decision = assert_permitted(transfer(P, transfer_asked=False), f"{P}/6.3")
    assert {"tell_requester", "execute_promptly"} <= obligation_codes(decision)
    assert_permitted(transfer(P, transfer_asked=None))


@pytest.mark.parametrize("listed", [False, None])
def test_6_3_request_is_not_passed_on_to_an_unlisted_authority_or_another_state(listed: bool | None) -> None:
    facts = transfer(P, transfer_recipient_listed=listed)
    assert_denied_then_cured(facts, f"{P}/6.3", "baseline/authority-as-of")


def test_6_3_only_a_request_is_passed_on() -> None:
    assert_denied(transfer(P, kind="result"), f"{P}/6.3", "baseline/legal-basis", exactly=True)


@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_6_3_a_transfer_is_no_message_to_the_other_party(act_name: str) -> None:
    assert_denied(transfer(P, act=act_name, parties_match=True), "baseline/legal-basis", exactly=True)


@pytest.mark.parametrize(
    ("change", "provision"),
    [
        ({"level_set_by_originator": False}, "7.1"),
        ({"level_changed": "lowered", "changed_by_originator": False}, "7.1"),
        ({"purpose_same": False}, "7.2"),
    ],
)
def test_6_3_level_and_purpose_travel_with_the_request(change: dict, provision: str) -> None:
    assert_denied(transfer(P, **change), f"{P}/{provision}")


def test_6_3_information_of_others_does_not_slip_through_with_the_request() -> None:
    facts = transfer(P, onward=True, sources=[source(P, "uz/mia")])
    assert_denied(facts, f"{P}/7.3", "baseline/onward-transfer", exactly=True)


def test_6_3_requester_is_told_who_has_the_request() -> None:
    facts = message(P, "competence_notice", transferred=True, transfer_recipient_listed=True)
    assert_permitted(facts, f"{P}/6.3")


@pytest.mark.parametrize("listed", [False, None])
def test_6_3_notice_that_names_no_listed_authority_is_denied(listed: bool | None) -> None:
    facts = message(P, "competence_notice", transferred=True, transfer_recipient_listed=listed)
    assert_denied_then_cured(facts, f"{P}/6.3")


@pytest.mark.parametrize("reason", [False, None])
def test_6_3_request_neither_passed_on_nor_explained_is_denied(reason: bool | None) -> None:
    facts = message(P, "competence_notice", transferred=False, reason_given=reason)
    assert_denied_then_cured(facts, f"{P}/6.3")
    assert_permitted(message(P, "competence_notice", transferred=False, reason_given=True))


def test_6_4_requested_authority_asks_and_the_clock_shows_the_wait() -> None:
    assert_permitted(message(P, "clarification_query"), f"{P}/6.4")
    assert_permitted(message(P, "clarification_answer"), f"{P}/6.4")
    assert "clarification_query" in PACK.clock("execution").paused_by


def test_6_4_is_no_basis_for_the_requesters_question() -> None:
    assert f"{P}/6.4" not in decide(message(P, "clarification_query", case_role="requester")).provisions


@pytest.mark.parametrize("stated", [False, None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_6_5_result_without_the_law_applied_is_denied(act_name: str, stated: bool | None) -> None:
    facts = message(P, "result", act=act_name, law_applied_stated=stated)
    assert_denied_then_cured(facts, f"{P}/6.5")


@pytest.mark.parametrize("kind", ["acknowledgement", "result"])
def test_6_6_attendance_may_be_permitted_under_the_hosts_law(kind: str) -> None:
    decision = assert_permitted(message(P, kind, attendance="permitted"))
    assert "attend_under_host_law" in obligation_codes(decision)


@pytest.mark.parametrize("attendance", ["none", "declined"])
def test_6_6_attendance_that_is_not_permitted_obliges_to_nothing(attendance: str) -> None:
    decision = assert_permitted(message(P, "result", attendance=attendance))
    assert "attend_under_host_law" not in obligation_codes(decision)


@pytest.mark.parametrize("ground", GROUNDS)
def test_6_7_and_6_8_listed_ground_of_refusal_is_permitted(ground: str) -> None:
    assert_permitted(message(P, "refusal", refusal_ground=ground), f"{P}/6.9")


@pytest.mark.parametrize("ground", ["workload", "state_power", None])
def test_6_7_refusal_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied(message(P, "refusal", refusal_ground=ground), f"{P}/6.7", f"{P}/6.8", exactly=True)


def test_6_7_partial_refusal_needs_a_listed_ground_too() -> None:
    partly = {"partial": True, "refusal_reason_given": True}
    denied = message(P, "result", refusal_ground="none", **partly)
    assert_denied(denied, f"{P}/6.7", f"{P}/6.8", exactly=True)
    assert_permitted(message(P, "result", refusal_ground="security", **partly))


@pytest.mark.parametrize("ground", sorted(set(GROUNDS) - {"no_offence"}))
def test_6_7_deferral_on_its_grounds_is_permitted(ground: str) -> None:
    assert_permitted(message(P, "obstacle_notice", deferral=True, deferral_ground=ground))


@pytest.mark.parametrize("ground", ["criminal_prosecution", "workload", None])
def test_6_7_deferral_on_another_ground_is_denied(ground: str | None) -> None:
    facts = message(P, "obstacle_notice", deferral=True, deferral_ground=ground)
    assert_denied_then_cured(facts, f"{P}/6.7")


def test_6_8_no_offence_is_a_ground_of_refusal_and_none_of_deferral() -> None:
    assert_permitted(message(P, "refusal", refusal_ground="no_offence"))
    facts = message(P, "obstacle_notice", deferral=True, deferral_ground="no_offence")
    assert_denied_then_cured(facts, f"{P}/6.7")


@pytest.mark.parametrize("given", [False, None])
def test_6_9_refusal_without_the_reason_is_denied(given: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_reason_given=given), f"{P}/6.9")


@pytest.mark.parametrize("written", [False, None])
def test_6_9_refusal_not_in_writing_is_denied(written: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", refusal_written=written), f"{P}/6.9")


@pytest.mark.parametrize("partial", [True, None])
def test_6_9_partial_execution_without_the_reason_is_denied(partial: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", partial=partial), f"{P}/6.9")


@pytest.mark.parametrize("given", [False, None])
def test_6_9_deferral_without_the_reason_is_denied(given: bool | None) -> None:
    facts = message(P, "obstacle_notice", deferral=True, deferral_ground="security", reason_given=given)
    assert_denied_then_cured(facts, f"{P}/6.9")


def test_6_9_a_mere_delay_needs_no_ground() -> None:
    assert_permitted(message(P, "obstacle_notice", reason_given=False))


@pytest.mark.parametrize("value", [False, None])
def test_7_1_level_not_set_by_the_transmitting_party_is_denied(value: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", level_set_by_originator=value), f"{P}/7.1")


@pytest.mark.parametrize("name", ["send", "receive", "collect", "use", "change_level"])
@pytest.mark.parametrize("change", ["raised", "lowered"])
def test_7_1_holder_neither_raises_nor_lowers(name: str, change: str) -> None:
    facts = act(P, name, level_changed=change, recipient_level="confidential")
    assert_denied(facts, f"{P}/7.1", "baseline/level-binds")


def test_7_1_transmitting_party_may_change_its_level() -> None:
    assert_permitted(act(P, "change_level", level_changed="raised", changed_by_originator=True), f"{P}/7.1")


@pytest.mark.parametrize("name", ["collect", "use"])
@pytest.mark.parametrize("same", [False, None])
def test_7_2_another_purpose_without_written_consent_is_denied(name: str, same: bool | None) -> None:
    assert_denied_then_cured(act(P, name, purpose_same=same), f"{P}/7.2")


def test_7_2_another_purpose_with_the_givers_written_consent_is_permitted() -> None:
    assert_permitted(act(P, "use", purpose_same=False, grant_repurpose=True), f"{P}/7.2")


def onward_to_turkmenistan(*sources: dict, **changes) -> dict:
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=list(sources))
    return changed(facts, form="archival_information", **changes)


def test_7_2_passing_on_for_another_purpose_is_denied() -> None:
    facts = onward_to_turkmenistan(granted(P, "uz/mia"), purpose_same=False, grant_repurpose=None)
    assert f"{P}/7.2" in assert_denied(facts, f"{P}/7.2").provisions


def test_7_3_third_party_without_prior_written_approval_is_denied() -> None:
    facts = onward_to_turkmenistan(source(P, "uz/mia"))
    assert_denied_then_cured(facts, f"{P}/7.3", "baseline/onward-transfer")


@pytest.mark.parametrize("lacking", ["grant_verified", "grant_prior", "beneficiary_matches"])
@pytest.mark.parametrize("value", [False, None])
def test_7_3_anything_less_than_prior_approval_is_denied(lacking: str, value: bool | None) -> None:
    assert_denied(onward_to_turkmenistan(granted(P, "uz/mia", **{lacking: value})), f"{P}/7.3")


def test_7_3_prior_written_approval_permits_and_return_needs_none() -> None:
    assert_permitted(onward_to_turkmenistan(granted(P, "uz/mia")))
    back = source(P, "uz/mia", recipient_is_originator=True)
    assert_permitted(message(P, "result", sources=[back]))


@pytest.mark.parametrize("provision", ["8", "9", "10", "12.2", "12.3", "13.1"])
def test_8_9_10_12_13_informative_provisions_say_why(provision: str) -> None:
    [found] = [one for one in PACK.provisions if one.id == provision]
    assert found.informative
    assert not found.rules


@pytest.mark.parametrize("kind", KINDS_WITH_TEXT)
@pytest.mark.parametrize("language", ["kk", "en", "uz"])
def test_11_text_in_neither_working_language_is_denied(kind: str, language: str) -> None:
    facts = message(P, kind, languages=[language], translation_languages=[language])
    assert_denied_then_cured(facts, f"{P}/11")


@pytest.mark.parametrize("kind", KINDS_WITH_TEXT)
@pytest.mark.parametrize("language", ["ru", "zh"])
def test_11_russian_or_chinese_original_or_translation_is_permitted(kind: str, language: str) -> None:
    assert_permitted(message(P, kind, languages=[language], translation_languages=[language]))
    assert_permitted(message(P, kind, languages=["kk"], translation_languages=["kk", language]))


@pytest.mark.parametrize("kind", KINDS_WITH_OR_WITHOUT_TEXT)
def test_11_short_notice_may_be_without_text_but_not_in_another_language(kind: str) -> None:
    assert_permitted(message(P, kind, languages=[], translation_languages=[]))
    facts = message(P, kind, languages=["kk"], translation_languages=["kk"])
    assert_denied_then_cured(facts, f"{P}/11")


def test_11_undeclared_languages_are_denied_and_named() -> None:
    assert_unknown_denies(message(P, translation_languages=None), f"{P}/11", ["languages"])


@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize("worse", [{}, {"level": "state_secret"}, {"sender_listed": False}])
def test_12_1_before_activation_everything_is_denied_and_12_1_is_decisive(value, worse) -> None:
    facts = message(P, agreement_in_force=value, agreement_status="not_in_force", **worse)
    assert_denied(facts, f"{P}/12.1", f"{P}/12.2", "baseline/legal-basis")


def deposited(party: str, on: date) -> Activation:
    return Activation(P, on, f"deposit of {party}", party=party)


def test_12_1_binds_a_pair_once_it_binds_both() -> None:
    four = [deposited(state, date(2012, 1, day)) for day, state in enumerate(("CN", "KG", "RU", "KZ"), 10)]
    late = deposited("UZ", date(2013, 6, 1))
    pair = {"parties": ("KZ", "UZ")}
    assert not in_force(PACK, [], date(2026, 1, 1), **pair)
    assert in_force(PACK, four, date(2012, 1, 13), parties=("KZ", "RU"))
    assert not in_force(PACK, four[:3], date(2026, 1, 1), parties=("CN", "RU"))
    assert not in_force(PACK, [*four, late], date(2013, 5, 31), **pair)
    assert in_force(PACK, [*four, late], date(2013, 6, 1), **pair)


def test_13_2_withdrawal_ends_six_months_after_receipt_for_that_party_alone() -> None:
    stated = [deposited(state, date(2012, 1, 10)) for state in ("CN", "KG", "RU", "KZ")]
    leaving = [Withdrawal(P, date(2026, 1, 15), "note", party="KG")]
    for day, bound in ((date(2026, 7, 14), True), (date(2026, 7, 15), False)):
        assert bool(in_force(PACK, stated, day, leaving, parties=("KZ", "KG"))) is bound
    assert in_force(PACK, stated, date(2027, 1, 1), leaving, parties=("KZ", "RU"))
    clock = PACK.clock("leaving_forwarding")
    assert (clock.duration_s, clock.duty_of) == (30 * 86_400, "depositary")


@pytest.mark.parametrize("kind", FINISHING)
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_13_3_what_was_started_is_finished(kind: str, act_name: str) -> None:
    assert_permitted(ended(P, kind, act=act_name), f"{P}/13.3")


@pytest.mark.parametrize("kind", ["request", "information", "consultation", "amendment_notice"])
def test_13_3_nothing_new_is_started(kind: str) -> None:
    decision = assert_denied(ended(P, kind), f"{P}/12.1", "baseline/legal-basis")
    assert "keep_protecting" in obligation_codes(decision)


@pytest.mark.parametrize("kind", FINISHING)
@pytest.mark.parametrize(
    "change",
    [{"started_in_force": False}, {"started_in_force": None}, {"agreement_status": "not_in_force"}],
)
def test_13_3_covers_only_what_was_started_while_in_force(kind: str, change: dict) -> None:
    assert_denied(ended(P, kind, **change), f"{P}/12.1")


def test_14_secretariat_is_the_depositary() -> None:
    assert [role.authority for role in PACK.roles if role.role == "depositary"] == ["xs/sco-secretariat"]
