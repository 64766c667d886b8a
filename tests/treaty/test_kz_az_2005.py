"""kz-az-2005 apart from personal data: subjects, forms, authorities, requests, level, refusal, force."""

from datetime import date

import pytest
from treaty_facts import (
    KINDS,
    KINDS_WITH_OR_WITHOUT_TEXT,
    KINDS_WITH_TEXT,
    KZ_AZ,
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

from policies.authorities import listing
from policies.status import Activation, Withdrawal, in_force

P = KZ_AZ
PACK = packs().pack(P)
FORMS = {entry.code: entry for entry in PACK.catalogue("forms") if entry.code != "other"}
SUBJECT_OF_ARTICLE = {"2": "terrorism", "3": "narcotics", "4": "organised_crime", "5": "laundering"}
SUBJECT_OF_ITEM = {"5(4)": "illegal_migration", "5(5)": "human_trafficking"}
ON_REQUEST = ("operational_search_on_request", "operational_and_investigative")
AGREED = ("drug_agreed_measures", "joint_measures")
openers = pytest.mark.parametrize("kind", ["request", "information"])


def about(form: str, kind: str = "request", **changes) -> dict:
    """A message in a form with the subject that goes with it."""
    item = FORMS[form].provision
    facts = message(P, kind, form=form, mutual_agreement_recorded=True)
    facts["subject"] = SUBJECT_OF_ITEM.get(item, SUBJECT_OF_ARTICLE[item[0]])
    if form == "operational_and_investigative":
        facts["elements"] = [*facts["elements"], "legal_basis"]
    return changed(facts, **changes)


def items(article: str) -> list[str]:
    return [code for code, entry in FORMS.items() if entry.provision.startswith(f"{article}(")]


@pytest.mark.parametrize(
    "subject", ["organised_crime", "narcotics", "terrorism", "laundering", "human_trafficking"]
)
def test_1_subject_of_articles_1_and_5_is_permitted_in_the_form_of_legal_acts(subject: str) -> None:
    assert_permitted(message(P, subject=subject, form="legal_acts"), f"{P}/7.1", f"{P}/5(2)")


@openers
@pytest.mark.parametrize("subject", ["corruption", "property", ["narcotics", "property"], []])
def test_1_other_crime_is_denied(kind: str, subject: str | list[str]) -> None:
    assert_denied(message(P, kind, subject=subject, form="legal_acts"), f"{P}/1", exactly=True)


@pytest.mark.parametrize("form", ["controlled_delivery", None])
def test_1_form_outside_the_catalogue_is_denied(form: str | None) -> None:
    decision = decide(message(P, form=form))
    assert not decision.permitted
    assert f"{P}/1" in decision.provisions


@pytest.mark.parametrize(("article", "count"), [("2", 5), ("3", 6), ("4", 6), ("5", 5)])
def test_2_to_5_articles_have_a_form_for_every_item(article: str, count: int) -> None:
    assert [FORMS[code].provision for code in items(article)] == [
        f"{article}({n})" for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("form", items("2"))
def test_2_1_to_5_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form].provision}")


@pytest.mark.parametrize("form", items("3"))
def test_3_1_to_6_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form].provision}")


@pytest.mark.parametrize("form", items("4"))
def test_4_1_to_6_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form].provision}")


@pytest.mark.parametrize("form", items("5"))
def test_5_1_to_5_form_is_permitted_with_its_subject_and_cited(form: str) -> None:
    assert_permitted(about(form), f"{P}/{FORMS[form].provision}")


@openers
@pytest.mark.parametrize("form", sorted(set(items("2")) - set(ON_REQUEST)))
@pytest.mark.parametrize("subject", ["narcotics", ["terrorism", "narcotics"]])
def test_2_form_serves_terrorism_alone(kind: str, form: str, subject: str | list[str]) -> None:
    assert_denied_then_cured(about(form, kind, subject=subject), f"{P}/2")


@pytest.mark.parametrize("form", sorted(set(FORMS) - set(ON_REQUEST)))
def test_2_1_information_without_a_request_is_inferred_from_the_forms_of_exchange(form: str) -> None:
    assert_permitted(about(form, "information"), f"{P}/2(1)")


@pytest.mark.parametrize("subject", ["narcotics", ["terrorism", "organised_crime"]])
def test_2_4_operational_search_is_for_terrorist_crimes_only(subject: str | list[str]) -> None:
    assert_denied_then_cured(about("operational_search_on_request", subject=subject), f"{P}/2(4)")


def test_2_4_operational_search_is_on_request_only() -> None:
    facts = about("operational_search_on_request", "information")
    assert_denied_then_cured(facts, f"{P}/2(4)")


@openers
@pytest.mark.parametrize("form", items("3"))
@pytest.mark.parametrize("subject", ["terrorism", ["narcotics", "organised_crime"]])
def test_3_form_serves_the_fight_against_drugs_alone(kind: str, form: str, subject: str | list[str]) -> None:
    assert_denied_then_cured(about(form, kind, subject=subject), f"{P}/3")


@pytest.mark.parametrize(("form", "item"), [("drug_agreed_measures", "3(6)"), ("joint_measures", "4(6)")])
@pytest.mark.parametrize("recorded", [False, None])
def test_3_6_and_4_6_agreed_measures_need_the_agreement_on_record(form, item, recorded) -> None:
    assert_denied_then_cured(about(form, mutual_agreement_recorded=recorded), f"{P}/{item}")


def test_4_6_joint_measures_agreed_are_permitted() -> None:
    assert_permitted(about("joint_measures"), f"{P}/4(6)")


@openers
@pytest.mark.parametrize("form", sorted(set(items("4")) - set(ON_REQUEST)))
def test_4_form_serves_a_matter_of_organised_crime(kind: str, form: str) -> None:
    assert_denied_then_cured(about(form, kind, subject="narcotics"), f"{P}/4")
    assert_permitted(about(form, kind, subject=["organised_crime", "narcotics"]))


def test_4_2_measures_need_the_requesting_states_law_in_the_request() -> None:
    facts = without("legal_basis", about("operational_and_investigative"))
    decision = assert_denied_then_cured(facts, f"{P}/4(2)")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": ["legal_basis"]}]


def test_4_2_measures_are_on_request_only() -> None:
    assert_denied_then_cured(about("operational_and_investigative", "information"), f"{P}/4(2)")


def test_4_2_what_the_requested_states_law_forbids_is_refused_by_it() -> None:
    assert_permitted(message(P, "refusal", refusal_ground="national_law"), f"{P}/10.2")


@pytest.mark.parametrize("form", ["laundering_cooperation", "proceeds_information"])
def test_5_1_and_5_3_forms_serve_laundering_and_proceeds(form: str) -> None:
    assert_denied_then_cured(about(form, subject="narcotics"), f"{P}/5(1)", f"{P}/5(3)")


@pytest.mark.parametrize(
    ("form", "item"), [("migration_experience", "5(4)"), ("trafficking_information", "5(5)")]
)
def test_5_4_and_5_5_forms_serve_migration_and_trafficking(form: str, item: str) -> None:
    assert_denied_then_cured(about(form, subject="narcotics"), f"{P}/{item}")


def test_5_5_trafficking_form_covers_illegal_migration_too() -> None:
    assert_permitted(about("trafficking_information", subject=["human_trafficking", "illegal_migration"]))


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"amendment_notice"}))
@pytest.mark.parametrize("channel", ["diplomatic", "agreed", None])
def test_6_1_contact_that_is_not_direct_is_denied(kind: str, channel: str | None) -> None:
    assert_denied_then_cured(message(P, kind, channel=channel), f"{P}/6.1")


@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed", "parties_match"])
@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize("act_name", ["send", "receive"])
def test_6_2_end_that_is_no_central_authority_is_denied(end: str, value: bool | None, act_name: str) -> None:
    facts = message(P, act=act_name, **{end: value})
    assert_denied_then_cured(facts, f"{P}/6.2", "baseline/authority-as-of")


def test_6_2_lists_six_authorities_of_kazakhstan_and_seven_of_azerbaijan() -> None:
    listed = [one for one in PACK.authorities.authorities if listing(PACK, one.id, date(2026, 1, 1))]
    assert sum(one.state == "KZ" for one in listed) == 6
    assert sum(one.state == "AZ" for one in listed) == 7


def test_6_2_authority_that_took_over_functions_is_not_listed_by_inference() -> None:
    assert not listing(PACK, "kz/acsa", date(2026, 1, 1))


@pytest.mark.parametrize(
    "change", [{"subject": "other_field", "form": "legal_acts"}, {"form": "other"}], ids=["field", "form"]
)
def test_6_3_further_field_or_form_needs_the_protocol_on_record(change: dict) -> None:
    assert_denied_then_cured(message(P, **change), f"{P}/6.3")


def test_6_3_field_and_form_of_a_recorded_protocol_are_cited() -> None:
    facts = message(P, subject="other_field", form="other", subject_agreed=True, form_agreed=True)
    assert_permitted(facts, f"{P}/6.3")


@pytest.mark.parametrize("channel", ["direct", None])
def test_6_4_change_of_the_list_goes_through_diplomatic_channels(channel: str | None) -> None:
    assert_permitted(message(P, "amendment_notice"), f"{P}/6.4")
    assert_denied_then_cured(message(P, "amendment_notice", channel=channel), f"{P}/6.4")


@pytest.mark.parametrize("act_name", ["send", "receive"])
@pytest.mark.parametrize(
    "element", ["requesting_authority", "requested_authority", "grounds", "circumstances", "content"]
)
def test_7_1_missing_element_is_denied_and_named(act_name: str, element: str) -> None:
    decision = assert_denied_then_cured(without(element, message(P, act=act_name)), f"{P}/7.1")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": [element]}]


@pytest.mark.parametrize("reason", [None, "convenience"])
def test_7_1_oral_request_without_a_reason_of_urgency_is_denied(reason: str | None) -> None:
    assert_denied_then_cured(message(P, oral=True, urgency_reason=reason), f"{P}/7.1")


def test_7_1_urgent_oral_request_starts_ten_days() -> None:
    decision = assert_permitted(message(P, oral=True, urgency_reason="stop_crime", elements=[]))
    assert "confirm_in_writing" in obligation_codes(decision)
    clock = PACK.clock("oral_confirmation")
    assert (clock.duration_s, clock.starts_at, clock.notices) == (10 * 86_400, "made", "both")


@pytest.mark.parametrize(("age", "lawful"), [(864_000, True), (864_001, False), (None, False)])
def test_7_1_confirmation_within_ten_days(age: int | None, lawful: bool) -> None:
    facts = message(P, oral_confirms=True, oral_age_s=age, in_reply_to_known=True)
    if lawful:
        assert_permitted(facts)
    else:
        assert_denied_then_cured(facts, f"{P}/7.1")


@pytest.mark.parametrize("held", [True, None])
def test_7_1_result_of_an_unconfirmed_oral_request_is_held(held: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", oral_unconfirmed=held), f"{P}/7.1")


def test_7_2_more_may_be_asked_and_requests_are_executed_at_once() -> None:
    for kind in ("clarification_query", "clarification_answer", "result"):
        assert_permitted(message(P, kind), f"{P}/7.2")
    assert "execute_at_once" in obligation_codes(assert_permitted(message(P, act="receive")))
    clock = PACK.clock("execution")
    assert clock.at_once
    assert (clock.on_overdue, "acknowledgement" in clock.stops_on) == ("flag", True)


def test_7_2_is_no_basis_for_the_requesters_question() -> None:
    assert f"{P}/7.2" not in decide(message(P, "clarification_query", case_role="requester")).provisions


@pytest.mark.parametrize("stated", [False, None])
def test_7_3_result_without_the_law_applied_is_denied(stated: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", law_applied_stated=stated), f"{P}/7.3")


@pytest.mark.parametrize("name", ["send", "receive", "collect", "use", "change_level"])
@pytest.mark.parametrize("by", [False, None])
def test_9_1_holder_neither_raises_nor_lowers(name: str, by: bool | None) -> None:
    facts = act(P, name, level_changed="raised", recipient_level="confidential", changed_by_originator=by)
    assert_denied(facts, f"{P}/9.1", "baseline/level-binds")


@pytest.mark.parametrize("by", [True, False])
def test_9_1_lowering_is_a_new_transfer_even_for_the_giver(by: bool) -> None:
    facts = act(P, "change_level", level_changed="lowered", changed_by_originator=by)
    decision = assert_denied(facts, f"{P}/9.1")
    assert "transfer_anew" in {remedy.action for remedy in decision.remedies}


def test_9_1_raise_by_the_giver_is_accepted() -> None:
    facts = act(P, "change_level", level_changed="raised", changed_by_originator=True)
    assert_permitted(facts, f"{P}/9.1")


def test_9_1_level_not_set_by_the_giver_is_denied_and_what_is_received_is_protected() -> None:
    assert_denied_then_cured(message(P, "result", level_set_by_originator=False), f"{P}/9.1")
    received = assert_permitted(message(P, "result", act="receive"))
    assert "protect_received" in obligation_codes(received)


def to_turkmenistan(*sources: dict, **changes) -> dict:
    facts = message(KZ_TM, "information", onward=True, purpose_same=True, sources=list(sources))
    return changed(facts, form="archival_information", **changes)


def test_9_2_third_state_without_written_consent_is_denied() -> None:
    facts = to_turkmenistan(source(P, "az/mia"))
    assert_denied(facts, f"{P}/9.2", "baseline/onward-transfer", exactly=True)


def test_9_2_third_state_with_written_consent_is_permitted() -> None:
    assert_permitted(to_turkmenistan(granted(P, "az/mia")))


def test_9_2_prior_and_named_recipient_rest_on_the_baseline() -> None:
    late = to_turkmenistan(granted(P, "az/mia", grant_prior=False))
    assert_denied(late, "baseline/prior-consent", exactly=True)


def test_9_2_same_state_is_no_third_state_but_the_baseline_asks_for_the_grant() -> None:
    facts = message(
        P, "result", onward=True, purpose_same=True, sources=[source(P, "az/mia", same_state=True)]
    )
    assert_denied(facts, "baseline/onward-transfer", exactly=True)


@pytest.mark.parametrize("same", [None, False])
def test_9_2_unknown_state_is_a_third_state(same: bool | None) -> None:
    facts = message(
        P, "result", onward=True, purpose_same=True, sources=[source(P, "az/mia", same_state=same)]
    )
    assert_denied(facts, f"{P}/9.2", "baseline/onward-transfer", exactly=True)


@pytest.mark.parametrize("ground", ["sovereignty", "security", "national_law"])
def test_10_1_listed_ground_is_permitted(ground: str) -> None:
    assert_permitted(message(P, "refusal", refusal_ground=ground), f"{P}/10.2")


@pytest.mark.parametrize("ground", ["public_order", "no_offence", None])
def test_10_1_refusal_without_a_listed_ground_is_denied(ground: str | None) -> None:
    assert_denied(message(P, "refusal", refusal_ground=ground), f"{P}/10.1", exactly=True)


def test_10_1_partial_refusal_needs_a_listed_ground_too() -> None:
    partly = {"partial": True, "refusal_reason_given": True}
    assert_denied(message(P, "result", refusal_ground="public_order", **partly), f"{P}/10.1", exactly=True)
    assert_permitted(message(P, "result", refusal_ground="security", **partly))


@pytest.mark.parametrize("fact", ["refusal_reason_given", "refusal_written"])
@pytest.mark.parametrize("value", [False, None])
def test_10_2_refusal_without_reasons_or_writing_is_denied(fact: str, value: bool | None) -> None:
    assert_denied_then_cured(message(P, "refusal", **{fact: value}), f"{P}/10.2")


@pytest.mark.parametrize("partial", [True, None])
def test_10_2_partial_execution_without_reasons_is_denied(partial: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", partial=partial), f"{P}/10.2")


@pytest.mark.parametrize(
    "provision", ["6.2(1)", "6.2(2)", "8(5)", "11.1", "11.2", "12.1", "12.2", "14", "15", "16"]
)
def test_11_12_14_15_16_and_other_informative_provisions_say_why(provision: str) -> None:
    [found] = [one for one in PACK.provisions if one.id == provision]
    assert found.informative
    assert not found.rules


@pytest.mark.parametrize("kind", KINDS_WITH_TEXT)
@pytest.mark.parametrize("language", ["kk", "az", "en"])
def test_13_text_that_cannot_be_read_in_russian_is_denied(kind: str, language: str) -> None:
    facts = message(P, kind, languages=[language], translation_languages=[language])
    assert_denied_then_cured(facts, f"{P}/13")
    assert_permitted(facts | {"translation_languages": [language, "ru"]})


@pytest.mark.parametrize("kind", KINDS_WITH_OR_WITHOUT_TEXT)
def test_13_short_notice_may_be_without_text_but_not_in_another_language(kind: str) -> None:
    assert_permitted(message(P, kind, languages=[], translation_languages=[]))
    assert_denied_then_cured(message(P, kind, languages=["az"], translation_languages=["az"]), f"{P}/13")


def test_13_undeclared_languages_are_denied_and_named() -> None:
    assert_unknown_denies(message(P, translation_languages=None), f"{P}/13", ["languages"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [False, None])
def test_17_1_draft_allows_nothing(kind: str, value: bool | None) -> None:
    facts = message(P, kind, agreement_in_force=value, agreement_status="not_in_force")
    assert_denied(facts, f"{P}/17.1", "baseline/legal-basis")


def test_17_1_activation_confirms_that_the_signed_text_was_compared_with_the_draft() -> None:
    bare = Activation(P, date(2026, 3, 1), "note 7")
    compared = Activation(P, date(2026, 3, 1), "note 7", confirms=("text_compared_with_draft",))
    assert not in_force(PACK, [], date(2099, 1, 1))
    assert not in_force(PACK, [bare], date(2026, 3, 1))
    assert not in_force(PACK, [compared], date(2026, 2, 28))
    assert in_force(PACK, [compared], date(2026, 3, 1))


def test_17_2_ends_six_months_after_receipt_of_the_notice() -> None:
    compared = Activation(P, date(2026, 3, 1), "note 7", confirms=("text_compared_with_draft",))
    leaving = [Withdrawal(P, date(2026, 8, 31), "note 9")]
    assert in_force(PACK, [compared], date(2027, 2, 27), leaving)
    assert in_force(PACK, [compared], date(2027, 2, 28), leaving).status == "ended"


@pytest.mark.parametrize("kind", ["request", "information", "result", "acknowledgement", "closure"])
def test_17_2_nothing_is_continued_after_the_end(kind: str) -> None:
    assert_denied(ended(P, kind), f"{P}/17.1", "baseline/legal-basis")
