"""The formulas and the evaluator say the same of every rule on random facts with unknowns."""

import random
from typing import Any

import pytest
import z3
from smt import SLOTS, SOURCES, Model
from treaty_facts import KINDS, KZ_RU, act, granted, message, packs, source

from policies.conditions import All, AnyOf, Compare, Condition, Not
from policies.facts import LEVELS
from policies.kleene import compile_condition, named_facts
from policies.programs import ACTS
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES, SOURCE_PREFIX

WORDS = [
    *("ru", "kk", "tk", "kz/mia", "ru/mia", "tm/mia", "narcotics", "other_crime", "other_direction", "other"),
    *("extradition", "measure_with_sanction", "request_execution", "legal_acts", "security", "no_offence"),
    *(
        "state_power",
        "stop_crime",
        "criminal_prosecution",
        "certified_copy",
        "grounds",
        "content",
        "nonsense",
    ),
    *("requesting_authority", "requested_authority", "circumstances", "purpose", "legal_text"),
    *("kz-ru-mvd-2008", "kz-tm-2024", "kz-ru-mvd-1993", "kz-az-2005"),
]
ROUNDS = 680


def any_value(name: str, pick: random.Random) -> Any:
    kind = (FACT_TYPES | SOURCE_FACT_TYPES)[name]
    if kind.sort == "bool":
        return pick.random() < 0.5
    if kind.sort == "int":
        return pick.choice([1, 60, 259_200, 259_201])
    if kind.sort == "level":
        return pick.choice(LEVELS)
    if kind.sort == "text":
        return pick.choice(kind.values or WORDS)
    if kind.sort == "code_or_codes" and pick.random() < 0.5:
        return pick.choice(WORDS)
    return [pick.choice(WORDS) for _ in range(pick.randint(0, SLOTS[name]))]


def any_source(pick: random.Random) -> dict[str, Any]:
    made = pick.choice([source, granted])(pick.choice([KZ_RU, KZ_TM]), pick.choice(["ru/mia", "kz/mia"]))
    for name in pick.sample(sorted(SOURCE_FACT_TYPES), pick.randint(0, 2)):
        short = name.removeprefix(SOURCE_PREFIX)
        if pick.random() < 0.3 and short not in {"originator", "agreement"}:
            made.pop(short, None)
        else:
            made[short] = any_value(name, pick)
    return made


def any_facts(agreement: str, pick: random.Random) -> dict[str, Any]:
    """A lawful message or act, with a few facts changed or taken away; sometimes with many."""
    name = pick.choice(ACTS)
    known = act(agreement, name) if pick.random() < 0.4 else message(agreement, pick.choice(KINDS), act=name)
    if pick.random() < 0.5:
        known |= {
            "purpose_same": True,
            "sources": [any_source(pick) for _ in range(pick.randint(0, SOURCES))],
        }
    changeable = sorted(set(FACT_TYPES) - {"sources", "agreement", "as_of"})
    for fact in pick.sample(changeable, pick.choice([0, 0, 1, 2, 3, 20])):
        if pick.random() < 0.35:
            known.pop(fact, None)
        else:
            known[fact] = any_value(fact, pick)
    if pick.random() < 0.1:
        known |= {"oral_confirms": True, "oral_age_s": pick.choice([259_200, 259_201])}
    for fact in ("sources", "sender_state_language", "recipient_state_language"):
        if pick.random() < 0.05:
            known.pop(fact, None)
    return known


@pytest.mark.parametrize("agreement", [KZ_RU, KZ_TM, None])
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
            facts["agreement"] = "kz-az-2005"
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
        for agreement in (KZ_RU, KZ_TM, None)
        for rule in packs().suite(agreement).rules
    },
    key=repr,
)


MODEL = Model(packs(), KZ_RU)


@pytest.mark.parametrize("seed", range(4))
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
