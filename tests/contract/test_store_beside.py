"""A group whose statements are done here and whose commit goes on elsewhere."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from store_database import Database
from store_world import PlainSequencer, received

from gateway.errors import StoreUnavailable
from gateway.ports.store import Committed
from gateway.store.sql import SqlStore


def test_a_group_may_be_finished_by_another_thread(database: Database, store: SqlStore) -> None:
    advanced: list[Committed] = []
    group = store.begin([received(1)], database.sequencer)
    with ThreadPoolExecutor(1) as beside:
        committed = beside.submit(group.finish, advanced.append).result()
    assert advanced == [committed]
    assert committed.checkpoint == store.last_checkpoint()
    assert database.commit(store, received(2)).size == 6


def test_no_reader_of_this_process_is_ahead_of_the_head(database: Database, store: SqlStore) -> None:
    if store.shared:
        assert database.kind == "postgres"  # its journal therefore waits in the loop
        return
    found: list[bytes | None] = []
    kept_out: list[bool] = []
    reader = threading.Thread(target=lambda: found.append(store.last_checkpoint()))

    def advance(_committed: Committed) -> None:
        reader.start()
        reader.join(0.2)  # a reader that is not kept out needs microseconds
        kept_out.append(reader.is_alive())

    committed = store.begin([received(1)], database.sequencer).finish(advance)
    reader.join()
    assert (kept_out, found) == ([True], [committed.checkpoint])


def test_a_head_that_cannot_advance_speaks_through_finish(database: Database, store: SqlStore) -> None:
    def advance(_committed: Committed) -> None:
        raise StoreUnavailable("the head's disk is full")

    with pytest.raises(StoreUnavailable, match="the head's disk is full"):
        store.begin([received(1)], database.sequencer).finish(advance)
    # The database is ahead of the head, never behind it.
    assert store.last_checkpoint() is not None


def test_statements_that_fail_leave_nothing_open(database: Database, store: SqlStore) -> None:
    class NoToken(PlainSequencer):
        def sequence(self, *_args: object) -> object:  # type: ignore[override]
            raise OSError("no token")

    with pytest.raises(StoreUnavailable):
        store.begin([received(1)], NoToken())
    assert store.last_checkpoint() is None
    assert database.commit(store, received(1)).size == 3
