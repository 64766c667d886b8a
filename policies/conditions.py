"""The closed operator set in which packs state conditions, resolved against facts and catalogues.

A condition is written in YAML as one of

    {all: [...]}  {any: [...]}  {not: ...}  {present: fact}
    {fact: name, OP: operand}   OP: eq in contains any_of all_in lt le gt ge

An operand is a value, `{fact: other}` (compare with another fact) or, for the operators over sets,
`{catalogue: name, provision: optional}` (the codes of a catalogue, or of one of its provisions).
`all_in` asks that *every* element is a member, and is false for an empty list: what is not stated does
not comply.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from policies.errors import PackError
from policies.facts import LEVELS
from policies.vocabulary import FACT_TYPES, SOURCE_FACT_TYPES, FactType

Scalar: TypeAlias = bool | int | str
CatalogueCodes: TypeAlias = Callable[[str, str | None], frozenset[str]]
"""Codes of a catalogue by name, optionally only those of one provision; raises PackError."""


class Present(Struct, frozen=True):
    """True when the fact is known, else false; never unknown."""

    fact: str


class Compare(Struct, frozen=True):
    """A fact against a value or another fact (`ref`); `op` is eq, lt, le, gt or ge."""

    fact: str
    op: str
    value: Scalar | tuple[()] | None
    ref: str | None


class Member(Struct, frozen=True):
    """Membership in a set of values and of other facts' values (`refs`); `op` is in, any_of or all_in."""

    fact: str
    op: str
    values: frozenset[str]
    refs: tuple[str, ...]


class Not(Struct, frozen=True):
    """Negation: unknown stays unknown."""

    of: "Condition"


class All(Struct, frozen=True):
    """Conjunction: false if one is false, else unknown if one is unknown."""

    of: tuple["Condition", ...]


class AnyOf(Struct, frozen=True):
    """Disjunction: true if one is true, else unknown if one is unknown."""

    of: tuple["Condition", ...]


Condition: TypeAlias = Present | Compare | Member | Not | All | AnyOf


class ConditionDoc(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A condition as written in a pack's YAML."""

    all: tuple["ConditionDoc", ...] | None = None
    any: tuple["ConditionDoc", ...] | None = None
    not_: "ConditionDoc | None" = msgspec.field(default=None, name="not")
    present: str | None = None
    fact: str | None = None
    eq: Any = None
    in_: Any = msgspec.field(default=None, name="in")
    contains: Any = None
    any_of: Any = None
    all_in: Any = None
    lt: Any = None
    le: Any = None
    gt: Any = None
    ge: Any = None


_OPERATORS = {
    "eq": "eq",
    "in": "in_",
    "contains": "contains",
    "any_of": "any_of",
    "all_in": "all_in",
    "lt": "lt",
    "le": "le",
    "gt": "gt",
    "ge": "ge",
}
_SORTS = {
    "eq": {"bool", "int", "text", "level", "codes", "sources"},
    "in": {"text", "level"},
    "contains": {"codes", "code_or_codes"},
    "any_of": {"codes", "code_or_codes"},
    "all_in": {"codes", "code_or_codes"},
    "lt": {"int", "level"},
    "le": {"int", "level"},
    "gt": {"int", "level"},
    "ge": {"int", "level"},
}


class Resolver(Struct, frozen=True):
    """Turns written conditions into resolved ones.

    Args:
        where: the rule, for error messages.
        codes: looks a catalogue up.
        per_source: whether facts of one source (`source.*`) may be named.
    """

    where: str
    codes: CatalogueCodes
    per_source: bool

    def resolve(self, doc: ConditionDoc) -> Condition:
        """Resolve one condition.

        Raises:
            PackError: not exactly one shape, an unknown fact, or an operand that does not fit the fact.
        """
        given = [name for name in ("all", "any", "not_", "present", "fact") if getattr(doc, name) is not None]
        tests = [op for op, field in _OPERATORS.items() if getattr(doc, field) is not None]
        if len(given) != 1 or len(tests) != (1 if given == ["fact"] else 0):
            raise PackError(self.where, f"a condition needs exactly one shape, not {given + tests}")
        if doc.present is not None:
            self._type(doc.present)
            return Present(doc.present)
        if doc.not_ is not None:
            return Not(self.resolve(doc.not_))
        if doc.fact is not None:
            return self._test(doc.fact, tests[0], getattr(doc, _OPERATORS[tests[0]]))
        parts = tuple(self.resolve(part) for part in (doc.all or doc.any or ()))
        if not parts:
            raise PackError(self.where, "an empty all or any decides nothing")
        return All(parts) if doc.all is not None else AnyOf(parts)

    def _type(self, fact: str) -> FactType:
        known = FACT_TYPES.get(fact) or (SOURCE_FACT_TYPES.get(fact) if self.per_source else None)
        if known is None:
            raise PackError(self.where, f"no condition can name the fact {fact!r}")
        return known

    def _test(self, fact: str, op: str, operand: Any) -> Condition:
        kind = self._type(fact)
        if kind.sort not in _SORTS[op]:
            raise PackError(self.where, f"operator {op!r} does not fit the fact {fact!r} ({kind.sort})")
        if op in {"eq", "lt", "le", "gt", "ge"}:
            return self._compare(fact, kind, op, operand)
        values, refs = self._members(fact, kind, [operand] if op == "contains" else operand)
        return Member(fact, "any_of" if op == "contains" else op, values, refs)

    def _compare(self, fact: str, kind: FactType, op: str, operand: Any) -> Condition:
        if isinstance(operand, dict):
            ref = self._reference(operand)
            if self._type(ref).sort != kind.sort:
                raise PackError(self.where, f"{fact!r} and {ref!r} cannot be compared")
            return Compare(fact, op, None, ref)
        if kind.sort in {"codes", "sources"}:
            if operand != []:
                raise PackError(self.where, f"{fact!r} compares by eq only with []; use any_of or all_in")
            return Compare(fact, op, (), None)
        wanted = {"bool": bool, "int": int}.get(kind.sort, str)
        if type(operand) is not wanted or (kind.values and operand not in kind.values):
            raise PackError(self.where, f"{operand!r} is not a value of {fact!r}")
        value: Any = LEVELS.index(operand) if _ordered(kind, op) else operand
        return Compare(fact, op, value, None)

    def _members(self, fact: str, kind: FactType, operand: Any) -> tuple[frozenset[str], tuple[str, ...]]:
        values: set[str] = set()
        refs: list[str] = []
        for item in operand if isinstance(operand, list) else [operand]:
            if isinstance(item, str):
                values.add(item)
            elif isinstance(item, dict) and "catalogue" in item:
                values |= self._catalogue(item)
            else:
                refs.append(self._text_reference(item))
        if kind.values and not values <= set(kind.values):
            raise PackError(self.where, f"{sorted(values)} are not all values of {fact!r}")
        return frozenset(values), tuple(refs)

    def _catalogue(self, item: dict[str, Any]) -> frozenset[str]:
        if not set(item) <= {"catalogue", "provision"}:
            raise PackError(self.where, f"a catalogue operand cannot hold {sorted(item)}")
        return self.codes(item["catalogue"], item.get("provision"))

    def _text_reference(self, item: Any) -> str:
        ref = self._reference(item)
        if self._type(ref).sort != "text":
            raise PackError(self.where, f"{ref!r} is no single code")
        return ref

    def _reference(self, item: Any) -> str:
        if not isinstance(item, dict) or set(item) != {"fact"} or not isinstance(item["fact"], str):
            raise PackError(self.where, f"{item!r} is neither a value, a fact nor a catalogue")
        self._type(item["fact"])
        return str(item["fact"])


def _ordered(kind: FactType, op: str) -> bool:
    return kind.sort == "level" and op != "eq"
