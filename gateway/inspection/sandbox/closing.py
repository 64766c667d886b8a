"""Closes the sandbox around this process, wall by wall, and tells which walls stand."""

import os
import signal
from collections.abc import Callable

from msgspec import Struct

from gateway.inspection.sandbox.filtering import filter_syscalls
from gateway.inspection.sandbox.kernel import (
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    prctl,
    unshare,
)
from gateway.inspection.sandbox.landlock import restrict_files
from gateway.inspection.sandbox.limiting import limit_resources

_NEW_USER, _NEW_NET, _NEW_IPC = 0x10000000, 0x40000000, 0x08000000


class Walls(Struct, frozen=True, forbid_unknown_fields=True):
    """Which protections hold for a worker on this machine.

    `limits`: memory, files, open files, core. `network`: a network namespace of its own with nothing in it.
    `files`: version of Landlock, 0 for none. `syscalls`: the seccomp filter.
    """

    limits: bool
    network: bool
    files: int
    syscalls: bool

    @property
    def no_network(self) -> bool:
        """Whether a worker cannot reach the network, by either wall."""
        return self.network or self.syscalls


def close_sandbox(max_memory_bytes: int, *, programs: bool) -> Walls:
    """Give up everything that parsing does not need. There is no way back.

    Args:
        max_memory_bytes: address space of this process, and of each that it starts.
        programs: whether programs may be started (OCR).
    """
    _holds(lambda: prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    _holds(lambda: prctl(PR_SET_NO_NEW_PRIVS, 1))
    network = _holds(lambda: unshare(_NEW_USER | _NEW_NET | _NEW_IPC)) or _holds(
        lambda: unshare(_NEW_NET | _NEW_IPC)
    )
    _holds(lambda: prctl(PR_SET_DUMPABLE, 0))
    files = _version()
    limits = _holds(lambda: limit_resources(max_memory_bytes))
    os.umask(0o077)
    return Walls(limits, network, files, _holds(lambda: filter_syscalls(programs=programs)))


def _version() -> int:
    try:
        return restrict_files()
    except OSError:
        return 0


def _holds(wall: Callable[[], None]) -> bool:
    try:
        wall()
    except OSError:
        return False
    return True
