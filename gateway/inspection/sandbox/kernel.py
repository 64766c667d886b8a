"""System calls that Python has no function for, by number, through libc."""

import ctypes
import os
import platform

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE = 1, 38, 4
MACHINES = {"x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def machine() -> str | None:
    """Return the machine's name if its system-call numbers are known here."""
    return MACHINES.get(platform.machine())


def prctl(option: int, *arguments: int) -> None:
    """Call prctl(2). Raises OSError."""
    padded = [ctypes.c_ulong(one) for one in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(_libc().prctl(option, *padded))


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by number; arguments are ints or ctypes pointers. Raises OSError."""
    libc = _libc()
    libc.syscall.restype = ctypes.c_long
    converted = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _checked(libc.syscall(ctypes.c_long(number), *converted))


def unshare(flags: int) -> None:
    """Call unshare(2). Raises OSError."""
    _checked(_libc().unshare(flags))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
