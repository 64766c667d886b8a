"""A worker process: reads files inside the sandbox, one after the other, and answers with verdicts.

Started by the pool with pipes on standard input and output. Everything is imported and loaded before the
sandbox closes; after that the process cannot open a socket, write a file, or read any but the interpreter's
own files.
"""

import os
from collections.abc import Callable, Mapping

import msgspec

from gateway.inspection.detecting import Detector, load_detector
from gateway.inspection.extraction import BINARY_READERS, Reader, gather
from gateway.inspection.frames import LENGTH, MAX_SETUP_BYTES, Job, Ready, Setup, encode, to_answer
from gateway.inspection.inspected import Inspected, conclude, failed
from gateway.inspection.kinds import Kind
from gateway.inspection.limits import Reading
from gateway.inspection.ocr import Ocr
from gateway.inspection.reasons import Reason
from gateway.inspection.sandbox.closing import close_sandbox
from gateway.inspection.sandbox.limiting import limit_cpu


class _Gone(Exception):
    """The gateway closed the pipe: there is nothing more to do."""


def serve(
    make_detector: Callable[[str, str], Detector], readers: Mapping[Kind, Reader] = BINARY_READERS
) -> None:
    """Serve files until standard input ends.

    Args:
        make_detector: makes the detector of markings from `lexicon` and `lexicon_key` of the setup.
        readers: readers of binary formats by type.
    """
    answers = _private_output()
    try:
        setup = msgspec.json.decode(_frame(MAX_SETUP_BYTES), type=Setup)
        detector = make_detector(setup.lexicon, setup.lexicon_key)
        ocr = (
            Ocr(setup.reading.ocr_languages, setup.reading.ocr_timeout_s)
            if setup.reading.ocr_languages
            else None
        )
        walls = close_sandbox(setup.max_memory_bytes, programs=ocr is not None)
        _write(answers, encode(Ready(walls)))
        while True:
            job = msgspec.json.decode(_frame(MAX_SETUP_BYTES), type=Job)
            limit_cpu(setup.cpu_s)
            inspected = _inspect(job, setup.reading, detector, ocr, readers)
            _write(answers, encode(to_answer(job.number, inspected)))
    except (_Gone, BrokenPipeError):
        return


def _inspect(
    job: Job, reading: Reading, detector: Detector, ocr: Ocr | None, readers: Mapping[Kind, Reader]
) -> Inspected:
    try:
        data = _content(reading.limits.max_input_bytes)
        if data is None:
            return failed(Reason.TOO_LARGE)
        reading = msgspec.structs.replace(reading, labels={**reading.labels, **job.labels})
        found = gather(data, job.name, job.declared_type, reading, image_text=ocr, readers=readers)
        return conclude(found, detector(found.segments))
    except MemoryError:
        return failed(Reason.MEMORY_LIMIT)
    except RecursionError:
        return failed(Reason.PARSER_CRASH)


def _content(max_bytes: int) -> bytes | None:
    """Read a file's frames; None, with all of them read, if they hold more than may be."""
    chunks: list[bytes] = []
    size = 0
    while chunk := _frame(MAX_SETUP_BYTES):
        size += len(chunk)
        if size <= max_bytes:
            chunks.append(chunk)
        else:
            chunks.clear()
    return b"".join(chunks) if size <= max_bytes else None


def _private_output() -> int:
    """Keep standard output for answers alone: whatever a library prints goes nowhere."""
    answers = os.dup(1)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.close(quiet)
    return answers


def _frame(max_bytes: int) -> bytes:
    (size,) = LENGTH.unpack(_exactly(LENGTH.size))
    if size > max_bytes:
        raise _Gone
    return _exactly(size)


def _exactly(size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        piece = os.read(0, size - len(pieces))
        if not piece:
            raise _Gone
        pieces += piece
    return bytes(pieces)


def _write(target: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(target, view) :]


def main() -> None:
    """Serve with the detector of this version."""
    serve(load_detector)


if __name__ == "__main__":
    main()
