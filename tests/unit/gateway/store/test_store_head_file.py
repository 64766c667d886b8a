"""The head's file: torn writes, damage, permissions."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import ConfigError, StoreUnavailable
from gateway.store.head import MAX_CHECKPOINT_BYTES, SLOT_BYTES, FileHead


def _advanced(path: Path, *notes: bytes) -> bytes:
    """Advance a head by these notes; returns the file's bytes."""
    head = FileHead(path)
    for note in notes:
        head.advance(note)
    head.close()
    return path.read_bytes()


def _load(path: Path) -> bytes | None:
    head = FileHead(path)
    found = head.load()
    head.close()
    return found


def test_the_head_outlives_the_process(tmp_path: Path) -> None:
    for number in range(5):
        _advanced(tmp_path / "head", b"note %d" % number)
        assert _load(tmp_path / "head") == b"note %d" % number


def test_the_file_has_one_size_and_one_reader(tmp_path: Path) -> None:
    contents = _advanced(tmp_path / "head", b"note")
    assert len(contents) == 2 * SLOT_BYTES
    assert (tmp_path / "head").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("cut", [0, 1, 8, 20, 40, 100, 120, 5_000])
def test_a_torn_write_leaves_the_old_value(tmp_path: Path, cut: int) -> None:
    """A crash leaves any prefix of the new slot over the old one."""
    path = tmp_path / "head"
    before = _advanced(path, b"one" * 50, b"two" * 50)
    after = _advanced(path, b"three" * 50)
    for slot in (0, SLOT_BYTES):
        if before[slot : slot + SLOT_BYTES] != after[slot : slot + SLOT_BYTES]:
            torn = before[:slot] + after[slot : slot + cut] + before[slot + cut :]
    path.write_bytes(torn)
    expected = b"three" * 50 if torn == after else b"two" * 50
    assert _load(path) == expected
    assert _advanced(path, b"four")
    assert _load(path) == b"four"


@pytest.mark.parametrize("cut", [1, 10, 25, 40])
def test_a_torn_first_write_leaves_no_value(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "head"
    empty = _advanced(path)
    whole = _advanced(path, b"first" * 4)
    path.write_bytes(empty[:SLOT_BYTES] + whole[SLOT_BYTES : SLOT_BYTES + cut] + empty[SLOT_BYTES + cut :])
    assert _load(path) is None


@pytest.mark.parametrize("at", [0, 7, 8, 15, 16, 19, 20, 25, 26, 57])
def test_a_flipped_bit_in_the_newest_slot_is_noticed(tmp_path: Path, at: int) -> None:
    path = tmp_path / "head"
    contents = bytearray(_advanced(path, b"old", b"newest"))
    contents[at] ^= 1
    path.write_bytes(contents)
    assert _load(path) == b"old"


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"\x01" * len(whole),
        lambda whole: whole[:-1],
        lambda whole: whole + b"\x00",
        lambda _: b"some other file",
        lambda whole: whole[:25] + b"\xff" + whole[26 : SLOT_BYTES + 25] + b"\xff" + whole[SLOT_BYTES + 26 :],
    ],
)
def test_a_damaged_head_is_not_taken_for_a_new_one(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "head"
    path.write_bytes(damage(_advanced(path, b"old", b"newest")))
    with pytest.raises(ConfigError):
        FileHead(path)


def test_a_slot_from_another_time_does_not_win(tmp_path: Path) -> None:
    """The sequence number decides, not the place."""
    path = tmp_path / "head"
    early = _advanced(path, b"1", b"2")
    late = _advanced(path, b"3")
    path.write_bytes(early[:SLOT_BYTES] + late[SLOT_BYTES:])
    assert _load(path) == b"3"


def test_a_checkpoint_that_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    head = FileHead(tmp_path / "head")
    head.advance(b"x" * MAX_CHECKPOINT_BYTES)
    with pytest.raises(ValueError, match="holds"):
        head.advance(b"y" * (MAX_CHECKPOINT_BYTES + 1))
    assert head.load() == b"x" * MAX_CHECKPOINT_BYTES
    head.close()
    assert _load(tmp_path / "head") == b"x" * MAX_CHECKPOINT_BYTES


def test_a_write_that_fails_is_reported_and_may_be_tried_again(tmp_path: Path) -> None:
    head = FileHead(tmp_path / "head")
    head.advance(b"old")
    descriptor = head._file
    head._file = os.open(tmp_path / "head", os.O_RDONLY)
    with pytest.raises(StoreUnavailable):
        head.advance(b"new")
    assert head.load() == b"old"
    os.close(head._file)
    head._file = descriptor
    head.advance(b"new")
    head.close()
    assert _load(tmp_path / "head") == b"new"


def test_a_folder_that_is_not_there_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        FileHead(tmp_path / "none" / "head")
