"""Streamed parts: resumed at exactly the byte they end at, whole or not at all, each peer's for itself."""

import json
import random
from itertools import pairwise
from pathlib import Path

from wire.loopback import (
    KZ,
    KZ_CA,
    Receiver,
    Wire,
    connected,
    head,
    issue,
    make_pair,
    run,
    sender,
    serving,
    until,
)

from gateway.exchange.manifest import SALT_BYTES
from gateway.exchange.opening import quarantined
from gateway.exchange.quarantine import FLUSH_BYTES
from gateway.settings import ExchangeSection
from keys.suites import SUITE_1
from keys.tls import Role

ENVELOPE = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8e9f"
OTHER = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8ea0"
PART = f"/peer/v1/parts/{ENVELOPE}/2"
BLOB = quarantined(KZ, ENVELOPE, 2)
CONTENT = random.Random(7).randbytes(3_000_001)
TINY = b"0123456789"


def ranged(start: int, total: int) -> dict[str, str]:
    return {"content_range": f"bytes {start}-{total - 1}/{total}"}


async def put(wire: Wire, content: bytes, start: int = 0, path: str = PART) -> tuple[int, object]:
    status, _, body = await wire.request("PUT", path, content[start:], **ranged(start, len(content)))
    return status, json.loads(body) if body else None


def read(receiver: Receiver, name: str = BLOB) -> bytes:
    return b"".join(receiver.blobs.read(name))


async def stall(wire: Wire, content: bytes, start: int, end: int) -> None:
    """Send a part from `start` to `end` only, and wait until the receiver gives it up."""
    await wire.write(head("PUT", PART, len(content) - start, **ranged(start, len(content))))
    await wire.write(content[start:end])
    assert (await wire.answer())[0] == 408


def test_a_part_that_stalls_goes_on_where_it_ended_and_is_the_same_bytes(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, request_timeout_s=0.3)
    cuts = (0, 1, 70_000, 1_500_000)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            for start, end in pairwise(cuts):
                async with connected(port, caller.context()) as wire:
                    await stall(wire, CONTENT, start, end)
                async with connected(port, caller.context()) as wire:
                    assert json.loads((await wire.request("GET", PART))[2]) == {"offset": end}
                assert not receiver.blobs.exists(BLOB)
            async with connected(port, caller.context()) as wire:
                assert await put(wire, CONTENT, cuts[-1]) == (200, {"offset": len(CONTENT)})

    run(scenario())
    assert read(receiver) == CONTENT


def test_a_part_cut_off_in_the_middle_goes_on_and_is_the_same_bytes(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        server = receiver.listener()
        async with serving(server) as port:
            async with connected(port, caller.context()) as wire:
                await wire.write(head("PUT", PART, len(CONTENT), **ranged(0, len(CONTENT))))
                await wire.write(CONTENT[:2_000_000])
                await until(lambda: receiver.blobs.partial_size(BLOB))
            await until(lambda: not server.server_state.tasks)
            async with connected(port, caller.context()) as wire:
                offset = json.loads((await wire.request("GET", PART))[2])["offset"]
                assert FLUSH_BYTES <= offset <= 2_000_000
                assert await put(wire, CONTENT, offset) == (200, {"offset": len(CONTENT)})

    run(scenario())
    assert read(receiver) == CONTENT


def test_another_offset_is_refused_and_told_the_right_one(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, request_timeout_s=0.3)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            async with connected(port, caller.context()) as wire:
                await stall(wire, TINY, 0, 4)
            for start in (0, 3, 5, 9):
                async with connected(port, caller.context()) as wire:
                    assert await put(wire, TINY, start) == (409, {"offset": 4})
            assert receiver.blobs.partial_size(BLOB) == 4
            async with connected(port, caller.context()) as wire:
                assert await put(wire, TINY, 4) == (200, {"offset": 10})

    run(scenario())
    assert read(receiver) == TINY


def test_a_complete_part_is_never_written_again(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, TINY))[0] == 200
                assert (await wire.request("GET", PART))[2] == b'{"offset":10}'
                status, headers, body = await wire.request("HEAD", PART)
                assert (status, headers["content-length"], body) == (200, "13", b"")
            for content, start in ((b"another ten", 0), (TINY + b"more", 10)):
                async with connected(port, caller.context()) as wire:
                    assert await put(wire, content, start) == (409, {"offset": 10})

    run(scenario())
    assert read(receiver) == TINY


def test_a_part_of_another_peers_envelope_cannot_be_touched(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, request_timeout_s=0.3)
    intruder = issue(KZ_CA, Role.CLIENT)
    receiver.trust.pins[intruder.pin] = (sender("kz/gpo"),)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            async with connected(port, caller.context()) as wire:
                await stall(wire, TINY, 0, 4)
            async with connected(port, caller.context(intruder)) as wire:
                assert (await wire.request("GET", PART))[2] == b'{"offset":0}'
                assert (await put(wire, b"intruded--"))[0] == 200
            async with connected(port, caller.context(intruder)) as wire:
                assert (await put(wire, TINY, 4))[0] == 409
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, TINY, 4))[0] == 200

    run(scenario())
    assert read(receiver) == TINY
    assert read(receiver, quarantined("kz/gpo", ENVELOPE, 2)) == b"intruded--"


def test_two_streams_of_one_part_do_not_mix(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port, connected(port, caller.context()) as first:
            await first.write(head("PUT", PART, 10, **ranged(0, 10)) + TINY[:4])
            await until(lambda: receiver.blobs.begun(BLOB))
            async with connected(port, caller.context()) as second:
                assert (await put(second, b"abcdefghij"))[0] == 409
            await first.write(TINY[4:])
            assert (await first.answer())[0] == 200

    run(scenario())
    assert read(receiver) == TINY


def test_a_pin_withdrawn_in_the_middle_of_a_part_ends_it(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port, connected(port, caller.context()) as wire:
            await wire.write(head("PUT", PART, 10, **ranged(0, 10)) + TINY[:4])
            await until(lambda: receiver.blobs.begun(BLOB))
            receiver.trust.pins.clear()
            await wire.write(TINY[4:])
            assert (await wire.answer())[0] == 403

    run(scenario())
    assert not receiver.blobs.exists(BLOB)


def test_a_part_must_say_where_it_belongs(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    cases: list[tuple[dict[str, str], int | None, int]] = [
        ({}, 10, 400),
        ({"content_range": "bytes 0-9/*"}, 10, 400),
        ({"content_range": "bytes 0-8/10"}, 9, 400),
        ({"content_range": "bytes 5-4/5"}, 10, 400),
        ({"content_range": "bytes 0-9/10, 0-9/10"}, 10, 400),
        ({"content_range": "bytes -1-9/10"}, 10, 400),
        ({"content_range": "bytes 0-9/10"}, 9, 400),
        ({"content_range": "bytes 0-9/10", "transfer_encoding": "chunked"}, None, 411),
    ]

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            for headers, length, status in cases:
                async with connected(port, caller.context()) as wire:
                    await wire.write(head("PUT", PART, length, **headers))
                    assert (await wire.answer())[0] == status, headers

    run(scenario())
    assert list(receiver.blobs.stored("")) == []


def test_only_parts_that_can_be_streamed_have_an_address(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    cases = [
        ("GET", f"/peer/v1/parts/{ENVELOPE}/0", 404),
        ("GET", f"/peer/v1/parts/{ENVELOPE}/1", 404),
        ("GET", f"/peer/v1/parts/{ENVELOPE}/02", 404),
        ("GET", f"/peer/v1/parts/{ENVELOPE}/64", 404),
        ("GET", f"/peer/v1/parts/{ENVELOPE.upper()}/2", 404),
        ("GET", "/peer/v1/parts/../2", 404),
        ("GET", f"/peer/v1/parts/{ENVELOPE}%2f..%2f..%2fx/2", 404),
        ("POST", PART, 405),
        ("DELETE", PART, 405),
        ("GET", f"/peer/v1/parts/{ENVELOPE}/63", 200),
    ]

    async def scenario() -> None:
        async with serving(receiver.listener()) as port, connected(port, caller.context()) as wire:
            for method, path, status in cases:
                assert (await wire.request(method, path))[0] == status, (method, path)

    run(scenario())


def test_a_frozen_or_unknown_peer_streams_nothing(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    one = sender(KZ)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port, connected(port, caller.context()) as wire:
            receiver.peers.frozen = {one.origin}
            assert (await wire.request("GET", PART))[0] == 423
            one.origin = ""
            receiver.trust.pins[caller.pin] = (one,)
            assert (await put(wire, TINY))[0] == 422

    run(scenario())
    assert list(receiver.blobs.stored("")) == []


def test_a_part_larger_than_an_attachment_may_be_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, ExchangeSection(max_attachment_bytes=1000))
    largest = SUITE_1.ciphertext_length(1000 + SALT_BYTES)

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            async with connected(port, caller.context()) as wire:
                await wire.write(head("PUT", PART, largest + 1, **ranged(0, largest + 1)))
                assert (await wire.answer())[0] == 413
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, b"a" * largest))[0] == 200

    run(scenario())


def test_a_stream_is_kept_waiting_in_the_quota_of_its_own_peer_only(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, ExchangeSection(max_quarantine_bytes_per_peer=25))
    neighbour = issue(KZ_CA, Role.CLIENT)
    receiver.trust.pins[neighbour.pin] = (sender("kz/mia-south"),)
    second, third = (f"/peer/v1/parts/{OTHER}/{position}" for position in (2, 3))

    async def scenario() -> None:
        async with serving(receiver.listener()) as port:
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, TINY))[0] == 200
                await wire.write(head("PUT", second, 10, **ranged(0, 10)) + TINY[:1])
                await until(lambda: receiver.blobs.begun(quarantined(KZ, OTHER, 2)))
                async with connected(port, caller.context()) as other:
                    assert (await put(other, TINY, path=third))[0] == 413
                async with connected(port, caller.context(neighbour)) as other:
                    assert (await put(other, TINY, path=third))[0] == 200
                await wire.write(TINY[1:])
                assert (await wire.answer())[0] == 200
            receiver.store.used.add(BLOB)
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, TINY, path=third))[0] == 413
            receiver.now += 60_000
            async with connected(port, caller.context()) as wire:
                assert (await put(wire, TINY, path=third))[0] == 200

    run(scenario())
    assert "peer.too_large" in receiver.log.events
