"""What every head store promises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ports.head import HeadStore
from gateway.store.head import FileHead, MemoryHead


@pytest.fixture(params=["file", "memory"])
def head(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HeadStore]:
    if request.param == "memory":
        yield MemoryHead()
        return
    file = FileHead(tmp_path / "head")
    yield file
    file.close()


def test_a_new_head_is_empty(head: HeadStore) -> None:
    assert head.load() is None


def test_the_last_checkpoint_stays(head: HeadStore) -> None:
    for number in range(5):
        head.advance(b"checkpoint %d" % number)
        assert head.load() == b"checkpoint %d" % number


def test_checkpoints_of_any_length_and_bytes_come_back_whole(head: HeadStore) -> None:
    for note in (b"", b"\x00" * 100, b"\xff\n" * 2_000, b"short"):
        head.advance(note)
        assert head.load() == note
