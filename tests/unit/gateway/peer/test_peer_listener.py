"""Who gets through the peers' listener: the handshake, and the pin on every request."""

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from wire.loopback import HOST, KZ_CA, RU_CA, connected, head, issue, make_pair, pem, run, serving

from gateway.api import listener
from gateway.api.listener import MAX_HEAD_BYTES, api_server
from gateway.errors import ConfigError
from gateway.exchange.frames import MEDIA_TYPE
from gateway.settings import ApiSection
from keys.tls import Role, make_authority

FRAME = {"content_type": MEDIA_TYPE}


async def echo(_node, senders: tuple[str, ...], data: bytes) -> bytes:
    return " ".join(senders).encode() + b":" + data


HANDLERS = {"deliver": echo}


async def _refused(port: int, context: ssl.SSLContext) -> None:
    """TLS 1.3 tells a client that its certificate is refused only when it reads."""
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        async with connected(port, context) as wire:
            await wire.request("POST", "/peer/v1/deliver", b"x", **FRAME)


def _handshake(port: int, context: ssl.SSLContext) -> None:
    with socket.create_connection((HOST, port)) as plain, context.wrap_socket(plain, server_hostname=HOST):
        pass


def test_a_pinned_certificate_gets_through_and_names_its_authorities(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            for number in range(3):
                status, headers, body = await wire.request(
                    "POST", "/peer/v1/deliver", b"%d" % number, **FRAME
                )
                assert (status, body) == (200, b"kz/mia:%d" % number)
                assert headers["content-type"] == MEDIA_TYPE
                assert "server" not in headers

    run(scenario())


def test_no_certificate_or_one_of_another_authority_fails_in_the_handshake(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    stranger = issue(make_authority("kz gateway", 1_577_836_800_000, 4_102_444_800_000), Role.CLIENT)
    calls: list[bytes] = []

    async def record(_node, _senders, data: bytes) -> bytes:
        calls.append(data)
        return data

    async def scenario() -> None:
        async with serving(receiver.listener({"deliver": record})) as port:
            await _refused(port, caller.context(certificate=False))
            await _refused(port, caller.context(stranger))
            await _refused(port, caller.context(issue(RU_CA, Role.CLIENT)))
            await _refused(port, caller.context(issue(KZ_CA, Role.SERVER)))

    run(scenario())
    assert calls == []


def test_tls_1_2_is_refused(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port:
            await asyncio.to_thread(_handshake, port, caller.context(newest=ssl.TLSVersion.TLSv1_3))
            with pytest.raises(ssl.SSLError, match=r"EOF|alert protocol version"):
                await asyncio.to_thread(_handshake, port, caller.context(newest=ssl.TLSVersion.TLSv1_2))

    run(scenario())


def test_the_right_authority_but_another_pin_is_403_without_a_word(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    unlisted = issue(KZ_CA, Role.CLIENT)

    async def scenario() -> None:
        async with (
            serving(receiver.listener(HANDLERS)) as port,
            connected(port, caller.context(unlisted)) as wire,
        ):
            for path in ("/peer/v1/deliver", "/peer/v1/nothing", "/"):
                status, _, body = await wire.request("POST", path, **FRAME)
                assert (status, body) == (403, b"")

    run(scenario())
    assert receiver.log.events == ["peer.not_listed"] * 3


def test_a_pin_withdrawn_while_the_connection_is_kept_refuses_the_next_request(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            assert (await wire.request("POST", "/peer/v1/deliver", b"1", **FRAME))[0] == 200
            kept = receiver.trust.pins.pop(caller.pin)
            assert (await wire.request("POST", "/peer/v1/deliver", b"", **FRAME))[0] == 403
            receiver.trust.pins[caller.pin] = kept

    run(scenario())


def _resume(
    port: int, context: ssl.SSLContext, session: ssl.SSLSession | None
) -> tuple[bool, int, ssl.SSLSession]:
    with (
        socket.create_connection((HOST, port)) as plain,
        context.wrap_socket(plain, server_hostname=HOST, session=session) as connection,
    ):
        connection.sendall(head("POST", "/peer/v1/deliver", 1, **FRAME) + b"x")
        status = int(connection.recv(4096).split(b" ")[1])
        return bool(connection.session_reused), status, connection.session


@pytest.mark.parametrize("tickets", [0, 2])
def test_a_resumed_session_is_checked_like_a_new_one(tmp_path: Path, tickets: int) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        server = receiver.listener(HANDLERS)
        server.config.load()
        assert server.config.ssl.num_tickets == 0
        server.config.ssl.num_tickets = tickets
        context = caller.context()
        async with serving(server) as port:
            _, status, session = await asyncio.to_thread(_resume, port, context, None)
            assert status == 200
            reused, status, _ = await asyncio.to_thread(_resume, port, context, session)
            assert (reused, status) == (tickets > 0, 200)
            receiver.trust.pins.clear()
            reused, status, _ = await asyncio.to_thread(_resume, port, context, session)
            assert status == 403

    run(scenario())


def test_authorities_that_come_and_go_count_from_the_next_handshake(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    receiver.cas = []

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port:
            await _refused(port, caller.context())
            receiver.cas = [pem(RU_CA), pem(KZ_CA)]
            async with connected(port, caller.context()) as wire:
                assert (await wire.request("POST", "/peer/v1/deliver", b"", **FRAME))[0] == 200
            receiver.cas = [pem(RU_CA)]
            await _refused(port, caller.context())

    run(scenario())


@pytest.mark.parametrize("sent", [b"", b"POST /peer/v1/deliver HT", b"\r\n"])
def test_a_request_head_must_come_in_time(
    tmp_path: Path, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "HEAD_TIMEOUT_S", 0.2)
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            await wire.write(sent)
            async with asyncio.timeout(5):
                assert await wire.reader.read() == b""

    run(scenario())


def test_a_request_head_has_a_limit(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> int:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            await wire.write(b"POST /peer/v1/deliver HTTP/1.1\r\nhost: x\r\nfiller: ")
            sent = 0
            with suppress(OSError):
                while sent < 100 * MAX_HEAD_BYTES and not wire.reader.at_eof():
                    await wire.write(b"a" * 8192)
                    sent += 8192
                    await asyncio.sleep(0)
            return sent

    # What lies in buffers between the two ends is sent too, so the bound is a coarse one.
    assert MAX_HEAD_BYTES < run(scenario()) < 100 * MAX_HEAD_BYTES


def test_draining_finishes_the_request_that_was_begun(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_node, _senders, data: bytes) -> bytes:
        begun.set()
        await go_on.wait()
        return data

    async def scenario() -> None:
        server = receiver.listener({"deliver": slow})
        async with serving(server) as port, connected(port, caller.context()) as wire:
            asking = asyncio.ensure_future(wire.request("POST", "/peer/v1/deliver", b"kept", **FRAME))
            await begun.wait()
            server.should_exit = True
            await asyncio.sleep(0.3)
            go_on.set()
            status, headers, body = await asking
            assert (status, body, headers["connection"]) == (200, b"kept", "close")

    run(scenario())


def test_an_address_in_use_or_a_missing_certificate_is_a_configuration_error(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path)
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        receiver.section = receiver.section.model_copy(update={"port": port})
        with pytest.raises(ConfigError, match=str(port)):
            receiver.listener()
    receiver.section = receiver.section.model_copy(update={"port": 0, "certificate": Path("none.crt")})
    with pytest.raises(ConfigError, match=r"none\.crt"):
        receiver.listener()


def test_the_clients_listener_speaks_tls_1_3_only_and_asks_for_no_certificate(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    shared = receiver.section.model_dump(include={"host", "port", "certificate", "private_key"})
    section = ApiSection(**shared, issuer="https://ru.test")

    async def app(scope, _receive, send) -> None:
        assert "extensions" not in scope
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async def scenario() -> None:
        async with serving(api_server(app, section, receiver.folder)) as port:
            async with connected(port, caller.context(certificate=False)) as wire:
                assert (await wire.request("GET", "/v1/health"))[0] == 204
            with pytest.raises(ssl.SSLError, match=r"EOF|alert protocol version"):
                await asyncio.to_thread(_handshake, port, caller.context(newest=ssl.TLSVersion.TLSv1_2))

    run(scenario())
