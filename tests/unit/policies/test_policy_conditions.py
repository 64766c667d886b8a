"""The closed operator set: what it refuses, and its three-valued logic."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.conditions import All, AnyOf, Compare, Condition, ConditionDoc, Member, Not, Present, Resolver
from policies.errors import PackError
from policies.kleene import compile_condition, named_facts, unknown_facts

LISTS = {"languages": frozenset({"ru", "kk"})}


def codes(name: str, provision: str | None) -> frozenset[str]:
    if name not in LISTS:
        raise PackError("test", f"no catalogue {name!r}")
    return LISTS[name]


def resolved(written: dict[str, Any], *, per_source: bool = False) -> Condition:
    return Resolver("test", codes, per_source).resolve(msgspec.convert(written, ConditionDoc))


def evaluated(written: dict[str, Any], **facts: Any) -> bool | None:
    return compile_condition(resolved(written))(facts.get)


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"fact": "seal"},
        {"eq": True},
        {"all": []},
        {"any": []},
        {"fact": "seal", "eq": True, "present": "seal"},
        {"fact": "level", "eq": "open", "in": ["open"]},
        {"fact": "nonsense", "eq": True},
        {"present": "nonsense"},
        {"fact": "seal", "eq": "true"},
        {"fact": "oral_age_s", "eq": True},
        {"fact": "level", "eq": "secret"},
        {"fact": "level", "in": ["open", "secret"]},
        {"fact": "seal", "lt": True},
        {"fact": "purpose", "lt": "z"},
        {"fact": "seal", "in": [True]},
        {"fact": "languages", "in": ["ru"]},
        {"fact": "languages", "eq": ["ru"]},
        {"fact": "purpose", "all_in": ["x"]},
        {"fact": "languages", "all_in": {"catalogue": "nonsense"}},
        {"fact": "languages", "all_in": {"catalogue": "languages", "as_of": "2020"}},
        {"fact": "languages", "all_in": [{"fact": "elements"}]},
        {"fact": "languages", "contains": 5},
        {"fact": "level", "lt": {"fact": "seal"}},
        {"fact": "level", "lt": {"fact": "clearance", "catalogue": "languages"}},
        {"fact": "source.grant_verified", "eq": True},
        {"fact": "sources", "any_of": ["x"]},
    ],
)
def test_condition_outside_the_closed_set_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(PackError):
        resolved(written)


def test_source_fact_is_read_only_by_rules_about_a_source() -> None:
    assert resolved({"present": "source.originator"}, per_source=True) == Present("source.originator")


@pytest.mark.parametrize(
    ("written", "facts", "expected"),
    [
        ({"fact": "seal", "eq": True}, {}, None),
        ({"fact": "seal", "eq": True}, {"seal": False}, False),
        ({"not": {"fact": "seal", "eq": True}}, {}, None),
        ({"present": "seal"}, {"seal": False}, True),
        ({"not": {"present": "seal"}}, {}, True),
        ({"fact": "level", "lt": {"fact": "clearance"}}, {"level": "open"}, None),
        ({"fact": "level", "lt": {"fact": "clearance"}}, {"level": "open", "clearance": "restricted"}, True),
        ({"fact": "level", "ge": "confidential"}, {"level": "state_secret"}, True),
        ({"fact": "level", "gt": "confidential"}, {"level": "confidential"}, False),
        ({"not": {"fact": "oral_age_s", "le": 10}}, {"oral_age_s": 11}, True),
        ({"fact": "sender", "eq": {"fact": "recipient"}}, {"sender": "a"}, None),
        ({"fact": "sender", "eq": {"fact": "recipient"}}, {"sender": "a", "recipient": "a"}, True),
        ({"fact": "caveats", "eq": []}, {"caveats": []}, True),
        ({"fact": "sources", "eq": []}, {}, None),
        ({"fact": "languages", "all_in": {"catalogue": "languages"}}, {"languages": []}, False),
        ({"fact": "languages", "all_in": {"catalogue": "languages"}}, {"languages": ["ru", "en"]}, False),
        ({"fact": "languages", "all_in": {"catalogue": "languages"}}, {"languages": ["ru", "kk"]}, True),
        ({"fact": "subject", "all_in": ["a", "b"]}, {"subject": "b"}, True),
        ({"fact": "subject", "contains": "a"}, {"subject": "ab"}, False),
        ({"fact": "elements", "any_of": ["a", "b"]}, {"elements": []}, False),
        ({"fact": "languages", "all_in": [{"fact": "sender_state_language"}]}, {"languages": ["kk"]}, None),
        (
            {"fact": "languages", "any_of": ["ru", {"fact": "sender_state_language"}]},
            {"languages": ["ru"]},
            True,
        ),
        ({"fact": "languages", "any_of": [{"fact": "sender_state_language"}]}, {"languages": []}, False),
    ],
)
def test_operator_gives_true_false_or_unknown(
    written: dict[str, Any], facts: dict, expected: bool | None
) -> None:
    assert evaluated(written, **facts) is expected


TRUTHS = {"seal": "t", "oral": "f", "onward": "u"}
LEAVES = st.sampled_from([Compare(name, "eq", value=True, ref=None) for name in TRUTHS])
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(All, st.lists(inner, min_size=1, max_size=4).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=4).map(tuple))
    ),
    max_leaves=12,
)
FACTS = st.fixed_dictionaries({}, optional=dict.fromkeys(TRUTHS, st.booleans()))


def textbook(condition: Condition, facts: dict[str, bool]) -> float:
    """Strong Kleene logic as minimum and maximum over 0, 1/2, 1."""
    match condition:
        case Not(of):
            return 1 - textbook(of, facts)
        case All(of):
            return min(textbook(part, facts) for part in of)
        case AnyOf(of):
            return max(textbook(part, facts) for part in of)
        case Compare(fact):
            return float(facts[fact]) if fact in facts else 0.5
    raise AssertionError(condition)


@settings(max_examples=200, deadline=None)
@given(TREES, FACTS)
def test_compiled_condition_follows_strong_kleene_logic(condition: Condition, facts: dict[str, bool]) -> None:
    expected = {0.0: False, 0.5: None, 1.0: True}[textbook(condition, facts)]
    assert compile_condition(condition)(facts.get) is expected
    assert compile_condition(condition, negated=True)(facts.get) is (
        None if expected is None else not expected
    )


@settings(max_examples=200, deadline=None)
@given(TREES, FACTS)
def test_unknown_condition_names_unknown_facts_that_can_settle_it(
    condition: Condition, facts: dict[str, bool]
) -> None:
    named = set(unknown_facts(condition, facts.get))
    assert named <= set(named_facts(condition)) - set(facts)
    if compile_condition(condition)(facts.get) is None:
        assert named
        known = facts | dict.fromkeys(named, True)
        assert compile_condition(condition)(known.get) is not None


def test_membership_names_the_fact_it_compares_with() -> None:
    condition = Member("languages", "all_in", frozenset(), ("sender_state_language",))
    assert list(unknown_facts(condition, {"languages": ["kk"]}.get)) == ["sender_state_language"]
