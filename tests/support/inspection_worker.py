"""Workers for tests: a detector that knows two words, and readers of RTF that behave as their text says.

Run as `python -m tests.support.inspection_worker`; the hostile readers exist here alone.
"""

import ctypes
import os
import signal
import socket
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from gateway.inspection.extraction import BINARY_READERS
from gateway.inspection.gathering import Gathering
from gateway.inspection.kinds import Kind
from gateway.inspection.verdict import Finding, Segment
from gateway.inspection.worker import serve

WORD = "Секретно"
LATIN_WORD = "TOP SECRET"


def two_words(_lexicon: str, _key: str) -> object:
    def detect(segments: Sequence[Segment]) -> list[Finding]:
        found = [segment for segment in segments if WORD in segment.text or LATIN_WORD in segment.text]
        return [Finding(WORD, "ru", one.place, "word", "state_secret", one.channel) for one in found]

    return detect


def abort(_: Gathering) -> None:
    os.abort()


def segfault(_: Gathering) -> None:
    ctypes.string_at(0)


def spin(_: Gathering) -> None:
    while True:
        pass


def hang(_: Gathering) -> None:
    time.sleep(3600)


def eat(_: Gathering) -> None:
    kept = []
    while True:
        kept.append(bytearray(64 << 20))


def native_eat(_: Gathering) -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    while libc.malloc(ctypes.c_size_t(64 << 20)):
        pass
    os.abort()


def _answers_fd() -> int:
    """The private descriptor of answers: what a hostile parser would look for."""
    return max(int(name) for name in map(str, range(3, 20)) if _is_pipe(int(name)))


def _is_pipe(fd: int) -> bool:
    try:
        return stat.S_IFMT(os.fstat(fd).st_mode) in (stat.S_IFIFO, stat.S_IFSOCK)
    except OSError:
        return False


def flood(_: Gathering) -> None:
    while True:
        os.write(_answers_fd(), b"\xff" * 65536)


def big_frame(_: Gathering) -> None:
    fd = _answers_fd()
    os.write(fd, (400_000).to_bytes(4, "big"))
    while True:
        os.write(fd, b"[" * 65536)


def garbage(_: Gathering) -> None:
    os.write(_answers_fd(), b"\x00\x00\x00\x05{]no!")
    time.sleep(3600)


def forged(_: Gathering) -> None:
    answer = b'{"number":999999,"verdict":"none","findings":[],"problems":[],"expanded_bytes":0}'
    os.write(_answers_fd(), len(answer).to_bytes(4, "big") + answer)


def close_pipe(_: Gathering) -> None:
    os.close(_answers_fd())
    time.sleep(3600)


def prints(into: Gathering) -> None:
    os.write(1, b"x" * 100_000)
    os.write(2, b"x" * 100_000)
    into.add("printed to standard output", "text", "rtf")


def tries(into: Gathering) -> None:
    """Tell which of the things that no parser should do can be done."""
    for name, attempt in ATTEMPTS.items():
        try:
            attempt()
        except OSError:
            continue
        into.add(f"{WORD} {name}", "text", name)


def _connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as made:
        made.settimeout(1)
        made.connect(("127.0.0.1", 9))


def _unix() -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close()


def _write() -> None:
    Path("/tmp/kelisim-escaped").write_text("x")


def _read() -> None:
    Path("/etc/passwd").read_text()


def _list() -> None:
    list(Path("/").iterdir())


def _fork_program() -> None:
    os.execv("/bin/true", ["true"])  # noqa: S606


def _signal() -> None:
    os.kill(os.getppid(), signal.SIGCONT)


ATTEMPTS = {
    "socket": _connect,
    "unix socket": _unix,
    "write": _write,
    "read": _read,
    "list": _list,
    "program": _fork_program,
    "signal": _signal,
}

BEHAVIOURS = {
    f.__name__: f
    for f in (
        abort,
        segfault,
        spin,
        hang,
        eat,
        native_eat,
        flood,
        big_frame,
        garbage,
        forged,
        close_pipe,
        prints,
        tries,
    )
}


def behave(data: bytes, into: Gathering) -> None:
    """`{\\rtf NAME}` does what NAME says."""
    BEHAVIOURS[data.removeprefix(b"{\\rtf ").removesuffix(b"}").decode()](into)


if __name__ == "__main__":
    serve(two_words, {**BINARY_READERS, Kind.RTF: behave})  # type: ignore[arg-type]
