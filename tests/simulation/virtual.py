"""A virtual-time event loop, a seeded clock and entropy, and a network that loses, doubles and delays."""

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from gateway.bootstrap.system import uuid7
from gateway.errors import PeerUnreachable
from gateway.ports.peer import Operation

START_MS = 1_800_000_000_000


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: when nothing is ready, virtual time jumps to the next timer."""

    def __init__(self, jump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and (timeout is None or timeout > 0):
            self._jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a number. A loop with nothing left to wait for is a deadlock."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_JumpingSelector(self._jump))

    def _jump(self, timeout: float | None) -> None:
        if timeout is None:
            raise RuntimeError("deadlock: every task waits and no timer is set")
        self._virtual += timeout

    def time(self) -> float:
        return self._virtual


class VirtualClock:
    """Unix time that follows the virtual loop, `skew_ms` off."""

    def __init__(self, loop: VirtualLoop, skew_ms: int = 0) -> None:
        self._loop = loop
        self._skew_ms = skew_ms

    def now_ms(self) -> int:
        return START_MS + self._skew_ms + int(self._loop.time() * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SeededEntropy:
    """Reproducible randomness for one node."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def random_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def uuid7(self, now_ms: int) -> str:
        return uuid7(now_ms, self._random.randbytes(10))

    def fraction(self) -> float:
        return self._random.random()


Handler = Callable[[str, Operation, bytes], Awaitable[bytes]]


class FaultyNetwork:
    """Carries frames between nodes of one process, as badly as the seed says.

    Args:
        drop: probability that a request, and again that an answer, is lost.
        double: probability that a request arrives once more later.
        max_delay_s: each frame takes up to this long.
    """

    def __init__(self, seed: str, drop: float, double: float, max_delay_s: float) -> None:
        self._random = random.Random(seed)
        self._drop, self._double, self._max_delay_s = drop, double, max_delay_s
        self.handlers: dict[str, Handler] = {}
        self.counts = {"sent": 0, "dropped": 0, "doubled": 0}
        self._late: set[asyncio.Task[None]] = set()

    async def carry(self, sender: str, receiver: str, operation: Operation, frame: bytes) -> bytes:
        self.counts["sent"] += 1
        await self._delay()
        if self._random.random() < self._double:
            self.counts["doubled"] += 1
            task = asyncio.ensure_future(self._again(sender, receiver, operation, frame))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        self._maybe_lose("request lost")
        answer = await self._hand_over(sender, receiver, operation, frame)
        await self._delay()
        self._maybe_lose("answer lost")
        return answer

    async def _again(self, sender: str, receiver: str, operation: Operation, frame: bytes) -> None:
        await asyncio.sleep(self._random.random() * self._max_delay_s * 4)
        try:
            await self._hand_over(sender, receiver, operation, frame)
        except PeerUnreachable:
            return

    async def _hand_over(self, sender: str, receiver: str, operation: Operation, frame: bytes) -> bytes:
        handler = self.handlers.get(receiver)
        if handler is None:
            raise PeerUnreachable(f"{receiver} is down")
        return await handler(sender, operation, frame)

    async def _delay(self) -> None:
        await asyncio.sleep(self._random.random() * self._max_delay_s)

    def _maybe_lose(self, what: str) -> None:
        if self._random.random() < self._drop:
            self.counts["dropped"] += 1
            raise PeerUnreachable(what)


class SimulatedTransport:
    """`PeerTransport` of one node over the faulty network. Parts travel inline in simulations."""

    def __init__(self, network: FaultyNetwork, authority: str) -> None:
        self._network = network
        self._authority = authority

    async def call(self, authority: str, operation: Operation, frame: bytes) -> bytes:
        return await self._network.carry(self._authority, authority, operation, frame)

    async def part_offset(self, authority: str, envelope_id: str, position: int) -> int:
        raise PeerUnreachable("no streamed parts here")

    async def send_part(
        self,
        authority: str,
        envelope_id: str,
        position: int,
        offset: int,
        total: int,
        chunks: Iterator[bytes],
    ) -> None:
        raise PeerUnreachable("no streamed parts here")
