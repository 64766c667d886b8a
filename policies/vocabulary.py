"""The facts' types as the pack compiler needs them, read from the declarations in `policies.facts`."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec import Struct
from msgspec import inspect as described

from policies.facts import LEVELS, Facts, Source

SOURCE_PREFIX: Final = "source."
"""Prefix by which a rule with `for_each: source` names a fact of the source at hand."""


class FactType(Struct, frozen=True):
    """Type of one fact.

    Args:
        sort: `bool`, `int`, `text`, `level`, `codes` (a list of strings), `code_or_codes` or `sources`.
        values: the permitted values of a closed text; empty for an open one.
        description: what the fact means.
    """

    sort: str
    values: tuple[str, ...]
    description: str


def _sort_of(kinds: frozenset[type]) -> str:
    table: dict[frozenset[type], str] = {
        frozenset({described.BoolType}): "bool",
        frozenset({described.IntType}): "int",
        frozenset({described.StrType}): "text",
        frozenset({described.LiteralType}): "text",
        frozenset({described.ListType}): "codes",
        frozenset({described.StrType, described.ListType}): "code_or_codes",
    }
    return table[kinds]


def _unwrapped(declared: described.Type) -> tuple[described.Type, str]:
    if isinstance(declared, described.Metadata):
        inner, _ = _unwrapped(declared.type)
        return inner, str((declared.extra_json_schema or {}).get("description", ""))
    return declared, ""


def _type_of(declared: described.Type) -> FactType:
    inner, description = _unwrapped(declared)
    options = inner.types if isinstance(inner, described.UnionType) else (inner,)
    literals = [option.values for option in options if isinstance(option, described.LiteralType)]
    values = tuple(str(value) for value in literals[0]) if literals else ()
    lists = [option.item_type for option in options if isinstance(option, described.ListType)]
    if any(isinstance(item, described.StructType) for item in lists):
        return FactType("sources", (), description)
    if frozenset(values) == frozenset(LEVELS):
        return FactType("level", LEVELS, description)
    return FactType(_sort_of(frozenset(type(option) for option in options)), values, description)


def _fields(struct: type[Struct], prefix: str) -> Iterator[tuple[str, FactType]]:
    declared = msgspec.inspect.type_info(struct)
    if isinstance(declared, described.StructType):
        for field in declared.fields:
            yield prefix + field.name, _type_of(field.type)


FACT_TYPES: Final = MappingProxyType(dict(_fields(Facts, "")))
"""Every fact by name."""

SOURCE_FACT_TYPES: Final = MappingProxyType(dict(_fields(Source, SOURCE_PREFIX)))
"""Every fact of one source, by its prefixed name."""
