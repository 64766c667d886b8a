"""Folders: one process to each, and names in them made durable."""

import fcntl
import os
from pathlib import Path

from gateway.errors import ConfigError


class FolderLock:
    """Holds a folder for this process until `release` or the process's end, however it ends."""

    def __init__(self, folder: Path, name: str = "node.lock") -> None:
        """Take the lock; raises `ConfigError` if another holds it or the folder cannot be written."""
        path = folder / name
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"the folder {folder} cannot be locked: {error}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise ConfigError(f"{folder} is in use by another process; stop that one first") from error

    def release(self) -> None:
        """Let the folder go; doing it twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def sync_folder(folder: Path) -> None:
    """Make names made or changed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
