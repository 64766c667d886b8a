"""PostgreSQL: replicas of a node share it, and one lock makes one sequencer of them.

The lock is taken first in the transaction, not just before the leaves. So cursors and outbox ids become
visible in their own order: a reader who pages by cursor cannot skip a row numbered early and committed late.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Dialect, create_engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.errors import Conflict, StoreUnavailable
from gateway.store.database import Committing, Found, nothing

_SEQUENCER_LOCK = 0x6B656C6973696D  # "kelisim"
_TAKE_LOCK = f"SELECT pg_advisory_xact_lock({_SEQUENCER_LOCK})"
_OUTBOX_IDS = (
    "SELECT nextval(pg_get_serial_sequence('audit_outbox', 'id')) FROM generate_series(1, %s::bigint)"
)
_UNIQUE_VIOLATION = "23505"


class PostgresSession:
    """Rows and writes on one connection, inside whatever transaction it is in."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.committed: Committing = nothing

    def rows(self, sql: str, values: Sequence[object] = ()) -> Found:
        try:
            return [tuple(row) for row in self._connection.exec_driver_sql(sql, tuple(values))]
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the database does not answer: {error}") from error

    def many(self, table: str, sql: str, values: Sequence[Sequence[object]]) -> int:
        try:
            return self._connection.exec_driver_sql(sql, list(values)).rowcount
        except IntegrityError as error:
            if getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION:
                raise Conflict(table) from error
            raise StoreUnavailable(f"{table} refuses a row: {error}") from error
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"{table} cannot be written: {error}") from error

    def outbox_ids(self, count: int) -> list[int]:
        return sorted(row[0] for row in self.rows(_OUTBOX_IDS, (count,)))


def _options(url: URL) -> str:
    """The URL's own server options, and the one that a commit's durability hangs on."""
    own = url.query.get("options", "")
    return " ".join([own] if isinstance(own, str) else own) + " -c synchronous_commit=on"


class PostgresDatabase:
    """A database that other replicas write to as well.

    A connection that breaks during COMMIT leaves open whether the group was written. It is reported as
    `StoreUnavailable`; the same group sent again then meets its own rows as `Conflict`.
    """

    shared = True

    def __init__(self, url: URL) -> None:
        # READ COMMITTED: what a statement sees must include what was committed while waiting for the lock.
        self._engine = create_engine(
            url,
            paramstyle="format",
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            connect_args={"options": _options(url)},
            execution_options={"preserve_rowcount": True},
        )
        self.dialect: Dialect = self._engine.dialect
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def rows(self, sql: str, values: Sequence[object] = ()) -> Found:
        try:
            with self._reading.connect() as connection:
                return PostgresSession(connection).rows(sql, values)
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the database does not answer: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[PostgresSession]:
        try:
            with self._engine.begin() as connection:
                connection.exec_driver_sql(_TAKE_LOCK)
                session = PostgresSession(connection)
                yield session
        except SQLAlchemyError as error:
            raise StoreUnavailable(f"the transaction failed: {error}") from error
        session.committed()

    def close(self) -> None:
        self._engine.dispose()


class PostgresSnapshot(PostgresSession):
    """Reads held at the state of the first of them, while the replicas go on writing."""

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(url, paramstyle="format", isolation_level="REPEATABLE READ")
        self.dialect: Dialect = self._engine.dialect
        try:
            connection = self._engine.connect().execution_options(postgresql_readonly=True)
        except SQLAlchemyError as error:
            self._engine.dispose()
            raise StoreUnavailable(f"the database cannot be opened: {error}") from error
        super().__init__(connection)

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
