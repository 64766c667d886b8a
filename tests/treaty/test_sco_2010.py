"""sco-2010, articles 1 to 5: what about, who, in which forms, and the request."""

from datetime import date

import pytest
from treaty_facts import (
    KINDS,
    SCO,
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

from policies.authorities import Published, competent, listing, role_of

P = SCO
PACK = packs().pack(P)
SUBJECTS = [entry.code for entry in PACK.catalogue("subjects") if entry.code != "other_crime"]
FORMS = [entry for entry in PACK.catalogue("forms") if entry.provision.startswith("3.1")]
ELEMENTS = (
    *("requesting_authority", "requested_authority", "purpose", "grounds", "content", "circumstances"),
)
openers = pytest.mark.parametrize("kind", ["request", "information"])


@openers
@pytest.mark.parametrize("subject", SUBJECTS)
def test_1_1_listed_direction_is_permitted_and_cited(kind: str, subject: str) -> None:
    assert_permitted(message(P, kind, subject=subject), f"{P}/5.1", f"{P}/1.1")


def test_1_1_lists_fourteen_directions() -> None:
    assert len(SUBJECTS) == 14


@openers
@pytest.mark.parametrize("subject", ["piracy", "cultural_property", ["narcotics", "piracy"], []])
def test_1_1_direction_outside_the_catalogue_is_denied(kind: str, subject: str | list[str]) -> None:
    assert_denied(message(P, kind, subject=subject), f"{P}/1.1", exactly=True)


@pytest.mark.parametrize("reason", [False, None])
def test_1_1_other_crime_without_a_reason_is_denied(reason: bool | None) -> None:
    facts = message(P, subject=["narcotics", "other_crime"], subject_reason_given=reason)
    assert_denied_then_cured(facts, f"{P}/1.1")


def test_1_1_other_crime_said_so_with_a_reason_is_permitted() -> None:
    assert_permitted(message(P, subject="other_crime", subject_reason_given=True), f"{P}/1.1")


@pytest.mark.parametrize("act", ["send", "receive"])
@pytest.mark.parametrize(
    "change",
    [
        {"matter_excluded": "legal_assistance"},
        {"matter_excluded": "extradition"},
        {"form": "legal_assistance"},
        {"form": "extradition"},
    ],
)
def test_1_2_legal_assistance_and_extradition_are_denied_and_the_other_channel_is_named(act, change) -> None:
    decision = assert_denied(message(P, act=act, **change), f"{P}/1.2", exactly=True)
    [remedy] = decision.remedies
    assert remedy.action == "other_channel"
    assert "treaty on legal assistance or extradition" in remedy.text


def test_1_2_unknown_matter_is_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/1.2", ["matter_excluded"])


def test_1_2_measure_that_needs_a_sanction_is_not_excluded_here() -> None:
    assert_permitted(message(P, matter_excluded="sanctioned_measure"))


@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed", "parties_match"])
@pytest.mark.parametrize("value", [False, None])
@pytest.mark.parametrize("act", ["send", "receive"])
def test_2_1_end_that_is_not_listed_on_that_day_is_denied(end: str, value: bool | None, act: str) -> None:
    facts = message(P, act=act, **{end: value})
    assert_denied_then_cured(facts, f"{P}/2.1", "baseline/authority-as-of")


def test_2_2_list_of_kazakhstan_before_its_wordings_of_2017() -> None:
    stated = [Published(P, "kz-2017", date(2017, 6, 15), "official publication")]
    before = {one.authority for one in competent(PACK, date(2017, 6, 25), published=stated)}
    after = {one.authority for one in competent(PACK, date(2017, 6, 26), published=stated)}
    assert before == {"kz/gpo", "kz/mia", "kz/nsc"}
    assert after - before == {"kz/sps", "kz/acsa", "kz/src", "kz/fmc"}


def test_2_2_wordings_have_no_effect_before_their_publication_is_stated() -> None:
    answer = listing(PACK, "kz/sps", date(2026, 1, 1))
    assert not answer
    assert answer.provision == f"{P}/2.2"


@pytest.mark.parametrize("authority", ["ru/mia", "cn/mps", "uz/mia"])
def test_2_2_lists_of_the_other_parties_are_not_in_the_source(authority: str) -> None:
    assert not listing(PACK, authority, date(2026, 1, 1))


def test_2_2_nobody_was_listed_before_the_list_was_made() -> None:
    assert not listing(PACK, "kz/mia", date(2011, 6, 16))
    assert listing(PACK, "kz/mia", date(2011, 6, 17))


def test_2_2_change_goes_to_the_depositary_beside_the_diplomatic_note() -> None:
    decision = assert_permitted(message(P, "amendment_notice"), f"{P}/2.2")
    assert "send_diplomatic_note" in obligation_codes(decision)


def test_2_2_depositary_tells_the_parties() -> None:
    received = message(P, "amendment_notice", act="receive")
    assert "tell_parties" in obligation_codes(assert_permitted(received))
    forwarded = message(
        P,
        "amendment_notice",
        sender="xs/sco-secretariat",
        sender_role="depositary",
        sender_listed=False,
        recipient="uz/mia",
        recipient_role="none",
        recipient_listed=True,
    )
    assert_permitted(forwarded, f"{P}/2.2")


def test_2_2_change_told_to_a_party_directly_is_denied() -> None:
    facts = message(P, "amendment_notice", recipient_role="none", recipient_listed=True, parties_match=True)
    assert_denied_then_cured(facts, f"{P}/2.2")


@pytest.mark.parametrize("channel", ["direct", None])
def test_2_2_message_never_replaces_the_diplomatic_note(channel: str | None) -> None:
    assert_denied_then_cured(message(P, "amendment_notice", channel=channel), f"{P}/2.2")


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"amendment_notice", "consultation"}))
def test_2_2_depositary_takes_no_part_in_anything_else(kind: str) -> None:
    facts = message(P, kind, recipient_role="depositary", recipient_listed=False, parties_match=False)
    assert_denied(facts, f"{P}/2.1", "baseline/authority-as-of", exactly=True)


def test_2_2_clocks_run_30_days_from_the_change_and_7_days_from_receipt() -> None:
    change, forwarding = PACK.clock("list_change"), PACK.clock("list_change_forwarding")
    assert (change.duration_s, change.starts_at, change.duty_of) == (30 * 86_400, "made", "party")
    assert (forwarding.duration_s, forwarding.starts_at) == (7 * 86_400, "receipt")
    assert forwarding.duty_of == "depositary"


@pytest.mark.parametrize("entry", FORMS, ids=[entry.code for entry in FORMS])
def test_3_1_1_to_8_listed_form_is_permitted_and_cited(entry) -> None:
    assert_permitted(message(P, form=entry.code), f"{P}/{entry.provision}")


def test_3_1_covers_its_eight_items() -> None:
    assert [entry.provision for entry in FORMS] == [f"3.1({number})" for number in range(1, 9)]


@pytest.mark.parametrize("form", ["joint_patrol", None])
def test_3_1_form_outside_the_catalogue_is_denied(form: str | None) -> None:
    decision = decide(message(P, form=form))
    assert not decision.permitted
    assert f"{P}/3.1" in decision.provisions
    assert form is not None or "form" in decision.missing


@openers
@pytest.mark.parametrize("recorded", [False, None])
def test_3_2_controlled_delivery_without_a_recorded_mutual_agreement_is_denied(kind, recorded) -> None:
    facts = message(P, kind, form="controlled_delivery", mutual_agreement_recorded=recorded)
    assert_denied_then_cured(facts, f"{P}/3.2")


def test_3_2_controlled_delivery_agreed_by_both_is_permitted_and_cited() -> None:
    facts = message(P, form="controlled_delivery", mutual_agreement_recorded=True)
    assert_permitted(facts, f"{P}/3.2")


@pytest.mark.parametrize("agreed", [False, None])
def test_3_3_further_form_without_agreement_on_record_is_denied(agreed: bool | None) -> None:
    assert_denied_then_cured(message(P, form="other", form_agreed=agreed), f"{P}/3.3")


def test_3_3_further_form_on_record_is_cited() -> None:
    assert_permitted(message(P, form="other", form_agreed=True), f"{P}/3.3")


def test_4_consultation_is_coordinated_through_secretariat_or_rcts() -> None:
    decision = assert_permitted(message(P, "consultation"), f"{P}/4")
    assert "coordinate_consultation" in obligation_codes(decision)
    assert {role_of(PACK, f"xs/sco-{name}") for name in ("secretariat", "rcts")} <= {
        *("depositary", "secretariat", "consultation_body")
    }


@pytest.mark.parametrize("role", ["secretariat", "consultation_body"])
def test_4_consultation_with_the_coordinating_body_is_permitted_nothing_else(role: str) -> None:
    body = {"recipient_role": role, "recipient_listed": False, "parties_match": False}
    assert_permitted(message(P, "consultation", **body), f"{P}/4")
    assert_denied(message(P, "information", **body), f"{P}/2.1")


@openers
@pytest.mark.parametrize("act", ["send", "receive"])
def test_5_1_request_and_information_on_own_initiative_are_permitted(kind: str, act: str) -> None:
    assert_permitted(message(P, kind, act=act), f"{P}/5.1")


@openers
@pytest.mark.parametrize("reason", [None, "convenience"])
def test_5_2_oral_message_without_a_reason_of_urgency_is_denied(kind: str, reason: str | None) -> None:
    assert_denied_then_cured(message(P, kind, oral=True, urgency_reason=reason), f"{P}/5.2")


@openers
def test_5_2_urgent_oral_message_starts_the_72_hours(kind: str) -> None:
    facts = message(P, kind, oral=True, urgency_reason="danger_to_life", seal=False, elements=[])
    decision = assert_permitted(facts | {"official_signature": "none"})
    clocks = [one.clock for one in decision.obligations if one.code == "confirm_in_writing"]
    assert clocks == ["oral_confirmation"]


def test_5_2_clock_is_72_hours_from_the_oral_statement_for_information_too() -> None:
    clock = PACK.clock("oral_confirmation")
    assert (clock.duration_s, clock.starts_at, clock.notices) == (72 * 3600, "made", "both")
    assert set(clock.starts_on) == {"oral_request", "oral_information"}


@openers
def test_5_2_confirmation_in_the_last_second_is_permitted(kind: str) -> None:
    facts = message(P, kind, oral_confirms=True, oral_age_s=72 * 3600, in_reply_to_known=True)
    assert_permitted(facts)


@openers
@pytest.mark.parametrize("age", [72 * 3600 + 1, None])
def test_5_2_late_confirmation_is_denied(kind: str, age: int | None) -> None:
    facts = message(P, kind, oral_confirms=True, oral_age_s=age, in_reply_to_known=True)
    assert_denied_then_cured(facts, f"{P}/5.2")


@pytest.mark.parametrize("held", [True, None])
def test_5_2_result_of_an_unconfirmed_oral_request_is_held(held: bool | None) -> None:
    assert_denied_then_cured(message(P, "result", oral_unconfirmed=held), f"{P}/5.2")


def test_5_3_doubt_about_authenticity_is_asked_and_answered() -> None:
    assert_permitted(message(P, "authenticity_query"), f"{P}/5.3")
    assert_permitted(message(P, "authenticity_answer"), f"{P}/5.3")


def test_5_3_requester_does_not_doubt_its_own_request() -> None:
    decision = decide(message(P, "authenticity_query", case_role="requester"))
    assert f"{P}/5.3" not in decision.provisions


def test_5_3_the_requests_clock_shows_the_wait() -> None:
    clock = PACK.clock("execution")
    assert "authenticity_query" in clock.paused_by
    assert "authenticity_answer" in clock.resumed_by


@pytest.mark.parametrize("act", ["send", "receive"])
@pytest.mark.parametrize("element", ELEMENTS)
def test_5_4_missing_element_is_denied_and_named(act: str, element: str) -> None:
    decision = assert_denied_then_cured(without(element, message(P, act=act)), f"{P}/5.4")
    assert [remedy.add for remedy in decision.remedies] == [{"elements": [element]}]


def test_5_4_all_missing_elements_are_reported_at_once_in_three_languages() -> None:
    decision = assert_denied_then_cured(message(P, elements=[]), f"{P}/5.4")
    assert len(decision.reasons) == len(ELEMENTS)
    for said in (*decision.reasons, *decision.remedies):
        assert said.texts is not None
        assert said.texts.kk
        assert said.texts.ru


def test_5_4_useful_information_and_confidentiality_are_not_demanded() -> None:
    assert {"useful_information", "confidentiality"}.isdisjoint(message(P)["elements"])
    assert_permitted(message(P))


def test_5_4_indicated_confidentiality_binds_the_receiver() -> None:
    decision = assert_permitted(message(P, act="receive", confidentiality_of_request=True))
    assert "keep_request_confidential" in obligation_codes(decision)


def test_5_4_unknown_elements_are_denied_and_named() -> None:
    assert_unknown_denies(message(P), f"{P}/5.4", ["elements"])


@openers
@pytest.mark.parametrize(
    ("office", "seal"), [("none", True), ("head", False), ("deputy", False), (None, True)]
)
def test_5_5_signature_of_head_or_deputy_or_the_seal_is_enough(kind, office, seal) -> None:
    assert_permitted(message(P, kind, official_signature=office, seal=seal))


@openers
@pytest.mark.parametrize("act", ["send", "receive"])
@pytest.mark.parametrize(("office", "seal"), [("none", False), ("none", None), (None, False), (None, None)])
def test_5_5_message_with_neither_is_denied(kind, act, office, seal) -> None:
    facts = message(P, kind, act=act, official_signature=office, seal=seal)
    assert_denied_then_cured(facts, f"{P}/5.5")
