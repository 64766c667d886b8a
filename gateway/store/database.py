"""What the store asks of a database: rows for a statement, and a transaction for one writer at a time."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Dialect

Found: TypeAlias = list[tuple[Any, ...]]
Committing: TypeAlias = Callable[[], None]


def nothing() -> None:
    """What follows a commit that nobody waits for."""


class Source(Protocol):
    """Something to read from."""

    @property
    def dialect(self) -> Dialect:
        """What statements are compiled for."""

    def rows(self, sql: str, values: Sequence[object] = ()) -> Found:
        """All rows of a query; raises `StoreUnavailable`."""

    def close(self) -> None: ...


class Session(Protocol):
    """The one open write transaction.

    `committed` is called once the transaction is durable, before any other thread of this process may see it
    (where the database itself keeps readers apart; see `Database.shared`).
    """

    committed: Committing

    def rows(self, sql: str, values: Sequence[object] = ()) -> Found: ...

    def many(self, table: str, sql: str, values: Sequence[Sequence[object]]) -> int:
        """Run a statement once per tuple; returns how many rows it touched in all.

        Raises `Conflict(table)` if a unique key is taken, and `StoreUnavailable` for anything else.
        """

    def outbox_ids(self, count: int) -> list[int]:
        """`count` fresh ids for `audit_outbox`, ascending, never given before."""


class Database(Source, Protocol):
    """A source that can be written to."""

    @property
    def shared(self) -> bool:
        """Whether other processes may write too."""

    def transaction(self) -> AbstractContextManager[Session]:
        """Commits at the end, rolls back on any exception. Writers wait for each other.

        Raises `StoreUnavailable` if it cannot begin or commit.
        """
