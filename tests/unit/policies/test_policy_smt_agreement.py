"""The formulas and the evaluator say the same of every rule on random facts with unknowns."""

import random
from typing import Any

import pytest
import z3
from random_facts import any_facts, any_source, any_value
from smt import Model
from treaty_facts import AGREEMENTS, KZ_RU, packs

from policies.conditions import All, AnyOf, Compare, Condition, Not
from policies.kleene import compile_condition, named_facts
from policies.vocabulary import FACT_TYPES, SOURCE_PREFIX

ROUNDS = 150
UNKNOWN = "kz-xx-1999"


@pytest.mark.parametrize("agreement", [*AGREEMENTS, None])
def test_formulas_and_evaluator_agree_on_every_rule(agreement: str | None) -> None:
    model = Model(packs(), agreement)
    marks = {key: z3.Bool(f"fired:{key}") for key in model.fired}
    permitted = z3.Bool("permitted")
    claims = [mark == model.fired[key] for key, mark in marks.items()]
    formula = z3.And(permitted == model.permitted, *claims)
    pick = random.Random(f"facts under {agreement}")
    outcomes = set()
    for _ in range(ROUNDS):
        facts = any_facts(agreement or KZ_RU, pick)
        if agreement is None:
            facts["agreement"] = UNKNOWN
        decision = packs().decide(facts)
        settled = z3.simplify(z3.substitute(formula, *model.assignment(facts)))
        true = {literal.decl().name() for literal in settled.children() if not z3.is_not(literal)}
        reasons = {
            (reason.rule, reason.source) for reason in decision.reasons if reason.cause != "no_legal_basis"
        }
        expected = {marks[key].decl().name() for key in reasons} | (
            {"permitted"} if decision.permitted else set()
        )
        assert true == expected, facts
        outcomes.add(decision.outcome)
    assert outcomes == ({"permit", "deny"} if agreement else {"deny"})


CONDITIONS = sorted(
    {
        (rule.per_source, rule.condition)
        for agreement in (*AGREEMENTS, None)
        for rule in packs().suite(agreement).rules
    },
    key=repr,
)


MODEL = Model(packs(), KZ_RU)


@pytest.mark.parametrize("seed", range(2))
def test_formulas_and_closures_agree_on_the_value_of_every_condition(seed: int) -> None:
    pick = random.Random(seed)
    for per_source, condition in CONDITIONS:
        names = sorted(set(named_facts(condition)) - {"sources"})
        near = [value for value in boundary_values(condition) if pick.random() < 0.6]
        known = {name: any_value(name, pick) for name in names if pick.random() < 0.75} | dict(near)
        sources = [any_source(pick)] if per_source or pick.random() < 0.5 else []
        here = {SOURCE_PREFIX + name: value for name, value in (sources[0] if per_source else {}).items()}
        facts = {name: value for name, value in known.items() if not name.startswith(SOURCE_PREFIX)}
        formulas = MODEL.world.encode(condition, MODEL.world.scope(0) if per_source else MODEL.world.facts)
        pairs = MODEL.assignment(facts | {"sources": sources})
        true, false = (z3.is_true(z3.simplify(z3.substitute(formula, *pairs))) for formula in formulas)
        value = compile_condition(condition)((facts | here | {"sources": sources}).get)
        assert (true, false) == (value is True, value is False), (condition, facts, sources)


def boundary_values(condition: Condition) -> list[tuple[str, Any]]:
    """The very values that a condition compares numbers with."""
    match condition:
        case Compare(fact, _, int(value), None) if (
            FACT_TYPES.get(fact, None) and FACT_TYPES[fact].sort == "int"
        ):
            return [(fact, value)]
        case Not(of):
            return boundary_values(of)
        case All(of) | AnyOf(of):
            return [pair for part in of for pair in boundary_values(part)]
    return []
