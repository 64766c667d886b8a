"""A second evaluator of another construction, Cedar, decides the same: outcome and every rule that denies."""

import random

import pytest
from cedar import Policies
from random_facts import any_facts
from treaty_facts import AGREEMENTS, KZ_RU, message, packs

from policies.decision import Decision

FACTS_EACH = 3400
"""Times six, the five agreements and none: 20,400 sets of facts."""
UNKNOWN = "kz-xx-1999"
BATCH = 200


def told(decision: Decision) -> tuple[bool, set[tuple[str, int | None]]]:
    """What is compared: permitted or not, and which rules deny, for which source."""
    denying = {(one.rule, one.source) for one in decision.reasons if one.cause != "no_legal_basis"}
    return decision.permitted, denying


@pytest.mark.parametrize("agreement", [*AGREEMENTS, None])
def test_cedar_and_the_evaluator_agree_on_random_facts_with_unknowns(agreement: str | None) -> None:
    policies = Policies(packs(), agreement)
    pick = random.Random(f"cedar {agreement}")
    outcomes = set()
    for _ in range(FACTS_EACH // BATCH):
        facts = [any_facts(agreement or KZ_RU, pick) for _ in range(BATCH)]
        facts = [one if agreement else one | {"agreement": UNKNOWN} for one in facts]
        for one, other in zip(facts, policies.decide(facts), strict=True):
            ours = told(packs().decide(one))
            assert other == ours, one
            outcomes.add(ours[0])
    assert outcomes == ({True, False} if agreement else {False})


def test_cedar_denies_what_is_unknown_because_it_is_written_out() -> None:
    policies = Policies(packs(), KZ_RU)
    facts = message(KZ_RU)
    lacking = {name: value for name, value in facts.items() if name != "seal"}
    assert policies.decide([facts, lacking]) == [(True, set()), (False, {(f"{KZ_RU}/5.4#seal", None)})]
