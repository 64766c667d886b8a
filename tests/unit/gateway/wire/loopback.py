"""Gateways on loopback with real certificates, and a node reduced to the ports its listener uses."""

import asyncio
import dataclasses
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import uvloop

from gateway.api.listener import Listener, peer_server
from gateway.api.peer import HANDLERS, Handler, build_peer_app
from gateway.errors import EnvelopeRejected, PeerFrozen
from gateway.exchange.node import Node
from gateway.settings import ExchangeSection, PeerSection
from gateway.store.blobs import PARTIAL, FolderBlobs
from keys.tls import Credential, Role, fingerprint, issue_leaf, make_authority
from keys.trust_entries import Gateway

# TLS looks at the machine's own clock, so the stretch is wide instead of around now.
START = 1_577_836_800_000  # 2020-01-01
END = 4_102_444_800_000  # 2100-01-01
NOW = 1_900_000_000_000
HOST = "127.0.0.1"
KZ, RU = "kz/mia", "ru/mia"
KZ_CA = make_authority("kz gateway", START, END)
RU_CA = make_authority("ru gateway", START, END)

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T], limit_s: float = 15) -> T:
    """Run on the loop the node runs on."""

    async def limited() -> T:
        async with asyncio.timeout(limit_s):
            return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(limited())


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task brings about."""
    while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
        await asyncio.sleep(0.005)


def pem(authority: Credential) -> str:
    return authority.certificate_pem.decode()


def issue(authority: Credential, role: Role) -> Credential:
    return issue_leaf(authority, role, [HOST], START, END)


def make_section(folder: Path, authority: Credential, **limits: Any) -> PeerSection:
    """A gateway's certificates as files, and the section that names them."""
    folder.mkdir(parents=True, exist_ok=True)
    issue(authority, Role.SERVER).save(folder / "server.crt", folder / "server.key", replace=True)
    issue(authority, Role.CLIENT).save(folder / "client.crt", folder / "client.key", replace=True)
    return PeerSection(
        host=HOST,
        port=0,
        certificate=Path("server.crt"),
        private_key=Path("server.key"),
        client_certificate=Path("client.crt"),
        client_private_key=Path("client.key"),
        **limits,
    )


def pin_of(certificate: Path) -> str:
    return fingerprint(ssl.PEM_cert_to_DER_cert(certificate.read_text()))


class WatchedBlobs(FolderBlobs):
    """The folder store, with a look at what is begun."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder)
        self.path = folder

    def begun(self, name: str) -> bool:
        return (self.path / (name + PARTIAL)).exists()


@dataclass
class Trusting:
    """The trust in force, by client pin; tests change it while connections are open."""

    pins: dict[str, tuple[SimpleNamespace, ...]] = field(default_factory=dict)

    def by_client_pin(self, pin: str, _at: int) -> tuple[SimpleNamespace, ...]:
        return self.pins.get(pin, ())


@dataclass
class Peers:
    frozen: set[str] = field(default_factory=set)

    def of(self, origin: str) -> str:
        if origin in self.frozen:
            raise PeerFrozen("fork")
        if not origin:
            raise EnvelopeRejected("no log on record")
        return origin


@dataclass
class Store:
    """Knows which blobs a stored part names."""

    used: set[str] = field(default_factory=set)

    def blobs_in_use(self, names: Sequence[str]) -> set[str]:
        return self.used & set(names)


class Log:
    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **_fields: object) -> None:
        self.events.append(event)

    warning = error = info


def sender(authority: str) -> SimpleNamespace:
    return SimpleNamespace(id=authority, origin=f"{authority.replace('/', '-')}.test/audit/2025")


@dataclass
class Receiver:
    """The Russian gateway's side: what its listener and its peer application need of a node."""

    folder: Path
    section: PeerSection
    limits: ExchangeSection = field(default_factory=ExchangeSection)
    trust: Trusting = field(default_factory=Trusting)
    peers: Peers = field(default_factory=Peers)
    store: Store = field(default_factory=Store)
    log: Log = field(default_factory=Log)
    now: int = NOW
    cas: list[str] = field(default_factory=lambda: [pem(KZ_CA)])

    def __post_init__(self) -> None:
        self.blobs = WatchedBlobs(self.folder / "blobs")

    @property
    def node(self) -> Node:
        return cast(
            "Node",
            SimpleNamespace(
                settings=SimpleNamespace(peer=self.section, exchange=self.limits),
                trust=SimpleNamespace(current=self.trust),
                clock=SimpleNamespace(now_ms=lambda: self.now),
                peers=self.peers,
                store=self.store,
                blobs=self.blobs,
                log=self.log,
            ),
        )

    def listener(self, handlers: Mapping[str, Handler] = HANDLERS) -> Listener:
        app = build_peer_app(self.node, handlers)
        return peer_server(app, self.section, self.folder, lambda: self.cas)


@asynccontextmanager
async def serving(listener: Listener) -> AsyncIterator[int]:
    """Serve while the block runs; gives the port."""
    task = asyncio.ensure_future(listener.serve())
    await until(lambda: listener.started or task.done())
    try:
        yield listener.port
    finally:
        listener.should_exit = True
        await task


@dataclass
class Sender:
    """The Kazakh gateway's side: its client certificate, and TLS as its test pleases."""

    folder: Path
    section: PeerSection

    @property
    def pin(self) -> str:
        return pin_of(self.folder / "client.crt")

    def context(
        self, own: Credential | None = None, *, certificate: bool = True, newest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=pem(RU_CA))
        if newest is not None:
            context.maximum_version = newest
        if own is not None:
            own.save(self.folder / "other.crt", self.folder / "other.key", replace=True)
            context.load_cert_chain(self.folder / "other.crt", self.folder / "other.key")
        elif certificate:
            context.load_cert_chain(self.folder / "client.crt", self.folder / "client.key")
        return context


def make_pair(folder: Path, limits: ExchangeSection | None = None, **section: Any) -> tuple[Receiver, Sender]:
    """A receiving gateway that knows the sending one's certificate."""
    there, here = folder / "ru", folder / "kz"
    receiver = Receiver(there, make_section(there, RU_CA, **section), limits or ExchangeSection())
    caller = Sender(here, make_section(here, KZ_CA))
    receiver.trust.pins[caller.pin] = (sender(KZ),)
    return receiver, caller


class Wire:
    """A connection on which a test writes its own HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, head_only: bool = False) -> tuple[int, dict[str, str], bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        size = 0 if head_only else int(headers.get("content-length", "0"))
        return int(status.split(" ")[1]), headers, await self.reader.readexactly(size)

    async def request(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        await self.write(head(method, path, len(body), **headers) + body)
        return await self.answer(head_only=method == "HEAD")


def head(method: str, path: str, length: int | None, **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"host: {HOST}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if length is not None and (length or method not in ("GET", "HEAD")):
        lines.append(f"content-length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


@asynccontextmanager
async def connected(port: int, context: ssl.SSLContext) -> AsyncIterator[Wire]:
    reader, writer = await asyncio.open_connection(HOST, port, ssl=context, server_hostname=HOST)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


class RecordingServer:
    """A TLS server that answers with bytes chosen by the test and keeps what it was sent."""

    def __init__(self, folder: Path, answer: bytes | Callable[[bytes], bytes], own: Credential) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        own.save(folder / "recording.crt", folder / "recording.key", replace=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "recording.crt", folder / "recording.key")
        self.answer = answer
        self.received = b""
        self.connections = 0
        self._writers: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._serve, HOST, 0, ssl=self.context)
        async with server:
            try:
                yield server.sockets[0].getsockname()[1]
            finally:
                for writer in self._writers:
                    writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                self.received += data
                answer = self.answer(data) if callable(self.answer) else self.answer
                writer.write(answer)
                await writer.drain()
        writer.close()


def gateway_at(port: int, *server_pins: str, ca: Sequence[Credential] = (RU_CA,)) -> Gateway:
    return Gateway(
        f"https://{HOST}:{port}",
        frozenset(server_pins),
        frozenset(),
        tuple(pem(authority) for authority in ca),
    )


def other_pins(gateway: Gateway, *server_pins: str) -> Gateway:
    return dataclasses.replace(gateway, server_pins=frozenset(server_pins))
