"""Files that hold secrets: written whole or not at all, readable by their owner only."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from keys.errors import CustodyError

MAX_BYTES = 64 * 1024
_DOOMED = ".doomed"
_EXPOSED = stat.S_IRWXG | stat.S_IRWXO


def read_private(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return a secret file's bytes.

    Raises:
        CustodyError: missing, a link, not a file, open to group or world, or too large.

    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise CustodyError(f"{path.name} cannot be read") from error
    try:
        _check_status(os.fstat(descriptor), path.name)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise CustodyError(f"{path.name} is larger than {max_bytes} bytes")
    return data


def _check_status(status: os.stat_result, name: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CustodyError(f"{name} is not a file")
    if status.st_mode & _EXPOSED:
        raise CustodyError(f"{name} is open to others than its owner (chmod 600)")


def write_private(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Write a secret file, mode 0600, durably and in one step.

    Args:
        path: where; its folder must exist.
        data: the whole content.
        replace: whether an older file of this name may be replaced; otherwise its presence is an error, so
            that no key is lost by writing another over it.

    Raises:
        CustodyError: the file exists, or cannot be written.

    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        _write_draft(draft, data)
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
        _sync_folder(path.parent)
    except OSError as error:
        raise CustodyError(f"{path.name} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def destroy_private(path: Path) -> None:
    """Overwrite a secret file and remove it.

    Overwriting reaches the old blocks only on file systems that write in place, so it is a second line: what
    makes destruction final is that these files are in no backup.

    Raises:
        CustodyError: it cannot be overwritten or removed.

    """
    doomed = path.with_suffix(_DOOMED)
    try:
        # Renamed first: if the power fails half-way, what is left is known to be on its way out.
        path.replace(doomed)
        _overwrite(doomed)
    except OSError as error:
        raise CustodyError(f"{path.name} cannot be destroyed: {error.strerror}") from error


def finish_destruction(folder: Path) -> None:
    """Remove what an interrupted `destroy_private` left in a folder.

    Raises:
        CustodyError: it cannot be overwritten or removed.

    """
    for doomed in folder.glob(f"*{_DOOMED}"):
        try:
            _overwrite(doomed)
        except OSError as error:
            raise CustodyError(f"{doomed.name} cannot be destroyed: {error.strerror}") from error


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    _sync_folder(path.parent)


def _write_draft(draft: Path, data: bytes) -> None:
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
