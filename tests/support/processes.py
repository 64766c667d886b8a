"""Nodes as processes of their own, for end-to-end tests and benchmarks."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.world import Member

START_S = 30
_SERVE = (
    "import sys; from pathlib import Path; from gateway.bootstrap.serving import run; run(Path(sys.argv[1]))"
)
_CRASHING = Path(__file__).with_name("crashing_node.py")


class NodeProcess:
    """A node served by its own process; its log goes to `node.log` in its folder.

    Args:
        crash_at: the crash point at which the process kills itself with SIGKILL, if any.
    """

    def __init__(self, member: Member, crash_at: str | None = None) -> None:
        self.member = member
        self.log = member.folder / "node.log"
        arguments = ["-c", _SERVE, str(member.folder)]
        if crash_at is not None:
            arguments = [str(_CRASHING), str(member.folder), crash_at]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            )

    def wait_up(self) -> None:
        """Wait until both listeners accept connections."""
        deadline = time.monotonic() + START_S
        for port in (self.member.api_port, self.member.peer_port):
            while not _accepts(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self.member.authority} is not up:\n{self.log.read_text()[-4000:]}")
                time.sleep(0.02)

    def stop(self) -> int:
        """SIGTERM, and the exit code once it has drained."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(START_S)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(START_S)

    def rss_bytes(self) -> int:
        """Resident memory now."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(*members: Member) -> Iterator[list[NodeProcess]]:
    """Nodes that run while the block does."""
    nodes = [NodeProcess(member) for member in members]
    try:
        for node in nodes:
            node.wait_up()
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def _accepts(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
