"""Streaming parts to a peer: lazily, resumed where it ended, both real ends over real TLS."""

import asyncio
import random
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import NotFound, PeerUnreachable, StoreUnavailable
from gateway.exchange.opening import quarantined
from gateway.wire.transport import HttpPeerTransport
from keys.tls import Role
from keys.trust_entries import Gateway
from wire.loopback import (
    KZ,
    RU,
    RU_CA,
    RecordingServer,
    gateway_at,
    issue,
    make_pair,
    other_pins,
    pin_of,
    run,
    serving,
    until,
)

ENVELOPE = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8e9f"
BLOB = quarantined(KZ, ENVELOPE, 2)
CONTENT = random.Random(11).randbytes(2_500_001)
CHUNK = 1 << 18


def chunks(start: int = 0, end: int = len(CONTENT)) -> Iterator[bytes]:
    for at in range(start, end, CHUNK):
        yield CONTENT[at : min(at + CHUNK, end)]


def breaking(error: BaseException) -> Iterator[bytes]:
    yield from chunks(0, 1_500_000)
    raise error


def pair(tmp_path: Path, **section: object):
    receiver, caller = make_pair(tmp_path, **section)
    listed: dict[str, Gateway | None] = {}
    transport = HttpPeerTransport(listed.get, caller.section, caller.folder)
    return receiver, listed, transport, pin_of(receiver.folder / "server.crt")


def test_a_part_is_sent_resumed_and_byte_identical(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)

    async def scenario() -> None:
        server = receiver.listener()
        async with serving(server) as port:
            listed[RU] = gateway_at(port, pin)
            assert await transport.part_offset(RU, ENVELOPE, 2) == 0
            with pytest.raises(NotFound):
                await transport.send_part(RU, ENVELOPE, 2, 0, len(CONTENT), breaking(NotFound("gone")))
            await until(lambda: not server.server_state.tasks)
            offset = await transport.part_offset(RU, ENVELOPE, 2)
            assert 0 < offset <= 1_500_000
            await transport.send_part(RU, ENVELOPE, 2, offset, len(CONTENT), chunks(offset))
            assert await transport.part_offset(RU, ENVELOPE, 2) == len(CONTENT)
            await transport.close()

    run(scenario())
    assert b"".join(receiver.blobs.read(BLOB)) == CONTENT


def test_a_wrong_offset_or_an_occupied_part_is_an_unreachable_peer(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            listed[RU] = gateway_at(port, pin)
            with pytest.raises(PeerUnreachable, match="409"):
                await transport.send_part(RU, ENVELOPE, 2, 5, 10, iter([b"56789"]))
            await transport.send_part(RU, ENVELOPE, 2, 0, 10, iter([b"0123456789"]))
            with pytest.raises(PeerUnreachable, match="409"):
                await transport.send_part(RU, ENVELOPE, 2, 0, 10, iter([b"9876543210"]))
            await transport.close()

    run(scenario())
    assert b"".join(receiver.blobs.read(BLOB)) == b"0123456789"


@pytest.mark.parametrize("given", [b"0123", b"0123456789abc"])
def test_chunks_of_another_length_than_said_are_not_taken(tmp_path: Path, given: bytes) -> None:
    receiver, listed, transport, pin = pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            listed[RU] = gateway_at(port, pin)
            with pytest.raises(StoreUnavailable):
                await transport.send_part(RU, ENVELOPE, 2, 0, 10, iter([given]))
            await transport.close()

    run(scenario())
    assert not receiver.blobs.exists(BLOB)


def test_a_pin_withdrawn_in_the_middle_of_a_part_stops_it(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)
    read: list[int] = []

    def withdrawn() -> Iterator[bytes]:
        for number, chunk in enumerate(chunks()):
            if number == 2:
                listed[RU] = other_pins(gateway_at(1), issue(RU_CA, Role.SERVER).pin)
            read.append(len(chunk))
            yield chunk

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            listed[RU] = gateway_at(port, pin)
            with pytest.raises(PeerUnreachable):
                await transport.send_part(RU, ENVELOPE, 2, 0, len(CONTENT), withdrawn())
            await transport.close()

    run(scenario())
    assert len(read) == 3
    assert not receiver.blobs.exists(BLOB)


def test_a_part_is_never_held_whole(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)
    total = 48 << 20
    zeros = bytes(1 << 20)

    async def scenario() -> int:
        async with serving(receiver.listener()) as port:
            listed[RU] = gateway_at(port, pin)
            await transport.part_offset(RU, ENVELOPE, 2)
            tracemalloc.start()
            try:
                await transport.send_part(RU, ENVELOPE, 2, 0, total, (zeros for _ in range(48)))
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
                await transport.close()

    assert run(scenario()) < 16 << 20
    assert receiver.blobs.size(BLOB) == total


@pytest.mark.parametrize("body", [b"", b"[]", b'{"offset":"9"}', b'{"offset":1.5}', b'{"offset":3,"more":1}'])
def test_a_garbled_offset_is_an_unreachable_peer(tmp_path: Path, body: bytes) -> None:
    _, listed, transport, _ = pair(tmp_path)
    own = issue(RU_CA, Role.SERVER)
    answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)

    async def scenario() -> None:
        async with RecordingServer(tmp_path, answer + body, own).serving() as port:
            listed[RU] = gateway_at(port, own.pin)
            with pytest.raises(PeerUnreachable):
                await transport.part_offset(RU, ENVELOPE, 2)
            await transport.close()

    run(scenario())


def test_a_peer_that_claims_another_offset_than_the_whole_has_not_taken_the_part(tmp_path: Path) -> None:
    _, listed, transport, _ = pair(tmp_path)
    own = issue(RU_CA, Role.SERVER)
    answer = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"offset":9}'

    async def scenario() -> None:
        async with RecordingServer(tmp_path, answer, own).serving() as port:
            listed[RU] = gateway_at(port, own.pin)
            with pytest.raises(PeerUnreachable, match="whole"):
                await transport.send_part(RU, ENVELOPE, 2, 0, 10, iter([b"0123456789"]))
            await transport.close()

    run(scenario())


def test_a_cancelled_part_leaves_the_transport_usable(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)
    go_on = threading.Event()

    def stalling() -> Iterator[bytes]:
        yield from chunks(0, 1_500_000)
        go_on.wait(10)

    async def scenario() -> None:
        server = receiver.listener()
        async with serving(server) as port:
            listed[RU] = gateway_at(port, pin)
            sending = asyncio.ensure_future(transport.send_part(RU, ENVELOPE, 2, 0, len(CONTENT), stalling()))
            await until(lambda: receiver.blobs.partial_size(BLOB))
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            go_on.set()
            await until(lambda: not server.server_state.tasks)
            offset = await transport.part_offset(RU, ENVELOPE, 2)
            await transport.send_part(RU, ENVELOPE, 2, offset, len(CONTENT), chunks(offset))
            await transport.close()

    run(scenario())
    assert b"".join(receiver.blobs.read(BLOB)) == CONTENT


def test_however_often_and_whenever_calls_are_cancelled_no_connection_stays_behind(tmp_path: Path) -> None:
    receiver, listed, transport, pin = pair(tmp_path)
    delays = random.Random(3)

    async def scenario() -> None:
        server = receiver.listener()
        async with serving(server) as port:
            listed[RU] = gateway_at(port, pin)
            for number in range(40):
                envelope = f"{ENVELOPE[:-2]}{number:02x}"
                sending = asyncio.ensure_future(
                    transport.send_part(RU, envelope, 2, 0, len(CONTENT), chunks())
                )
                await asyncio.sleep(delays.random() * 0.02)
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            await until(lambda: not server.server_state.tasks)
            assert await transport.part_offset(RU, ENVELOPE, 63) == 0
            await transport.close()
            await until(lambda: not server.server_state.connections)

    run(scenario())
