"""Opening a store: one process to a folder, the right schema, and nothing else."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StoreUnavailable
from gateway.ports.rows import AssertionRow
from gateway.ports.store import Change, Entry, Sequenced
from gateway.store.folder import FolderLock
from gateway.store.opening import locate, open_readonly, open_store
from gateway.store.schema import upgrade
from gateway.store.vault import KeyVault


@pytest.fixture
def file(tmp_path: Path) -> Path:
    upgrade(tmp_path / "node.db")
    return tmp_path / "node.db"


def _vault(file: Path) -> KeyVault:
    return KeyVault(file.with_name("keys.db"))


def test_the_database_is_for_its_owner_alone_and_in_wal_mode(file: Path) -> None:
    store = open_store(file, _vault(file))
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.with_name("node.db-wal").stat().st_mode & 0o777 == 0o600
    store.close()


def test_commits_are_synced_in_full(file: Path) -> None:
    store = open_store(file, _vault(file))
    assert store._database.rows("PRAGMA synchronous") == [(2,)]
    assert store._vault._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def test_a_second_store_on_a_file_is_refused_until_the_first_is_closed(file: Path) -> None:
    first = open_store(file, _vault(file))
    vault = KeyVault(file.with_name("other.db"))
    with pytest.raises(ConfigError, match="in use by another process"):
        open_store(file, vault)
    first.close()
    open_store(f"sqlite:///{file}", vault).close()


def test_a_second_process_is_refused(file: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from gateway.store.folder import FolderLock;"
        "FolderLock(Path(sys.argv[1]), sys.argv[2]); print('locked')"
    )
    command = [sys.executable, "-c", program, str(file.parent), "node.db.lock"]
    store = open_store(file, _vault(file))
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    store.close()
    allowed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "ConfigError" in refused.stderr
    assert (allowed.returncode, allowed.stdout) == (0, "locked\n")


def test_a_refused_database_leaves_no_lock(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ConfigError, match="no database"):
            open_store(tmp_path / "none.db", KeyVault(tmp_path / "keys.db"))
    assert not (tmp_path / "none.db").exists()


def test_a_lock_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        FolderLock(tmp_path / "none")
    lock = FolderLock(tmp_path)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


@pytest.mark.parametrize("contents", [b"", b"no database at all, whatever its name says" * 30])
def test_a_file_without_a_schema_is_refused(tmp_path: Path, contents: bytes) -> None:
    file = tmp_path / "node.db"
    file.write_bytes(contents)
    with pytest.raises((ConfigError, StoreUnavailable)):
        open_store(file, _vault(file))
    with pytest.raises((ConfigError, StoreUnavailable)):
        open_readonly(file)


@pytest.mark.parametrize("revision", ["0000", "9999", ""])
def test_another_revision_is_refused(file: Path, revision: str) -> None:
    connection = sqlite3.connect(file)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.close()
    with pytest.raises(ConfigError, match="revision"):
        open_store(file, _vault(file))
    with pytest.raises(ConfigError, match="revision"):
        open_readonly(file)


@pytest.mark.parametrize(
    "place", ["sqlite://", "sqlite:///:memory:", "mysql://root@host/db", "oracle://x", "://", "http://a/b"]
)
def test_places_that_make_no_store_are_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError):
        open_store(place, KeyVault(tmp_path / "keys.db"))
    with pytest.raises(ConfigError):
        open_readonly(place)


def test_places_are_told_apart() -> None:
    assert locate("var/node.db") == Path("var/node.db")
    assert locate("sqlite:////var/node.db") == Path("/var/node.db")
    found = locate("postgresql://user@host/db?options=-csearch_path%3Dx")
    assert not isinstance(found, Path)
    assert (found.drivername, found.query["options"]) == ("postgresql+psycopg", "-csearch_path=x")


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises((ConfigError, StoreUnavailable)):
        open_store(f"postgresql://nobody@/none?host={tmp_path}", KeyVault(tmp_path / "keys.db"))


def test_a_reader_changes_nothing(file: Path) -> None:
    with open_readonly(file) as reader:
        for sql in ("DELETE FROM message", "DROP TABLE message", "PRAGMA user_version = 7"):
            with pytest.raises(StoreUnavailable):
                reader._source.rows(sql)
        assert not hasattr(reader, "commit")


def test_a_closed_store_is_unavailable(file: Path) -> None:
    store = open_store(file, _vault(file))
    store.close()
    with pytest.raises(StoreUnavailable):
        store.case("case-1", "kz/mia")
    with pytest.raises(StoreUnavailable):
        store.prune(0)


class _Pausing:
    """Holds a transaction open until it is told to go on."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def sequence(self, frontier: object, leaves: object, proofs: object) -> Sequenced:
        self.begun.set()
        assert self.go_on.wait(10)
        return Sequenced(0, 1, [b"h" * 32], [], b"frontier", b"note", {})


def test_a_read_from_another_thread_waits_for_the_transaction(file: Path) -> None:
    store, pausing = open_store(file, _vault(file)), _Pausing()
    row = AssertionRow(client="c", jti="j", expires_ms=1)
    writer = threading.Thread(target=store.commit, args=([Change((row,), (Entry(b"e"),))], pausing))
    writer.start()
    assert pausing.begun.wait(10)
    seen: list[bytes | None] = []
    reader = threading.Thread(target=lambda: seen.append(store.last_checkpoint()))
    reader.start()
    reader.join(0.05)
    assert seen == []
    pausing.go_on.set()
    writer.join(10)
    reader.join(10)
    store.close()
    assert seen == [b"note"]


def test_a_killed_process_loses_nothing_that_was_committed(file: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path;"
        "from gateway.store.opening import open_store; from gateway.store.vault import KeyVault;"
        "from gateway.ports.rows import AssertionRow; from gateway.ports.store import *;"
        "file = Path(sys.argv[1]);"
        "store = open_store(file, KeyVault(file.with_name('keys.db')));"
        "one = type('S', (), {'sequence': lambda s, f, l, p: Sequenced(0, 1,"
        "[b'h'*32], [], b'f', b'note', {})})();"
        "row = lambda j: AssertionRow(client='c', jti=j, expires_ms=1);"
        "store.commit([Change((row('kept'),), (Entry(b'e'),))], one);"
        "die = type('S', (), {'sequence': lambda *a: os.kill(os.getpid(), 9)})();"
        "store.commit([Change((row('lost'),), (Entry(b'e'),))], die)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(file)], check=False)
    assert killed.returncode == -9
    store = open_store(file, _vault(file))
    assert store._database.rows("SELECT jti FROM assertion") == [("kept",)]
    assert list(store.leaves(0, 10)) == [b"e"]
    assert store.last_checkpoint() == b"note"
    store.close()
