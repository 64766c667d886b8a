"""Calling peers: whom we speak to, what we send before we know, and what counts as an answer."""

import asyncio
import dataclasses
import os
import ssl
from pathlib import Path

import pytest

from gateway.errors import ConfigError, EnvelopeRejected, PeerUnreachable
from gateway.exchange.frames import MEDIA_TYPE
from gateway.wire.line import UntrustedServer
from gateway.wire.transport import HttpPeerTransport
from keys.tls import Role, make_authority
from keys.trust_entries import Gateway
from wire.loopback import (
    HOST,
    KZ_CA,
    RU,
    RU_CA,
    Receiver,
    RecordingServer,
    Sender,
    gateway_at,
    issue,
    make_pair,
    other_pins,
    pin_of,
    run,
    serving,
    until,
)

FRAME_HEAD = f"content-type: {MEDIA_TYPE}\r\n"
ENVELOPE = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8e9f"


class Listed:
    """What the trust list says about the peer; tests change it."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway

    def __call__(self, authority: str) -> Gateway | None:
        return self.gateway if authority == RU else None


async def echo(_node, _senders, data: bytes) -> bytes:
    return b"answer to " + data


def transport_of(caller: Sender, listed: Listed) -> HttpPeerTransport:
    return HttpPeerTransport(listed, caller.section, caller.folder)


def server_pin(receiver: Receiver) -> str:
    return pin_of(receiver.folder / "server.crt")


async def refused(transport: HttpPeerTransport, kind: type[Exception] = PeerUnreachable) -> None:
    with pytest.raises(kind):
        await transport.call(RU, "deliver", b"secret frame")


def http(status: str, body: bytes, headers: str = FRAME_HEAD) -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def test_a_frame_goes_to_the_listed_gateway_and_its_answer_comes_back_on_a_kept_connection(
    tmp_path: Path,
) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        server = receiver.listener({"deliver": echo})
        async with serving(server) as port:
            transport = transport_of(caller, Listed(gateway_at(port, server_pin(receiver))))
            for number in range(3):
                assert await transport.call(RU, "deliver", b"%d" % number) == b"answer to %d" % number
            assert len(server.server_state.connections) == 1
            await transport.close()
            await until(lambda: not server.server_state.connections)

    run(scenario())


def test_an_idle_connection_does_not_hold_up_a_draining_node(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        server = receiver.listener({"deliver": echo})
        async with serving(server) as port:
            transport = transport_of(caller, Listed(gateway_at(port, server_pin(receiver))))
            await transport.call(RU, "deliver", b"1")
        assert not server.server_state.connections
        await refused(transport)
        await transport.close()

    run(scenario(), 5)


def test_another_certificate_of_the_same_authority_is_refused_and_told_nothing(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)
    server = RecordingServer(tmp_path, http("200 OK", b"lured"), issue(RU_CA, Role.SERVER))

    async def scenario() -> None:
        async with server.serving() as port:
            transport = transport_of(caller, Listed(gateway_at(port, issue(RU_CA, Role.SERVER).pin)))
            await refused(transport, UntrustedServer)
            with pytest.raises(UntrustedServer):
                await transport.part_offset(RU, ENVELOPE, 2)
            with pytest.raises(UntrustedServer):
                await transport.send_part(RU, ENVELOPE, 2, 0, 6, iter([b"secret"]))
            await transport.close()

    run(scenario())
    assert (server.connections, server.received) == (3, b"")


def test_wrong_authority_name_role_or_protocol_fails_in_the_handshake(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)
    own = issue(RU_CA, Role.SERVER)
    client = issue(RU_CA, Role.CLIENT)
    answer = http("200 OK", b"lured")
    stranger = make_authority("ru gateway", 1_577_836_800_000, 4_102_444_800_000)
    old = RecordingServer(tmp_path / "old", answer, own)
    old.context.maximum_version = ssl.TLSVersion.TLSv1_2
    plain = RecordingServer(tmp_path / "plain", answer, own)
    cases = (
        (old, lambda port: gateway_at(port, own.pin)),
        (plain, lambda port: gateway_at(port, own.pin, ca=[stranger])),
        (plain, lambda port: gateway_at(port, own.pin, ca=[])),
        (plain, lambda port: dataclasses.replace(gateway_at(port, own.pin), url=f"https://localhost:{port}")),
        (RecordingServer(tmp_path / "role", answer, client), lambda port: gateway_at(port, client.pin)),
    )

    async def scenario() -> None:
        for server, listed_at in cases:
            async with server.serving() as port:
                transport = transport_of(caller, Listed(listed_at(port)))
                await refused(transport)
                await transport.close()

    run(scenario())
    assert all(server.received == b"" for server, _ in cases)


def test_a_changed_pin_counts_on_a_kept_connection(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": echo})) as port:
            good = gateway_at(port, server_pin(receiver))
            listed = Listed(good)
            transport = transport_of(caller, listed)
            assert await transport.call(RU, "deliver", b"1") == b"answer to 1"
            listed.gateway = other_pins(good, issue(RU_CA, Role.SERVER).pin)
            await refused(transport, UntrustedServer)
            listed.gateway = None
            await refused(transport)
            listed.gateway = other_pins(good, issue(RU_CA, Role.SERVER).pin, server_pin(receiver))
            assert await transport.call(RU, "deliver", b"2") == b"answer to 2"
            await transport.close()

    run(scenario())


def test_a_pin_withdrawn_while_the_answer_is_under_way_drops_the_answer(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_node, _senders, data: bytes) -> bytes:
        begun.set()
        await go_on.wait()
        return data

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": slow})) as port:
            listed = Listed(gateway_at(port, server_pin(receiver)))
            transport = transport_of(caller, listed)
            calling = asyncio.ensure_future(transport.call(RU, "deliver", b"x"))
            await begun.wait()
            listed.gateway = other_pins(gateway_at(port), issue(RU_CA, Role.SERVER).pin)
            go_on.set()
            with pytest.raises(UntrustedServer):
                await calling
            await transport.close()

    run(scenario())


def test_closing_while_a_call_is_under_way_makes_the_peer_unreachable(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_node, _senders, data: bytes) -> bytes:
        begun.set()
        await go_on.wait()
        return data

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": slow})) as port:
            listed = Listed(gateway_at(port, server_pin(receiver)))
            transport = transport_of(caller, listed)
            calling = asyncio.ensure_future(transport.call(RU, "deliver", b"x"))
            await begun.wait()
            await transport.close()
            go_on.set()
            with pytest.raises(PeerUnreachable):
                await calling

    run(scenario())


LONG = b"x" * (65536 + 1)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"\x00\x01garbage\r\n\r\n", id="not-http"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n", id="bad-length"),
        pytest.param(http("200 OK", b"{}", "content-type: text/html\r\n"), id="other-type"),
        pytest.param(http("200 OK", b"{}", ""), id="no-type"),
        pytest.param(http("200 OK", b"{}", FRAME_HEAD + "content-encoding: gzip\r\n"), id="encoded"),
        pytest.param(http("200 OK", LONG), id="too-long"),
        pytest.param(
            f"HTTP/1.1 200 OK\r\n{FRAME_HEAD}transfer-encoding: chunked\r\n\r\n".encode()
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(LONG), LONG),
            id="too-long-unannounced",
        ),
        pytest.param(http("204 No Content", b""), id="no-content"),
        pytest.param(http("422 Unprocessable", b""), id="rejected"),
        pytest.param(http("423 Locked", b""), id="frozen"),
        pytest.param(http("500 Error", b"trace"), id="failed"),
        pytest.param(http("401 Who", b"", "www-authenticate: Basic\r\n"), id="asks-for-a-password"),
    ],
)
def test_anything_but_a_frame_in_answer_is_an_unreachable_peer(tmp_path: Path, answer: bytes) -> None:
    _, caller = make_pair(tmp_path)
    caller.section = caller.section.model_copy(update={"max_request_bytes": 65536})
    own = issue(RU_CA, Role.SERVER)

    async def scenario() -> None:
        async with RecordingServer(tmp_path, answer, own).serving() as port:
            transport = transport_of(caller, Listed(gateway_at(port, own.pin)))
            await refused(transport)
            await transport.close()

    run(scenario())


def test_no_redirect_is_followed_and_no_cookie_kept(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)
    own = issue(RU_CA, Role.SERVER)
    elsewhere = RecordingServer(tmp_path / "elsewhere", http("200 OK", b"lured"), own)

    async def scenario() -> bytes:
        async with elsewhere.serving() as other:
            headers = f"location: https://{HOST}:{other}/\r\nset-cookie: tracked=1; Path=/\r\n"
            server = RecordingServer(tmp_path, http("307 Temporary Redirect", b"", headers), own)
            async with server.serving() as port:
                transport = transport_of(caller, Listed(gateway_at(port, own.pin)))
                await refused(transport)
                await refused(transport)
                await transport.close()
                return server.received

    received = run(scenario())
    assert elsewhere.connections == 0
    assert received.count(b"POST /peer/v1/deliver HTTP/1.1\r\n") == 2
    assert b"cookie" not in received.lower()


def test_the_environment_names_no_proxy_and_no_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, caller = make_pair(tmp_path)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{HOST}:9")
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": echo})) as port:
            transport = transport_of(caller, Listed(gateway_at(port, server_pin(receiver))))
            assert await transport.call(RU, "deliver", b"1") == b"answer to 1"
            await transport.close()

    run(scenario())
    assert not (tmp_path / "keys.log").exists()


def test_a_peer_that_never_answers_costs_the_time_limit_only(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)
    caller.section = caller.section.model_copy(update={"request_timeout_s": 0.2})
    own = issue(RU_CA, Role.SERVER)

    async def scenario() -> None:
        async with RecordingServer(tmp_path, b"", own).serving() as port:
            transport = transport_of(caller, Listed(gateway_at(port, own.pin)))
            await refused(transport)
            with pytest.raises(PeerUnreachable):
                await transport.part_offset(RU, ENVELOPE, 2)
            with pytest.raises(PeerUnreachable):
                await transport.send_part(RU, ENVELOPE, 2, 0, 1, iter([b"x"]))
            await transport.close()

    run(scenario(), 5)


def test_nobody_there_or_no_usable_address_is_an_unreachable_peer(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)

    async def scenario() -> None:
        server = RecordingServer(tmp_path, b"", issue(RU_CA, Role.SERVER))
        async with server.serving() as port:
            pass
        gone = gateway_at(port, "pin")
        urls = (gone.url, f"http://{HOST}:{port}", "https://", "https://[", f"{HOST}:{port}", "")
        for url in urls:
            transport = transport_of(caller, Listed(dataclasses.replace(gone, url=url)))
            await refused(transport)
            await transport.close()

    run(scenario())


def test_a_peer_that_refuses_us_is_unreachable(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def reject(_node, _senders, _data: bytes) -> bytes:
        raise EnvelopeRejected("broken")

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": reject})) as port:
            transport = transport_of(caller, Listed(gateway_at(port, server_pin(receiver))))
            await refused(transport)
            receiver.trust.pins.clear()
            await refused(transport)
            await transport.close()
            receiver.cas = []
            await refused(transport)
            await transport.close()

    run(scenario())


def test_a_missing_client_certificate_is_a_configuration_error(tmp_path: Path) -> None:
    _, caller = make_pair(tmp_path)
    issue(KZ_CA, Role.CLIENT).save(tmp_path / "a.crt", tmp_path / "a.key")
    for update in (
        {"client_certificate": Path("none.crt")},
        {"client_private_key": Path("none.key")},
        {"client_private_key": tmp_path / "a.key"},
    ):
        section = caller.section.model_copy(update=update)
        with pytest.raises(ConfigError, match="client_certificate"):
            HttpPeerTransport(Listed(), section, caller.folder)
