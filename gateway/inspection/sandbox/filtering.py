"""A seccomp filter: no sockets, signals, tracing, mounts or namespaces, and no programs unless there is OCR.

A list of what is refused, not of what is allowed: what libraries need differs from one release to the next,
and the other walls (limits, namespaces, Landlock) do not depend on this one. seccomp(2), linux/bpf_common.h.
"""

import ctypes
import struct

from gateway.inspection.sandbox.kernel import machine, prctl

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000
_NUMBER_AT, _ARCH_AT = 0, 4
_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000

_SYSCALLS: dict[str, tuple[int, int]] = {  # name: (x86_64, aarch64)
    "socket": (41, 198),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept4": (288, 242),
    "kill": (62, 129),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "quotactl": (179, 60),
    "open_by_handle_at": (304, 265),
    "mknodat": (259, 33),
    "shmget": (29, 194),
    "msgget": (68, 186),
}
_PROGRAMS: dict[str, tuple[int, int]] = {"execve": (59, 221), "execveat": (322, 281)}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def filter_syscalls(*, programs: bool) -> None:
    """Install the filter for good; `programs` lets OCR be started. Raises OSError where it cannot be."""
    name = machine()
    if name is None:
        raise OSError(38, "system-call numbers of this machine are not known")
    code = _assemble(name, programs=programs)
    program = _Program(len(code) // 8, code)
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


def _assemble(name: str, *, programs: bool) -> bytes:
    column = 0 if name == "x86_64" else 1
    refused = _SYSCALLS if programs else _SYSCALLS | _PROGRAMS
    numbers = [both[column] for both in refused.values()]
    code = [
        _op(_LOAD, _ARCH_AT),
        _op(_EQUAL, _ARCHES[name], if_true=1),
        _op(_RETURN, _KILL),
        _op(_LOAD, _NUMBER_AT),
        _op(_AT_LEAST, _X32_BIT, if_true=len(numbers) + 1),
    ]
    code += [_op(_EQUAL, number, if_true=len(numbers) - index) for index, number in enumerate(numbers)]
    return b"".join([*code, _op(_RETURN, _ALLOW), _op(_RETURN, _REFUSE)])


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
