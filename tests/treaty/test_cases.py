"""The worked situations that policies decide alone; the number of the row is in the name.

Rows 12 (revocation between decision and dispatch) and 16 (no leak through the API) are the gateway's.
"""

from datetime import date

import pytest
from treaty_facts import (
    AGREEMENTS,
    KZ_AZ,
    KZ_JO,
    KZ_RU,
    KZ_TM,
    PERSONAL,
    SCO,
    act,
    assert_denied,
    assert_denied_then_cured,
    assert_permitted,
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

from policies.authorities import Notified, listing
from policies.status import in_force

every = pytest.mark.parametrize("agreement", AGREEMENTS)


def carrying(agreement: str, *sources: dict, **changes) -> dict:
    """Initiative information that passes received information on for the same purpose."""
    facts = message(agreement, "information", onward=True, purpose_same=True, sources=list(sources))
    return changed(facts, **changes)


def test_case_01_sco_request_is_passed_on_inside_the_state_and_the_requester_told() -> None:
    decision = assert_permitted(transfer(SCO, transfer_asked=False), f"{SCO}/6.3")
    assert "tell_requester" in obligation_codes(decision)
    assert f"{SCO}/7.3" not in decision.provisions
    assert_denied(transfer(SCO, level_changed="lowered", changed_by_originator=False), f"{SCO}/7.1")
    assert_denied(transfer(SCO, purpose_same=False), f"{SCO}/7.2")


def test_case_02_kz_ru_request_is_passed_on_only_when_the_requester_asks() -> None:
    assert_denied_then_cured(transfer(KZ_RU, transfer_asked=False), f"{KZ_RU}/7.2")
    assert_permitted(transfer(KZ_RU, transfer_asked=True), f"{KZ_RU}/7.2")


def test_case_03_personal_data_to_an_unlisted_body_of_the_same_state_needs_the_givers_consent() -> None:
    body = {"recipient": "kz/pensions", "recipient_state": "KZ", "recipient_listed": False, "onward": True}
    facts = act(KZ_AZ, "onward", parties_match=False, **body) | PERSONAL
    facts["sources"] = [source(KZ_AZ, "az/mia", personal_data=True, same_state=True)]
    assert_denied(facts, f"{KZ_AZ}/8(3)")
    facts["sources"] = [granted(KZ_AZ, "az/mia", personal_data=True, same_state=True)]
    assert_permitted(facts)


@pytest.mark.parametrize("agreement", [KZ_AZ, KZ_TM, SCO])
def test_case_04_agreement_that_is_not_in_force_denies(agreement: str) -> None:
    pack = packs().pack(agreement)
    status = in_force(pack, [], date(2026, 6, 1))
    decision = decide(message(agreement, **status.facts()))
    assert not decision.permitted
    assert pack.in_force is not None
    assert decision.provisions[0] == f"{agreement}/{pack.in_force.provision}"


@every
@pytest.mark.parametrize("end", ["sender_listed", "recipient_listed"])
def test_case_05_authority_removed_before_receipt_is_refused_by_the_receiver(
    agreement: str, end: str
) -> None:
    assert_permitted(message(agreement, act="send"))
    decision = decide(message(agreement, act="receive", **{end: False}))
    assert not decision.permitted
    assert "baseline/authority-as-of" in decision.provisions


def test_case_05_list_as_of_the_two_acts_and_personal_data() -> None:
    pack = packs().pack(KZ_JO)
    struck = [Notified(KZ_JO, "kz/sps", date(2026, 2, 1), "note 3", listed=False)]
    assert listing(pack, "kz/sps", date(2026, 1, 31), struck)
    assert not listing(pack, "kz/sps", date(2026, 2, 1), struck)
    facts = message(KZ_AZ, "result", act="receive", recipient_listed=False) | PERSONAL
    assert {f"{KZ_AZ}/8(3)", "baseline/authority-as-of"} <= set(decide(facts).provisions)


@pytest.mark.parametrize("reply", ["result", "refusal", "clarification_query", "acknowledgement"])
@pytest.mark.parametrize(("basis", "laxer"), [(KZ_RU, SCO), (SCO, KZ_RU)])
def test_case_06_answer_cannot_move_to_the_other_agreement(reply: str, basis: str, laxer: str) -> None:
    pair = {"recipient": "ru/mia", "recipient_state": "RU", "recipient_state_language": "ru"}
    assert_permitted(message(basis, reply, **pair))
    facts = message(laxer, reply, reply_agreement_same=False, **pair)
    assert_denied_then_cured(facts, "baseline/reply-basis")


@every
def test_case_06_message_names_its_basis(agreement: str) -> None:
    assert "baseline/legal-basis" in decide(changed(message(agreement), agreement=None)).provisions


@every
def test_case_07_requesters_own_data_is_quoted_back_to_it(agreement: str) -> None:
    quoted = source(agreement, message(agreement)["recipient"], recipient_is_originator=True)
    assert_permitted(message(agreement, "result", sources=[quoted]))


@pytest.mark.parametrize("consenting", [0, 1])
def test_case_08_that_reply_goes_onward_with_the_consent_of_every_originator(consenting: int) -> None:
    given = [granted(KZ_RU, "ru/mia"), granted(SCO, "uz/mia")]
    assert_permitted(carrying(KZ_TM, *given))
    given[consenting] |= {"grant_verified": False}
    assert not decide(carrying(KZ_TM, *given)).permitted


def test_case_09_translation_keeps_level_and_originators() -> None:
    translated = carrying(
        KZ_TM, source(KZ_RU, "ru/mia"), languages=["kk"], translation_languages=["kk", "ru"]
    )
    assert_denied(translated, f"{KZ_RU}/8.3")
    facts = message(KZ_RU, "result", level_changed="lowered", changed_by_originator=False)
    assert_denied(facts, f"{KZ_RU}/8.1")


BINDS_LEVEL = {
    KZ_AZ: f"{KZ_AZ}/9.1",
    SCO: f"{SCO}/7.1",
    KZ_RU: f"{KZ_RU}/8.1",
    KZ_JO: "baseline/level-binds",
    KZ_TM: "baseline/level-binds",
}


@every
@pytest.mark.parametrize("change", ["lowered", "raised"])
def test_case_10_recipient_does_not_mark_information_lower_or_higher(agreement: str, change: str) -> None:
    facts = act(agreement, "change_level", level_changed=change, recipient_level="confidential")
    decision = decide(facts)
    if agreement == KZ_TM and change == "raised":
        assert "protect_limited_access" in obligation_codes(assert_permitted(facts, f"{KZ_TM}/7.1"))
    else:
        assert not decision.permitted
        assert BINDS_LEVEL[agreement] in decision.provisions


@every
def test_case_11_originator_raises_the_level_later(agreement: str) -> None:
    assert_permitted(act(agreement, "change_level", level_changed="raised", changed_by_originator=True))


@pytest.mark.parametrize(
    ("origin", "provision"),
    [
        (SCO, f"{SCO}/7.3"),
        (KZ_RU, f"{KZ_RU}/8.3"),
        (KZ_TM, f"{KZ_TM}/7.2"),
        (KZ_AZ, "baseline/prior-consent"),
        (KZ_JO, "baseline/prior-consent"),
    ],
)
def test_case_13_consent_given_after_the_transfer_never_repairs_it(origin: str, provision: str) -> None:
    carrier = KZ_RU if origin != KZ_RU else KZ_TM
    decision = assert_denied(carrying(carrier, granted(origin, "xx/one", grant_prior=False)), provision)
    assert "baseline/prior-consent" in decision.provisions


@every
def test_case_14_consent_that_names_another_recipient_covers_nobody_else(agreement: str) -> None:
    carrier = KZ_RU if agreement != KZ_RU else KZ_TM
    decision = decide(carrying(carrier, granted(agreement, "xx/one", beneficiary_matches=False)))
    assert not decision.permitted
    assert "baseline/onward-depth" in decision.provisions


@pytest.mark.parametrize(
    ("agreement", "personal", "provision", "consent_cures"),
    [
        (SCO, False, f"{SCO}/7.2", True),
        (KZ_RU, False, f"{KZ_RU}/8.2", True),
        (KZ_TM, False, f"{KZ_TM}/7.2", False),
        (KZ_AZ, True, f"{KZ_AZ}/8(1)", True),
        (KZ_AZ, False, "baseline/purpose", True),
        (KZ_JO, False, "baseline/purpose", True),
    ],
)
def test_case_15_new_purpose(agreement: str, personal: bool, provision: str, consent_cures: bool) -> None:
    facts = act(agreement, "use", purpose_same=False) | (PERSONAL if personal else {})
    assert_denied(facts, provision)
    assert decide(facts | {"grant_repurpose": True}).permitted is consent_cures


@pytest.mark.parametrize(
    ("agreement", "provision"), [(SCO, "5.2"), (KZ_AZ, "7.1"), (KZ_RU, "5.2"), (KZ_TM, "4.1")]
)
def test_case_17_result_of_an_oral_request_never_confirmed_is_held(agreement: str, provision: str) -> None:
    assert_denied_then_cured(message(agreement, "result", oral_unconfirmed=True), f"{agreement}/{provision}")
    clock = packs().pack(agreement).clock("oral_confirmation")
    assert "written_confirmation" in clock.stops_on
    assert clock.notices == "both"


def test_case_18_day_30_brings_a_reminder_and_the_duty_of_notice_but_no_refusal() -> None:
    clock = packs().pack(SCO).clock("execution")
    assert (clock.provision, clock.starts_at, clock.duration_s) == ("6.1", "receipt", 30 * 86_400)
    assert (clock.on_overdue, clock.remind_before_s is not None) == ("flag", True)
    received = assert_permitted(message(SCO, act="receive"))
    assert {"execute_promptly", "notify_obstacle"} <= obligation_codes(received)
    assert_permitted(message(SCO, "result"))


REASONS = {SCO: "6.9", KZ_AZ: "10.2", KZ_RU: "6.4", KZ_TM: "4.6"}
GROUNDS = {SCO: "6.7", KZ_AZ: "10.1", KZ_RU: "6.1", KZ_TM: "4.5", KZ_JO: "6"}


@every
@pytest.mark.parametrize("value", [False, None])
def test_case_19_refusal_without_a_reason_is_rejected(agreement: str, value: bool | None) -> None:
    own = f"{agreement}/{REASONS[agreement]}" if agreement in REASONS else "baseline/refusal-notice"
    assert_denied_then_cured(message(agreement, "refusal", refusal_reason_given=value), own)


@every
@pytest.mark.parametrize("ground", ["workload", None])
def test_case_19_refusal_without_a_listed_ground_is_rejected(agreement: str, ground: str | None) -> None:
    assert_denied(message(agreement, "refusal", refusal_ground=ground), f"{agreement}/{GROUNDS[agreement]}")


@pytest.mark.parametrize(
    ("agreement", "matter", "provision"),
    [
        (KZ_RU, "extradition", "3.2"),
        (KZ_RU, "legal_assistance", "3.2"),
        (KZ_RU, "sanctioned_measure", "3.1"),
        (SCO, "extradition", "1.2"),
        (SCO, "legal_assistance", "1.2"),
    ],
)
def test_case_20_excluded_matter_points_to_another_channel(agreement, matter, provision) -> None:
    facts = message(agreement, matter_excluded=matter)
    decision = assert_denied(facts, f"{agreement}/{provision}", exactly=True)
    assert [remedy.action for remedy in decision.remedies] == ["other_channel"]


def test_case_20_measure_that_needs_a_sanction_is_outside_kz_ru_only() -> None:
    assert_permitted(message(SCO, matter_excluded="sanctioned_measure"))


@pytest.mark.parametrize(("fault", "duty"), [("wrong", "correct_data"), ("restricted", "destroy_data")])
def test_case_21_wrong_data_is_corrected_restricted_data_destroyed(fault: str, duty: str) -> None:
    decision = assert_permitted(message(KZ_AZ, "data_correction", act="receive", data_fault=fault))
    assert duty in obligation_codes(decision)


def test_case_22_earlier_of_deadline_and_end_of_need_counts_and_the_notice_has_a_ground() -> None:
    clock = packs().pack(KZ_AZ).clock("destruction_notice")
    assert {"deletion_due", "data_not_needed"} <= set(clock.starts_on)
    facts = message(KZ_AZ, "data_destruction", destruction_ground=None)
    assert_denied_then_cured(facts, f"{KZ_AZ}/8(6)")


@every
@pytest.mark.parametrize("kind", ["result", "request", "information"])
def test_case_23_after_a_withdrawal_only_sco_finishes_what_was_started(agreement: str, kind: str) -> None:
    decision = decide(ended(agreement, kind))
    assert decision.permitted is (agreement == SCO and kind == "result")
    assert "keep_protecting" in obligation_codes(decision)


@every
def test_case_23_received_information_stays_protected_after_the_end(agreement: str) -> None:
    carrier = KZ_RU if agreement != KZ_RU else KZ_TM
    assert not decide(carrying(carrier, source(agreement, "xx/one", agreement_ended=True))).permitted
    assert_permitted(carrying(carrier, granted(agreement, "xx/one", agreement_ended=True)))


def test_case_23_personal_data_under_kz_az_is_destroyed() -> None:
    assert "destroy_at_end" in obligation_codes(decide(ended(KZ_AZ, "result")))
    carried = granted(KZ_AZ, "az/mia", personal_data=True, agreement_ended=True)
    assert_denied_then_cured(carrying(KZ_RU, carried), f"{KZ_AZ}/8(6)")


def test_case_24_seal_alone_is_too_little_under_kz_ru_and_enough_under_sco() -> None:
    sealed = {"official_signature": "none", "seal": True}
    assert_denied_then_cured(message(KZ_RU, **sealed), f"{KZ_RU}/5.4")
    assert_permitted(message(SCO, **sealed))


@every
@pytest.mark.parametrize("kind", ["request", "information", "result", "refusal"])
def test_case_25_any_one_fact_missing_denies_and_is_named_or_changes_nothing(
    agreement: str, kind: str
) -> None:
    facts = message(agreement, kind)
    lawful = decide(facts)
    for name in sorted(set(facts) & set(packs().reads(agreement, "send", kind))):
        decision = decide(changed(facts, **{name: None}))
        if decision.permitted:
            assert decision.provisions == lawful.provisions, name
        else:
            assert name in decision.missing
