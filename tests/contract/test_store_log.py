"""The log on a database: its order, its restart, its reads, its outbox."""

import threading
from collections.abc import Sequence

import pytest
from store_database import Database
from store_world import KZ, PlainSequencer, bundle_text, evidence, message, received, told

from audit.proofs import frontier_at, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion
from audit.tree import Frontier, leaf_hash
from gateway.errors import Conflict
from gateway.ports.store import Change, Entry, Sequenced
from gateway.store.log_writes import MAX_LEFTOVERS
from gateway.store.sql import PRUNED_AT_ONCE, SqlStore


def _entries(*leaves: bytes) -> Change:
    return Change((), tuple(Entry(leaf) for leaf in leaves))


def _root(store: SqlStore) -> bytes:
    packed = store.frontier()
    assert packed is not None
    return Frontier.unpack(packed).root()


def test_a_new_log_is_empty(store: SqlStore) -> None:
    assert store.frontier() is None
    assert store.last_checkpoint() is None
    assert store.hashes(0, 0, 10) == []
    assert list(store.leaves(0, 10)) == []
    assert list(store.checkpoints(-1)) == []
    assert store.leaf_index("message-1") == []


def test_leaves_are_in_the_order_of_changes_and_entries(database: Database, store: SqlStore) -> None:
    database.commit(store, _entries(b"b", b"a"), _entries(b"c"))
    database.commit(store, _entries(b"0"), received(1), _entries(b""))
    expected = [b"b", b"a", b"c", b"0", b"relay 1", b"internal 1", b"consigned 1", b""]
    assert list(store.leaves(0, 100)) == expected
    assert store.hashes(0, 0, 100) == [leaf_hash(leaf) for leaf in expected]


def test_a_restart_continues_the_log(database: Database) -> None:
    database.commit(database.open(), received(1))
    database.commit(database.restart(), received(2))
    store = database.restart()
    committed = database.commit(store, received(3))
    assert committed.size == 9
    assert [f and Frontier.unpack(f).size for f in database.sequencer.frontiers] == [None, 3, 6]
    assert store.leaf_index("message-3") == [6, 7, 8]


def test_a_failed_group_leaves_no_gap(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1))
    with pytest.raises(Conflict):
        database.commit(store, received(2), received(1))
    assert database.commit(store, received(2)).size == 6
    assert store.leaf_index("message-2") == [3, 4, 5]


def test_every_leaf_is_proven_from_stored_hashes(database: Database, store: SqlStore) -> None:
    """More than two tiles, committed in groups that do not fit them."""
    sizes, roots = [], []
    for start in range(0, 600, 75):
        database.commit(store, _entries(*(b"leaf %d" % n for n in range(start, start + 75))))
        sizes.append(start + 75)
        roots.append(_root(store))
    assert len(store.hashes(8, 0, 10)) == 2
    for index in (0, 255, 256, 511, 512, 599):
        proof = prove_inclusion(store, index, 600)
        verify_inclusion(leaf_hash(b"leaf %d" % index), index, 600, proof, roots[-1])
    for old, old_root in zip(sizes[:-1], roots[:-1], strict=True):
        verify_consistency(old, 600, prove_consistency(store, old, 600), old_root, roots[-1])
    assert frontier_at(store, 600).pack() == store.frontier()


def test_hashes_and_leaves_end_where_the_log_does(database: Database, store: SqlStore) -> None:
    database.commit(store, _entries(*(b"%d" % n for n in range(300))))
    assert len(store.hashes(0, 290, 100)) == 10
    assert list(store.leaves(298, 5)) == [b"298", b"299"]
    assert len(store.hashes(8, 0, 5)) == 1
    assert store.hashes(8, 1, 5) == []
    assert store.hashes(16, 0, 5) == []
    assert store.hashes(0, 300, 5) == []
    assert list(store.leaves(0, 0)) == []


def test_long_reads_come_whole(database: Database, store: SqlStore) -> None:
    leaves = [b"%d" % n for n in range(2_100)]
    database.commit(store, _entries(*leaves))
    assert list(store.leaves(0, 5_000)) == leaves
    assert list(store.leaves(50, 1_030)) == leaves[50:1_080]


def test_checkpoints_are_read_from_a_size_on(database: Database, store: SqlStore) -> None:
    notes = [database.commit(store, _entries(b"%d" % n, b"x")).checkpoint for n in range(4)]
    assert list(store.checkpoints(-1)) == notes
    assert list(store.checkpoints(0)) == notes
    assert list(store.checkpoints(4)) == notes[2:]
    assert list(store.checkpoints(8)) == []


def test_entries_are_found_by_what_they_are_about(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1), told(leaf=b"nothing"), received(2))
    assert store.leaf_index("message-1") == [0, 1, 2]
    assert store.leaf_index("message-2") == [4, 5, 6]
    assert store.leaf_index("message") == []
    assert store.leaf_index("") == []


def _leave(database: Database, number: int, leaf: bytes, about: str = "") -> None:
    """Put an entry into the outbox as another process would, and do not sequence it."""
    values = f"{number}, {database.blob(leaf)}, '{about}'"
    database.run(f"INSERT INTO audit_outbox (id, leaf, about) VALUES ({values})")  # noqa: S608


def test_prune_drops_sequenced_rows_only(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1))
    _leave(database, 900, b"waiting")
    assert store.prune(0) == 3
    assert database.run("SELECT id FROM audit_outbox") == [(900,)]
    assert store.prune(0) == 0


def test_prune_takes_limited_bites_until_nothing_is_left(database: Database, store: SqlStore) -> None:
    database.commit(store, _entries(*(b"%d" % n for n in range(PRUNED_AT_ONCE + 10))))
    assert store.prune(0) == PRUNED_AT_ONCE
    assert store.prune(0) == 10
    assert store.prune(0) == 0


def test_a_group_clears_the_outbox_of_the_group_before(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1))
    assert database.counts("audit_outbox") == [3]
    with pytest.raises(Conflict):
        database.commit(store, received(1))
    assert database.counts("audit_outbox") == [3]
    database.commit(store, _entries(b"next"))
    assert database.run("SELECT count(*), min(about) FROM audit_outbox") == [(1, "")]
    _leave(database, 900, b"waiting")
    database.commit(store, _entries(b"last"))
    assert database.counts("audit_outbox") == [2]


def test_outbox_ids_are_never_given_twice(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1))
    store.prune(0)
    database.commit(database.restart(), received(2))
    ids = [row[0] for row in database.run("SELECT outbox_id FROM audit_leaf ORDER BY seq")]
    assert ids == sorted(set(ids))


def test_what_was_left_in_the_outbox_is_sequenced_before_the_next_group(database: Database) -> None:
    database.commit(database.open(), received(1))
    database.close()
    _leave(database, 800, b"left 1", "lost")
    _leave(database, 801, b"left 2")
    store = database.open()
    committed = database.commit(store, received(2))
    assert list(store.leaves(3, 10)) == [b"left 1", b"left 2", b"relay 2", b"internal 2", b"consigned 2"]
    assert committed.bundles == [(bundle_text(5, b"relay 2"), bundle_text(7, b"consigned 2"))]
    assert store.leaf_index("lost") == [3]
    assert database.commit(store, _entries(b"next")).size == 9


def test_what_fails_with_the_group_stays_left_over(database: Database) -> None:
    database.commit(database.open(), told(message(1)))
    database.close()
    _leave(database, 800, b"left")
    store = database.open()
    with pytest.raises(Conflict):
        database.commit(store, told(message(1)))
    database.commit(store, told(message(2), leaf=b"own"))
    assert list(store.leaves(1, 10)) == [b"left", b"own"]


def test_many_leftovers_are_taken_in_bites(database: Database) -> None:
    database.close()
    rows = ", ".join(f"({database.blob(b'%d' % n)}, '')" for n in range(1_600))
    database.run(f"INSERT INTO audit_outbox (leaf, about) VALUES {rows}")  # noqa: S608
    store = database.open()
    assert database.commit(store, _entries(b"own 1")).size == MAX_LEFTOVERS + 1
    assert database.commit(store, _entries(b"own 2")).size == 1_602
    assert database.commit(store, _entries(b"own 3")).size == 1_603
    taken = [int(leaf) for leaf in store.leaves(0, 2_000) if not leaf.startswith(b"own")]
    assert taken == list(range(1_600))


def test_a_snapshot_stays_at_its_moment(database: Database, store: SqlStore) -> None:
    database.commit(store, received(1))
    with database.readonly() as snapshot:
        before = (snapshot.frontier(), list(snapshot.leaves(0, 10)), snapshot.inbox(0, 10))
        database.commit(store, received(2))
        after = (snapshot.frontier(), list(snapshot.leaves(0, 10)), snapshot.inbox(0, 10))
        assert after == before
        assert list(snapshot.checkpoints(3)) == []
    with database.readonly() as snapshot:
        assert list(snapshot.leaves(0, 10)) == list(store.leaves(0, 10))


def test_two_groups_of_one_size_have_one_root(database: Database, store: SqlStore) -> None:
    """However entries fall into groups, the log they make is the same."""
    database.commit(store, _entries(b"a", b"b", b"c"))
    other = PlainSequencer()
    frontier = None
    for leaf in (b"a", b"b", b"c"):
        frontier = other.sequence(frontier, [leaf], []).frontier
    assert store.frontier() == frontier


def test_evidence_of_one_change_twice_is_a_conflict_and_logs_nothing(
    database: Database, store: SqlStore
) -> None:
    twice = Change((), (Entry(b"one", "", evidence(1)), Entry(b"two", "", evidence(1))))
    with pytest.raises(Conflict, match="evidence"):
        database.commit(store, twice)
    assert database.counts("audit_leaf", "audit_outbox", "evidence") == [0, 0, 0]
    assert store.evidence(KZ, "message-1", "digest-1") == []


def test_replicas_take_turns_on_one_log(database: Database) -> None:
    if not database.shared:
        pytest.skip("an SQLite file has one process")
    replicas = [database.open(vault=f"keys-{n}.db") for n in range(2)]
    numbers = iter(range(1_000))

    def work(store: SqlStore) -> None:
        for _ in range(15):
            store.commit([received(next(numbers)), received(next(numbers))], PlainSequencer())

    threads = [threading.Thread(target=work, args=(store,)) for store in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    store = replicas[0]
    assert database.counts("audit_leaf", "audit_checkpoint", "message") == [180, 30, 60]
    assert frontier_at(store, 180).pack() == store.frontier() == replicas[1].frontier()
    assert store.hashes(0, 0, 200) == [leaf_hash(leaf) for leaf in store.leaves(0, 200)]
    unproven = "SELECT count(*) FROM evidence e JOIN audit_leaf l ON e.bundle = "
    unproven += "convert_to('bundle ' || l.seq || ' of ', 'UTF8') || l.leaf"
    assert database.run(unproven) == [(120,)]


def test_a_page_skips_nothing_that_a_slower_replica_wrote_before(database: Database) -> None:
    """A replica that has begun is waited for, so no lower cursor appears behind a reader's back."""
    if not database.shared:
        pytest.skip("an SQLite file has one process")
    slow, fast = database.open(), database.open(vault="other.db")
    begun, go_on = threading.Event(), threading.Event()

    class Slow(PlainSequencer):
        def sequence(
            self, frontier: bytes | None, leaves: Sequence[bytes], proofs: Sequence[int]
        ) -> Sequenced:
            begun.set()
            assert go_on.wait(10)
            return super().sequence(frontier, leaves, proofs)

    first = threading.Thread(target=slow.commit, args=([received(1)], Slow()))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=fast.commit, args=([received(2)], PlainSequencer()))
    second.start()
    second.join(0.2)
    assert fast.inbox(0, 10) == []
    go_on.set()
    first.join(10)
    second.join(10)
    assert [item.message.message_id for item in fast.inbox(0, 10)] == ["message-1", "message-2"]


def test_a_replica_sees_what_another_left_over(database: Database) -> None:
    if not database.shared:
        pytest.skip("an SQLite file has one process")
    store = database.open()
    database.commit(store, _entries(b"first"))
    _leave(database, 700, b"left while running")
    database.commit(store, _entries(b"second"))
    assert list(store.leaves(0, 10)) == [b"first", b"left while running", b"second"]


def test_reads_of_a_log_with_a_hole_end_at_the_hole(database: Database, store: SqlStore) -> None:
    database.commit(store, _entries(*(b"%d" % n for n in range(10))))
    trigger = "audit_leaf_no_delete" if database.kind == "sqlite" else "audit_leaf_append_only ON audit_leaf"
    database.run(f"DROP TRIGGER {trigger}")
    database.run("DELETE FROM audit_leaf WHERE seq = 4")
    assert list(store.leaves(0, 10)) == [b"0", b"1", b"2", b"3"]
    assert len(store.hashes(0, 0, 10)) == 4
    assert list(store.leaves(4, 10)) == []
    assert list(store.leaves(5, 2)) == [b"5", b"6"]
