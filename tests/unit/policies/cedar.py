"""Compiled packs as Cedar policies, a second and independent evaluator (`cedarpy`).

Cedar knows no third value: an absent attribute makes a policy inapplicable. So each condition becomes two
Cedar expressions, when it is true and when it is false, and a denial is a `forbid` unless it is definitely
false. That is written out here from the rules, as are the order of levels and the loop over sources (three
slots). Nothing of the evaluator is used.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any, NamedTuple

import cedarpy

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.facts import LEVELS
from policies.packset import PackSet
from policies.rules import CompiledRule
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES, SOURCE_PREFIX

SOURCES = 3
_TYPES = FACT_TYPES | SOURCE_FACT_TYPES
_ORDER = {"eq": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
Fired = tuple[str, int | None]


class Pair(NamedTuple):
    """When a condition is true, and when it is false; neither means unknown."""

    true: str
    false: str


class Scope:
    """How facts are written: of the act, or of the source in one slot."""

    def __init__(self, slot: int | None = None) -> None:
        self.slot = slot

    def value(self, fact: str) -> str:
        """The attribute that holds a fact."""
        if fact.startswith(SOURCE_PREFIX):
            return f"context.s{self.slot}.{fact.removeprefix(SOURCE_PREFIX)}"
        return f"context.{fact}"

    def known(self, fact: str) -> str:
        """Whether it is there."""
        if fact == "sources":
            return "(context has sources_known)"
        if fact.startswith(SOURCE_PREFIX):
            return f"(context.s{self.slot} has {fact.removeprefix(SOURCE_PREFIX)})"
        return f"(context has {fact})"


def both(parts: Iterable[str]) -> str:
    """All of them."""
    return "(" + (" && ".join(parts) or "true") + ")"


def either(parts: Iterable[str]) -> str:
    """One of them."""
    return "(" + (" || ".join(parts) or "false") + ")"


def conjunction(parts: Iterable[Pair]) -> Pair:
    """Strong Kleene conjunction."""
    listed = list(parts)
    return Pair(both(part.true for part in listed), either(part.false for part in listed))


def translate(condition: Condition, scope: Scope) -> Pair:
    """One condition."""
    match condition:
        case Present(fact):
            return Pair(scope.known(fact), f"(!{scope.known(fact)})")
        case Not(of):
            inner = translate(of, scope)
            return Pair(inner.false, inner.true)
        case All(of):
            return conjunction(translate(part, scope) for part in of)
        case AnyOf(of):
            parts = [translate(part, scope) for part in of]
            return Pair(either(part.true for part in parts), both(part.false for part in parts))
        case Compare():
            return _compare(condition, scope)
        case Member():
            return _member(condition, scope)


def _decided(known: str, holds: str) -> Pair:
    return Pair(both([known, holds]), both([known, f"!({holds})"]))


def _compare(test: Compare, scope: Scope) -> Pair:
    known = scope.known(test.fact)
    if test.value == ():
        empty = "!(context has s0)" if test.fact == "sources" else f"{scope.value(test.fact)}.isEmpty()"
        return _decided(known, empty)
    if test.ref is not None:
        known, other = both([known, scope.known(test.ref)]), scope.value(test.ref)
    else:
        other = _literal(test.fact, test.value)
    return _decided(known, f"{scope.value(test.fact)} {_ORDER[test.op]} {other}")


def _literal(fact: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return str(LEVELS.index(value)) if _TYPES[fact].sort == "level" else f'"{value}"'


def _member(test: Member, scope: Scope) -> Pair:
    fact = scope.value(test.fact)
    single = _TYPES[test.fact].sort in {"text", "level"}
    ask = {"in": "{0}.contains({1})", "any_of": "{0}.containsAny({1})", "all_in": "{0}.containsAll({1})"}
    fixed = [_literal(test.fact, value) for value in sorted(test.values)]

    def among(refs: tuple[str, ...], listed: list[str]) -> str:
        """Whether the fact is among the values and those references that are known."""
        if refs:
            with_it = among(refs[1:], [*listed, scope.value(refs[0])])
            return f"(if {scope.known(refs[0])} then {with_it} else {among(refs[1:], listed)})"
        return ask[test.op].format(f"[{', '.join(listed)}]", fact) if listed else "false"

    empty = "false" if single else f"{fact}.isEmpty()"
    found = both([f"!{empty}", among(test.refs, fixed)])
    settled = either([empty, both(scope.known(ref) for ref in test.refs)])
    known = scope.known(test.fact)
    return Pair(both([known, found]), both([known, f"!{found}", settled]))


def applies(rule: CompiledRule) -> Pair:
    """A rule's limits on act and kind."""
    limits = (("act", rule.acts), ("kind", rule.kinds))
    return conjunction(
        translate(Member(name, "in", named, ()), Scope()) for name, named in limits if named is not None
    )


def value_of(rule: CompiledRule, scope: Scope) -> Pair:
    """A rule's condition with its limits."""
    return conjunction([applies(rule), translate(rule.condition, scope)])


class Policies:
    """Everything that is decided under one agreement, as one set of Cedar policies."""

    def __init__(self, packs: PackSet, agreement: str | None) -> None:
        self._packs = packs
        self._own = packs.suite(agreement)
        made = list(self._written())
        self._fired = [key for key, _ in made]
        self._set = cedarpy.PolicySet.from_str("\n".join(text for _, text in made))

    def decide(self, facts: list[dict[str, Any]]) -> list[tuple[bool, set[Fired]]]:
        """Permitted or not, and which rules deny, for each of many facts.

        A policy that fails while it is evaluated would be skipped by Cedar, so none may.
        """
        requests = [_request(one) for one in facts]
        answers = cedarpy.is_authorized_batch(requests, self._set, cedarpy.Entities.from_json_str("[]"))
        assert not any(answer.diagnostics.errors for answer in answers)
        return [(answer.allowed, self._denying(answer)) for answer in answers]

    def _denying(self, answer: cedarpy.AuthzResult) -> set[Fired]:
        if answer.allowed:
            return set()
        found = (self._fired[int(name.removeprefix("policy"))] for name in answer.diagnostics.reasons)
        return {key for key in found if key is not None}

    def _written(self) -> Iterator[tuple[Fired | None, str]]:
        denials: dict[Fired, list[str]] = {}
        for key, when in (*self._whole(), *self._by_sources()):
            denials.setdefault(key, []).append(when)
        for key, clauses in denials.items():
            yield key, f"forbid (principal, action, resource) when {{ {either(clauses)} }};"
        for rule in self._own.rules:
            if rule.effect == "permit":
                yield None, f"permit (principal, action, resource) when {{ {_grants(rule)} }};"

    def _whole(self) -> Iterator[tuple[Fired, str]]:
        for rule in self._own.rules:
            if rule.denies and rule.per_source:
                unknown = both(["!(context has sources_known)", f"!{applies(rule).false}"])
                yield (rule.id, None), unknown
            elif rule.denies:
                yield (rule.id, None), f"!{value_of(rule, Scope()).false}"

    def _by_sources(self) -> Iterator[tuple[Fired, str]]:
        """What the agreements ask under which sources were received; said once where several ask the same."""
        asking: dict[tuple[str, Condition], tuple[CompiledRule, list[str | None]]] = {}
        for agreement in (*self._packs.agreements, None):
            suite = self._packs.suite(agreement)
            for rule in (rule for rule in suite.rules if rule.denies):
                if rule.per_source or (rule.travels and suite is not self._own):
                    asking.setdefault((rule.id, rule.condition), (rule, []))[1].append(agreement)
        for rule, agreements in asking.values():
            given = [self._given(slot, agreements) for slot in range(SOURCES)]
            if rule.per_source:
                for slot in range(SOURCES):
                    fires = f"!{value_of(rule, Scope(slot)).false}"
                    yield (rule.id, slot), both([given[slot], fires])
            else:
                yield (rule.id, None), both([either(given), f"!{value_of(rule, Scope()).false}"])

    def _given(self, slot: int, agreements: list[str | None]) -> str:
        """The source in a slot was received under one of the agreements."""
        if len(agreements) > len(self._packs.agreements):
            return f"(context has s{slot})"
        return either(self._given_under(slot, agreement) for agreement in agreements)

    def _given_under(self, slot: int, agreement: str | None) -> str:
        here = [self._ids(agreement)] if agreement else [self._ids(name) for name in self._packs.agreements]
        ids: list[str] = reduce(list.__add__, here)
        among = f"[{', '.join(ids)}].contains(context.s{slot}.agreement)"
        return both([f"context has s{slot}", among if agreement else f"!{among}"])

    def _ids(self, agreement: str) -> list[str]:
        replaced = self._packs.pack(agreement).agreement.replaces
        return [f'"{name}"' for name in (agreement, *replaced)]


def _grants(rule: CompiledRule) -> str:
    """A permit holds: on the act, or on every source of at least one."""
    if not rule.per_source:
        return value_of(rule, Scope()).true
    every = [either([f"!(context has s{slot})", value_of(rule, Scope(slot)).true]) for slot in range(SOURCES)]
    return both(["context has sources_known", "context has s0", *every])


def _request(facts: dict[str, Any]) -> dict[str, Any]:
    context = {name: _attribute(name, value) for name, value in facts.items() if name != "sources"}
    if "sources" in facts:
        context["sources_known"] = True
        for slot, source in enumerate(facts["sources"]):
            context[f"s{slot}"] = {
                name: _attribute(SOURCE_PREFIX + name, value) for name, value in source.items()
            }
    return {"principal": 'P::"p"', "action": 'A::"a"', "resource": 'R::"r"', "context": context}


def _attribute(fact: str, value: Any) -> Any:
    """A fact's value as Cedar holds it: levels by rank, a single code of a list as a list."""
    kind = _TYPES[fact]
    if kind.sort == "level":
        return LEVELS.index(value)
    return [value] if kind.sort == "code_or_codes" and isinstance(value, str) else value
