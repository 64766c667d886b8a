"""A migrated database for one test."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from store_world import PlainSequencer

from gateway.ports.store import Change, Committed
from gateway.store.opening import open_readonly, open_store
from gateway.store.sql import ReadOnlyStore, SqlStore
from gateway.store.vault import KeyVault


class Database:
    """A migrated database and, beside the store, a way in for somebody who ignores the store."""

    def __init__(self, kind: str, place: str, folder: Path, connect: Callable[[], Any]) -> None:
        self.kind = kind
        self.place = place
        self.folder = folder
        self.shared = kind == "postgres"
        self.sequencer = PlainSequencer()
        self._connect = connect
        self._open: list[SqlStore] = []

    def open(self, vault: str = "keys.db") -> SqlStore:
        store = open_store(self.place, KeyVault(self.folder / vault))
        self._open.append(store)
        return store

    def readonly(self) -> ReadOnlyStore:
        return open_readonly(self.place)

    def close(self) -> None:
        while self._open:
            self._open.pop().close()

    def restart(self) -> SqlStore:
        self.close()
        return self.open()

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own, and commit it."""
        connection = self._connect()
        try:
            cursor = connection.execute(sql)
            rows = list(cursor.fetchall()) if cursor.description else []
            connection.commit()
        finally:
            connection.close()
        return rows

    def refused(self, sql: str, *, saying: str) -> None:
        """Assert that the database itself refuses the statement."""
        with pytest.raises((sqlite3.Error, psycopg.Error), match=saying):
            self.run(sql)

    def blob(self, value: bytes) -> str:
        """The value as a literal."""
        return f"X'{value.hex()}'" if self.kind == "sqlite" else f"'\\x{value.hex()}'::bytea"

    def counts(self, *tables: str) -> list[int]:
        return [self.run(f"SELECT count(*) FROM {table}")[0][0] for table in tables]  # noqa: S608

    def commit(self, store: SqlStore, *changes: Change) -> Committed:
        return store.commit(changes, self.sequencer)
