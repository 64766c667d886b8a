"""Bringing a database to the schema of this version, and telling whether it is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StoreUnavailable
from gateway.store import migrations
from gateway.store.clock_tables import metadata
from gateway.store.opening import locate

_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'",
}


def upgrade(place: Path | str) -> None:
    """Create the database's tables and triggers, or bring them up to date: all of it or nothing.

    `place` is as for `opening.open_store`; an SQLite file is made if there is none, for its owner alone.
    Raises `ConfigError` and `StoreUnavailable`.
    """
    target = locate(place)
    try:
        if isinstance(target, Path):
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        with _connection(target) as connection:
            command.upgrade(_config(connection), "head")
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnavailable(f"the database cannot be migrated: {error}") from error


def differences(place: Path | str) -> list[str]:
    """What a database lacks, or has beside, the schema of this version; empty if they agree.

    Tables, columns, keys and indexes are compared with the metadata, triggers by their names.
    """
    with _connection(locate(place)) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [str(difference) for difference in compare_metadata(context, metadata)]
        present = {row[0] for row in connection.exec_driver_sql(_TRIGGERS[connection.dialect.name])}
        expected = migrations.TRIGGERS[connection.dialect.name]
    return found + [f"trigger {name}" for name in sorted(present ^ expected)]


@contextmanager
def _connection(target: Path | URL) -> Iterator[Connection]:
    """A connection in one transaction, which SQLite's driver would by itself not open for DDL."""
    url = URL.create("sqlite", database=str(target)) if isinstance(target, Path) else target
    engine = create_engine(url)
    try:
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                yield connection
            return
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    # The configuration's syntax gives the per cent sign a meaning.
    config.set_main_option("script_location", str(migrations.FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
