"""Migrations and metadata agree, and a difference is seen."""

import sqlite3
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from gateway.errors import StoreUnavailable
from gateway.ports import clock_rows, rows
from gateway.ports.rows import Row, Shift
from gateway.store import migrations
from gateway.store.clock_tables import metadata
from gateway.store.schema import differences, upgrade


def _execute(file: Path, sql: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_migrated_database_agrees_with_the_metadata(tmp_path: Path) -> None:
    upgrade(tmp_path / "node.db")
    assert differences(tmp_path / "node.db") == []
    upgrade(tmp_path / "node.db")
    assert differences(tmp_path / "node.db") == []


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE disclosure",
        "CREATE TABLE extra (id INTEGER)",
        "ALTER TABLE message ADD COLUMN extra TEXT",
        "ALTER TABLE message DROP COLUMN purpose",
        "ALTER TABLE message RENAME COLUMN purpose TO aim",
        "DROP INDEX envelope_queued",
        "DROP INDEX case_clock_due",
        "ALTER TABLE notice DROP COLUMN flag",
        "CREATE INDEX extra ON message (purpose)",
        *(f"DROP TRIGGER {name}" for name in sorted(migrations.TRIGGERS["sqlite"])),
        "CREATE TRIGGER extra BEFORE INSERT ON message BEGIN SELECT 1; END",
    ],
)
def test_a_difference_is_seen(tmp_path: Path, change: str) -> None:
    upgrade(tmp_path / "node.db")
    _execute(tmp_path / "node.db", change)
    assert differences(tmp_path / "node.db") != []


def test_every_table_is_strict(tmp_path: Path) -> None:
    upgrade(tmp_path / "node.db")
    connection = sqlite3.connect(tmp_path / "node.db")
    listed = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    connection.close()
    strict = {name for name, is_strict in listed if is_strict}
    assert strict == set(metadata.tables)


def test_every_row_and_shift_has_its_columns() -> None:
    found = [*vars(rows).values(), *vars(clock_rows).values()]
    kinds = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Row | Shift)}
    assert len(kinds) > 22
    for kind in kinds:
        if kind in (Row, Shift):
            continue
        columns = set(metadata.tables[kind.TABLE].columns.keys())
        fields = set(kind.__struct_fields__)
        if issubclass(kind, Shift):
            assert fields - kind.WHERE.keys() <= columns
            assert set(kind.WHERE.values()) <= columns
        else:
            assert columns - {"cursor"} == fields


def test_the_revision_asked_for_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.REVISION]


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "node.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE peer (in_the_way TEXT)")
    connection.close()
    with pytest.raises(StoreUnavailable, match="migrated"):
        upgrade(file)
    connection = sqlite3.connect(file)
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    assert tables == [("peer",)]


def test_every_wait_and_page_has_its_index(tmp_path: Path) -> None:
    """A query that scans would slow down with the age of the node."""
    from gateway.store.opening import open_store
    from gateway.store.statements import IdsQuery, Query
    from gateway.store.vault import KeyVault

    upgrade(tmp_path / "node.db")
    store = open_store(tmp_path / "node.db", KeyVault(tmp_path / "keys.db"))
    queries = {name: q for name, q in vars(store).items() if isinstance(q, Query)}
    queries |= {name: q._by_width[4] for name, q in vars(store).items() if isinstance(q, IdsQuery)}
    small = {"_activations", "_peers", "_withdrawals"}
    for name, query in queries.items():
        plan = store._database.rows("EXPLAIN QUERY PLAN " + query._sql, (1,) * query._sql.count("?"))
        scans = [row[3] for row in plan if row[3].startswith("SCAN") and "CONSTANT ROW" not in row[3]]
        assert name in small or name == "_last" or not scans, (name, scans)
    store.close()
    assert len(queries) > 20
