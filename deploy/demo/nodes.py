"""The gateways as processes of their own."""

import signal
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from deploy.demo.checking import UnexpectedOutcome, require_equal, wait_for
from deploy.demo.commands import KELISIM, environment
from deploy.demo.interrupting import ignore_signals
from deploy.demo.world import Member

START_S = 30.0
STOP_S = 20.0
_TAIL = 2000


class ServedNode:
    """`kelisim serve` for one member; its operational log goes to `node.log` in the node's folder."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self._log = member.folder / "node.log"
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the demo only, which then stops the nodes in order.
            self._process = subprocess.Popen(
                [str(KELISIM), "serve", str(member.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )

    @property
    def process_id(self) -> int:
        """The operating system's number of the process."""
        return self._process.pid

    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process.poll() is None

    def wait_up(self) -> None:
        """Wait until both listeners accept connections."""
        for port in (self.member.api_port, self.member.peer_port):
            wait_for(f"{self.member.authority} listens", lambda port=port: self._accepts(port), START_S)  # type: ignore[misc]

    def terminate(self) -> None:
        """SIGTERM: finish what was taken in, then stop."""
        if self.runs():
            self._process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """The exit code, once it has drained. One that does not end is killed."""
        try:
            return self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def _accepts(self, port: int) -> bool | None:
        if not self.runs():
            tail = self._log.read_text(encoding="utf-8")[-_TAIL:]
            raise UnexpectedOutcome(f"{self.member.authority} ended at its start:\n{tail}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return None


@contextmanager
def serving(members: Iterable[Member]) -> Iterator[list[ServedNode]]:
    """Nodes that run while the block does; afterwards each must have drained and ended with 0."""
    nodes: list[ServedNode] = []
    try:
        for member in members:
            nodes.append(ServedNode(member))  # noqa: PERF401  what was started must be stopped
        for node in nodes:
            node.wait_up()
        yield nodes
    finally:
        ignore_signals()
        for node in nodes:
            node.terminate()
        codes = {node.member.authority: node.ended() for node in nodes}
    require_equal("exit codes of the gateways", codes, dict.fromkeys(codes, 0))
