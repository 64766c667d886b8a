"""`kelisim serve`: one process to a folder, an orderly end, and no start on a log that was rolled back."""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from audit.checkpoint import parse_checkpoint, sign_checkpoint
from audit.events import decode_leaf
from audit.note import parse_note
from gateway.bootstrap.founding import database_of
from gateway.settings import load_settings
from gateway.store.opening import open_readonly
from keys.jwk import SigningKey, Usage
from keys.notes import NoteSigner
from tests.support.partners import Partners, wait_state
from tests.support.processes import NodeProcess

pytestmark = pytest.mark.e2e
TIMEOUT_S = 30
_KELISIM = "from gateway.cli.main import main; main()"


def kelisim(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _KELISIM, *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        cwd=Path(__file__).resolve().parents[2],
        check=False,
    )


def copied(partners: Partners, folder: Path) -> Path:
    """The sender's folder as it is now; its node must not run."""
    return Path(shutil.copytree(partners.kz.member.folder, folder))


@pytest.fixture(scope="module")
def used(serving: Partners) -> Partners:
    """The sender's node has exchanged something and was stopped in order."""
    with serving.kz.client() as sender:
        for _ in range(3):
            prepared, signature = serving.request(sender)
            sender.submit(prepared, signature)
            wait_state(sender, prepared.message, "consigned")
    second = kelisim("serve", str(serving.kz.member.folder))
    assert (second.returncode, second.stdout) == (1, "")
    assert "in use by another process; stop that one first" in second.stderr
    assert "Traceback" not in second.stderr
    assert serving.kz.running.process.poll() is None
    assert serving.kz.running.stop() == 0
    assert serving.ru.running.stop() == 0
    return serving


def test_a_second_process_on_the_same_folder_is_refused_and_sigterm_ends_the_first_in_order(
    used: Partners,
) -> None:
    folder = used.kz.member.folder
    store = open_readonly(database_of(folder, load_settings(folder)))
    last = [decode_leaf(leaf) for leaf in store.leaves(0, 1 << 20)][-1]
    store.close()
    assert last.event == "node.stopped"
    assert used.kz.audit().verdict.name == "OK"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_peer_is_away_still_ends_in_order(used: Partners, number: int) -> None:
    node = used.kz.start()
    with used.kz.client() as sender:
        prepared, signature = used.request(sender)
        sender.submit(prepared, signature)
    node.process.send_signal(number)
    assert node.process.wait(TIMEOUT_S) == 0


def test_an_older_copy_of_the_database_does_not_start(used: Partners, tmp_path: Path) -> None:
    older = copied(used, tmp_path / "older")
    used.kz.start().stop()
    newer = copied(used, tmp_path / "newer")
    for path in (newer / "data").iterdir():
        path.unlink()
    shutil.copytree(older / "data", newer / "data", dirs_exist_ok=True)
    refused = kelisim("serve", str(newer))
    assert refused.returncode == 1
    assert "it was restored from a backup or replaced" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert kelisim("audit", "verify", "--full", str(newer)).returncode == 4


def test_an_intact_log_is_told_so(used: Partners, tmp_path: Path) -> None:
    done = kelisim("audit", "verify", "--full", str(copied(used, tmp_path / "intact")))
    assert (done.returncode, done.stdout.partition(":")[0]) == (0, "intact")


def test_the_exit_code_tells_what_happened_to_a_log(used: Partners, tmp_path: Path) -> None:
    codes = {}
    for name, damage in DAMAGES.items():
        folder = copied(used, tmp_path / name)
        damage(folder)
        done = kelisim("audit", "verify", "--full", "--json", str(folder))
        codes[name] = done.returncode
        assert f'"verdict": "{name}"' in done.stdout
        assert "Traceback" not in done.stderr
    assert codes == {"tampered": 3, "truncated": 4, "unsigned": 6}


def test_two_logs_that_grew_from_one_are_told_from_damage(used: Partners, tmp_path: Path) -> None:
    """Each was signed by the node itself; the head knows only one of them."""
    one, other = (replace(used.kz.member, folder=copied(used, tmp_path / name)) for name in ("one", "other"))
    for member in (one, other):
        node = NodeProcess(member)
        node.wait_up()
        assert node.stop() == 0
    shutil.copytree(other.folder / "data", one.folder / "data", dirs_exist_ok=True)
    assert kelisim("audit", "verify", "--full", str(one.folder)).returncode == 5
    refused = kelisim("serve", str(one.folder))
    assert refused.returncode == 1
    assert "holds another log" in refused.stderr


def _flip(folder: Path) -> None:
    """Flip one bit in the middle of a leaf, as somebody with a hex editor would."""
    database = folder / "data" / "kelisim.db"
    with closing(sqlite3.connect(database)) as connection:
        (leaf,) = connection.execute("SELECT leaf FROM audit_leaf WHERE seq = 5").fetchone()
        (table,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'audit_leaf'"
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert table > 0
    content = bytearray(database.read_bytes())
    places = [found.start() for found in re.finditer(re.escape(leaf), content)]
    assert places
    for place in places:
        content[place + len(leaf) // 2] ^= 1
    database.write_bytes(content)


def _without_guards(folder: Path) -> sqlite3.Connection:
    """The database in the hands of its owner: the append-only triggers are gone."""
    connection = sqlite3.connect(folder / "data" / "kelisim.db", isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    return connection


def _truncate(folder: Path) -> None:
    with closing(_without_guards(folder)) as connection:
        sizes = [size for (size,) in connection.execute("SELECT size FROM audit_checkpoint ORDER BY size")]
        connection.execute("DELETE FROM audit_checkpoint WHERE size = ?", sizes[-1:])
        connection.execute("DELETE FROM audit_leaf WHERE seq >= ?", sizes[-2:-1])


def _sign_by_another(folder: Path) -> None:
    with closing(_without_guards(folder)) as connection:
        size, note = connection.execute(
            "SELECT size, note FROM audit_checkpoint ORDER BY size DESC"
        ).fetchone()
        checkpoint = parse_checkpoint(parse_note(note).text)
        stranger = NoteSigner(checkpoint.origin, SigningKey.generate(Usage.CHECKPOINT))
        forged = sign_checkpoint(checkpoint, [stranger])
        connection.execute("UPDATE audit_checkpoint SET note = ? WHERE size = ?", (forged, size))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "tampered": _flip,
    "truncated": _truncate,
    "unsigned": _sign_by_another,
}
