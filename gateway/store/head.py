"""The last signed checkpoint, kept apart from the database: `gateway.ports.head.HeadStore`.

The file has two slots, written in turn, each with a sequence number and a checksum. A write that a crash
tears leaves the slot before it whole.
"""

import hashlib
import os
import struct
from pathlib import Path

from gateway.errors import ConfigError, StoreUnavailable
from gateway.store.folder import sync_folder

SLOT_BYTES = 16_384

_MAGIC = b"klsmhd1\n"
_PREFIX = struct.Struct(">8sQI")
_DIGEST_BYTES = 32
MAX_CHECKPOINT_BYTES = SLOT_BYTES - _PREFIX.size - _DIGEST_BYTES


class MemoryHead:
    """A head for simulations; it lives as long as the object does."""

    def __init__(self, checkpoint: bytes | None = None) -> None:
        self._checkpoint = checkpoint

    def load(self) -> bytes | None:
        """See `gateway.ports.head.HeadStore.load`."""
        return self._checkpoint

    def advance(self, checkpoint: bytes) -> None:
        """See `gateway.ports.head.HeadStore.advance`."""
        self._checkpoint = checkpoint


class FileHead:
    """A head in a file of its own."""

    def __init__(self, path: Path) -> None:
        """Open or create the file, for its owner alone; raises `ConfigError`."""
        self._path = path
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"the head {path} cannot be opened: {error}") from error
        try:
            self._allocate()
            self._sequence, self._checkpoint = self._newest()
        except OSError as error:
            self.close()
            raise ConfigError(f"the head {path} cannot be used: {error}") from error
        except ConfigError:
            self.close()
            raise

    def load(self) -> bytes | None:
        """See `gateway.ports.head.HeadStore.load`."""
        return self._checkpoint

    def advance(self, checkpoint: bytes) -> None:
        """See `gateway.ports.head.HeadStore.advance`.

        Raises `StoreUnavailable` if it may not have reached the disk, and `ValueError` if it is longer than
        `MAX_CHECKPOINT_BYTES`.
        """
        if len(checkpoint) > MAX_CHECKPOINT_BYTES:
            raise ValueError(f"a head holds {MAX_CHECKPOINT_BYTES} bytes, not {len(checkpoint)}")
        sequence = self._sequence + 1
        slot = _pack(sequence, checkpoint)
        try:
            if os.pwrite(self._file, slot, sequence % 2 * SLOT_BYTES) != len(slot):
                raise StoreUnavailable(f"the head {self._path} was written in part")
            os.fdatasync(self._file)
        except OSError as error:
            raise StoreUnavailable(f"the head {self._path} cannot be written: {error}") from error
        self._sequence, self._checkpoint = sequence, checkpoint

    def close(self) -> None:
        """Close the file; doing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _allocate(self) -> None:
        """Give a new file its full length, so that advancing never changes the file's own metadata."""
        size = os.fstat(self._file).st_size
        if size == 2 * SLOT_BYTES:
            return
        if size > 0 and any(os.pread(self._file, size, 0)):
            raise ConfigError(f"{self._path} is not a head: it has {size} bytes")
        os.pwrite(self._file, bytes(2 * SLOT_BYTES), 0)
        os.fsync(self._file)
        sync_folder(self._path.parent)

    def _newest(self) -> tuple[int, bytes | None]:
        slots = [os.pread(self._file, SLOT_BYTES, at) for at in (0, SLOT_BYTES)]
        whole = [found for slot in slots if (found := _unpack(slot)) is not None]
        if whole:
            return max(whole)
        # The first write ever may have been torn; it can only have been that of slot 1.
        if any(slots[0]):
            raise ConfigError(f"both slots of the head {self._path} are damaged; a crash cannot do that")
        return 0, None


def _pack(sequence: int, checkpoint: bytes) -> bytes:
    body = _PREFIX.pack(_MAGIC, sequence, len(checkpoint)) + checkpoint
    return body + hashlib.sha256(body).digest()


def _unpack(slot: bytes) -> tuple[int, bytes] | None:
    """Sequence number and checkpoint, or None if the slot is empty or torn."""
    magic, sequence, length = _PREFIX.unpack_from(slot)
    end = _PREFIX.size + length
    if magic != _MAGIC or length > MAX_CHECKPOINT_BYTES:
        return None
    if hashlib.sha256(slot[:end]).digest() != slot[end : end + _DIGEST_BYTES]:
        return None
    return sequence, slot[_PREFIX.size : end]
