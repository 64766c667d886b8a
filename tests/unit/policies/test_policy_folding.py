"""Settling what is known beforehand, and the short cuts of the evaluator, change no value."""

import random

import pytest
from random_facts import any_value
from treaty_facts import AGREEMENTS, packs

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.facts import KINDS, LEVELS
from policies.folding import FALSE, TRUE, folded
from policies.kleene import Get, Truth, compile_condition, named_facts, unknown_facts
from policies.programs import ACTS
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES

CONDITIONS = sorted(
    {rule.condition for agreement in AGREEMENTS for rule in packs().suite(agreement).rules}, key=repr
)


def plain(condition: Condition, get: Get) -> Truth:
    """The value of a condition by the definition of strong Kleene logic, slowly."""
    match condition:
        case Present(fact):
            return get(fact) is not None
        case Not(of):
            inner = plain(of, get)
            return None if inner is None else not inner
        case All(of):
            values = [plain(part, get) for part in of]
            return False if False in values else None if None in values else True
        case AnyOf(of):
            values = [plain(part, get) for part in of]
            return True if True in values else None if None in values else False
        case Compare():
            return compared(condition, get)
        case Member(fact, op, values, refs):
            found = get(fact)
            if found is None:
                return None
            known = {*values, *(get(ref) for ref in refs if get(ref) is not None)}
            listed = [found] if isinstance(found, str) else found
            hits = [one in known for one in listed]
            holds = any(hits) if op == "any_of" else bool(hits) and all(hits)
            return True if holds else None if hits and any(get(ref) is None for ref in refs) else False


def compared(test: Compare, get: Get) -> Truth:
    """A comparison by its definition; levels are ordered as they are listed."""
    left, right = get(test.fact), test.value if test.ref is None else get(test.ref)
    if left is None or right is None:
        return None
    if test.op == "eq":
        return bool(left == (list(right) if isinstance(right, tuple) else right))
    kind = FACT_TYPES.get(test.fact) or SOURCE_FACT_TYPES[test.fact]
    if kind.sort == "level":
        left = LEVELS.index(left)
        right = LEVELS.index(right) if isinstance(right, str) else right
    return bool({"lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right}[test.op])


def some_facts(condition: Condition, pick: random.Random) -> dict[str, object]:
    """Values for most of the facts that a condition reads."""
    names = sorted(set(named_facts(condition)) - {"sources", "act", "kind"})
    known = {name: any_value(name, pick) for name in names if pick.random() < 0.75}
    return known | {"act": pick.choice(ACTS), "kind": pick.choice(KINDS), "sources": pick.choice([[], [{}]])}


@pytest.mark.parametrize("seed", range(20))
def test_compiled_and_folded_conditions_have_the_value_of_their_definition(seed: int) -> None:
    pick = random.Random(seed)
    for condition in CONDITIONS:
        facts = some_facts(condition, pick)
        expected = plain(condition, facts.get)
        known = {"act": str(facts["act"]), "kind": str(facts["kind"])}
        assert compile_condition(condition)(facts.get) is expected, (condition, facts)
        assert compile_condition(folded(condition, known))(facts.get) is expected, (condition, facts)
        wanted = None if expected is None else not expected
        assert compile_condition(condition, negated=True)(facts.get) is wanted, (condition, facts)


@pytest.mark.parametrize("seed", range(5))
def test_unknown_facts_are_named_and_unknown(seed: int) -> None:
    pick = random.Random(seed)
    for condition in CONDITIONS:
        facts = some_facts(condition, pick)
        names = unknown_facts(condition, facts.get)
        assert bool(names) is (plain(condition, facts.get) is None), (condition, facts)
        assert all(facts.get(name) is None for name in names)


def test_folding_settles_junctions_and_leaves_what_it_does_not_know() -> None:
    kind, form = Compare("kind", "eq", "request", None), Compare("form", "eq", "other", None)
    known = {"kind": "request"}
    assert folded(All((kind, form)), known) == form
    assert folded(AnyOf((kind, form)), known) == TRUE
    assert folded(All((Not(kind), form)), known) == FALSE
    assert folded(Not(All((kind, Not(form)))), known) == Not(Not(form))
    assert folded(All((kind, form)), {}) == All((kind, form))
