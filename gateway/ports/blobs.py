"""Large ciphertexts, outside the database."""

from collections.abc import Iterator
from typing import Protocol


class BlobWriter(Protocol):
    """A blob being written. Nothing can be read under its name until `commit`."""

    @property
    def offset(self) -> int:
        """Bytes durably or provisionally written so far."""

    def write(self, chunk: bytes) -> None: ...

    def commit(self) -> None:
        """Flush to disk and publish under the name."""

    def discard(self) -> None: ...


class BlobStore(Protocol):
    """Named immutable byte strings; names are made of [A-Za-z0-9._-] only."""

    def create(self, name: str) -> BlobWriter:
        """Start a new blob. An abandoned one of that name is dropped."""

    def resume(self, name: str, at: int) -> BlobWriter:
        """Go on with an unfinished blob at byte `at`; raises `Conflict` if it is shorter than that."""

    def partial_size(self, name: str) -> int:
        """Bytes there are of an unfinished blob; 0 if there is none."""

    def exists(self, name: str) -> bool: ...

    def size(self, name: str) -> int:
        """Bytes of a committed blob; raises `NotFound`."""

    def read(self, name: str, chunk_bytes: int = 1 << 20, at: int = 0) -> Iterator[bytes]:
        """The blob from byte `at` in chunks; raises `NotFound`."""

    def stored(self, prefix: str) -> list[tuple[str, int, bool, int]]:
        """Blobs whose names begin so: (name, bytes, whether finished, Unix milliseconds of last change)."""

    def rename(self, name: str, new_name: str) -> None:
        """Move a committed blob; doing it twice is harmless."""

    def remove(self, name: str) -> None:
        """Drop a blob, finished or not; doing it twice is harmless."""
