"""Statements are written with SQLAlchemy Core, compiled once when a store opens, and run as text.

A statement's parameters are positional then, so each names them in order and the compiler's order must agree.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import BindParameter, Column, ColumnElement, Dialect, Select, Table, bindparam, literal_column
from sqlalchemy.sql import ClauseElement

from gateway.ports.rows import Row
from gateway.store.clock_tables import metadata
from gateway.store.database import Found, Source
from gateway.store.tables import INT

MAX_IDS = 64

RowType = TypeVar("RowType", bound=Row)


def render(
    statement: ClauseElement, dialect: Dialect, columns: Sequence[str] | None = None
) -> tuple[str, tuple[str, ...]]:
    """The statement's text and the names of its parameters in the order of their places.

    `columns` are those an INSERT fills.
    """
    compiled = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
    return str(compiled), tuple(getattr(compiled, "positiontup", None) or ())


def number(name: str) -> BindParameter[int]:
    """A 64-bit parameter, where no column beside it says so."""
    return bindparam(name, type_=INT)


SelectType = TypeVar("SelectType", bound=Select[Any])


def at_most(statement: SelectType, limit: int | ColumnElement[int]) -> SelectType:
    """The statement with a LIMIT, a parameter or written out; SQLite would bind the OFFSET it adds."""
    bound = literal_column(str(limit)) if isinstance(limit, int) else limit
    return statement.limit(bound).offset(literal_column("0"))


class Query:
    """A SELECT bound to a source; called with its parameters' values in order."""

    __slots__ = ("_rows", "_sql")

    def __init__(self, source: Source, statement: Select[Any], *parameters: str) -> None:
        self._sql, order = render(statement, source.dialect)
        if order != parameters:
            raise TypeError(f"the statement takes {order}, not {parameters}: {self._sql}")
        self._rows = source.rows

    def __call__(self, *values: object) -> Found:
        return self._rows(self._sql, values)


class IdsQuery:
    """A SELECT over a set of ids, padded to a power of two so that few texts are compiled and cached."""

    def __init__(
        self,
        source: Source,
        statement: Select[Any],
        column: ColumnElement[str],
        *parameters: str,
    ) -> None:
        self._by_width = {}
        for width in (1 << n for n in range(MAX_IDS.bit_length())):
            names = [f"id{i}" for i in range(width)]
            narrowed = statement.where(column.in_([bindparam(name) for name in names]))
            self._by_width[width] = Query(source, narrowed, *parameters, *names)

    def __call__(self, ids: Iterable[str], *values: object) -> Found:
        distinct = list(dict.fromkeys(ids))
        found: Found = []
        for start in range(0, len(distinct), MAX_IDS):
            chunk = distinct[start : start + MAX_IDS]
            width = 1 << (len(chunk) - 1).bit_length()
            padding = [chunk[-1]] * (width - len(chunk))
            found += self._by_width[width](*values, *chunk, *padding)
        return found


def table_of(kind: type[Row]) -> Table:
    """The table a kind of row lives in."""
    return metadata.tables[kind.TABLE]


def columns_of(kind: type[Row]) -> list[Column[Any]]:
    """The columns of a kind of row, in the order of its fields."""
    return [table_of(kind).c[name] for name in kind.__struct_fields__]


def to_row(kind: type[RowType], values: Sequence[object]) -> RowType:
    """A row from the values of `columns_of`."""
    return kind(**dict(zip(kind.__struct_fields__, values, strict=True)))


def to_rows(kind: type[RowType], found: Found) -> list[RowType]:
    return [to_row(kind, values) for values in found]


def values_of(row: Row) -> tuple[object, ...]:
    """A row's values in the order of its fields."""
    return msgspec.structs.astuple(row)
