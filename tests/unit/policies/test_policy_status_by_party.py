"""Under a multilateral agreement each party has its own date, and leaves without ending it for the others."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from treaty_facts import KZ_TM, packs

from policies.documents import EntryIntoForce, Multilateral, Party
from policies.packs import Pack
from policies.status import Activation, Withdrawal, in_force

SIGNED = ("KZ", "CN", "KG", "RU", "TJ", "UZ")
LATER_MEMBER = "IN"
FIRST = date(2011, 1, 10)
ID = "many-2010"


def pack() -> Pack:
    """An agreement of six signatories that enters into force on the fourth deposit."""
    terms = EntryIntoForce(
        provision="10",
        zone="Asia/Tashkent",
        stage="signed",
        reference="deposits",
        notice_months=6,
        multilateral=Multilateral(deposits=4, later="9", accession="8"),
        leaving="7.1",
    )
    parties = [Party(state=state, name=state, languages=("ru",)) for state in SIGNED]
    joined = Party(state=LATER_MEMBER, name=LATER_MEMBER, languages=("ru",), acceded=True)
    source = packs().pack(KZ_TM)
    agreement = structs.replace(source.agreement, id=ID, parties=(*parties, joined), in_force=terms)
    return structs.replace(source, agreement=agreement)


MANY = pack()


def deposit(state: str, day: date) -> Activation:
    return Activation(ID, day, f"note of {state}", party=state)


def deposits(*states: str) -> list[Activation]:
    """One deposit a month, in this order."""
    return [deposit(state, FIRST + timedelta(days=30 * n)) for n, state in enumerate(states)]


FOUR = deposits("KZ", "RU", "CN", "TJ")
FOURTH = FOUR[3].from_date


def test_three_deposits_bring_nothing_into_force() -> None:
    assert not in_force(MANY, FOUR[:3], date(2030, 1, 1), parties=("KZ", "RU"))


def test_first_four_are_bound_on_the_fourth_deposit() -> None:
    assert not in_force(MANY, FOUR, FOURTH - timedelta(days=1), parties=("KZ", "RU"))
    answer = in_force(MANY, FOUR, FOURTH, parties=("KZ", "RU"))
    assert (answer.since, answer.provision, answer.status) == (FOURTH, f"{ID}/10", "in_force")


def test_later_signatory_is_bound_on_its_own_date_and_the_first_four_stay_as_they_were() -> None:
    stated = [*FOUR, deposit("UZ", date(2015, 5, 5))]
    before, on = date(2015, 5, 4), date(2015, 5, 5)
    assert not in_force(MANY, stated, before, parties=("KZ", "UZ"))
    assert in_force(MANY, stated, before, parties=("KZ", "TJ"))
    answer = in_force(MANY, stated, on, parties=("UZ", "KZ"))
    assert (answer.since, answer.provision) == (on, f"{ID}/9")


def test_state_that_joined_is_bound_from_its_accession_and_counts_for_no_deposit() -> None:
    three = [*FOUR[:3], deposit(LATER_MEMBER, date(2011, 2, 1))]
    assert not in_force(MANY, three, date(2030, 1, 1), parties=("KZ", "RU"))
    answer = in_force(
        MANY, [*FOUR, deposit(LATER_MEMBER, date(2018, 1, 1))], date(2018, 1, 1), parties=("KZ", LATER_MEMBER)
    )
    assert (answer.since, answer.provision) == (date(2018, 1, 1), f"{ID}/8")


def test_state_that_is_no_party_is_never_bound() -> None:
    assert not in_force(MANY, [*FOUR, deposit("BY", FIRST)], date(2030, 1, 1), parties=("KZ", "BY"))


def test_no_party_is_bound_to_itself() -> None:
    assert not in_force(MANY, FOUR, date(2030, 1, 1), parties=("KZ", "KZ"))


def test_stated_day_of_the_fourth_deposit_needs_the_parties_own_dates_too() -> None:
    whole = Activation(ID, FOURTH, "depositary's note")
    assert not in_force(MANY, [whole], date(2030, 1, 1), parties=("KZ", "RU"))
    two = [whole, deposit("KZ", FIRST), deposit("RU", FIRST)]
    assert in_force(MANY, two, FOURTH, parties=("KZ", "RU")).since == FOURTH


def test_one_party_leaving_does_not_end_it_for_the_others() -> None:
    left = [Withdrawal(ID, date(2020, 1, 15), "note", party="RU")]
    end = date(2020, 7, 15)
    assert in_force(MANY, FOUR, end - timedelta(days=1), left, ("KZ", "RU"))
    answer = in_force(MANY, FOUR, end, left, ("RU", "KZ"))
    assert (answer.status, answer.until, answer.reference) == ("ended", end, "note")
    assert answer.provision == f"{ID}/7.1"
    assert in_force(MANY, FOUR, end, left, ("KZ", "CN")).status == "in_force"
    assert in_force(MANY, FOUR, end, left).status == "in_force"


def test_proposed_date_counts_unless_it_cuts_the_notice_short() -> None:
    def until(proposed: date) -> date | None:
        left = [Withdrawal(ID, date(2020, 1, 15), "note", party="RU", effective=proposed)]
        return in_force(MANY, FOUR, date(2020, 2, 1), left, ("KZ", "RU")).until

    assert until(date(2020, 12, 31)) == date(2020, 12, 31)
    assert until(date(2020, 3, 1)) == date(2020, 7, 15)


def test_notice_that_names_no_party_ends_it_for_nobody() -> None:
    left = [Withdrawal(ID, date(2020, 1, 15), "note")]
    assert in_force(MANY, FOUR, date(2025, 1, 1), left, ("KZ", "RU"))


def test_asked_of_any_two_it_is_in_force_as_long_as_two_parties_are_bound() -> None:
    left = [Withdrawal(ID, date(2020, 1, 15), state, party=state) for state in ("KZ", "RU", "CN")]
    assert in_force(MANY, FOUR, date(2019, 1, 1), left)
    assert in_force(MANY, FOUR, date(2021, 1, 1), left).status == "ended"
    assert in_force(MANY, FOUR[:2], date(2021, 1, 1)).status == "not_in_force"


days = st.dates(date(2011, 1, 1), date(2014, 1, 1))


@given(st.dictionaries(st.sampled_from(SIGNED), days), days, st.lists(st.sampled_from(SIGNED), max_size=3))
def test_two_parties_are_bound_only_if_both_are_and_in_either_order(
    dates: dict[str, date], on: date, leaving: list[str]
) -> None:
    stated = [deposit(state, day) for state, day in dates.items()]
    left = [Withdrawal(ID, date(2012, 6, 1), state, party=state) for state in leaving]
    due = sorted(dates.values())
    for other in SIGNED[1:]:
        answer = in_force(MANY, stated, on, left, ("KZ", other))
        assert answer == in_force(MANY, list(reversed(stated)), on, left, (other, "KZ"))
        if answer:
            assert len(due) >= 4
            assert max(dates["KZ"], dates[other], due[3]) <= on
            assert on < date(2012, 12, 1) or not {"KZ", other} & {*leaving}


@pytest.mark.parametrize("missing", ["KZ", "RU"])
def test_party_without_a_deposit_is_not_bound_however_many_others_are(missing: str) -> None:
    stated = deposits(*(state for state in SIGNED if state != missing))
    assert not in_force(MANY, stated, date(2030, 1, 1), parties=("KZ", "RU"))
