"""The rows and shifts of a group of changes: one statement per kind, in a fixed order."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Dialect, Table, and_, bindparam, insert, update

from gateway.errors import Conflict
from gateway.ports.clock_rows import (
    ClockMoved,
    ClockRow,
    NoticeAcknowledged,
    NoticeRow,
    WebhookRow,
    WebhookSettled,
    WithdrawalRow,
)
from gateway.ports.rows import (
    ActivationRow,
    AssertionRow,
    CaseEventRow,
    CaseMoved,
    CaseRow,
    DisclosureRow,
    EnvelopeDelivered,
    EnvelopeRow,
    EnvelopeState,
    EvidencePushed,
    EvidenceRow,
    IdempotencyRow,
    MessageRow,
    PartRow,
    PeerRow,
    PeerSeen,
    Row,
    Shift,
    UploadRow,
    UploadUsed,
    Write,
)
from gateway.store.clock_tables import metadata
from gateway.store.database import Session
from gateway.store.statements import render, table_of, values_of

# The first conflict names the group's fault, so what identifies a request comes before what follows from it.
_ROWS: tuple[type[Row], ...] = (
    AssertionRow,
    IdempotencyRow,
    MessageRow,
    EnvelopeRow,
    PartRow,
    CaseRow,
    CaseEventRow,
    DisclosureRow,
    UploadRow,
    ActivationRow,
    PeerRow,
    EvidenceRow,
    ClockRow,
    NoticeRow,
    WebhookRow,
    WithdrawalRow,
)
_SHIFTS: tuple[type[Shift], ...] = (
    EnvelopeState,
    EnvelopeDelivered,
    CaseMoved,
    EvidencePushed,
    UploadUsed,
    PeerSeen,
    ClockMoved,
    NoticeAcknowledged,
    WebhookSettled,
)


class _Prepared(msgspec.Struct, frozen=True):
    """A statement for one kind of write. `values` takes a write apart in the order of its parameters."""

    table: str
    sql: str
    values: Callable[[Any], tuple[object, ...]]
    each_hits_one: bool


class Writes:
    """Every kind of write, compiled for one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._prepared: dict[type[Write], _Prepared] = {kind: _inserting(kind, dialect) for kind in _ROWS}
        self._prepared |= {kind: _shifting(kind, dialect) for kind in _SHIFTS}

    def apply(self, session: Session, writes: Iterable[Write]) -> None:
        """Write them all; raises `Conflict` naming the table, and `StoreUnavailable`.

        Rows of a kind keep their order; kinds follow each other as listed, rows before shifts.
        """
        by_kind: dict[type[Write], list[Write]] = {}
        for write in writes:
            by_kind.setdefault(type(write), []).append(write)
        if not by_kind.keys() <= self._prepared.keys():
            unknown = sorted(kind.__name__ for kind in by_kind.keys() - self._prepared.keys())
            raise TypeError(f"the store has no table for {', '.join(unknown)}")
        for kind, prepared in self._prepared.items():
            group = by_kind.get(kind)
            if group is not None:
                _run(session, prepared, group)


def _run(session: Session, prepared: _Prepared, group: Sequence[Write]) -> None:
    touched = session.many(prepared.table, prepared.sql, [prepared.values(write) for write in group])
    if prepared.each_hits_one and touched != len(group):
        raise Conflict(prepared.table)


def _inserting(kind: type[Row], dialect: Dialect) -> _Prepared:
    fields = kind.__struct_fields__
    sql, order = render(insert(table_of(kind)).inline(), dialect, fields)
    if order != fields:
        raise TypeError(f"the columns of {kind.TABLE} are not in the order of its row: {order}")
    return _Prepared(kind.TABLE, sql, values_of, each_hits_one=False)


def _shifting(kind: type[Shift], dialect: Dialect) -> _Prepared:
    table = metadata.tables[kind.TABLE]
    # SQLAlchemy keeps a column's own name for itself in an UPDATE's parameters.
    changed: dict[str, BindParameter[Any]] = {
        name: bindparam(f"f_{name}") for name in kind.__struct_fields__ if name not in kind.WHERE
    }
    met = [_met(table, column, field) for field, column in kind.WHERE.items()]
    sql, order = render(update(table).where(and_(*met)).values(changed), dialect)
    fields = [name.removeprefix("f_") for name in order]
    return _Prepared(kind.TABLE, sql, attrgetter(*fields), each_hits_one=True)


def _met(table: Table, column: str, field: str) -> ColumnElement[bool]:
    found = table.c[column]
    expected: BindParameter[Any] = bindparam(f"f_{field}")
    return found.is_not_distinct_from(expected) if found.nullable else found == expected
