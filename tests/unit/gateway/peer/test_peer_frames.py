"""Frames from peers: one answer for everything that proves nothing, sizes and times that hold."""

import asyncio
from pathlib import Path

import pytest
from wire.loopback import KZ, RU, Wire, connected, head, make_pair, run, sender, serving, until

from gateway.errors import EnvelopeRejected, PeerFrozen, StoreUnavailable
from gateway.exchange.frames import MEDIA_TYPE
from gateway.exchange.peerlog import LogContradiction

FRAME = {"content_type": MEDIA_TYPE}
LIMIT = 65536


async def echo(_node, senders: tuple[str, ...], data: bytes) -> bytes:
    return data


def failing(error: Exception):
    async def handler(_node, _senders, _data: bytes) -> bytes:
        raise error

    return handler


HANDLERS = {
    "deliver": echo,
    "query": failing(EnvelopeRejected("the seal is broken at byte 7")),
    "evidence": failing(LogContradiction("fork", None)),
    "frozen": failing(PeerFrozen("fork")),
    "unavailable": failing(StoreUnavailable("disk full")),
    "broken": failing(ZeroDivisionError("secret")),
}


def ask(tmp_path: Path, *requests: tuple[str, str, bytes, dict[str, str]], **section: object):
    """Make each request on one connection; the answers, and the receiver."""
    receiver, caller = make_pair(tmp_path, max_request_bytes=LIMIT, **section)

    async def scenario():
        answers = []
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            for method, path, body, headers in requests:
                answers.append(await wire.request(method, path, body, **headers))
        return answers

    return run(scenario()), receiver


def test_what_proves_nothing_has_one_empty_answer_and_its_cause_stays_here(tmp_path: Path) -> None:
    answers, receiver = ask(
        tmp_path,
        ("POST", "/peer/v1/query", b"q", FRAME),
        ("POST", "/peer/v1/evidence", b"e", FRAME),
        ("POST", "/peer/v1/deliver", b"fine", FRAME),
    )
    assert [answer[0] for answer in answers] == [422, 422, 200]
    without_date = [{k: v for k, v in headers.items() if k != "date"} for _, headers, _ in answers[:2]]
    assert without_date[0] == without_date[1] == {"content-length": "0"}
    assert receiver.log.events == ["peer.request_rejected"] * 2


def test_a_frozen_peer_is_told_so(tmp_path: Path) -> None:
    answers, _ = ask(tmp_path, ("POST", "/peer/v1/frozen", b"", FRAME))
    assert (answers[0][0], answers[0][2]) == (423, b"")


def test_an_unexpected_error_tells_nothing_and_is_logged(tmp_path: Path) -> None:
    answers, receiver = ask(
        tmp_path, *(("POST", f"/peer/v1/{operation}", b"", FRAME) for operation in ("unavailable", "broken"))
    )
    assert [(status, body) for status, _, body in answers] == [(500, b"")] * 2
    assert receiver.log.events == ["peer.request_failed"] * 2


def test_other_paths_methods_and_types_are_refused(tmp_path: Path) -> None:
    cases: list[tuple[str, str, dict[str, str], int]] = [
        ("POST", "/", FRAME, 404),
        ("POST", "/peer/v1/unknown", FRAME, 404),
        ("POST", "/peer/v1/deliver/", FRAME, 404),
        ("POST", "/peer/v2/deliver", FRAME, 404),
        ("POST", "/peer/v1/deliver%2f", FRAME, 404),
        ("GET", "/peer/v1/deliver", FRAME, 405),
        ("PUT", "/peer/v1/deliver", FRAME, 405),
        ("POST", "/peer/v1/deliver", {}, 415),
        ("POST", "/peer/v1/deliver", {"content_type": "application/json"}, 415),
        ("POST", "/peer/v1/deliver", {"content_type": MEDIA_TYPE + "; v=2"}, 415),
    ]
    answers, _ = ask(tmp_path, *((method, path, b"", headers) for method, path, headers, _ in cases))
    for (method, path, _, status), (answered, headers, body) in zip(cases, answers, strict=True):
        assert (answered, body) == (status, b""), (method, path)
        assert ("allow" in headers) == (status == 405)


def test_a_frame_at_the_limit_passes_and_one_byte_more_is_refused_unread(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, max_request_bytes=LIMIT)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            status, _, body = await wire.request("POST", "/peer/v1/deliver", b"a" * LIMIT, **FRAME)
            assert (status, len(body)) == (200, LIMIT)
            await wire.write(head("POST", "/peer/v1/deliver", LIMIT + 1, **FRAME))
            status, headers, _ = await wire.answer()
            assert (status, headers["connection"]) == (413, "close")
            assert await wire.reader.read() == b""

    run(scenario())


def test_an_unannounced_frame_is_refused_as_soon_as_it_passes_the_limit(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, max_request_bytes=LIMIT)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            await wire.write(head("POST", "/peer/v1/deliver", None, transfer_encoding="chunked", **FRAME))
            for _ in range(LIMIT // 4096 + 1):
                await wire.write(b"1000\r\n" + b"a" * 4096 + b"\r\n")
            status, headers, _ = await wire.answer()
            assert (status, headers["connection"]) == (413, "close")

    run(scenario())


def test_a_slow_body_runs_into_the_one_time_limit_although_it_keeps_coming(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path, request_timeout_s=0.4)

    async def drip(wire: Wire) -> None:
        while True:
            await wire.write(b"a")
            await asyncio.sleep(0.05)

    async def scenario() -> None:
        async with serving(receiver.listener(HANDLERS)) as port, connected(port, caller.context()) as wire:
            await wire.write(head("POST", "/peer/v1/deliver", 1000, **FRAME))
            dripping = asyncio.ensure_future(drip(wire))
            status, headers, _ = await wire.answer()
            dripping.cancel()
            assert (status, headers["connection"]) == (408, "close")

    run(scenario())


@pytest.mark.parametrize("error", [None, ZeroDivisionError("late")])
def test_a_step_that_takes_too_long_is_answered_503_but_never_cancelled(
    tmp_path: Path, error: Exception | None
) -> None:
    receiver, caller = make_pair(tmp_path, request_timeout_s=0.1)
    ended = asyncio.Event()

    async def late(_node, _senders, data: bytes) -> bytes:
        await asyncio.sleep(0.3)
        ended.set()
        if error is not None:
            raise error
        return data

    async def scenario() -> None:
        async with (
            serving(receiver.listener({"deliver": late})) as port,
            connected(port, caller.context()) as wire,
        ):
            assert (await wire.request("POST", "/peer/v1/deliver", b"x", **FRAME))[0] == 503
            await ended.wait()
            await asyncio.sleep(0)

    run(scenario())
    assert receiver.log.events == ["peer.answered_late" if error is None else "peer.failed_late"]


def test_a_peer_that_leaves_in_the_middle_of_a_frame_is_not_handled(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    taken: list[bytes] = []

    async def take(_node, _senders, data: bytes) -> bytes:
        taken.append(data)
        return data

    async def scenario() -> None:
        server = receiver.listener({"deliver": take})
        async with serving(server) as port:
            async with connected(port, caller.context()) as wire:
                await wire.write(head("POST", "/peer/v1/deliver", 10, **FRAME) + b"half")
            await until(lambda: not server.server_state.connections and not server.server_state.tasks)

    run(scenario())
    assert taken == []
    assert receiver.log.events == []


def test_a_certificate_may_serve_several_authorities(tmp_path: Path) -> None:
    receiver, caller = make_pair(tmp_path)
    receiver.trust.pins[caller.pin] = (sender(KZ), sender(RU))

    async def names(_node, senders: tuple[str, ...], _data: bytes) -> bytes:
        return repr(senders).encode()

    async def scenario() -> None:
        async with (
            serving(receiver.listener({"deliver": names})) as port,
            connected(port, caller.context()) as wire,
        ):
            assert (await wire.request("POST", "/peer/v1/deliver", b"", **FRAME))[2] == repr(
                (KZ, RU)
            ).encode()

    run(scenario())
