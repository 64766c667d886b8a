"""The database itself keeps the log append-only, whoever writes to it."""

import pytest
from store_database import Database
from store_world import received

from gateway.store.sql import SqlStore

LOG = ("audit_leaf", "audit_node", "audit_checkpoint")


@pytest.fixture
def filled(database: Database, store: SqlStore) -> Database:
    """A log of 300 entries: 300 leaves, one node, four checkpoints; 12 of them about evidence."""
    for start in range(0, 100, 25):
        database.commit(store, *(received(n) for n in range(start, start + 25)))
    assert database.counts(*LOG) == [300, 1, 4]
    return database


def _unchanged(database: Database) -> None:
    assert database.counts(*LOG) == [300, 1, 4]
    assert database.run("SELECT max(seq) FROM audit_leaf") == [(299,)]


def test_the_log_is_neither_changed_nor_shortened(filled: Database) -> None:
    for change in (
        "UPDATE audit_leaf SET leaf = hash",
        "UPDATE audit_leaf SET about = 'x' WHERE seq = 7",
        "UPDATE audit_leaf SET seq = seq + 1000",
        "UPDATE audit_node SET hash = hash",
        "UPDATE audit_checkpoint SET note = frontier WHERE size = 75",
        "DELETE FROM audit_leaf",
        "DELETE FROM audit_leaf WHERE seq = 299",
        "DELETE FROM audit_node",
        "DELETE FROM audit_checkpoint WHERE size = 300",
    ):
        filled.refused(change, saying="append-only|refuses")
    _unchanged(filled)


def _leaf(database: Database, seq: int, outbox_id: int, verb: str = "INSERT") -> str:
    value = database.blob(b"forged")
    columns = "(seq, outbox_id, leaf, hash, about)"
    return f"{verb} INTO audit_leaf {columns} VALUES ({seq}, {outbox_id}, {value}, {value}, '')"


def test_a_leaf_out_of_order_is_refused(filled: Database) -> None:
    for seq in (-1, 0, 150, 299, 301, 1_000_000):
        filled.refused(_leaf(filled, seq, 9_999), saying="next leaf only")
    _unchanged(filled)


def test_a_node_out_of_order_is_refused(filled: Database) -> None:
    value = filled.blob(b"n" * 32)
    for index in (0, 2, 5):
        sql = f"INSERT INTO audit_node (level, idx, hash) VALUES (8, {index}, {value})"  # noqa: S608
        filled.refused(sql, saying="next node")
    _unchanged(filled)


def test_a_checkpoint_that_does_not_grow_is_refused(filled: Database) -> None:
    value = filled.blob(b"x")
    for size in (0, 75, 299, 300):
        row = f"({size}, {value}, {value})"
        filled.refused(f"INSERT INTO audit_checkpoint (size, frontier, note) VALUES {row}", saying="larger")  # noqa: S608
    _unchanged(filled)


def test_an_entry_gets_one_leaf_only(filled: Database) -> None:
    [(used,)] = filled.run("SELECT outbox_id FROM audit_leaf WHERE seq = 5")
    filled.refused(_leaf(filled, 300, used), saying="each entry once|unique")
    _unchanged(filled)


def test_an_outbox_row_does_not_change(filled: Database) -> None:
    filled.refused("UPDATE audit_outbox SET leaf = leaf", saying="do not change|refuses")


def test_an_outbox_row_stays_until_it_is_in_the_log(filled: Database) -> None:
    value = filled.blob(b"waiting")
    filled.run(f"INSERT INTO audit_outbox (id, leaf, about) VALUES (9999, {value}, '')")  # noqa: S608
    filled.refused("DELETE FROM audit_outbox", saying="not in the log yet")
    filled.refused("DELETE FROM audit_outbox WHERE id = 9999", saying="not in the log yet")
    assert filled.counts("audit_outbox") == [76]
    filled.run("DELETE FROM audit_outbox WHERE id <> 9999")
    assert filled.counts("audit_outbox") == [1]


def test_a_leaf_of_other_bytes_does_not_let_the_outbox_row_go(filled: Database) -> None:
    value = filled.blob(b"true")
    filled.run(f"INSERT INTO audit_outbox (id, leaf, about) VALUES (9999, {value}, '')")  # noqa: S608
    filled.run(_leaf(filled, 300, 9_999))
    filled.refused("DELETE FROM audit_outbox WHERE id = 9999", saying="not in the log yet")


def test_the_bundle_of_evidence_stays(filled: Database) -> None:
    before = filled.run("SELECT cursor, bundle FROM evidence ORDER BY cursor")
    filled.refused("UPDATE evidence SET bundle = NULL", saying="keeps its bundle|refuses")
    forged = filled.blob(b"forged")
    filled.refused(f"UPDATE evidence SET bundle = {forged}", saying="keeps its bundle|refuses")  # noqa: S608
    filled.run("UPDATE evidence SET pushed = 1")
    assert filled.run("SELECT cursor, bundle FROM evidence ORDER BY cursor") == before


def test_sqlite_replace_gets_past_nothing(filled: Database) -> None:
    """REPLACE deletes the rows in its way without asking a DELETE trigger."""
    if filled.kind != "sqlite":
        pytest.skip("PostgreSQL has no REPLACE")
    [(used,)] = filled.run("SELECT outbox_id FROM audit_leaf WHERE seq = 5")
    for verb in ("REPLACE", "INSERT OR REPLACE", "INSERT OR IGNORE"):
        filled.refused(_leaf(filled, 5, used, verb), saying="next leaf only")
        filled.refused(_leaf(filled, 300, used, verb), saying="each entry once")
    for sql in (
        "REPLACE INTO audit_node SELECT level, idx, zeroblob(32) FROM audit_node",
        "REPLACE INTO audit_checkpoint SELECT size, frontier, x'00' FROM audit_checkpoint",
        "REPLACE INTO audit_outbox SELECT id, x'00', about FROM audit_outbox",
        "UPDATE OR REPLACE audit_leaf SET seq = 5 WHERE seq = 6",
        "UPDATE OR REPLACE audit_leaf SET outbox_id = 1",
        "REPLACE INTO evidence SELECT * FROM evidence",
        "INSERT INTO audit_leaf SELECT * FROM audit_leaf WHERE true ON CONFLICT DO UPDATE SET leaf = x'00'",
    ):
        filled.refused(sql, saying="append-only|only|do not change|keeps its bundle")
    [(columns,)] = filled.run("SELECT group_concat(name) FROM pragma_table_info('evidence')")
    by_cursor = columns.replace("message_id", "'other'").replace("bundle", "x'00'")
    filled.refused(f"REPLACE INTO evidence SELECT {by_cursor} FROM evidence", saying="bundle")  # noqa: S608
    _unchanged(filled)


def test_postgresql_refuses_truncate_and_conflict_updates_even_as_a_replica(filled: Database) -> None:
    if filled.kind != "postgres":
        pytest.skip("SQLite has no TRUNCATE and no replica role")
    for table in (*LOG, "audit_outbox"):
        filled.refused(f"TRUNCATE {table}", saying="refuses TRUNCATE")
        filled.refused(f"TRUNCATE {table} CASCADE", saying="refuses TRUNCATE")
    for change in (
        "DELETE FROM audit_leaf",
        "UPDATE audit_node SET hash = hash",
        "TRUNCATE audit_checkpoint",
    ):
        filled.refused(f"SET session_replication_role = replica; {change}", saying="refuses")
    upsert = "INSERT INTO audit_leaf SELECT * FROM audit_leaf ON CONFLICT (seq) DO UPDATE SET about = 'x'"
    filled.refused(upsert, saying="next leaf only|refuses")
    _unchanged(filled)


def test_the_next_group_goes_on_after_every_refusal(filled: Database, store: SqlStore) -> None:
    filled.refused("DELETE FROM audit_leaf", saying="append-only|refuses")
    assert filled.commit(store, received(200)).size == 303
