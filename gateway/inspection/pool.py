"""A pool of warm workers: a hostile file costs a worker and a verdict of `uninspectable`, nothing more."""

import asyncio
import itertools
from collections.abc import Mapping, Sequence

import structlog
from msgspec import Struct

from gateway.inspection.frames import Answer, Job, Setup, from_answer
from gateway.inspection.inspected import Inspected, failed
from gateway.inspection.limits import MIB, Reading
from gateway.inspection.process import COMMAND, Source, Worker, WorkerFailed
from gateway.inspection.reasons import Reason
from gateway.inspection.verdict import Verdict

_WORN_BYTES = 16 * MIB
_WEARING = frozenset({Reason.MEMORY_LIMIT, Reason.PARSER_CRASH, Reason.OCR_FAILED, Reason.TOO_LARGE})
_MAX_NAME_CHARS = 1024
_log = structlog.get_logger(__name__)


class PoolLimits(Struct, frozen=True):
    """What the workers may use.

    `timeout_s`: wall-clock time for one file, enforced from outside; `cpu_s`: processor time, enforced by the
    kernel. `files_per_worker`: a worker is replaced after so many files.
    """

    workers: int = 2
    timeout_s: float = 120
    start_timeout_s: float = 60
    cpu_s: float = 30
    max_memory_bytes: int = 1536 * MIB
    files_per_worker: int = 200


class InspectionPool:
    """Inspects files in sandboxed processes. Belongs to one event loop; close it with `aclose`.

    Args:
        reading: limits of files, languages of OCR, labels.
        limits: limits of workers.
        lexicon: paths of the lexicon and of its key, absolute; empty for those of this version.
        command: the worker's command line.
    """

    def __init__(
        self,
        reading: Reading | None = None,
        limits: PoolLimits | None = None,
        lexicon: tuple[str, str] = ("", ""),
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._limits = limits or PoolLimits()
        self._setup = Setup(reading or Reading(), self._limits.max_memory_bytes, self._limits.cpu_s, *lexicon)
        self._command = command
        self._free = asyncio.Semaphore(self._limits.workers)
        self._idle: list[Worker] = []
        self._numbers = itertools.count(1)

    async def inspect(
        self, source: Source, name: str, declared_type: str, labels: Mapping[str, Verdict] | None = None
    ) -> Inspected:
        """Inspect one file.

        Args:
            source: its bytes, or an iterator over them; no more than a chunk is held here.
            name: its file name, itself inspected.
            declared_type: its declared media type, may be empty.
            labels: what sensitivity labels mean for this partner.
        """
        job = Job(
            next(self._numbers), name[:_MAX_NAME_CHARS], declared_type[:_MAX_NAME_CHARS], dict(labels or {})
        )
        async with self._free:
            try:
                worker = await self._take()
            except (WorkerFailed, TimeoutError, OSError) as error:
                _log.error("inspection_worker_did_not_start", error=str(error))
                return failed(Reason.WORKER_FAULT)
            return await self._run(worker, job, source)

    async def aclose(self) -> None:
        """End the idle workers. Inspections under way end theirs when they are cancelled."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(worker.end() for worker in idle))

    async def _take(self) -> Worker:
        if self._idle:
            return self._idle.pop()
        async with asyncio.timeout(self._limits.start_timeout_s):
            return await Worker.start(self._setup, self._command)

    async def _run(self, worker: Worker, job: Job, source: Source) -> Inspected:
        keep = False
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                answer = await worker.inspect(job, source)
            keep = self._still_good(worker, answer)
            return from_answer(answer)
        except TimeoutError:
            return failed(Reason.TIME_LIMIT)
        except WorkerFailed as error:
            return failed(error.reason)
        finally:
            if keep:
                self._idle.append(worker)
            else:
                await asyncio.shield(worker.end())

    def _still_good(self, worker: Worker, answer: Answer) -> bool:
        """A worker that met a limit may have been harmed, one that read much keeps the memory."""
        worn = worker.files >= self._limits.files_per_worker or answer.expanded_bytes > _WORN_BYTES
        return not worn and not any(reason in _WEARING for reason, _ in answer.problems)
