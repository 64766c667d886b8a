"""The key vault: keys stay apart, and destroyed keys are gone from the disk."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.errors import ConfigError, Conflict, NotFound, StoreUnavailable
from gateway.ports.store import VaultCase, VaultKeys
from gateway.store.vault import WRAPPED_BYTES, KeyVault

CASE = VaultCase("case-1", b"case-key-" + b"K" * 31)
PARTS = [b"first-part-" + b"1" * 29, b"second-part" + b"2" * 29, b"third-part-" + b"3" * 29]
KEYS = VaultKeys("envelope-1", "case-1", b"".join(PARTS))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[KeyVault]:
    opened = KeyVault(tmp_path / "keys.db")
    yield opened
    opened.close()


def _unused(_key: object) -> bool:
    return False


def _used(_key: object) -> bool:
    return True


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_keys_come_back_and_outlive_the_process(tmp_path: Path) -> None:
    vault = KeyVault(tmp_path / "keys.db")
    vault.put([CASE, KEYS], _unused)
    vault.close()
    vault = KeyVault(tmp_path / "keys.db")
    assert (vault.case("case-1"), vault.keys("envelope-1")) == (CASE, KEYS)
    assert vault.case("envelope-1") is None
    assert vault.keys("case-1") is None
    vault.close()
    assert (tmp_path / "keys.db").stat().st_mode & 0o777 == 0o600


def test_unused_keys_are_replaced(vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    other = [VaultCase("case-1", b"x" * 40), VaultKeys("envelope-1", "case-2", b"y" * 80)]
    vault.put(other, _unused)
    assert [vault.case("case-1"), vault.keys("envelope-1")] == other


@pytest.mark.parametrize(
    "key",
    [
        VaultCase("case-1", b"x" * 40),
        VaultKeys("envelope-1", "case-1", b"y" * 120),
        VaultKeys("envelope-1", "case-2", KEYS.wrapped),
    ],
)
def test_used_keys_stay_and_nothing_of_the_offer_is_stored(
    vault: KeyVault, key: VaultCase | VaultKeys
) -> None:
    vault.put([CASE, KEYS], _unused)
    with pytest.raises(Conflict):
        vault.put([VaultCase("case-9", b"n" * 40), VaultKeys("envelope-9", "case-9", b"n" * 40), key], _used)
    assert (vault.case("case-1"), vault.keys("envelope-1")) == (CASE, KEYS)
    assert (vault.case("case-9"), vault.keys("envelope-9")) == (None, None)


def test_the_same_keys_again_are_harmless(vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    vault.put([CASE, KEYS, KEYS], _used)
    assert vault.keys("envelope-1") == KEYS


def test_two_keys_for_one_id_at_once_are_a_conflict(vault: KeyVault) -> None:
    with pytest.raises(Conflict):
        vault.put([CASE, VaultCase("case-1", b"x" * 40)], _unused)
    assert vault.case("case-1") is None


def test_a_destroyed_part_is_gone_from_the_disk_and_the_others_stay(tmp_path: Path, vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    assert PARTS[1] in _on_disk(tmp_path)
    vault.destroy_part("envelope-1", 1)
    vault.destroy_part("envelope-1", 1)
    found = vault.keys("envelope-1")
    assert found is not None
    assert found.wrapped == PARTS[0] + bytes(WRAPPED_BYTES) + PARTS[2]
    assert PARTS[1][:20] not in _on_disk(tmp_path)
    vault.close()
    assert PARTS[1][:20] not in _on_disk(tmp_path)


def test_a_destroyed_case_takes_all_its_keys_and_no_others(tmp_path: Path, vault: KeyVault) -> None:
    other = VaultKeys("envelope-2", "case-2", b"o" * 40)
    vault.put([CASE, KEYS, other, VaultCase("case-2", b"p" * 40)], _unused)
    vault.destroy_case("case-1")
    vault.destroy_case("case-1")
    assert (vault.case("case-1"), vault.keys("envelope-1")) == (None, None)
    assert vault.keys("envelope-2") == other
    left = _on_disk(tmp_path)
    assert not [secret for secret in (CASE.wrapped, *PARTS) if secret[:20] in left]


def test_the_keys_of_a_thousand_cases_leave_no_trace(tmp_path: Path, vault: KeyVault) -> None:
    """Enough to split pages and to leave old copies in the write-ahead log."""
    for start in range(0, 1_000, 100):
        numbers = range(start, start + 100)
        cases = [VaultCase(f"case-{n}", b"secret-%05d" % n * 3 + b"....") for n in numbers]
        vault.put(
            [*cases, *(VaultKeys(f"e-{n}", f"case-{n}", b"sealed-%05d" % n * 3) for n in numbers)], _unused
        )
    vault.destroy_case("case-777")
    left = _on_disk(tmp_path)
    assert b"secret-00777" not in left
    assert b"sealed-00777" not in left
    assert b"secret-00776" in left


def test_destroyed_keys_do_not_come_back(vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    vault.destroy_case("case-1")
    for key in (CASE, KEYS, VaultKeys("envelope-1", "case-3", b"z" * 40)):
        with pytest.raises(Conflict):
            vault.put([key], _unused)
    assert (vault.case("case-1"), vault.keys("envelope-1")) == (None, None)


@pytest.mark.parametrize(("envelope", "position"), [("envelope-1", 3), ("envelope-1", -1), ("other", 0)])
def test_a_key_that_is_not_there_cannot_be_destroyed(vault: KeyVault, envelope: str, position: int) -> None:
    vault.put([CASE, KEYS], _unused)
    with pytest.raises(NotFound):
        vault.destroy_part(envelope, position)
    with pytest.raises(NotFound):
        vault.destroy_case("case-9")
    assert vault.keys("envelope-1") == KEYS


def test_a_reader_that_holds_old_pages_is_reported(tmp_path: Path, vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    vault._connection.execute("PRAGMA busy_timeout = 1")
    reader = sqlite3.connect(tmp_path / "keys.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM case_key").fetchall()
    with pytest.raises(StoreUnavailable, match="reader"):
        vault.destroy_case("case-1")
    reader.close()
    vault.destroy_case("case-1")
    assert CASE.wrapped not in _on_disk(tmp_path)


@pytest.mark.parametrize("contents", [b"not a database, but long enough to be looked at" * 30])
def test_another_file_is_not_taken_for_a_vault(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "keys.db").write_bytes(contents)
    with pytest.raises(ConfigError):
        KeyVault(tmp_path / "keys.db")
    assert (tmp_path / "keys.db").read_bytes() == contents


def test_a_closed_vault_is_unavailable(tmp_path: Path) -> None:
    vault = KeyVault(tmp_path / "keys.db")
    vault.close()
    with pytest.raises(StoreUnavailable):
        vault.case("case-1")
    with pytest.raises(StoreUnavailable):
        vault.put([CASE], _unused)


def _keys_in_a_copy(path: Path, folder: Path) -> VaultKeys | None:
    """What a crash at this moment would leave."""
    folder.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        (folder / file.name).write_bytes(file.read_bytes())
    copy = KeyVault(folder / path.name)
    try:
        return copy.keys("envelope-1")
    finally:
        copy.close()


def test_keys_put_beside_a_block_are_durable_once_waited_for(vault: KeyVault, tmp_path: Path) -> None:
    with vault.putting([CASE, KEYS], _unused) as durable:
        durable()
        assert _keys_in_a_copy(tmp_path / "keys.db", tmp_path / "crashed") == KEYS
    assert (vault.case("case-1"), vault.keys("envelope-1")) == (CASE, KEYS)


def test_a_block_that_fails_leaves_keys_that_the_next_attempt_replaces(vault: KeyVault) -> None:
    other = VaultKeys("envelope-1", "case-1", b"y" * 120)
    with pytest.raises(ConfigError), vault.putting([CASE, KEYS], _unused):
        raise ConfigError("the block fails")
    with vault.putting([CASE, other], _unused) as durable:
        durable()
    assert vault.keys("envelope-1") == other


def test_keys_in_use_are_refused_before_the_block_runs(vault: KeyVault) -> None:
    vault.put([CASE, KEYS], _unused)
    with pytest.raises(Conflict), vault.putting([VaultCase("case-1", b"x" * 40)], _used):
        pytest.fail("the block ran")
    assert vault.case("case-1") == CASE


def test_a_block_may_end_in_another_thread(vault: KeyVault) -> None:
    open_ = ExitStack()
    durable = open_.enter_context(vault.putting([CASE, KEYS], _unused))
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(durable).result()
        elsewhere.submit(open_.close).result()
    assert vault.keys("envelope-1") == KEYS
