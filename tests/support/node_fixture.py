"""Nodes in this process with their real API, store and dispatcher, joined by a network that loses nothing.

    async with Town(world, folder) as town:
        kz = town["kz/mia"]
        token = await kz.token()

Clocks stand still unless a test advances them.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from audit.events import decode_leaf
from gateway.api.app import build_app
from gateway.api.identity import ApiClient, ApiIdentity
from gateway.bootstrap.building import Built, build_node
from gateway.bootstrap.system import SystemClock
from gateway.errors import EnvelopeRejected, PeerFrozen, PeerUnreachable
from gateway.exchange.ingress import on_deliver, on_evidence, on_query
from gateway.exchange.node import Node
from gateway.exchange.opening import quarantined
from gateway.ports.peer import Operation
from gateway.worker.dispatcher import Dispatcher
from keys.jwk import SigningKey, Usage
from keys.tokens import make_client_assertion
from policies.packset import PackSet
from tests.support.world import CLIENT, Member, World

HANDLERS = {"deliver": on_deliver, "evidence": on_evidence, "query": on_query}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLEARED_LOW = "front-desk"
"""A second client of every node, cleared for open content only."""
SIMULATE_ONLY = "lawyers"
"""A third client, with no scope but `simulate`."""


class ManualClock:
    """Stands still until `advance`; those who sleep wake when their time has come."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now_ms + round(seconds * 1000), future))
        await future

    async def advance(self, seconds: float) -> None:
        await _settle()  # so that whoever is about to sleep does so first
        self._now_ms += round(seconds * 1000)
        due = [future for at, future in self._sleepers if at <= self._now_ms]
        self._sleepers = [(at, future) for at, future in self._sleepers if at > self._now_ms]
        for future in due:
            if not future.done():
                future.set_result(None)
        await _settle()


async def _settle() -> None:
    """Let everything run that can; the journal may wait some milliseconds for a group's company."""
    for _ in range(5):
        await asyncio.sleep(0.003)


class Notes:
    """A logger that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(("error", event, fields))

    def errors(self) -> list[str]:
        return [event for level, event, _ in self.lines if level == "error"]


class Neighbours:
    """`PeerTransport` of one node: a direct call of the other node's ingress."""

    def __init__(self, town: "Town", authority: str) -> None:
        self._town = town
        self._authority = authority

    def _node(self, authority: str) -> Node:
        found = self._town.nodes.get(authority)
        if found is None or not found.reachable:
            raise PeerUnreachable(f"{authority} is down")
        return found.node

    async def call(self, authority: str, operation: Operation, frame: bytes) -> bytes:
        await asyncio.sleep(0)
        try:
            return await HANDLERS[operation](self._node(authority), (self._authority,), frame)
        except (EnvelopeRejected, PeerFrozen) as error:
            raise PeerUnreachable("refused") from error

    async def part_offset(self, authority: str, envelope_id: str, position: int) -> int:
        blobs = self._node(authority).blobs
        name = quarantined(self._authority, envelope_id, position)
        return blobs.size(name) if blobs.exists(name) else blobs.partial_size(name)

    async def send_part(
        self,
        authority: str,
        envelope_id: str,
        position: int,
        offset: int,
        total: int,
        chunks: Iterator[bytes],
    ) -> None:
        writer = self._node(authority).blobs.resume(
            quarantined(self._authority, envelope_id, position), offset
        )
        for chunk in chunks:
            writer.write(chunk)
        assert writer.offset == total
        writer.commit()


class LiveNode:
    """One node with its API, reached over ASGI by `http`."""

    def __init__(
        self,
        town: "Town",
        member: Member,
        packs: PackSet | None,
        settings: Mapping[str, Any],
    ) -> None:
        self.member = member
        self.reachable = True
        self.clock = ManualClock(SystemClock().now_ms())
        self.log = Notes()
        self.built: Built = build_node(member.folder, log=self.log, clock=self.clock, packs=packs)
        self.node = self.built.node
        if settings:
            section = self.node.settings.api.model_copy(update=dict(settings))
            changed = self.node.settings.model_copy(update={"api": section})
            object.__setattr__(self.node, "settings", changed)
        self.low = SigningKey.generate(Usage.CLIENT)
        self.lawyer = SigningKey.generate(Usage.CLIENT)
        self.app = build_app(self.node, self._identity())
        self.dispatcher = Dispatcher(self.node, Neighbours(town, member.authority))
        self.node.journal.committed = self.dispatcher.wake
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="https://node.test")
        self._tokens: dict[str, str] = {}
        self._jti = 0
        self._running = asyncio.ensure_future(self.dispatcher.run())

    @property
    def issuer(self) -> str:
        return self.node.settings.api.issuer

    def _identity(self) -> ApiIdentity:
        everything = frozenset({"send", "read", "collect", "simulate"})
        keys = {CLIENT: self.member.client, CLEARED_LOW: self.low, SIMULATE_ONLY: self.lawyer}
        clients = {
            name: ApiClient(
                name,
                key.public,
                frozenset({"simulate"}) if name == SIMULATE_ONLY else everything,
                "confidential" if name == CLIENT else "open",
                frozenset(),
            )
            for name, key in keys.items()
        }
        return ApiIdentity(self.issuer, self.built.tokens, clients, self.built.anchors, self.built.keep_list)

    def events(self, name: str) -> list[dict[str, Any]]:
        """The fields of all audit entries of that event, in the order of the log."""
        leaves = (decode_leaf(leaf) for leaf in self.node.store.leaves(0, 100_000))
        return [dict(leaf.fields) for leaf in leaves if leaf.event == name]

    def key_of(self, client: str) -> SigningKey:
        return {CLIENT: self.member.client, CLEARED_LOW: self.low, SIMULATE_ONLY: self.lawyer}[client]

    def assertion(self, client: str = CLIENT, *, lifetime_s: int = 60, audience: str | None = None) -> str:
        self._jti += 1
        now, jti = self.clock.now_ms(), f"assertion-{self._jti:08d}"
        return make_client_assertion(
            self.key_of(client), client, audience or self.issuer, now, jti, lifetime_s
        )

    async def ask_token(self, **form: str) -> httpx.Response:
        """POST to the token endpoint; `form` overrides or, with an empty string, drops parameters."""
        fields = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": form.get("client_assertion") or self.assertion(),
        } | form
        return await self.http.post("/v1/token", data={k: v for k, v in fields.items() if v})

    async def token(self, client: str = CLIENT) -> str:
        """An access token, fetched once."""
        if client not in self._tokens:
            answer = await self.ask_token(client_assertion=self.assertion(client))
            assert answer.status_code == 200, answer.text
            self._tokens[client] = answer.json()["access_token"]
        return self._tokens[client]

    async def request(
        self, method: str, path: str, client: str | None = CLIENT, **options: Any
    ) -> httpx.Response:
        """A request with the client's token, or none for None."""
        headers = dict(options.pop("headers", {}))
        if client is not None:
            headers["authorization"] = f"Bearer {await self.token(client)}"
        return await self.http.request(method, path, headers=headers, **options)

    async def get(self, path: str, client: str | None = CLIENT, **options: Any) -> httpx.Response:
        return await self.request("GET", path, client, **options)

    async def post(self, path: str, client: str | None = CLIENT, **options: Any) -> httpx.Response:
        return await self.request("POST", path, client, **options)

    async def submit(self, content: object, key: str = "key-1", **options: Any) -> httpx.Response:
        """POST /v1/messages."""
        headers = {"idempotency-key": key, "content-type": "application/json"} | options.pop("headers", {})
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.post("/v1/messages", content=data, headers=headers, **options)

    async def close(self) -> None:
        await self.app.close()
        await self.http.aclose()
        await self.dispatcher.stop()
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self.built.close()


class Town:
    """Live nodes of a world.

    Args:
        world: founded nodes (see `tests.support.world.make_world`).
        packs: the agreements, if they were loaded already.
        only: the authorities whose nodes run; all by default.
        settings: values of the section `api` that differ from the nodes' own.
    """

    def __init__(
        self, world: World, packs: PackSet | None = None, only: tuple[str, ...] = (), **settings: Any
    ) -> None:
        self.world = world
        self._only = only or tuple(world.members)
        self.nodes: dict[str, LiveNode] = {}
        self._packs = packs
        self._settings = settings

    def __getitem__(self, authority: str) -> LiveNode:
        return self.nodes[authority]

    async def __aenter__(self) -> "Town":
        for authority in self._only:
            member = self.world[authority]
            self.nodes[authority] = LiveNode(self, member, self._packs, self._settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for node in self.nodes.values():
            await node.close()


def moved(world: World, folder: Path) -> World:
    """The same world with its nodes' folders below another folder (copied there by the caller)."""
    copy = World(folder, trust_keys=world.trust_keys, versions=dict(world.versions))
    for authority, member in world.members.items():
        changed = Member(**{**member.__dict__, "folder": folder / member.folder.name})
        copy.members[authority] = changed
    return copy
