"""Landlock (Linux 5.13): a worker may read the interpreter and the system's libraries, and nothing else.

Keys, databases and messages of the node are out of its reach even if a parser is taken over.
landlock(7), landlock_create_ruleset(2).
"""

import ctypes
import os
import sys
from pathlib import Path

import gateway
from gateway.inspection.sandbox.kernel import syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FS_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_RIGHTS, _SCOPES = 0b11, 0b11
_READABLE = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime")


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("access", ctypes.c_uint64), ("parent", ctypes.c_int32))


def restrict_files() -> int:
    """Restrict this process for good and return Landlock's version. Raises OSError where there is none."""
    version = syscall(_CREATE, 0, 0, _VERSION_FLAG)
    rights = (1 << _FS_RIGHTS_BY_ABI.get(version, 16)) - 1
    ruleset = _Ruleset(rights, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset_fd = syscall(_CREATE, ctypes.byref(ruleset), size, 0)
    try:
        for path in readable_paths():
            _allow(ruleset_fd, path, _READ_FILE | _READ_DIR | _EXECUTE)
        _allow(ruleset_fd, Path(os.devnull), _READ_FILE | _WRITE_FILE)
        syscall(_RESTRICT, ruleset_fd, 0)
    finally:
        os.close(ruleset_fd)
    return version


def readable_paths() -> list[Path]:
    """What the interpreter, its libraries and OCR need to read."""
    package = Path(gateway.__file__).parent
    wanted = [*map(Path, _READABLE), Path(sys.prefix), Path(sys.base_prefix), package]
    return [path for path in dict.fromkeys(wanted) if path.exists()]


def _allow(ruleset_fd: int, path: Path, rights: int) -> None:
    path_fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        kept = rights if path.is_dir() else rights & ~_READ_DIR
        syscall(_ADD, ruleset_fd, _PATH_BENEATH, ctypes.byref(_Beneath(kept, path_fd)), 0)
    finally:
        os.close(path_fd)
