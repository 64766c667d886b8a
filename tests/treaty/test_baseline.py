"""The baseline: what holds under every agreement."""

import pytest
from treaty_facts import (
    AGREEMENTS,
    GIVERS,
    HOLDERS,
    KINDS,
    KZ_AZ,
    KZ_JO,
    KZ_RU,
    KZ_TM,
    OPENERS,
    REPLIES,
    REQUESTERS,
    SCO,
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

both = pytest.mark.parametrize("agreement", AGREEMENTS)


@both
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["send", "receive"])
def test_every_kind_has_a_lawful_message(agreement: str, kind: str, name: str) -> None:
    assert_permitted(message(agreement, kind, act=name))


@pytest.mark.parametrize("agreement", ["kz-xx-1999", "", "kz-tm-2024 ", None])
def test_legal_basis_unknown_agreement_is_denied(agreement: str | None) -> None:
    facts = changed(message(KZ_RU), multiple_recipients=1) | {"agreement": agreement}
    decision = decide(changed(facts))
    assert not decision.permitted
    assert decision.provisions[0] == "baseline/legal-basis"
    assert [pack.id for pack in decision.packs] == ["baseline"]


def test_legal_basis_no_facts_at_all_are_denied_and_named() -> None:
    decision = decide({})
    assert not decision.permitted
    assert {"act", "kind", "agreement", "agreement_in_force", "level", "sources"} <= set(decision.missing)


@both
@pytest.mark.parametrize("name", ["act", "kind"])
def test_legal_basis_unknown_act_or_kind_is_denied_and_named(agreement: str, name: str) -> None:
    assert_unknown_denies(message(agreement), "baseline/legal-basis", [name])


def test_legal_basis_act_that_no_provision_allows_is_denied() -> None:
    facts = message(KZ_TM, act="transfer_request", transfer_asked=True)
    decision = assert_denied(facts, "baseline/legal-basis", exactly=True)
    assert [reason.cause for reason in decision.reasons] == ["no_legal_basis"]


@both
@pytest.mark.parametrize("name", ["sender_listed", "recipient_listed", "parties_match"])
def test_authority_as_of_removed_authority_is_denied_at_receipt(agreement: str, name: str) -> None:
    decision = decide(message(agreement, act="receive", **{name: False}))
    assert "baseline/authority-as-of" in decision.provisions


@pytest.mark.parametrize("name", ["send", "receive", "collect", "use", "change_level", "onward"])
@pytest.mark.parametrize("fact", ["level", "inspected_level", "recipient_level"])
def test_state_secrets_never_pass(name: str, fact: str) -> None:
    facts = act(KZ_RU, name, **{fact: "state_secret"})
    decision = decide(changed(facts, changed_by_originator=True))
    assert not decision.permitted
    assert "baseline/state-secrets" in decision.provisions


def test_state_secrets_refused_content_is_kept_as_a_digest_only() -> None:
    decision = assert_denied(message(KZ_RU, level="state_secret"), "baseline/state-secrets", exactly=True)
    assert "keep_digest_only" in obligation_codes(decision)
    assert "keep_digest_only" not in obligation_codes(decide(message(KZ_RU)))


def test_level_binds_holder_may_not_lower_under_an_agreement_that_is_silent() -> None:
    facts = message(KZ_TM, "result", level_changed="lowered", changed_by_originator=False)
    assert_denied_then_cured(facts, "baseline/level-binds")


def test_level_binds_designation_below_the_level_is_denied() -> None:
    facts = message(KZ_TM, "result", level="confidential", recipient_level="restricted")
    assert_denied(facts, "baseline/level-binds", exactly=True)


def test_level_binds_originator_may_lower() -> None:
    facts = act(KZ_TM, "change_level", level_changed="lowered", changed_by_originator=True)
    assert_permitted(facts, "baseline/level-binds")


@both
@pytest.mark.parametrize("declared", [False, None])
def test_purpose_request_that_states_none_is_denied(agreement: str, declared: bool | None) -> None:
    assert_denied_then_cured(message(agreement, purpose_declared=declared), "baseline/purpose")


@both
def test_onward_transfer_without_named_sources_is_denied(agreement: str) -> None:
    facts = message(agreement, onward=True, purpose_same=True, sources=[])
    assert_denied(facts, "baseline/onward-transfer", exactly=True)


@both
@pytest.mark.parametrize("name", ["sources", "onward"])
def test_onward_transfer_unknown_sources_are_denied_and_named(agreement: str, name: str) -> None:
    assert_unknown_denies(message(agreement, purpose_same=True), "baseline/onward-transfer", [name])


@both
def test_onward_transfer_from_an_agreement_that_is_not_known_is_denied(agreement: str) -> None:
    facts = message(agreement, onward=True, purpose_same=True, sources=[granted("kz-xx-1999", "xx/mia")])
    assert_denied(facts, "baseline/onward-transfer", exactly=True)


@pytest.mark.parametrize("name", ["use", "change_level"])
def test_onward_transfer_disguised_as_another_act_is_denied(name: str) -> None:
    facts = act(KZ_RU, name, onward=True, changed_by_originator=True)
    assert_denied_then_cured(facts, "baseline/onward-transfer")


@pytest.mark.parametrize("agreements", [(KZ_RU, KZ_TM), (KZ_TM, KZ_RU)])
def test_onward_transfer_needs_the_grant_of_every_originator(agreements: tuple[str, str]) -> None:
    first, second = agreements
    sources = [granted(first, "x/one"), source(second, "x/two")]
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=sources)
    decision = decide(facts)
    assert not decision.permitted
    assert {reason.source for reason in decision.reasons} == {1}
    assert {pack.id for pack in decision.packs} == {KZ_RU, KZ_TM, "baseline"}


def test_onward_transfer_own_information_needs_no_grant() -> None:
    assert_permitted(message(KZ_RU, "result", sources=[source(KZ_TM, "kz/mia")]))


def test_onward_transfer_granted_is_its_own_legal_basis() -> None:
    facts = message(KZ_TM, act="onward", onward=True, purpose_same=True, sources=[granted(KZ_RU, "ru/mia")])
    assert_permitted(facts, "baseline/onward-transfer")


def test_onward_transfer_of_nothing_has_no_legal_basis() -> None:
    facts = message(KZ_TM, act="onward", purpose_same=True)
    assert_denied(facts, "baseline/legal-basis", exactly=True)


@pytest.mark.parametrize("prior", [False, None])
def test_prior_consent_late_grant_is_denied(prior: bool | None) -> None:
    late = granted(KZ_RU, "ru/mia", grant_prior=prior)
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=[late])
    assert_denied(facts, f"{KZ_RU}/8.3", "baseline/prior-consent", exactly=True)


def test_onward_depth_grant_to_another_recipient_is_denied() -> None:
    other = granted(KZ_RU, "ru/mia", beneficiary_matches=False)
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=[other])
    assert_denied(facts, f"{KZ_RU}/8.3", "baseline/onward-depth", exactly=True)


@both
@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.parametrize("fact", ["in_reply_to_known", "reply_agreement_same"])
@pytest.mark.parametrize("value", [False, None])
def test_reply_basis_reply_keeps_the_agreement_of_a_known_message(agreement, kind, fact, value) -> None:
    assert_denied_then_cured(message(agreement, kind, **{fact: value}), "baseline/reply-basis")


@both
@pytest.mark.parametrize("kind", KINDS)
def test_case_order_message_that_the_case_does_not_admit_is_denied(agreement: str, kind: str) -> None:
    facts = message(agreement, kind, case_transition_allowed=False)
    assert_denied_then_cured(facts, "baseline/case-order")


@both
@pytest.mark.parametrize("kind", ["obstacle_notice", "refusal", "result"])
def test_case_order_requester_cannot_answer_its_own_request(agreement: str, kind: str) -> None:
    assert_denied_then_cured(message(agreement, kind, case_role="requester"), "baseline/case-order")


def test_request_form_gives_way_where_an_agreement_settles_it() -> None:
    for agreement in set(AGREEMENTS) - {KZ_JO}:
        cited = {rule.id for rule in packs().suite(agreement).rules}
        assert not cited & {"baseline/request-form#purpose", "baseline/refusal-notice#ground"}


@pytest.mark.parametrize("change", [{"elements": ["purpose"]}, {"oral": True}])
def test_request_form_holds_where_nothing_settles_it(change: dict) -> None:
    assert_denied_then_cured(message(KZ_JO, **change), "baseline/request-form")


@pytest.mark.parametrize("agreement", [KZ_JO, "kz-xx-1999"])
def test_refusal_notice_holds_where_nothing_settles_it(agreement: str) -> None:
    facts = message(KZ_JO, "refusal", refusal_reason_given=False) | {"agreement": agreement}
    assert "baseline/refusal-notice" in decide(facts).provisions


@pytest.mark.parametrize("agreement", [KZ_JO])
@pytest.mark.parametrize("partial", [True, None])
def test_partial_execution_without_reasons_is_denied_where_nothing_settles_it(agreement, partial) -> None:
    assert_denied_then_cured(message(agreement, "result", partial=partial), "baseline/partial-execution")


@pytest.mark.parametrize("agreement", sorted(set(AGREEMENTS) - {SCO}))
@pytest.mark.parametrize("kind", ["acknowledgement", "result"])
@pytest.mark.parametrize("attendance", ["permitted", None])
def test_attendance_is_not_permitted_where_no_agreement_provides_for_it(agreement, kind, attendance) -> None:
    assert_denied_then_cured(message(agreement, kind, attendance=attendance), "baseline/attendance")
    assert_permitted(message(agreement, kind, attendance="declined"))


@pytest.mark.parametrize("agreement", [KZ_AZ, KZ_JO, KZ_TM])
@pytest.mark.parametrize("ground", ["security", "criminal_prosecution", None])
def test_deferral_is_not_available_where_the_agreement_lists_no_ground(agreement, ground) -> None:
    facts = message(agreement, "obstacle_notice", deferral=True, deferral_ground=ground)
    assert_denied_then_cured(facts, "baseline/deferral")


@both
@pytest.mark.parametrize("offered", [False, None])
def test_deferral_conditions_that_nobody_offered_are_not_answered(agreement: str, offered) -> None:
    assert_denied_then_cured(
        message(agreement, "conditions_answer", conditions_offered=offered), "baseline/deferral"
    )


@pytest.mark.parametrize("agreement", [KZ_AZ, KZ_JO, KZ_TM])
@pytest.mark.parametrize("passed_on", [True, None])
def test_competence_request_is_not_passed_on_where_the_agreement_does_not_let_it(
    agreement, passed_on
) -> None:
    facts = message(agreement, "competence_notice", transferred=passed_on)
    assert_denied_then_cured(facts, "baseline/competence")
    assert_denied(transfer(agreement), "baseline/legal-basis", exactly=True)


@both
@pytest.mark.parametrize("kind", ["authenticity_query", "data_correction"])
@pytest.mark.parametrize("given", [False, None])
def test_stated_reason_doubt_or_fault_without_a_reason_is_denied(agreement, kind, given) -> None:
    assert_denied_then_cured(message(agreement, kind, reason_given=given), "baseline/stated-reason")


@pytest.mark.parametrize("agreement", sorted(set(AGREEMENTS) - {KZ_AZ}))
@pytest.mark.parametrize("ground", ["boredom", None])
def test_stated_reason_destruction_without_a_ground_is_denied(agreement, ground) -> None:
    facts = message(agreement, "data_destruction", destruction_ground=ground)
    assert_denied_then_cured(facts, "baseline/stated-reason")


@pytest.mark.parametrize("agreement", [SCO, KZ_AZ, KZ_RU, KZ_TM])
@pytest.mark.parametrize("known", [False, None])
def test_confirmation_that_names_no_oral_message_is_denied(agreement: str, known: bool | None) -> None:
    facts = message(agreement, oral_confirms=True, oral_age_s=60, in_reply_to_known=known)
    decision = assert_denied(facts, "baseline/reply-basis" if known is False else "baseline/confirmation")
    assert "baseline/confirmation" in decision.provisions


@pytest.mark.parametrize("agreement", [SCO, KZ_AZ, KZ_RU, KZ_TM])
@pytest.mark.parametrize("oral", [True, None])
def test_confirmation_that_is_itself_oral_is_denied(agreement: str, oral: bool | None) -> None:
    facts = message(agreement, oral_confirms=True, oral_age_s=60, in_reply_to_known=True)
    assert_permitted(facts)
    denied = changed(facts, oral=oral, urgency_reason="stop_crime")
    assert "baseline/confirmation" in decide(denied).provisions
    assert_permitted(denied | {"oral": False})


@pytest.mark.parametrize("agreement", [SCO, KZ_RU])
@pytest.mark.parametrize("listed", [False, None])
def test_authority_as_of_who_passes_a_request_on_is_itself_listed(agreement: str, listed) -> None:
    decision = decide(transfer(agreement, sender_listed=listed))
    assert not decision.permitted
    assert "baseline/authority-as-of" in decision.provisions


@pytest.mark.parametrize("agreement", [KZ_AZ, KZ_JO, KZ_RU])
@pytest.mark.parametrize("oral", [True, None])
def test_confirmation_oral_information_is_denied_where_no_agreement_provides_for_it(agreement, oral) -> None:
    assert_denied_then_cured(message(agreement, "information", oral=oral), "baseline/confirmation")


@both
@pytest.mark.parametrize("clearance", ["open", None])
def test_least_disclosure_client_below_the_level_is_denied(agreement: str, clearance: str | None) -> None:
    assert_denied(act(agreement, "collect", clearance=clearance), "baseline/least-disclosure", exactly=True)


@both
@pytest.mark.parametrize("met", [False, None])
def test_least_disclosure_unmet_caveat_is_denied(agreement: str, met: bool | None) -> None:
    facts = act(agreement, "collect", caveats=["EYES-ONLY"], caveats_met=met)
    assert_denied_then_cured(facts, "baseline/least-disclosure")


@both
@pytest.mark.parametrize("kind", ["acknowledgement", "clarification_query", "clarification_answer"])
def test_correspondence_is_allowed_under_every_agreement(agreement: str, kind: str) -> None:
    assert_permitted(message(agreement, kind), "baseline/correspondence")


@both
@pytest.mark.parametrize("kind", REQUESTERS)
def test_case_order_executor_cannot_speak_for_the_requester(agreement: str, kind: str) -> None:
    facts = message(agreement, kind, case_role="executor")
    if kind == "closure":
        assert_permitted(facts)
    else:
        assert_denied_then_cured(facts, "baseline/case-order")


@both
@pytest.mark.parametrize("kind", OPENERS)
@pytest.mark.parametrize("fact", ["in_reply_to_known", "reply_agreement_same"])
def test_reply_basis_opening_message_that_answers_something_keeps_its_agreement(
    agreement: str, kind: str, fact: str
) -> None:
    assert_denied_then_cured(message(agreement, kind, **{fact: False}), "baseline/reply-basis")


@both
@pytest.mark.parametrize("kind", ["authenticity_query", "consultation", "withdrawal", "closure"])
def test_procedure_is_allowed_under_every_agreement(agreement: str, kind: str) -> None:
    assert_permitted(message(agreement, kind), "baseline/procedure")


@both
@pytest.mark.parametrize("kind", [*GIVERS, *HOLDERS])
def test_data_duties_outlive_the_agreement(agreement: str, kind: str) -> None:
    ended = {"agreement_in_force": False, "agreement_status": "ended"}
    assert_permitted(message(agreement, kind, **ended), "baseline/data-duties")


@both
@pytest.mark.parametrize("kind", ["use_report_query", *HOLDERS])
@pytest.mark.parametrize("value", ["other side", None])
def test_data_duties_are_those_of_giver_and_holder(agreement: str, kind: str, value: str | None) -> None:
    facts = message(agreement, kind)
    other = None if value is None else not facts["query_role_of_giver"]
    assert_denied_then_cured(changed(facts, query_role_of_giver=other), "baseline/data-duties")


@pytest.mark.parametrize("agreement", sorted(set(AGREEMENTS) - {SCO}))
@pytest.mark.parametrize("kind", sorted({*KINDS} - {*GIVERS, *HOLDERS}))
@pytest.mark.parametrize("started", [True, False])
def test_legal_basis_nothing_else_outlives_an_agreement_that_has_no_clause_on_finishing(
    agreement: str, kind: str, started: bool
) -> None:
    ended = {"agreement_in_force": False, "agreement_status": "ended", "started_in_force": started}
    decision = decide(message(agreement, kind, **ended))
    assert not decision.permitted
    assert "baseline/legal-basis" in decision.provisions


@both
@pytest.mark.parametrize("kind", KINDS)
def test_legal_basis_agreement_that_never_was_in_force_allows_nothing(agreement: str, kind: str) -> None:
    never = {"agreement_in_force": False, "agreement_status": "not_in_force", "started_in_force": True}
    assert "baseline/legal-basis" in decide(message(agreement, kind, **never)).provisions


@both
@pytest.mark.parametrize("kind", ["amendment_notice", "consultation"])
@pytest.mark.parametrize("end", ["sender", "recipient"])
def test_authority_as_of_depositary_takes_notices_without_being_an_authority(
    agreement: str, kind: str, end: str
) -> None:
    body = {f"{end}_listed": False, f"{end}_role": "depositary", "parties_match": False}
    own = {reason.provision for reason in decide(message(agreement, kind, **body)).reasons}
    assert not any(provision.startswith("baseline/") for provision in own)
    other = decide(message(agreement, "information", **body))
    assert "baseline/authority-as-of" in other.provisions


HANDED_OVER = {
    "recipient": "kz/pensions",
    "recipient_state": "KZ",
    "recipient_listed": False,
    "parties_match": False,
    "purpose_same": True,
    "onward": True,
}


def test_authority_as_of_unlisted_body_of_the_holders_own_state_gets_what_the_originator_granted() -> None:
    facts = act(KZ_AZ, "onward", sources=[granted(KZ_AZ, "az/mia", same_state=True)], **HANDED_OVER)
    assert_permitted(facts, "baseline/onward-transfer")
    facts["sources"] = [source(KZ_AZ, "az/mia", same_state=True)]
    assert_denied(facts, "baseline/onward-transfer", "baseline/legal-basis", exactly=True)


@pytest.mark.parametrize("change", [{"recipient_state_body": False}, {"recipient_state": "TR"}])
def test_authority_as_of_hand_over_to_anybody_else_is_denied(change: dict) -> None:
    facts = act(KZ_AZ, "onward", sources=[granted(KZ_AZ, "az/mia", same_state=True)], **HANDED_OVER)
    assert_denied(facts | change, "baseline/authority-as-of", exactly=True)


def test_personal_data_is_registered() -> None:
    assert "register_personal_data" in obligation_codes(decide(message(KZ_TM, personal_data=True)))
    assert "register_personal_data" not in obligation_codes(decide(message(KZ_TM)))


def test_survival_protection_outlives_the_agreement() -> None:
    facts = message(KZ_TM, "information", onward=True, sources=[source(KZ_RU, "ru/mia")])
    decision = decide(facts | {"agreement_in_force": False})
    assert f"{KZ_RU}/8.3" in decision.provisions
    assert "keep_protecting" in obligation_codes(decision)


def test_recipients_rule_is_informative() -> None:
    [found] = [one for one in packs().pack("baseline").provisions if one.id == "recipients"]
    assert found.informative
