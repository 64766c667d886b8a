"""The quarantine by itself: what was there before a restart counts, and only the abandoned is swept."""

import asyncio
import os
from pathlib import Path

import pytest
from wire.loopback import KZ, NOW, Receiver, make_pair, run

from gateway.errors import TooLarge
from gateway.exchange.opening import quarantined
from gateway.exchange.quarantine import FLUSH_BYTES, Misplaced, Quarantine, sweep_quarantine
from gateway.settings import ExchangeSection
from gateway.store.blobs import PARTIAL

ENVELOPE = "0190f3a1-7c2e-7b44-8d11-3a5b6c7d8e9f"
DAY_MS = 86_400_000
VALIDITY_MS = 14 * DAY_MS + 120_000


def blob(position: int, peer: str = KZ) -> str:
    return quarantined(peer, ENVELOPE, position)


def lay(receiver: Receiver, name: str, size: int, *, finished: bool, changed_ms: int) -> None:
    path = receiver.blobs.path / (name if finished else name + PARTIAL)
    path.write_bytes(b"x" * size)
    os.utime(path, ns=(changed_ms * 1_000_000, changed_ms * 1_000_000))


def names(receiver: Receiver) -> set[str]:
    return {path.name for path in receiver.blobs.path.iterdir()}


def test_what_lay_here_before_a_restart_counts_unless_a_message_claimed_it(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path, ExchangeSection(max_quarantine_bytes_per_peer=100))
    lay(receiver, blob(2), 40, finished=True, changed_ms=NOW)
    lay(receiver, blob(3), 30, finished=False, changed_ms=NOW)
    lay(receiver, blob(4), 1000, finished=True, changed_ms=NOW)
    lay(receiver, blob(4, "kz/mia-south"), 1000, finished=True, changed_ms=NOW)
    lay(receiver, f"in-kz_mia-{ENVELOPE}", 1000, finished=True, changed_ms=NOW)
    receiver.store.used.add(blob(4))

    async def scenario() -> None:
        quarantine = Quarantine(receiver.node)
        with pytest.raises(TooLarge):
            await quarantine.begin(KZ, ENVELOPE, 5, 0, 31)
        stream = await quarantine.begin(KZ, ENVELOPE, 5, 0, 30)
        await stream.aclose()
        # Going on with a part counts it once.
        stream = await quarantine.begin(KZ, ENVELOPE, 3, 30, 60)
        await stream.aclose()

    run(scenario())


def test_a_refused_stream_leaves_its_part_free_for_the_next(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path, ExchangeSection(max_quarantine_bytes_per_peer=10))

    async def scenario() -> None:
        quarantine = Quarantine(receiver.node)
        for _ in range(2):
            with pytest.raises(TooLarge):
                await quarantine.begin(KZ, ENVELOPE, 2, 0, 11)
        stream = await quarantine.begin(KZ, ENVELOPE, 2, 0, 10)
        with pytest.raises(Misplaced):
            await quarantine.begin(KZ, ENVELOPE, 2, 0, 10)
        await stream.aclose()

    run(scenario())


def test_an_incomplete_or_overlong_part_is_not_published(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path)

    async def scenario() -> None:
        stream = await Quarantine(receiver.node).begin(KZ, ENVELOPE, 2, 0, 10)
        await stream.write(b"12345")
        with pytest.raises(TooLarge):
            await stream.write(b"678901")
        with pytest.raises(Misplaced, match="5"):
            await stream.finish()
        await stream.aclose()

    run(scenario())
    assert names(receiver) == {blob(2) + PARTIAL}


def test_a_stream_cancelled_while_the_disk_stalls_loses_and_mixes_nothing(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path)
    first, second = b"a" * FLUSH_BYTES, b"b" * 10

    async def scenario() -> None:
        quarantine = Quarantine(receiver.node)
        stream = await quarantine.begin(KZ, ENVELOPE, 2, 0, len(first) + len(second))
        writing = asyncio.ensure_future(stream.write(first))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await stream.aclose()
        assert quarantine.offset(KZ, ENVELOPE, 2) == len(first)
        stream = await quarantine.begin(KZ, ENVELOPE, 2, len(first), len(first) + len(second))
        await stream.write(second)
        await stream.finish()
        await stream.aclose()

    run(scenario())
    assert b"".join(receiver.blobs.read(blob(2))) == first + second


def test_the_sweep_takes_abandoned_parts_and_nothing_that_may_still_be_claimed(tmp_path: Path) -> None:
    receiver, _ = make_pair(tmp_path)
    day_ago, ages_ago = NOW - 2 * DAY_MS, NOW - VALIDITY_MS - 1
    lay(receiver, blob(2), 1, finished=False, changed_ms=day_ago)
    lay(receiver, blob(3), 1, finished=False, changed_ms=NOW - 1000)
    lay(receiver, blob(4), 1, finished=True, changed_ms=day_ago)
    lay(receiver, blob(5), 1, finished=True, changed_ms=ages_ago)
    lay(receiver, blob(6), 1, finished=True, changed_ms=ages_ago)
    lay(receiver, f"{ENVELOPE}.2", 1, finished=True, changed_ms=ages_ago)
    lay(receiver, "in-other", 1, finished=True, changed_ms=ages_ago)
    receiver.store.used.add(blob(6))
    assert sweep_quarantine(receiver.node, NOW - DAY_MS) == 2
    assert names(receiver) == {blob(3) + PARTIAL, blob(4), blob(6), f"{ENVELOPE}.2", "in-other"}
    assert sweep_quarantine(receiver.node, NOW - DAY_MS) == 0
