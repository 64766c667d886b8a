"""Compiled packs as SMT formulas: every fact a known-bit and a value, every rule a pair (true, false).

The formulas are made from the compiled rules themselves (`Suite.rules`), never written by hand. Lists have
a bounded number of slots. For lists of codes the bound is exact: one element is enough to make a test true,
or `all_in` false, so a witness needs no more elements than there are tests (a test counts them). For sources
it is `SOURCES`: each is judged alone and all must pass, so a forbidden permit with more sources contains one
with the offending source only.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from typing import Any, NamedTuple

import z3

from policies.conditions import All, AnyOf, Compare, Condition, Member, Not, Present
from policies.facts import LEVELS
from policies.packset import PackSet
from policies.rules import CompiledRule
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES, SOURCE_PREFIX, FactType

SOURCES = 3
SLOTS = {"elements": 9, "subject": 9, "languages": 4, "translation_languages": 4, "caveats": 2}
ALWAYS = z3.BoolVal(val=True)
ALWAYS_KNOWN = {"source.originator", "source.agreement"}


class Kleene(NamedTuple):
    """A three-valued formula: when it is true and when it is false; neither means unknown."""

    true: z3.BoolRef
    false: z3.BoolRef


class Slot(NamedTuple):
    """One place of a list: whether it is taken, and what it holds."""

    taken: z3.BoolRef
    value: z3.ArithRef


class Variable(NamedTuple):
    """One fact: its known-bit, and its value or, for a list, its slots."""

    known: z3.BoolRef
    value: Any
    kind: FactType


class World:
    """All facts as variables, and strings as numbers (any unused number is some other string)."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self.facts = {
            name: self._variable(name, kind) for name, kind in FACT_TYPES.items() if name != "sources"
        }
        self.sources_known = z3.Bool("k:sources")
        self.sources = [
            {name: self._variable(f"{index}:{name}", kind) for name, kind in SOURCE_FACT_TYPES.items()}
            for index in range(SOURCES)
        ]
        self.taken = [z3.Bool(f"taken:{index}") for index in range(SOURCES)]

    def code(self, text: str) -> int:
        """The number that stands for a string."""
        return self._codes.setdefault(text, len(self._codes))

    def _variable(self, name: str, kind: FactType) -> Variable:
        plain = name.partition(":")[2] or name
        known = ALWAYS if plain in ALWAYS_KNOWN else z3.Bool(f"k:{name}")
        if kind.sort == "bool":
            return Variable(known, z3.Bool(f"v:{name}"), kind)
        if kind.sort in {"codes", "code_or_codes"}:
            slots = [Slot(z3.Bool(f"t:{name}:{n}"), z3.Int(f"v:{name}:{n}")) for n in range(SLOTS[name])]
            return Variable(known, slots, kind)
        return Variable(known, z3.Int(f"v:{name}"), kind)

    @cached_property
    def domain(self) -> z3.BoolRef:
        """What the types alone say: levels are levels, closed texts hold one of their values."""
        variables = [*self.facts.values(), *(fact for source in self.sources for fact in source.values())]
        return z3.And(*(limit for variable in variables for limit in self._limits(variable)))

    def _limits(self, variable: Variable) -> Iterator[z3.BoolRef]:
        if variable.kind.sort == "level":
            yield z3.And(variable.value >= 0, variable.value < len(LEVELS))
        elif variable.kind.sort == "int":
            yield variable.value >= 0
        elif variable.kind.values:
            yield z3.Or(*(variable.value == self.code(value) for value in variable.kind.values))

    def scope(self, index: int) -> dict[str, Variable]:
        """The facts as a rule about one source sees them."""
        return self.facts | self.sources[index]

    def is_true(self, fact: str, scope: dict[str, Variable] | None = None) -> z3.BoolRef:
        """A boolean fact is known and true."""
        variable = (scope or self.facts)[fact]
        return z3.And(variable.known, variable.value)

    def is_one_of(
        self, fact: str, values: Iterable[str], scope: dict[str, Variable] | None = None
    ) -> z3.BoolRef:
        """A text fact is known and one of the values."""
        variable = (scope or self.facts)[fact]
        return z3.And(variable.known, z3.Or(*(variable.value == self.code(value) for value in values)))

    def encode(self, condition: Condition, scope: dict[str, Variable]) -> Kleene:
        """A resolved condition as a three-valued formula."""
        match condition:
            case Present(fact):
                known = self.sources_known if fact == "sources" else scope[fact].known
                return Kleene(known, z3.Not(known))
            case Not(of):
                inner = self.encode(of, scope)
                return Kleene(inner.false, inner.true)
            case All(of):
                return conjunction(self.encode(part, scope) for part in of)
            case AnyOf(of):
                parts = [self.encode(part, scope) for part in of]
                return Kleene(z3.Or(*(p.true for p in parts)), z3.And(*(p.false for p in parts)))
            case Compare():
                return self._compare(condition, scope)
            case Member():
                return self._member(condition, scope)

    def _compare(self, test: Compare, scope: dict[str, Variable]) -> Kleene:
        if test.fact == "sources":
            return decided(self.sources_known, z3.Not(z3.Or(*self.taken)))
        left = scope[test.fact]
        if test.value == ():
            return decided(left.known, z3.Not(z3.Or(*(slot.taken for slot in left.value))))
        if test.ref is not None:
            right = scope[test.ref]
            return decided(z3.And(left.known, right.known), ordered(test.op, left.value, right.value))
        value = test.value
        if isinstance(value, str):
            value = LEVELS.index(value) if left.kind.sort == "level" else self.code(value)
        return decided(left.known, ordered(test.op, left.value, value))

    def _member(self, test: Member, scope: dict[str, Variable]) -> Kleene:
        fact = scope[test.fact]
        refs = [scope[ref] for ref in test.refs]
        level = fact.kind.sort == "level"
        codes = [LEVELS.index(value) if level else self.code(value) for value in sorted(test.values)]
        slots = fact.value if isinstance(fact.value, list) else [Slot(ALWAYS, fact.value)]

        def found(value: z3.ArithRef) -> z3.BoolRef:
            listed = [value == code for code in codes]
            return z3.Or(*listed, *(z3.And(ref.known, value == ref.value) for ref in refs))

        some = z3.Or(*(slot.taken for slot in slots))
        if test.op == "any_of":
            holds = z3.Or(*(z3.And(slot.taken, found(slot.value)) for slot in slots))
        else:
            holds = z3.And(some, *(z3.Implies(slot.taken, found(slot.value)) for slot in slots))
        settled = z3.Or(z3.Not(some), z3.And(*(ref.known for ref in refs)))
        return Kleene(z3.And(fact.known, holds), z3.And(fact.known, z3.Not(holds), settled))

    def applies(self, rule: CompiledRule) -> Kleene:
        """Whether a rule's limits on act and kind hold."""
        limits = [
            (name, named) for name, named in (("act", rule.acts), ("kind", rule.kinds)) if named is not None
        ]
        return conjunction(self.encode(Member(name, "in", named, ()), self.facts) for name, named in limits)

    def value(self, rule: CompiledRule, scope: dict[str, Variable]) -> Kleene:
        """A rule's condition together with its limits."""
        return conjunction([self.applies(rule), self.encode(rule.condition, scope)])


@cache
def truth(value: bool) -> z3.BoolRef:
    """A constant, made once."""
    return z3.BoolVal(value)


@cache
def number(value: int) -> z3.IntNumRef:
    """A constant, made once."""
    return z3.IntVal(value)


def conjunction(parts: Iterable[Kleene]) -> Kleene:
    """Strong Kleene conjunction."""
    listed = list(parts)
    return Kleene(z3.And(*(p.true for p in listed)), z3.Or(*(p.false for p in listed)))


def decided(known: z3.BoolRef, holds: z3.BoolRef) -> Kleene:
    """Known and true, or known and false."""
    return Kleene(z3.And(known, holds), z3.And(known, z3.Not(holds)))


def ordered(op: str, left: Any, right: Any) -> z3.BoolRef:
    """A comparison of two values."""
    table = {"eq": left == right}
    if op != "eq":
        table = {"lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right}
    return table[op]


class Model:
    """The decision under one agreement as formulas; denials can be left out to see what they are for.

    One solver per model, asked again and again: what every question shares is asserted once, and each rule's
    denial is named by a mark, so that a question is a handful of literals.
    """

    def __init__(self, packs: PackSet, agreement: str | None) -> None:
        self.world = World()
        self.packs = packs
        self.agreement = agreement
        self.own = packs.suite(agreement)
        self.basis = self._names_agreement(self.world.facts["agreement"], agreement)
        self.fired = dict(self._fired())
        self.marks = {key: z3.Bool(f"fired:{key}") for key in self.fired}
        self._solver = z3.Solver()
        self._solver.add(self.world.domain, self.basis)
        self._solver.add(*(mark == self.fired[key] for key, mark in self.marks.items()))

    def _ids(self, agreement: str) -> list[str]:
        return [agreement, *self.packs.pack(agreement).agreement.replaces]

    def _names_agreement(self, variable: Variable, agreement: str | None) -> z3.BoolRef:
        known = [name for one in self.packs.agreements for name in self._ids(one)]
        named = known if agreement is None else self._ids(agreement)
        among = z3.Or(*(variable.value == self.world.code(name) for name in named))
        return (
            z3.Or(z3.Not(variable.known), z3.Not(among))
            if agreement is None
            else z3.And(variable.known, among)
        )

    def _fired(self) -> Iterator[tuple[tuple[str, int | None], z3.BoolRef]]:
        """When each rule denies, as (rule id, source index); a rule found twice denies if either does."""
        found: dict[tuple[str, int | None], list[z3.BoolRef]] = {}
        for key, formula in (*self._fired_whole(), *self._fired_by_sources()):
            found.setdefault(key, []).append(formula)
        yield from ((key, z3.Or(*formulas)) for key, formulas in found.items())

    def _fired_whole(self) -> Iterator[tuple[tuple[str, int | None], z3.BoolRef]]:
        world = self.world
        for rule in self.own.rules:
            if rule.denies and not rule.per_source:
                yield (rule.id, None), z3.Not(world.value(rule, world.facts).false)
            elif rule.denies:
                unknown = z3.And(z3.Not(world.sources_known), z3.Not(world.applies(rule).false))
                yield (rule.id, None), unknown

    def _fired_by_sources(self) -> Iterator[tuple[tuple[str, int | None], z3.BoolRef]]:
        world = self.world
        for agreement in (*self.packs.agreements, None):
            suite = self.packs.suite(agreement)
            given = [self._given_under(index, agreement) for index in range(SOURCES)]
            for rule in suite.rules:
                if rule.denies and rule.per_source:
                    for index in range(SOURCES):
                        fires = z3.Not(world.value(rule, world.scope(index)).false)
                        yield (rule.id, index), z3.And(given[index], fires)
                elif rule.denies and rule.travels and suite is not self.own:
                    fires = z3.Not(world.value(rule, world.facts).false)
                    yield (rule.id, None), z3.And(z3.Or(*given), fires)

    def _given_under(self, index: int, agreement: str | None) -> z3.BoolRef:
        named = self._names_agreement(self.world.sources[index]["source.agreement"], agreement)
        return z3.And(self.world.sources_known, self.world.taken[index], named)

    @cached_property
    def granted(self) -> z3.BoolRef:
        """Some permit rule holds."""
        return z3.Or(*(self.grants(rule) for rule in self.own.rules if rule.effect == "permit"))

    def grants(self, rule: CompiledRule) -> z3.BoolRef:
        """A permit rule holds: on the act, or on every source of at least one."""
        world = self.world
        if not rule.per_source:
            return world.value(rule, world.facts).true
        each = [
            z3.Implies(taken, world.value(rule, world.scope(index)).true)
            for index, taken in enumerate(world.taken)
        ]
        return z3.And(world.sources_known, z3.Or(*world.taken), *each)

    @cached_property
    def permitted(self) -> z3.BoolRef:
        """The decision is a permit."""
        return z3.And(self.basis, self.granted, z3.Not(z3.Or(*self.fired.values())))

    def allowed(self, left_out: Iterable[str] = ()) -> z3.BoolRef:
        """Something grants, and no denial fires but those left out; for questions to `find`."""
        out = frozenset(left_out)
        return z3.And(self.granted, *self.silent(lambda rule: rule not in out))

    def silent(self, chosen: Callable[[str], bool]) -> list[z3.BoolRef]:
        """The chosen rules, by their ids, do not deny."""
        return [z3.Not(mark) for (rule, _), mark in self.marks.items() if chosen(rule)]

    def find(self, *claims: z3.BoolRef) -> z3.ModelRef | None:
        """Facts under which all claims hold, or None if there are none."""
        self._solver.push()
        try:
            self._solver.add(*claims)
            answer = self._solver.check()
            assert answer != z3.unknown
            return self._solver.model() if answer == z3.sat else None
        finally:
            self._solver.pop()

    def assignment(self, facts: dict[str, Any]) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
        """Every variable with the value that given facts give it."""
        world = self.world
        pairs = [
            pair for name, variable in world.facts.items() for pair in self._assign(variable, facts.get(name))
        ]
        sources = facts.get("sources")
        pairs.append((world.sources_known, truth(sources is not None)))
        for index in range(SOURCES):
            here = (sources or [])[index] if index < len(sources or []) else None
            pairs.append((world.taken[index], truth(here is not None)))
            for name, variable in world.sources[index].items():
                pairs += self._assign(variable, (here or {}).get(name.removeprefix(SOURCE_PREFIX)))
        return pairs

    def _assign(self, variable: Variable, value: Any) -> Iterator[tuple[z3.ExprRef, z3.ExprRef]]:
        if variable.known is not ALWAYS:
            yield variable.known, truth(value is not None)
        if variable.kind.sort == "bool":
            yield variable.value, truth(bool(value))
        elif isinstance(variable.value, list):
            listed = [value] if isinstance(value, str) else value or []
            assert len(listed) <= len(variable.value)
            for index, slot in enumerate(variable.value):
                yield slot.taken, truth(index < len(listed))
                yield slot.value, number(self.world.code(listed[index]) if index < len(listed) else 0)
        elif variable.kind.sort == "level":
            yield variable.value, number(LEVELS.index(value) if value else 0)
        else:
            yield variable.value, number(value if isinstance(value, int) else self.world.code(value or ""))
