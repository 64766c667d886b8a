"""Webhooks must not open a way into the network: redirects, rebinding, slow or endless answers, wrong TLS."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from gateway.ports.hooks import HookFailed, HookGone
from gateway.settings import WebhooksSection
from gateway.wire.addresses import may_be_called
from gateway.wire.hooks import HttpHookTransport
from keys.tls import Role, issue_leaf, make_authority

# TLS looks at the machine's own clock, so the stretch is wide.
START, END = 1_577_836_800_000, 4_102_444_800_000
NAME = "hooks.test"
HEADERS = {"webhook-id": "msg_1"}
AUTHORITY = make_authority("hooks", START, END)
OK = b"HTTP/1.1 204 No Content\r\n\r\n"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A receiver on loopback that answers as a test wants; it keeps what came."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []
        self.sent = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()


def answering(data: bytes) -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


@asynccontextmanager
async def serving(
    folder: Path,
    answer: Answer,
    *,
    host: str = NAME,
    authority: Any = AUTHORITY,
    tls: bool = True,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> AsyncIterator[Server]:
    server, context = Server(answer), None
    if tls:
        leaf = issue_leaf(authority, Role.SERVER, [host], START, END)
        leaf.save(folder / "leaf.crt", folder / "leaf.key", replace=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = version
        context.load_cert_chain(folder / "leaf.crt", folder / "leaf.key")
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


class Names:
    """A resolver that gives one answer after another; it counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


LOCAL = ("127.0.0.1",)


def section(port: int, folder: Path, scheme: str = "https", **changes: Any) -> WebhooksSection:
    (folder / "ca.crt").write_bytes(AUTHORITY.certificate_pem)
    values: dict[str, Any] = {
        "allowed_origins": (f"{scheme}://{NAME}:{port}",),
        "allowed_networks": ("127.0.0.0/8",),
        "ca": "ca.crt",
        "timeout_s": 2,
    }
    return WebhooksSection.model_validate(values | changes)


async def post(
    server: Server, folder: Path, names: Names, scheme: str = "https", **changes: Any
) -> HttpHookTransport:
    transport = HttpHookTransport(section(server.port, folder, scheme, **changes), folder, names)
    await transport.post(f"{scheme}://{NAME}:{server.port}/hook", HEADERS, b'{"type":"x"}')
    return transport


def run(work: Any) -> None:
    async def limited() -> None:
        async with asyncio.timeout(20):
            await work

    asyncio.run(limited())


def test_a_webhook_goes_to_the_address_that_was_checked_under_the_targets_name(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            names = Names(LOCAL)
            await post(server, tmp_path, names)
            assert names.asked == [(NAME, server.port)]
            [request] = server.requests
            head, _, body = request.partition(b"\r\n\r\n")
            assert head.startswith(b"POST /hook HTTP/1.1\r\n")
            assert f"host: {NAME}:{server.port}".encode() in head.lower()
            assert b"webhook-id: msg_1" in head.lower()
            assert body == b'{"type":"x"}'

    run(story())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_the_metadata_address_is_not_followed(tmp_path: Path, status: int) -> None:
    moved = (
        f"HTTP/1.1 {status} Moved\r\nlocation: http://169.254.169.254/latest/\r\ncontent-length: 0\r\n\r\n"
    )

    async def story() -> None:
        async with serving(tmp_path, answering(moved.encode())) as server:
            names = Names(LOCAL)
            with pytest.raises(HookFailed, match=str(status)):
                await post(server, tmp_path, names)
            assert (len(names.asked), server.connections) == (1, 1)

    run(story())


def test_a_second_answer_of_the_resolver_changes_nothing(tmp_path: Path) -> None:
    """Rebinding: the first answer may be called, what would come next is the metadata address."""

    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            names = Names(LOCAL, ("169.254.169.254",))
            await post(server, tmp_path, names)
            assert len(names.asked) == 1
            assert server.connections == 1

    run(story())


@pytest.mark.parametrize(
    "found",
    [
        (),
        ("10.0.0.1",),
        ("127.0.0.1", "169.254.169.254"),
        ("1.1.1.1", "192.168.0.1"),
        ("172.16.0.1",),
        ("100.64.0.1",),
        ("0.0.0.0",),  # noqa: S104 - an address to refuse
        ("224.0.0.1",),
        ("255.255.255.255",),
        ("::1",),
        ("::",),
        ("fe80::1",),
        ("fe80::1%eth0",),
        ("fc00::1",),
        ("fec0::1",),
        ("ff02::1",),
        ("::ffff:169.254.169.254",),
        ("::ffff:10.0.0.1",),
        ("64:ff9b::a9fe:a9fe",),
        ("2002:a9fe:a9fe::",),
        ("::10.0.0.1",),
        ("localhost",),
        ("",),
    ],
)
def test_an_address_that_is_not_public_is_never_connected_to(tmp_path: Path, found: Sequence[str]) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            with pytest.raises(HookFailed, match="may not be called"):
                await post(server, tmp_path, Names(found))
            assert server.connections == 0

    run(story())


def test_public_addresses_and_named_networks_may_be_called() -> None:
    for public in ("1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1"):
        assert may_be_called(public, ())
    named = [ip_network("10.20.0.0/24"), ip_network("fd00::/8")]
    for address in ("10.20.0.7", "::ffff:10.20.0.7", "fd00::1"):
        assert may_be_called(address, named)
        assert not may_be_called(address, ())
    assert not may_be_called("10.20.1.7", named)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.test:1/hook",
        "https://hooks.test/hook",
        "https://other.test:{port}/hook",
        "https://hooks.test.:{port}/hook",
        "http://hooks.test:{port}/hook",
        "https://user@hooks.test:{port}/hook",
        "https://hooks.test:{port}/hook?to=elsewhere",
        "https://hooks.test:{port}@evil.test/hook",
        "ftp://hooks.test:{port}/hook",
        "hooks.test:{port}",
        "",
    ],
)
def test_another_origin_is_not_even_looked_up(tmp_path: Path, url: str) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            names = Names(LOCAL)
            transport = HttpHookTransport(section(server.port, tmp_path), tmp_path, names)
            with pytest.raises(HookFailed):
                await transport.post(url.format(port=server.port), HEADERS, b"{}")
            assert (names.asked, server.connections) == ([], 0)

    run(story())


def test_the_path_below_the_origin_is_free_and_its_case_is_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            transport = HttpHookTransport(section(server.port, tmp_path), tmp_path, Names(LOCAL))
            await transport.post(f"https://HOOKS.test:{server.port}/a/b", HEADERS, b"{}")
            assert server.requests[0].startswith(b"POST /a/b ")

    run(story())


async def _silence(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)


async def _drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"x" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("answer", [_silence, _drip])
def test_a_slow_receiver_is_cut_off_as_a_whole(tmp_path: Path, answer: Answer) -> None:
    async def story() -> None:
        async with serving(tmp_path, answer) as server:
            began = time.monotonic()
            with pytest.raises(HookFailed, match="TimeoutError"):
                await post(server, tmp_path, Names(LOCAL), timeout_s=0.5)
            assert time.monotonic() - began < 3

    run(story())


def test_a_receiver_that_only_takes_the_connection_is_cut_off(tmp_path: Path) -> None:
    async def story() -> None:
        held: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _r, w: held.append(w), "127.0.0.1", 0)
        server = Server(_silence)
        server.port = silent.sockets[0].getsockname()[1]
        with pytest.raises(HookFailed, match="TimeoutError"):
            await post(server, tmp_path, Names(LOCAL), timeout_s=0.3)
        for writer in held:
            writer.close()
        silent.close()

    run(story())


def test_an_endless_answer_is_not_read(tmp_path: Path) -> None:
    sent = [0]

    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()
            sent[0] += 0x10000

    async def story() -> None:
        async with serving(tmp_path, endless) as server:
            await post(server, tmp_path, Names(LOCAL))
            await asyncio.sleep(0.05)
            before = sent[0]
            await asyncio.sleep(0.1)
            assert sent[0] == before < 32 * 1024 * 1024

    run(story())


def test_an_endless_head_is_refused(tmp_path: Path) -> None:
    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def story() -> None:
        async with serving(tmp_path, endless) as server:
            with pytest.raises(HookFailed):
                await post(server, tmp_path, Names(LOCAL))

    run(story())


@pytest.mark.parametrize("data", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200\r\nbroken", b"\x00" * 64])
def test_what_is_no_answer_is_a_failure(tmp_path: Path, data: bytes) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(data)) as server:
            with pytest.raises(HookFailed):
                await post(server, tmp_path, Names(LOCAL))

    run(story())


@pytest.mark.parametrize(
    "how",
    [
        {"host": "another.test"},
        {"host": "127.0.0.1"},
        {"authority": make_authority("somebody else", START, END)},
        {"tls": False},
        {"version": ssl.TLSVersion.TLSv1_2},
    ],
)
def test_wrong_tls_gets_nothing(tmp_path: Path, how: dict[str, Any]) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK), **how) as server:
            with pytest.raises(HookFailed):
                await post(server, tmp_path, Names(LOCAL))
            assert server.requests == []

    run(story())


def test_plain_http_needs_the_setting_and_goes_to_this_machine_only(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(OK), tls=False) as server:
            for addresses, changes in (
                (LOCAL, {}),
                (("1.1.1.1",), {"loopback_http": True}),
                (("10.0.0.1",), {"loopback_http": True, "allowed_networks": ("10.0.0.0/8",)}),
            ):
                with pytest.raises(HookFailed, match="may not be called"):
                    await post(server, tmp_path, Names(addresses), "http", **changes)
            assert server.connections == 0
            await post(server, tmp_path, Names(LOCAL), "http", loopback_http=True, allowed_networks=())
            assert server.connections == 1

    run(story())


def test_a_proxy_of_the_environment_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    async def story() -> None:
        async with serving(tmp_path, answering(OK)) as server:
            await post(server, tmp_path, Names(LOCAL))
            assert server.connections == 1

    run(story())


def test_gone_ends_it_and_other_refusals_do_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path, answering(b"HTTP/1.1 410 Gone\r\n\r\n")) as server:
            with pytest.raises(HookGone):
                await post(server, tmp_path, Names(LOCAL))
        for status in (400, 401, 404, 429, 500, 503):
            refusing = answering(f"HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n".encode())
            async with serving(tmp_path, refusing) as server:
                with pytest.raises(HookFailed, match=str(status)):
                    await post(server, tmp_path, Names(LOCAL))

    run(story())
