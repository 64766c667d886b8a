"""What every blob store promises."""

from pathlib import Path

import pytest

from gateway.errors import Conflict, Invalid, NotFound
from gateway.ports.blobs import BlobStore
from gateway.store.blobs import FolderBlobs


@pytest.fixture(params=["folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return FolderBlobs(tmp_path)


def _write(blobs: BlobStore, name: str, content: bytes) -> None:
    writer = blobs.create(name)
    writer.write(content)
    writer.commit()


def _all(blobs: BlobStore, name: str, at: int = 0) -> bytes:
    return b"".join(blobs.read(name, 3, at))


def test_a_committed_blob_is_read_in_chunks_from_any_byte(blobs: BlobStore) -> None:
    _write(blobs, "a.1", b"0123456789")
    assert list(blobs.read("a.1", 4)) == [b"0123", b"4567", b"89"]
    assert _all(blobs, "a.1", at=7) == b"789"
    assert _all(blobs, "a.1", at=10) == b""
    assert (blobs.size("a.1"), blobs.exists("a.1")) == (10, True)


def test_nothing_is_readable_before_commit(blobs: BlobStore) -> None:
    writer = blobs.create("a")
    writer.write(b"half")
    assert writer.offset == 4
    assert not blobs.exists("a")
    assert blobs.partial_size("a") == 4
    with pytest.raises(NotFound):
        blobs.size("a")
    with pytest.raises(NotFound):
        blobs.read("a")
    writer.commit()
    assert blobs.partial_size("a") == 0
    assert _all(blobs, "a") == b"half"


def test_a_discarded_blob_is_gone(blobs: BlobStore) -> None:
    writer = blobs.create("a")
    writer.write(b"half")
    writer.discard()
    writer.discard()
    assert not blobs.exists("a")
    assert blobs.partial_size("a") == 0


def test_discard_after_commit_is_harmless(blobs: BlobStore) -> None:
    writer = blobs.create("a")
    writer.write(b"whole")
    writer.commit()
    writer.discard()
    assert _all(blobs, "a") == b"whole"


def test_an_abandoned_blob_is_begun_anew(blobs: BlobStore) -> None:
    blobs.create("a").write(b"abandoned and longer")
    _write(blobs, "a", b"new")
    assert _all(blobs, "a") == b"new"


def test_an_unfinished_blob_goes_on_where_it_stopped(blobs: BlobStore) -> None:
    blobs.create("a").write(b"0123456789")
    writer = blobs.resume("a", 4)
    assert writer.offset == 4
    assert blobs.partial_size("a") == 4
    writer.write(b"xyz")
    writer.commit()
    assert _all(blobs, "a") == b"0123xyz"


@pytest.mark.parametrize("at", [5, 100, -1])
def test_nothing_is_resumed_beyond_what_there_is(blobs: BlobStore, at: int) -> None:
    blobs.create("a").write(b"0123")
    with pytest.raises(Conflict):
        blobs.resume("a", at)
    assert blobs.partial_size("a") == 4


def test_what_was_never_begun_is_resumed_at_its_start_only(blobs: BlobStore) -> None:
    with pytest.raises(Conflict):
        blobs.resume("a", 1)
    writer = blobs.resume("a", 0)
    writer.write(b"new")
    writer.commit()
    assert _all(blobs, "a") == b"new"


def test_a_committed_blob_never_changes(blobs: BlobStore) -> None:
    _write(blobs, "a", b"first")
    writer = blobs.create("a")
    writer.write(b"other")
    with pytest.raises(Conflict):
        writer.commit()
    writer.discard()
    assert _all(blobs, "a") == b"first"
    assert blobs.partial_size("a") == 0


def test_the_same_bytes_may_be_committed_again(blobs: BlobStore) -> None:
    _write(blobs, "a", b"first")
    _write(blobs, "a", b"first")
    assert _all(blobs, "a") == b"first"


def test_a_blob_is_renamed_and_twice_is_harmless(blobs: BlobStore) -> None:
    _write(blobs, "a", b"content")
    blobs.rename("a", "b")
    blobs.rename("a", "b")
    blobs.rename("b", "b")
    assert not blobs.exists("a")
    assert _all(blobs, "b") == b"content"


def test_a_name_in_use_is_not_taken_over(blobs: BlobStore) -> None:
    _write(blobs, "a", b"content")
    _write(blobs, "b", b"another")
    with pytest.raises(Conflict):
        blobs.rename("a", "b")
    assert _all(blobs, "a") == b"content"
    assert _all(blobs, "b") == b"another"


def test_what_is_not_there_cannot_be_renamed(blobs: BlobStore) -> None:
    blobs.create("unfinished").write(b"x")
    for name in ("none", "unfinished"):
        with pytest.raises(NotFound):
            blobs.rename(name, "b")
    assert not blobs.exists("b")


def test_remove_drops_finished_and_unfinished_and_twice_is_harmless(blobs: BlobStore) -> None:
    _write(blobs, "a", b"content")
    blobs.create("b").write(b"half")
    for name in ("a", "b", "none", "a"):
        blobs.remove(name)
    assert not blobs.exists("a")
    assert blobs.partial_size("b") == 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../a",
        "a/b",
        "/etc/passwd",
        "a\x00b",
        ".hidden",
        "a b",
        "ä",
        "a\n",
        "a.partial",
        "a" * 201,
    ],
)
def test_a_name_that_could_leave_the_store_is_refused_everywhere(blobs: BlobStore, name: str) -> None:
    _write(blobs, "good", b"content")
    for attempt in (
        lambda: blobs.create(name),
        lambda: blobs.resume(name, 0),
        lambda: blobs.partial_size(name),
        lambda: blobs.exists(name),
        lambda: blobs.size(name),
        lambda: blobs.read(name),
        lambda: blobs.rename("good", name),
        lambda: blobs.rename(name, "other"),
        lambda: blobs.remove(name),
    ):
        with pytest.raises(Invalid):
            attempt()
    assert _all(blobs, "good") == b"content"
