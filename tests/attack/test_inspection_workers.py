"""A parser run wild costs a worker and a verdict; the pool goes on, and the parent stays small."""

import asyncio
import gc
import os
import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.inspection.inspected import Inspected
from gateway.inspection.limits import MIB, Limits, Reading
from gateway.inspection.pool import InspectionPool, PoolLimits
from gateway.inspection.process import COMMAND
from gateway.inspection.reasons import Reason
from gateway.inspection.reporting import sandbox_report
from tests.support.documents.packages import archive, docx, paragraph
from tests.support.documents.pdfs import simple
from tests.support.documents.reading import LETTER
from tests.support.inspection_worker import ATTEMPTS, WORD

WORKER = (sys.executable, "-P", "-s", "-B", "-m", "tests.support.inspection_worker")
TIGHT = PoolLimits(workers=2, timeout_s=4, cpu_s=1, max_memory_bytes=1024 * MIB)

BEHAVIOURS = {
    "abort": {Reason.PARSER_CRASH},
    "segfault": {Reason.PARSER_CRASH},
    "spin": {Reason.TIME_LIMIT},
    "hang": {Reason.TIME_LIMIT},
    "eat": {Reason.MEMORY_LIMIT, Reason.TIME_LIMIT},
    "native_eat": {Reason.PARSER_CRASH},
    "flood": {Reason.WORKER_FAULT},
    "big_frame": {Reason.WORKER_FAULT},
    "garbage": {Reason.WORKER_FAULT},
    "forged": {Reason.WORKER_FAULT},
    "close_pipe": {Reason.TIME_LIMIT},
}


def with_pool(
    use: Callable[[InspectionPool], Awaitable[None]],
    limits: PoolLimits = TIGHT,
    reading: Reading | None = None,
) -> None:
    async def go() -> None:
        pool = InspectionPool(reading, limits, command=WORKER)
        try:
            await use(pool)
        finally:
            await pool.aclose()

    asyncio.run(go())
    gc.collect()


async def still_works(pool: InspectionPool) -> None:
    assert (await pool.inspect(f"x\n{WORD}".encode(), "a.txt", "text/plain")).verdict == "state_secret"
    assert (await pool.inspect(LETTER.encode(), "a.txt", "text/plain")).verdict == "none"


def command_of(name: str) -> bytes:
    return f"{{\\rtf {name}}}".encode()


@pytest.mark.parametrize(("behaviour", "allowed"), BEHAVIOURS.items(), ids=BEHAVIOURS)
def test_a_parser_run_wild_makes_the_file_uninspectable_and_the_pool_goes_on(
    behaviour: str, allowed: set[Reason]
) -> None:
    async def use(pool: InspectionPool) -> None:
        result = await pool.inspect(command_of(behaviour), "a.rtf", "")
        assert result.verdict == "uninspectable"
        assert result.reason in allowed
        await still_works(pool)

    with_pool(use)


def test_many_hostile_files_at_once_do_not_keep_the_others_from_being_read() -> None:
    async def use(pool: InspectionPool) -> None:
        hostile = [
            pool.inspect(command_of(name), "a.rtf", "") for name in ("abort", "flood", "garbage", "spin") * 3
        ]
        honest = [pool.inspect(f"{n}\n{WORD}".encode(), "a.txt", "") for n in range(40)]
        results = await asyncio.gather(*hostile, *honest)
        assert {result.verdict for result in results[:12]} == {"uninspectable"}
        assert {result.verdict for result in results[12:]} == {"state_secret"}

    with_pool(use)


def test_what_a_library_prints_is_no_answer() -> None:
    async def use(pool: InspectionPool) -> None:
        assert (await pool.inspect(command_of("prints"), "a.rtf", "")).verdict == "none"
        await still_works(pool)

    with_pool(use)


def test_a_worker_can_do_nothing_but_read_and_answer(tmp_path: Path) -> None:
    """No socket, file of the node, write, program or signal; as far as this kernel lets us forbid it."""
    walls = sandbox_report(WORKER).walls
    assert walls is not None
    needs = {
        "socket": walls.no_network,
        "unix socket": walls.syscalls,
        "write": walls.limits,
        "read": bool(walls.files),
        "list": bool(walls.files),
        "program": walls.syscalls,
        "signal": walls.syscalls,
    }
    assert set(needs) == set(ATTEMPTS)

    async def use(pool: InspectionPool) -> None:
        result = await pool.inspect(command_of("tries"), "a.rtf", "")
        assert {finding.place for finding in result.findings} <= {
            name for name, walled in needs.items() if not walled
        }

    with_pool(use)


def test_every_wall_stands_where_ci_runs() -> None:
    walls = sandbox_report(WORKER).walls
    assert walls is not None
    assert walls.limits
    if os.environ.get("CI") == "true":
        assert walls.no_network


def test_the_real_worker_starts_and_reads() -> None:
    async def go() -> Inspected:
        pool = InspectionPool(limits=TIGHT, command=COMMAND)
        try:
            return await pool.inspect(f"Секретно\nЭкз. № 1\n{LETTER}".encode(), "a.txt", "text/plain")
        finally:
            await pool.aclose()

    assert asyncio.run(go()).verdict == "state_secret"


def test_a_worker_that_does_not_start_makes_files_uninspectable() -> None:
    async def go() -> None:
        for command in ((sys.executable, "-c", "raise SystemExit(3)"), ("/nonexistent",)):
            pool = InspectionPool(limits=TIGHT, command=command)
            assert (await pool.inspect(b"x", "a", "")).reason is Reason.WORKER_FAULT
            await pool.aclose()

    asyncio.run(go())


async def _stream(count: int, produced: list[int]) -> AsyncIterator[bytes]:
    chunk = bytes(256 * 1024)
    for _ in range(count):
        produced.append(len(chunk))
        yield chunk


def test_a_huge_stream_leaves_the_gateways_memory_alone() -> None:
    produced: list[int] = []

    async def use(pool: InspectionPool) -> None:
        await still_works(pool)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = await pool.inspect(_stream(4 * 600, produced), "a.bin", "")
        assert result.reason is Reason.TOO_LARGE
        grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown_kib < 32 * 1024
        await still_works(pool)

    with_pool(use, PoolLimits(timeout_s=60, cpu_s=30))
    assert sum(produced) == 600 * MIB


def test_a_flood_of_output_leaves_the_gateways_memory_alone() -> None:
    async def use(pool: InspectionPool) -> None:
        await still_works(pool)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await asyncio.gather(*(pool.inspect(command_of("flood"), "a.rtf", "") for _ in range(8)))
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024

    with_pool(use)


def test_an_answer_longer_than_its_frame_is_cut_by_an_honest_worker() -> None:
    async def use(pool: InspectionPool) -> None:
        names = {f"{n:04}-{'я' * 200}.txt": WORD for n in range(2_000)}
        result = await pool.inspect(archive(names), "a.zip", "")
        assert result.verdict == "state_secret"
        assert len(result.findings) == 200

    with_pool(use, PoolLimits(timeout_s=60, cpu_s=30))


def test_a_cancelled_inspection_takes_its_worker_with_it() -> None:
    async def use(pool: InspectionPool) -> None:
        begun = asyncio.Event()

        async def source() -> AsyncIterator[bytes]:
            yield command_of("hang")
            begun.set()
            await asyncio.Event().wait()

        running = [asyncio.ensure_future(pool.inspect(source(), "a.rtf", "")) for _ in range(6)]
        await begun.wait()
        for one in running:
            one.cancel()
        results = await asyncio.gather(*running, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        await still_works(pool)

    with_pool(use)


def test_workers_are_replaced_after_their_share_of_files() -> None:
    async def use(pool: InspectionPool) -> None:
        for _ in range(7):
            await still_works(pool)

    with_pool(use, PoolLimits(workers=1, files_per_worker=3))


def test_a_limit_of_the_reading_reaches_the_worker() -> None:
    async def use(pool: InspectionPool) -> None:
        assert (await pool.inspect(bytes(2048), "a", "")).reason is Reason.TOO_LARGE
        await still_works(pool)

    with_pool(use, reading=Reading(Limits(max_input_bytes=1024)))


def _damaged(whole: bytes, seed: int) -> bytes:
    damaged = bytearray(whole)
    for step in range(1 + seed % 9):
        position = (seed * 7919 + step * 104_729) % len(damaged)
        damaged[position] ^= 1 << (seed + step) % 8
    return bytes(damaged)


def test_damaged_files_get_a_verdict_whatever_they_do_to_native_parsers() -> None:
    body = docx(paragraph(LETTER))
    wholes = (
        simple([LETTER] * 2),
        body,
        archive({"a.docx": body}),
        f"{{\\rtf1 {LETTER}}}".encode("windows-1251"),
    )

    async def use(pool: InspectionPool) -> None:
        files = [_damaged(wholes[seed % 4], seed) for seed in range(80)]
        results = await asyncio.gather(*(pool.inspect(one, "a", "") for one in files))
        assert {result.verdict for result in results} <= {"none", "uninspectable"}
        assert sum(result.verdict == "uninspectable" for result in results) > 20
        await still_works(pool)

    with_pool(use, PoolLimits(timeout_s=60, cpu_s=30))


def test_a_page_tree_that_ends_the_native_parser_costs_a_worker() -> None:
    """A stray number among a page tree's kids trips an assertion inside pdfium, which ends its process."""
    crashing = simple([LETTER] * 3).replace(b" 0 R] /Count", b" 7 0 R] /Count")

    async def use(pool: InspectionPool) -> None:
        result = await pool.inspect(crashing, "a.pdf", "application/pdf")
        assert result.reason in {Reason.PARSER_CRASH, Reason.MALFORMED}
        await still_works(pool)

    with_pool(use)
