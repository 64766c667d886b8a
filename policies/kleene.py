"""Resolved conditions compiled to closures over strong Kleene logic: True, False, or None for unknown.

A closure takes `get`, the bound `get` of the facts' mapping, because that lookup is the whole hot path.
"""

import operator
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.facts import LEVELS
from policies.vocabulary import FACT_TYPES

Truth: TypeAlias = bool | None
Get: TypeAlias = Callable[[str], Any]
Test: TypeAlias = Callable[[Get], Truth]

_RANK = {level: rank for rank, level in enumerate(LEVELS)}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}


def compile_condition(condition: Condition, *, negated: bool = False) -> Test:
    """Compile one resolved condition.

    Args:
        condition: as `policies.conditions.Resolver` returns it.
        negated: compile its negation. Negations are pushed down to the tests (De Morgan's laws hold in
            strong Kleene logic), which saves a call for each.

    Returns:
        A closure that reads facts through `get` and returns True, False or None (unknown).
    """
    match condition:
        case Present(fact):
            return lambda get: (get(fact) is not None) is not negated
        case Not(of):
            return compile_condition(of, negated=not negated)
        case All(of):
            return _junction(of, decisive=negated, negated=negated)
        case AnyOf(of):
            return _junction(of, decisive=not negated, negated=negated)
        case Compare():
            return _comparison(condition, negated=negated)
        case Member():
            return _membership(condition, negated=negated)


def _junction(of: tuple[Condition, ...], *, decisive: bool, negated: bool) -> Test:
    """One part that is `decisive` settles it; otherwise one unknown leaves it unknown."""
    if len(of) == 2:
        short = _short_pair(of[0], of[1], decisive=decisive, negated=negated)
        if short is not None:
            return short
    parts = tuple(compile_condition(part, negated=negated) for part in of)
    if len(parts) == 2:
        return _pair(*parts, decisive=decisive)
    if len(parts) == 3:
        return _triple(*parts, decisive=decisive)

    def junction(get: Get) -> Truth:
        unknown = False
        for part in parts:
            value = part(get)
            if value is decisive:
                return decisive
            if value is None:
                unknown = True
        return None if unknown else not decisive

    return junction


def _pair(first: Test, second: Test, *, decisive: bool) -> Test:
    """The commonest junction, without a loop."""

    def pair(get: Get) -> Truth:
        one = first(get)
        if one is decisive:
            return decisive
        other = second(get)
        if other is decisive:
            return decisive
        return None if one is None or other is None else not decisive

    return pair


def _triple(first: Test, second: Test, third: Test, *, decisive: bool) -> Test:
    """The next commonest."""

    def triple(get: Get) -> Truth:
        one = first(get)
        if one is decisive:
            return decisive
        two = second(get)
        if two is decisive:
            return decisive
        three = third(get)
        if three is decisive:
            return decisive
        return None if one is None or two is None or three is None else not decisive

    return triple


def _short_pair(first: Condition, second: Condition, *, decisive: bool, negated: bool) -> Test | None:
    """The commonest pairs, tested without a call for either part."""
    match first, second:
        case Present(guarded), Compare(fact, "eq", value, None) if (
            guarded == fact and value != () and decisive is negated
        ):
            # All of "known" and "equal": never unknown, and an unknown fact equals nothing.
            if negated:
                return lambda get: get(fact) != value
            return lambda get: get(fact) == value
    one, other = (_equality(part, negated=negated) for part in (first, second))
    return _equal_pair(*one, *other, decisive=decisive) if one and other else None


def _equality(condition: Condition, *, negated: bool) -> tuple[str, Any, bool] | None:
    """(fact, value, whether equality makes it true) of a test for a plain value, or of its negation."""
    match condition:
        case Not(of):
            return _equality(of, negated=not negated)
        case Compare(fact, "eq", value, None) if value != ():
            return fact, value, not negated
    return None


def _equal_pair(
    fact: str, value: Any, holds: bool, other: str, wanted: Any, likewise: bool, *, decisive: bool
) -> Test:
    """Two tests for plain values, without a call for either."""
    settles, settled = holds is decisive, likewise is decisive

    def equal_pair(get: Get) -> Truth:
        one = get(fact)
        if one is not None and (one == value) is settles:
            return decisive
        two = get(other)
        if two is not None and (two == wanted) is settled:
            return decisive
        return None if one is None or two is None else not decisive

    return equal_pair


def _comparison(condition: Compare, *, negated: bool) -> Test:
    fact, ref = condition.fact, condition.ref
    if condition.op != "eq":
        return _ordering(condition, negated=negated)
    if ref is not None:
        return _same_fact(fact, ref, negated=negated)
    wanted: Any = [] if condition.value == () else condition.value
    if negated:
        return lambda get: None if (value := get(fact)) is None else value != wanted
    return lambda get: None if (value := get(fact)) is None else value == wanted


def _same_fact(fact: str, ref: str, *, negated: bool) -> Test:
    def equals(get: Get) -> Truth:
        value, other = get(fact), get(ref)
        return None if value is None or other is None else (value == other) is not negated

    return equals


def _ordering(condition: Compare, *, negated: bool) -> Test:
    fact, ref, holds = condition.fact, condition.ref, _ORDER[condition.op]
    wanted: Any = condition.value
    known = FACT_TYPES.get(fact)
    level = known is not None and known.sort == "level"
    rank: Callable[[Any], int] = _RANK.__getitem__ if level else operator.index

    def ordered(get: Get) -> Truth:
        value = get(fact)
        other = wanted if ref is None else get(ref)
        if value is None or other is None:
            return None
        return holds(rank(value), other if ref is None else rank(other)) is not negated

    return ordered


def _membership(condition: Member, *, negated: bool) -> Test:
    fact, values = condition.fact, condition.values
    if condition.refs:
        return _with_references(condition, negated=negated)
    if condition.op == "in":
        return lambda get: None if (value := get(fact)) is None else (value in values) is not negated

    every = condition.op == "all_in"
    if not every and len(values) == 1 and FACT_TYPES[fact].sort == "codes":
        [only] = values
        if negated:
            return lambda get: None if (value := get(fact)) is None else only not in value
        return lambda get: None if (value := get(fact)) is None else only in value

    def member(get: Get) -> Truth:
        value = get(fact)
        if value is None:
            return None
        if isinstance(value, str):
            return (value in values) is not negated
        found = (len(value) > 0 and values.issuperset(value)) if every else not values.isdisjoint(value)
        return found is not negated

    return member


def _with_references(condition: Member, *, negated: bool) -> Test:
    """Membership where the set also holds other facts' values, any of which may be unknown."""
    fact, op, refs, fixed = condition.fact, condition.op, condition.refs, condition.values

    def member(get: Get) -> Truth:
        value = get(fact)
        if value is None:
            return None
        others = [get(ref) for ref in refs]
        values = fixed.union(other for other in others if other is not None)
        listed = [value] if isinstance(value, str) else value
        found = [item in values for item in listed]
        if any(found) if op == "any_of" else (len(found) > 0 and all(found)):
            return not negated
        return None if found and None in others else negated

    return member


def unknown_facts(condition: Condition, get: Get) -> list[str]:
    """Name the facts because of which a condition is unknown.

    Args:
        condition: a condition that evaluates to unknown.
        get: as for the compiled closure.

    Returns:
        Fact names, in the order written, possibly repeated; nothing for parts that are decided.
    """
    return _unknown(condition, get)[1]


def _unknown(condition: Condition, get: Get) -> tuple[Truth, list[str]]:
    """The value of a condition, and the facts that leave it unknown; none if it is decided."""
    match condition:
        case Not(of):
            value, names = _unknown(of, get)
            return None if value is None else not value, names
        case All(of) | AnyOf(of):
            return _unknown_in(of, get, decisive=isinstance(condition, AnyOf))
    value = _leaf_test(condition)(get)
    if value is not None:
        return value, []
    return None, [name for name in named_facts(condition) if get(name) is None]


@cache
def _leaf_test(condition: Condition) -> Test:
    return compile_condition(condition)


def _unknown_in(of: tuple[Condition, ...], get: Get, *, decisive: bool) -> tuple[Truth, list[str]]:
    names: list[str] = []
    unknown = False
    for part in of:
        value, wanting = _unknown(part, get)
        if value is decisive:
            return decisive, []
        unknown = unknown or value is None
        names += wanting
    return (None, names) if unknown else (not decisive, [])


def named_facts(condition: Condition) -> Iterator[str]:
    """Name every fact a condition reads, in the order written, possibly repeated."""
    match condition:
        case Present(fact):
            yield fact
        case Compare(fact, _, _, ref):
            yield from (name for name in (fact, ref) if name is not None)
        case Member(fact, _, _, refs):
            yield from (fact, *refs)
        case Not(of):
            yield from named_facts(of)
        case All(of) | AnyOf(of):
            for part in of:
                yield from named_facts(part)
