"""What-if questions as of a day: status and lists are filled in, what is stated stands."""

import json
from datetime import date

import pytest
from treaty_facts import KZ_RU, KZ_TM, changed, message, packs

from policies.authorities import Notified
from policies.errors import FactsError
from policies.simulate import Records, facts_of_day, simulate
from policies.status import Activation, Withdrawal

DAY = date(2026, 6, 1)
OPEN = ("agreement_in_force", "agreement_status", "sender_listed", "recipient_listed", "parties_match")
RECORDS = Records(
    activations=(Activation(KZ_TM, date(2026, 3, 1), "note"),),
    withdrawals=(Withdrawal(KZ_TM, date(2027, 1, 15), "note"),),
    notices=(
        Notified(KZ_TM, "kz/mia", date(2026, 3, 1), "list"),
        Notified(KZ_TM, "tm/mia", date(2026, 3, 1), "list"),
    ),
)


def question(agreement: str = KZ_TM, kind: str = "request") -> dict[str, object]:
    """A message that is lawful but for what depends on the day, which is left out."""
    return changed(message(agreement, kind), **dict.fromkeys(OPEN))


@pytest.mark.parametrize(
    ("day", "permitted"),
    [
        (date(2026, 2, 28), False),
        (date(2026, 3, 1), True),
        (date(2027, 7, 14), True),
        (date(2027, 7, 15), False),
    ],
)
def test_answer_follows_the_agreements_dates(day: date, permitted: bool) -> None:
    answer = simulate(packs(), question(), day, RECORDS)
    assert answer.decision.permitted is permitted
    assert answer.decision.as_of == day.isoformat()


def test_data_duty_after_the_end_is_lawful_and_a_new_request_is_not() -> None:
    after = date(2028, 1, 1)
    assert simulate(packs(), question(kind="data_destruction"), after, RECORDS).decision.permitted
    assert not simulate(packs(), question(), after, RECORDS).decision.permitted


def test_list_as_of_the_day_decides_who_is_competent() -> None:
    records = Records(RECORDS.activations, notices=(RECORDS.notices[0],))
    filled = facts_of_day(packs(), question(), DAY, records)
    assert (filled["sender_listed"], filled["recipient_listed"]) == (True, False)
    assert "recipient_state" not in filled


def test_what_is_stated_stands() -> None:
    answer = simulate(packs(), question() | {"agreement_in_force": False}, DAY, RECORDS)
    assert not answer.decision.permitted
    assert "agreement_in_force" not in answer.filled_in


def test_without_a_day_nothing_is_filled_in() -> None:
    answer = simulate(packs(), question(), records=RECORDS)
    assert answer.filled_in == {}
    assert set(OPEN) - {"agreement_status"} <= set(answer.decision.missing)


@pytest.mark.parametrize("agreement", ["kz-xx-1999", "baseline"])
def test_agreement_that_is_not_known_fills_in_nothing_but_the_day(agreement: str) -> None:
    assert facts_of_day(packs(), {"agreement": agreement}, DAY) == {"as_of": "2026-06-01"}


def test_ends_that_are_not_named_are_not_guessed() -> None:
    filled = facts_of_day(packs(), {"agreement": KZ_RU}, DAY)
    assert filled == {"as_of": "2026-06-01", "agreement_in_force": True, "agreement_status": "in_force"}


def test_answer_as_json_holds_decision_explanation_cure_and_what_was_filled_in() -> None:
    answer = simulate(packs(), question() | {"elements": []}, DAY, RECORDS)
    read = json.loads(answer.to_json())
    assert read["outcome"] == "deny"
    assert read["explanation"]["denied"]
    assert read["cure"]["lawful"] is True
    assert {change["add"] for change in read["cure"]["changes"]} >= {"certified_copy", "legal_text"}
    assert read["filled_in"] == answer.filled_in
    assert json.loads(simulate(packs(), message(KZ_RU)).to_json())["cure"] is None


def test_wrong_fact_is_refused_by_name_before_anything_is_filled_in() -> None:
    with pytest.raises(FactsError, match="sender"):
        simulate(packs(), {"agreement": KZ_TM, "sender": 7}, DAY)
