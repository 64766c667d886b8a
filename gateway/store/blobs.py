"""Blobs in a local folder: `gateway.ports.blobs.BlobStore`.

An unfinished blob bears the suffix `.partial`. A finished one never changes: what is published under a name
that is taken must be the same bytes, else it is a conflict.
"""

import filecmp
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.errors import Conflict, Invalid, NotFound, StoreUnavailable
from gateway.store.folder import sync_folder

PARTIAL = ".partial"

# No leading dot, so neither `.` nor `..`; room for the suffix within the 255 bytes of a file's name.
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


class FolderBlobs:
    """One file a blob, readable for its owner alone. Every method raises `Invalid` for a bad name."""

    def __init__(self, folder: Path) -> None:
        """Use an existing folder."""
        self._folder = folder

    def create(self, name: str) -> "FileBlobWriter":
        """See `gateway.ports.blobs.BlobStore.create`."""
        return FileBlobWriter(self._path(name), at=0)

    def resume(self, name: str, at: int) -> "FileBlobWriter":
        """See `gateway.ports.blobs.BlobStore.resume`; what lies beyond `at` is cut off."""
        if self.partial_size(name) < at or at < 0:
            raise Conflict(f"blob {name} has no {at} bytes to go on from")
        return FileBlobWriter(self._path(name), at)

    def partial_size(self, name: str) -> int:
        """See `gateway.ports.blobs.BlobStore.partial_size`."""
        try:
            return _partial(self._path(name)).stat().st_size
        except FileNotFoundError:
            return 0

    def exists(self, name: str) -> bool:
        """Whether the blob is there, finished."""
        return self._path(name).is_file()

    def size(self, name: str) -> int:
        """See `gateway.ports.blobs.BlobStore.size`."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {name}") from error

    def read(self, name: str, chunk_bytes: int = 1 << 20, at: int = 0) -> Iterator[bytes]:
        """See `gateway.ports.blobs.BlobStore.read`; the file is open from the first chunk to the last."""
        self.size(name)
        return self._chunks(name, chunk_bytes, at)

    def _chunks(self, name: str, chunk_bytes: int, at: int) -> Iterator[bytes]:
        try:
            file = self._path(name).open("rb", buffering=0)
        except FileNotFoundError as error:
            raise NotFound(f"there is no blob {name}") from error
        with file:
            file.seek(at)
            while chunk := file.read(chunk_bytes):
                yield chunk

    def stored(self, prefix: str) -> list[tuple[str, int, bool, int]]:
        """See `gateway.ports.blobs.BlobStore.stored`."""
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                finished = not entry.name.endswith(PARTIAL)
                name = entry.name.removesuffix(PARTIAL)
                if name.startswith(prefix) and _NAME.fullmatch(name):
                    with suppress(FileNotFoundError):
                        state = entry.stat()
                        found.append((name, state.st_size, finished, state.st_mtime_ns // 1_000_000))
        return sorted(found)

    def rename(self, name: str, new_name: str) -> None:
        """See `gateway.ports.blobs.BlobStore.rename`.

        Raises `NotFound`, or `Conflict` if other bytes have the new name.
        """
        old, new = self._path(name), self._path(new_name)
        if not old.is_file():
            if new.is_file():
                return
            raise NotFound(f"there is no blob {name}")
        if old != new:
            _publish(old, new)

    def remove(self, name: str) -> None:
        """See `gateway.ports.blobs.BlobStore.remove`."""
        path = self._path(name)
        for victim in (path, _partial(path)):
            victim.unlink(missing_ok=True)
        sync_folder(self._folder)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith(PARTIAL):
            raise Invalid([("", "a blob's name is 1 to 200 of A-Z a-z 0-9 . _ - and begins with no dot")])
        return self._folder / name


class FileBlobWriter:
    """See `gateway.ports.blobs.BlobWriter`. After `commit` or `discard` it writes no more.

    One that is dropped without either leaves its bytes for `resume`.
    """

    def __init__(self, path: Path, at: int) -> None:
        self._path = path
        self._file = os.open(_partial(path), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, at)
        os.lseek(self._file, at, os.SEEK_SET)
        self._offset = at
        self._published = False

    @property
    def offset(self) -> int:
        """See `gateway.ports.blobs.BlobWriter.offset`."""
        return self._offset

    def write(self, chunk: bytes) -> None:
        """Append; raises `StoreUnavailable`, and what was there before stays."""
        rest = memoryview(chunk)
        try:
            while rest:
                written = os.write(self._file, rest)
                self._offset += written
                rest = rest[written:]
        except OSError as error:
            raise StoreUnavailable(f"blob {self._path.name} cannot be written: {error}") from error

    def commit(self) -> None:
        """See `gateway.ports.blobs.BlobWriter.commit`; raises `Conflict` if the name has other bytes."""
        try:
            os.fsync(self._file)
            self._close()
            _publish(_partial(self._path), self._path)
            self._published = True
        except OSError as error:
            raise StoreUnavailable(f"blob {self._path.name} cannot be published: {error}") from error

    def discard(self) -> None:
        """Drop the bytes written, also after a `commit` that failed; harmless after one that did not."""
        self._close()
        if not self._published:
            _partial(self._path).unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            self._close()


def _partial(path: Path) -> Path:
    return path.with_name(path.name + PARTIAL)


def _publish(source: Path, target: Path) -> None:
    """Give the source's bytes the target's name durably; raises `Conflict` if other bytes have it."""
    if target.is_file() and not filecmp.cmp(source, target, shallow=False):
        raise Conflict(f"blob {target.name}")
    source.replace(target)
    sync_folder(target.parent)
