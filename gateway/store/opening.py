"""Opening a store from a path or a URL, in the one way that is safe for its kind."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import ConfigError, StoreUnavailable
from gateway.store import sqlite
from gateway.store.database import Database, Source
from gateway.store.folder import FolderLock
from gateway.store.migrations import REVISION
from gateway.store.postgres import PostgresDatabase, PostgresSnapshot
from gateway.store.sql import ReadOnlyStore, SqlStore
from gateway.store.vault import KeyVault

_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


class _LockedStore(SqlStore):
    """A store on a file, whose lock goes with it."""

    def __init__(self, database: Database, vault: KeyVault, lock: FolderLock) -> None:
        super().__init__(database, vault)
        self._lock_held = lock

    def close(self) -> None:
        super().close()
        self._lock_held.release()


def open_store(place: Path | str, vault: KeyVault) -> SqlStore:
    """Open a database whose schema is that of this version, for reading and writing.

    Args:
        place: an SQLite file (a path or `sqlite:///path`), whose only writer this process becomes, or a
            PostgreSQL URL, which replicas may share.
        vault: closed together with the store, but not if opening fails.

    Raises `ConfigError` if the place is not what it should be or another process has it, and
    `StoreUnavailable` if it does not answer.
    """
    target = locate(place)
    if isinstance(target, URL):
        server = PostgresDatabase(target)
        _require_revision(server)
        return SqlStore(server, vault)
    lock = FolderLock(target.parent, f"{target.name}.lock")
    try:
        file = sqlite.connect(_existing(target))
        _require_revision(file)
    except BaseException:
        lock.release()
        raise
    return _LockedStore(file, vault, lock)


def open_readonly(place: Path | str) -> ReadOnlyStore:
    """Read a database as it is now, also beside a running node; it has no vault.

    Raises as `open_store` does, but does not mind other processes.
    """
    target = locate(place)
    if isinstance(target, URL):
        source: Source = PostgresSnapshot(target)
    else:
        source = sqlite.snapshot(_existing(target))
    _require_revision(source)
    return ReadOnlyStore(source)


def locate(place: Path | str) -> Path | URL:
    """The file of an SQLite database or the URL of a PostgreSQL one; else raises `ConfigError`."""
    if isinstance(place, Path) or "://" not in place:
        return Path(place)
    try:
        url = make_url(place)
    except ArgumentError as error:
        raise ConfigError(f"not a database URL: {error}") from error
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database)
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    raise ConfigError(f"no store is made of {url.drivername}: use an SQLite file or postgresql://")


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise ConfigError(f"there is no database at {path}")
    return path


def _require_revision(source: Source) -> None:
    """Refuse a database of another version; it is closed then."""
    try:
        found = source.rows("SELECT version_num FROM alembic_version")
    except StoreUnavailable as error:
        source.close()
        raise ConfigError(f"the database cannot be read, or holds no store yet: {error}") from error
    if found != [(REVISION,)]:
        source.close()
        raise ConfigError(f"the database is of revision {found}, this version needs {REVISION}: migrate it")
