"""One worker process as the gateway sees it: start it, give it a file, take one bounded answer, or end it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

import gateway
from gateway.inspection.frames import CHUNK_BYTES, LENGTH, MAX_ANSWER_BYTES, Answer, Job, Ready, Setup, encode
from gateway.inspection.reasons import Reason
from gateway.inspection.sandbox.closing import Walls

COMMAND = (sys.executable, "-P", "-s", "-B", "-m", "gateway.inspection.worker")
_T = TypeVar("_T")
Source = bytes | AsyncIterator[bytes]


class WorkerFailed(Exception):
    """A worker ended or wrote what is no answer. It must not be used again."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Worker:
    """A started worker. Use `start`; not to be shared between tasks at the same time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a worker needs pipes")
        self._process, self._input, self._output = process, process.stdin, process.stdout
        self.files = 0
        self.walls: Walls | None = None

    @classmethod
    async def start(cls, setup: Setup, command: Sequence[str] = COMMAND) -> "Worker":
        """Start a worker and wait until its sandbox is closed. Raises WorkerFailed."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=environment(),
            limit=CHUNK_BYTES,
        )
        worker = cls(process)
        try:
            await worker._send(encode(setup))
            worker.walls = _decoded(await worker._frame(), Ready).walls
        except BaseException:
            await worker.end()
            raise
        return worker

    async def inspect(self, job: Job, source: Source) -> Answer:
        """Send a file and return the answer. Raises WorkerFailed; the caller sets the deadline."""
        self.files += 1
        await self._send(encode(job))
        async for chunk in _chunks(source):
            await self._send(encode(chunk))
        await self._send(encode(b""))
        answer = _decoded(await self._frame(), Answer)
        if answer.number != job.number:
            raise WorkerFailed(Reason.WORKER_FAULT)
        return answer

    async def end(self) -> None:
        """Kill the worker with everything it started, and wait for it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._input.close()
        # the reader must be drained or the transport never sees the end of a flood
        await asyncio.gather(self._process.wait(), self._drained(), return_exceptions=True)

    async def _drained(self) -> None:
        while await self._output.read(CHUNK_BYTES):
            pass

    async def _send(self, content: bytes) -> None:
        try:
            self._input.write(content)
            await self._input.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise WorkerFailed(await self._cause()) from error

    async def _frame(self) -> bytes:
        try:
            (size,) = LENGTH.unpack(await self._output.readexactly(LENGTH.size))
            if size > MAX_ANSWER_BYTES:
                raise WorkerFailed(Reason.WORKER_FAULT)
            return await self._output.readexactly(size)
        except asyncio.IncompleteReadError as error:
            raise WorkerFailed(await self._cause()) from error

    async def _cause(self) -> Reason:
        """Why it ended: the kernel's limit on processor time, or a crash."""
        code = await self._process.wait()
        return Reason.TIME_LIMIT if code == -signal.SIGXCPU else Reason.PARSER_CRASH


def environment() -> dict[str, str]:
    """The environment of a worker: where the packages are, and nothing of the gateway's own."""
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    return {**kept, "PYTHONPATH": str(Path(gateway.__file__).parent.parent), "LC_ALL": "C.UTF-8"}


async def _chunks(source: Source) -> AsyncIterator[bytes]:
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK_BYTES):
            yield source[start : start + CHUNK_BYTES]
        return
    async for piece in source:
        for start in range(0, len(piece), CHUNK_BYTES):
            yield piece[start : start + CHUNK_BYTES]


def _decoded(frame: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(frame, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise WorkerFailed(Reason.WORKER_FAULT) from error
