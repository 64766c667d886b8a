"""The key vault: wrapped part keys and case keys in a file of their own, apart from database and backups.

Content is destroyed by destroying its keys. A destroyed key leaves a mark behind, so that nothing which
arrives late, such as the same envelope again, can put it back.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from gateway.errors import ConfigError, Conflict, NotFound, StoreUnavailable
from gateway.ports.store import VaultCase, VaultKeys

WRAPPED_BYTES = 40

Key: TypeAlias = VaultKeys | VaultCase

_DESTROYED = b""
_SCHEMA = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA secure_delete = ON",
    "PRAGMA trusted_schema = OFF",
    """CREATE TABLE IF NOT EXISTS case_key (
        case_id TEXT PRIMARY KEY NOT NULL, wrapped BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS part_keys (
        envelope_id TEXT PRIMARY KEY NOT NULL, case_id TEXT NOT NULL, wrapped BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS part_keys_case ON part_keys (case_id)",
)


class _Shelf(msgspec.Struct, frozen=True):
    """Where one kind of key lies."""

    table: str
    insert: str
    read: str
    replace: str


_SHELVES: dict[type[Key], _Shelf] = {
    VaultCase: _Shelf(
        "case_key",
        "INSERT INTO case_key VALUES (?, ?) ON CONFLICT DO NOTHING",
        "SELECT case_id, wrapped FROM case_key WHERE case_id = ?",
        "REPLACE INTO case_key VALUES (?, ?)",
    ),
    VaultKeys: _Shelf(
        "part_keys",
        "INSERT INTO part_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        "SELECT envelope_id, case_id, wrapped FROM part_keys WHERE envelope_id = ?",
        "REPLACE INTO part_keys VALUES (?, ?, ?)",
    ),
}


class KeyVault:
    """The vault's file. Every method raises `StoreUnavailable` when it cannot do its work."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, readable for its owner alone; raises `ConfigError`."""
        self._lock = threading.Lock()
        self._beside = ThreadPoolExecutor(1, "key-vault")
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(f"the key vault {path} cannot be opened: {error}") from error
        try:
            for statement in _SCHEMA:
                self._connection.execute(statement)
        except sqlite3.Error as error:
            self._connection.close()
            raise ConfigError(f"the key vault {path} is damaged: {error}") from error

    @contextmanager
    def putting(self, keys: Sequence[Key], in_use: Callable[[Key], bool]) -> Iterator[Callable[[], None]]:
        """As `put`, but the disk works while the block runs.

        What is yielded must be called before anything that rests on the keys is committed: it returns once
        they are durable. The block may end in another thread; until then nobody else uses the vault.

        Raises as `put`, on entering; what is yielded raises `StoreUnavailable`.
        """
        with self._lock:
            committing = self._begin_put(keys) if keys else None
            if committing is not None:
                try:
                    yield partial(_durable, committing)
                finally:
                    wait((committing,))
                    self._roll_back()
                return
        if keys:
            self.put(keys, in_use)
        yield _nothing

    def _begin_put(self, keys: Sequence[Key]) -> "Future[sqlite3.Cursor] | None":
        """Insert keys and begin to commit them; None, and nothing done, if some id is there already."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if all(self._insert(keys, kind, shelf) for kind, shelf in _SHELVES.items()):
                return self._beside.submit(self._connection.execute, "COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreUnavailable(f"the key vault cannot be written: {error}") from error
        self._roll_back()
        return None

    def _insert(self, keys: Sequence[Key], kind: type[Key], shelf: _Shelf) -> bool:
        rows = [msgspec.structs.astuple(key) for key in keys if type(key) is kind]
        return not rows or self._connection.executemany(shelf.insert, rows).rowcount == len(rows)

    def _roll_back(self) -> None:
        """Undo what is not committed; a failing rollback must not hide what led to it."""
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.rollback()

    def put(self, keys: Sequence[Key], in_use: Callable[[Key], bool]) -> None:
        """Store keys durably, all or none.

        Keys that an earlier attempt left behind unused are replaced. `in_use` tells whether the database
        holds the envelope or case a key is for; such a key stays, whatever is offered in its place.

        Raises `Conflict` for other keys under an id that is in use, destroyed, or named twice here.
        """
        with self._transaction():
            for kind, shelf in _SHELVES.items():
                if not self._insert(keys, kind, shelf):
                    self._settle([key for key in keys if type(key) is kind], shelf, in_use)

    def _settle(self, keys: Sequence[Key], shelf: _Shelf, in_use: Callable[[Key], bool]) -> None:
        """Some ids were there already."""
        offered: dict[object, tuple[object, ...]] = {}
        for key in keys:
            row = msgspec.structs.astuple(key)
            stored = self._connection.execute(shelf.read, row[:1]).fetchone()
            if offered.setdefault(row[0], row) != row:
                raise Conflict(shelf.table)
            if stored == row:
                continue
            if stored[-1] == _DESTROYED or in_use(key):
                raise Conflict(shelf.table)
            self._connection.execute(shelf.replace, row)

    def case(self, case_id: str) -> VaultCase | None:
        """The case's key; None if there is none or it is destroyed."""
        found = self._read(_SHELVES[VaultCase], case_id)
        return None if found is None else VaultCase(*found)

    def keys(self, envelope_id: str) -> VaultKeys | None:
        """The envelope's part keys, a destroyed part's being zeros; None if there are none any more."""
        found = self._read(_SHELVES[VaultKeys], envelope_id)
        return None if found is None else VaultKeys(*found)

    def _read(self, shelf: _Shelf, key: str) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                found: tuple[Any, ...] | None = self._connection.execute(shelf.read, (key,)).fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the key vault does not answer: {error}") from error
        return None if found is None or found[-1] == _DESTROYED else found

    def destroy_part(self, envelope_id: str, position: int) -> None:
        """Overwrite one part's key with zeros, in the file and in its write-ahead log.

        Raises `NotFound` if the envelope has no such part; doing it twice is harmless.
        """
        keys = self.keys(envelope_id)
        start = position * WRAPPED_BYTES
        if keys is None or not 0 <= start < len(keys.wrapped):
            raise NotFound(f"the vault has no key of part {position} of {envelope_id}")
        rest = keys.wrapped[start + WRAPPED_BYTES :]
        wrapped = keys.wrapped[:start] + bytes(WRAPPED_BYTES) + rest
        with self._transaction():
            sql = "UPDATE part_keys SET wrapped = ? WHERE envelope_id = ?"
            self._connection.execute(sql, (wrapped, envelope_id))
        self._scrub()

    def destroy_case(self, case_id: str) -> None:
        """Destroy the case's key and every part key under it; doing it twice is harmless.

        Raises `NotFound` if the vault never knew the case.
        """
        with self._transaction():
            sql = "UPDATE case_key SET wrapped = ? WHERE case_id = ?"
            if not self._connection.execute(sql, (_DESTROYED, case_id)).rowcount:
                raise NotFound(f"the vault has no key of case {case_id}")
            sql = "UPDATE part_keys SET wrapped = ? WHERE case_id = ?"
            self._connection.execute(sql, (_DESTROYED, case_id))
        self._scrub()

    def _scrub(self) -> None:
        """Empty the write-ahead log, which still holds pages with the keys."""
        try:
            with self._lock:
                busy, _, _ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"the key vault cannot be scrubbed: {error}") from error
        if busy:
            raise StoreUnavailable(
                "the key is gone, but a reader keeps the vault's write-ahead log; try again"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreUnavailable(f"the key vault cannot be written: {error}") from error
            finally:
                self._roll_back()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
        self._beside.shutdown()


def _nothing() -> None:
    """Wait for nothing: the keys are durable already."""


def _durable(committing: "Future[sqlite3.Cursor]") -> None:
    try:
        committing.result()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"the key vault cannot be written: {error}") from error
