"""Whole nodes in one process under one seed: real code, real databases, faults between the steps."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from audit.events import decode_leaf
from gateway.bootstrap.building import Built, build_node
from gateway.errors import Conflict, GatewayError, PeerUnreachable
from gateway.exchange.collect import Collected, Reader, collect
from gateway.exchange.ingress import on_deliver, on_evidence, on_query
from gateway.exchange.prepare import Draft, prepare
from gateway.exchange.submission import Submission
from gateway.exchange.submit import Accepted, submit
from gateway.ports.peer import Operation
from gateway.worker.dispatcher import Dispatcher
from gateway.worker.scanner import scan_once
from keys.signatures import official_sign
from tests.simulation.virtual import (
    FaultyNetwork,
    SeededEntropy,
    SimulatedTransport,
    VirtualClock,
    VirtualLoop,
)
from tests.support.world import CLIENT, Member, World

SCANNED_EVERY_S = 3600.0
"""Looks in between find nothing, and weeks of them take long."""
HANDLERS = {"deliver": on_deliver, "evidence": on_evidence, "query": on_query}
READER = Reader(CLIENT, "confidential", frozenset())


class Crashed(BaseException):
    """The process of a node ends here."""


class Silent:
    """A logger that only counts alerts."""

    def __init__(self) -> None:
        self.alerts: list[tuple[str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None: ...

    def warning(self, event: str, **fields: object) -> None: ...

    def error(self, event: str, **fields: object) -> None:
        self.alerts.append((event, fields))


@dataclass
class SimulatedNode:
    """A node that can crash at any of its crash points and is started again on the same folder."""

    simulation: "Simulation"
    member: Member
    crash_rate: float
    log: Silent = field(default_factory=Silent)
    built: Built | None = None
    dispatcher: Dispatcher | None = None
    running: asyncio.Task[None] | None = None
    crashes: int = 0
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        seed = f"{self.simulation.seed}/{self.member.authority}/{self.starts}"
        self.built = build_node(
            self.member.folder,
            log=self.log,
            clock=VirtualClock(self.simulation.loop),
            entropy=SeededEntropy(seed),
            packs=self.simulation.packs,
            crash_point=self._crash_point,
        )
        node = self.built.node
        transport = SimulatedTransport(self.simulation.network, self.member.authority)
        self.dispatcher = Dispatcher(node, transport)
        node.journal.committed = self.dispatcher.wake
        self.running = asyncio.ensure_future(self._run())
        if self.simulation.scanning:
            self.simulation.spawn(self._scan(self.built))
        self.simulation.network.handlers[self.member.authority] = self._handle

    async def _run(self) -> None:
        assert self.dispatcher is not None
        await self.dispatcher.run()

    async def _scan(self, built: Built) -> None:
        """The scan of clocks, as long as this process lives."""
        while self.built is built:
            try:
                pause_s = await scan_once(built.node, SCANNED_EVERY_S)
            except Crashed:
                return
            await built.node.clock.sleep(pause_s)

    def _crash_point(self, name: str) -> None:
        if self.simulation.faults.random() < self.crash_rate:
            self.crash(name)
            raise Crashed(name)

    def crash(self, name: str) -> None:
        """End the process: nothing that is not committed survives, and everybody waiting is cut off."""
        if self.built is None:
            return
        self.crashes += 1
        self.simulation.crash_points.append(name)
        self.simulation.network.handlers.pop(self.member.authority, None)
        built, self.built = self.built, None
        built.close()
        if self.running is not None:
            self.running.cancel()
        if self.dispatcher is not None:
            self.simulation.spawn(self.dispatcher.stop())
        self.simulation.spawn(self._restart())

    async def _restart(self) -> None:
        await asyncio.sleep(self.simulation.faults.random() * 5)
        self.start()

    async def _handle(self, sender: str, operation: Operation, frame: bytes) -> bytes:
        built = self.built
        if built is None:
            raise PeerUnreachable("down")
        try:
            return await HANDLERS[operation](built.node, (sender,), frame)
        except Crashed as crash:
            raise PeerUnreachable("crashed") from crash
        except GatewayError as error:
            if self.built is not built:
                raise PeerUnreachable("crashed") from error
            raise PeerUnreachable(f"refused: {error}") from error

    async def attempt(self, action: Callable[[Built], Any]) -> Any:
        """Do something on the node, again and again until it is up and the action went through."""
        for _ in range(200):
            built = self.built
            if built is None:
                await asyncio.sleep(0.5)
                continue
            try:
                return await action(built)
            except Crashed:
                await asyncio.sleep(0.5)
            except Conflict:
                raise
            except GatewayError:
                if self.built is built:
                    raise
                await asyncio.sleep(0.5)
        raise AssertionError(f"{self.member.authority} did not come up again")


@dataclass
class Simulation:
    """Two or more nodes, a faulty network, one seed."""

    seed: str
    world: World
    loop: VirtualLoop
    packs: Any
    network: FaultyNetwork
    crash_rate: float = 0.0
    scanning: bool = False
    nodes: dict[str, SimulatedNode] = field(default_factory=dict)
    crash_points: list[str] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.faults = random.Random(f"{self.seed}/faults")

    def spawn(self, coroutine: Any) -> None:
        task = self.loop.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def start(self) -> None:
        for authority, member in self.world.members.items():
            node = self.nodes[authority] = SimulatedNode(self, member, self.crash_rate)
            node.start()

    async def send(self, authority: str, draft: Draft, key: str) -> Accepted:
        """Prepare, sign outside the node, submit; a submission cut off is repeated unchanged."""
        node = self.nodes[authority]

        async def prepared(built: Built) -> Submission:
            made = prepare(built.node, CLIENT, draft)
            official = official_sign(node.member.head, made.manifest) if draft.signatory else None
            return Submission(made.manifest, made.body, official, made.uploads, key)

        submission = await node.attempt(prepared)

        async def submitted(built: Built) -> Any:
            return await submit(built.node, CLIENT, submission)

        result = await node.attempt(submitted)
        assert isinstance(result, Accepted), result
        return result

    async def wait_item(self, authority: str, message_id: str, sender: str) -> str:
        """Wait until a message lies in an inbox; returns the inbox item's id."""
        for _ in range(5000):
            built = self.nodes[authority].built
            if built is not None:
                for row in built.node.store.envelopes("in", sender, message_id):
                    return row.envelope_id
            await asyncio.sleep(0.5)
        raise AssertionError(f"{message_id} never reached {authority}")

    async def collect(self, authority: str, item_id: str) -> Collected:
        async def collected(built: Built) -> Any:
            item = built.node.store.inbox_item(item_id)
            assert item is not None
            return await collect(built.node, READER, item_id, item.message.purpose)

        result = await self.nodes[authority].attempt(collected)
        assert isinstance(result, Collected), result
        return result

    async def settle(self) -> None:
        """Stop the faults and run until nothing waits any more."""
        for node in self.nodes.values():
            node.crash_rate = 0.0
        for _ in range(5000):
            built = [node.built for node in self.nodes.values()]
            if all(b is not None and not b.node.store.waiting_peers() for b in built):
                return
            await asyncio.sleep(1)
        raise AssertionError("the nodes do not come to rest")

    async def stop(self) -> None:
        for node in self.nodes.values():
            if node.dispatcher is not None:
                await node.dispatcher.stop()
            if node.running is not None:
                node.running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await node.running

    def trace(self) -> bytes:
        """Every log entry as (node, index, event, fields), ids and digests as first-seen ordinals."""
        seen: dict[str, str] = {}
        lines: list[str] = []
        for authority in sorted(self.nodes):
            built = self.nodes[authority].built
            assert built is not None
            for index, leaf in enumerate(built.node.store.leaves(0, 1 << 30)):
                record = decode_leaf(leaf)
                fields = {name: _ordinal(seen, value) for name, value in sorted(record.fields.items())}
                lines.append(f"{authority} {index} {record.at} {record.event} {fields}")
        return "\n".join(lines).encode()

    def close(self) -> None:
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.close()
        for node in self.nodes.values():
            if node.built is not None:
                node.built.close()
                node.built = None


_LONG = 36


def _ordinal(seen: dict[str, str], value: object) -> object:
    if isinstance(value, list):
        return [_ordinal(seen, one) for one in value]
    if isinstance(value, str) and len(value) >= _LONG:
        return seen.setdefault(value, f"#{len(seen)}")
    return value


def new_simulation(
    seed: str, world: World, packs: Any, *, drop: float, double: float, crash: float
) -> Simulation:
    """A simulation on fresh nodes; lists are issued before its virtual time begins."""
    loop = VirtualLoop()
    network = FaultyNetwork(f"{seed}/network", drop, double, max_delay_s=0.4)
    return Simulation(seed, world, loop, packs, network, crash)
