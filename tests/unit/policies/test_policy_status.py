"""Whether an agreement binds on a day, and between whom."""

from datetime import date

import pytest
from msgspec import structs
from treaty_facts import KZ_RU, KZ_TM, packs

from policies.errors import PackError
from policies.parties import parties_match
from policies.status import Activation, Withdrawal, add_months, in_force

RU = packs().pack(KZ_RU)
TM = packs().pack(KZ_TM)
ACTIVE = Activation(KZ_TM, date(2026, 3, 1), "last note")


def test_activation_of_another_agreement_does_not_count() -> None:
    assert not in_force(TM, [Activation("kz-az-2005", date(2020, 1, 1), "note")], date(2026, 6, 1))


def test_earliest_activation_counts() -> None:
    later = Activation(KZ_TM, date(2026, 4, 1), "second note")
    assert in_force(TM, [later, ACTIVE], date(2026, 3, 2)).reference == "last note"


@pytest.mark.parametrize("moved", [date(1990, 1, 1), date(2030, 1, 1)])
def test_date_in_the_source_cannot_be_moved_by_an_activation(moved: date) -> None:
    moved_to = [Activation(KZ_RU, moved, "note")]
    assert not in_force(RU, moved_to, date(2008, 10, 22))
    assert in_force(RU, moved_to, date(2008, 10, 23)).since == date(2008, 10, 23)


def test_leaving_takes_effect_six_months_after_receipt() -> None:
    notice = [Withdrawal(KZ_TM, date(2027, 8, 31), "leaving note")]
    assert in_force(TM, [ACTIVE], date(2028, 2, 28), notice)
    ended = in_force(TM, [ACTIVE], date(2028, 2, 29), notice)
    assert (ended.in_force, ended.reference, ended.provision) == (False, "leaving note", f"{KZ_TM}/10")


def test_notice_of_another_agreement_does_not_end_this_one() -> None:
    assert in_force(RU, [], date(2030, 1, 1), [Withdrawal(KZ_TM, date(2020, 1, 1), "note")])


def test_agreement_that_ended_is_told_apart_from_one_that_never_was_in_force() -> None:
    notice = [Withdrawal(KZ_TM, date(2027, 8, 31), "leaving note")]
    never = in_force(TM, [ACTIVE], date(2026, 2, 28), notice)
    during = in_force(TM, [ACTIVE], date(2026, 3, 1), notice)
    after = in_force(TM, [ACTIVE], date(2028, 2, 29), notice)
    assert [answer.status for answer in (never, during, after)] == ["not_in_force", "in_force", "ended"]
    assert after.facts() == {"agreement_in_force": False, "agreement_status": "ended"}
    assert during.until == after.until == date(2028, 2, 29)


def test_notice_that_takes_effect_before_the_agreement_does_leaves_nothing_to_end() -> None:
    notice = [Withdrawal(KZ_TM, date(2025, 1, 1), "leaving note")]
    assert in_force(TM, [ACTIVE], date(2026, 6, 1), notice).status == "not_in_force"


def test_one_sides_own_date_does_not_bring_a_bilateral_agreement_into_force() -> None:
    one_side = [Activation(KZ_TM, date(2026, 3, 1), "first note", party="KZ")]
    assert not in_force(TM, one_side, date(2026, 6, 1))


def test_activation_must_confirm_what_the_pack_asks() -> None:
    assert TM.in_force is not None
    asks = structs.replace(TM.in_force, activation_asks=("text_compared_with_draft",))
    draft = structs.replace(TM, agreement=structs.replace(TM.agreement, in_force=asks))
    confirmed = structs.replace(ACTIVE, confirms=("text_compared_with_draft",))
    assert not in_force(draft, [ACTIVE], date(2026, 6, 1))
    assert in_force(draft, [ACTIVE, confirmed], date(2026, 6, 1))


def test_baseline_is_no_agreement() -> None:
    with pytest.raises(PackError):
        in_force(packs().pack("baseline"), [], date(2026, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2026, 6, 15), 6, date(2026, 12, 15)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("sender", "sender_state", "recipient", "recipient_state"),
    [
        ("kz/mia", "KZ", "tm/mia", "TM"),
        ("kz/mia", "KZ", "kz/mia", "KZ"),
        ("kz/knb", "KZ", "ru/mia", "RU"),
        ("kz/mia", "KZ", "ru/miami", "RU"),
        ("kz/mia", "KZ", "kz/mia", "RU"),
        ("kz/mia", "kz", "ru/mia", "ru"),
    ],
)
def test_parties_of_the_ministries_agreement_are_the_two_ministries(
    sender: str, sender_state: str, recipient: str, recipient_state: str
) -> None:
    assert not parties_match(RU, sender, sender_state, recipient, recipient_state)


def test_ministries_and_their_units_match_in_both_directions() -> None:
    assert parties_match(RU, "kz/mia", "KZ", "ru/mia", "RU")
    assert parties_match(RU, "ru/mia/admin-department", "RU", "kz/mia/staff", "KZ")


def test_governments_agreement_leaves_authorities_to_the_lists() -> None:
    assert parties_match(TM, "kz/knb", "KZ", "tm/mia", "TM")
    assert not parties_match(TM, "kz/knb", "KZ", "ru/mia", "RU")
