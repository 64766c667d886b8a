"""Figures of content inspection: a 12-page PDF and DOCX through a warm worker, and text in the process."""

import asyncio
import io
import re
import threading
import time
from pathlib import Path

import docx

from gateway.inspection.detecting import load_detector
from gateway.inspection.fast import TextPart, inspect_text_parts
from gateway.inspection.limits import Reading
from gateway.inspection.pool import InspectionPool, PoolLimits
from tests.bench.figures import report, seconds_each
from tests.support.documents.pdfs import simple

PAGES = 12
LINES = 45
LINE = "Запрос об установлении местонахождения лица, проживавшего по указанному адресу, № {0}"


def run(*, quick: bool) -> None:
    """All figures of inspection."""
    asyncio.run(_files(rounds=5 if quick else 40))
    detector = load_detector("", "")
    text = "\n".join(LINE.format(number) for number in range(120)).encode()[: 16 * 1024]
    parts = [TextPart(text.decode("utf-8", "ignore").encode())]
    spent = seconds_each(lambda: inspect_text_parts(parts, detector, Reading()), 0.3 if quick else 2.0)
    report("inspect_text_16kb_ms", spent * 1e3, "ms")


async def _files(rounds: int) -> None:
    pool = InspectionPool(limits=PoolLimits(workers=1, files_per_worker=10_000))
    try:
        for name, document in (("inspect_pdf_ms", _pdf()), ("inspect_docx_ms", _docx())):
            times = []
            for _ in range(rounds + 2):
                began = time.perf_counter()
                result = await pool.inspect(document, f"letter.{name.split('_')[1]}", "")
                times.append(time.perf_counter() - began)
                assert result.verdict == "none", result
            report(name, sorted(times[2:])[rounds // 2] * 1e3, "ms")
        report("inspect_worker_mib", _resident_bytes() / 1024**2, "MiB")
    finally:
        await pool.aclose()


def _resident_bytes() -> int:
    """The most that the worker, the only child of this thread, ever held."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    peaks = (re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in children)
    return max(int(peak.group(1)) * 1024 for peak in peaks if peak)


def _page(number: int) -> str:
    return "\n".join(LINE.format(number * LINES + line) for line in range(LINES))


def _pdf() -> bytes:
    return simple([_page(number) for number in range(PAGES)])


def _docx() -> bytes:
    made = docx.Document()
    for number in range(PAGES):
        for line in _page(number).splitlines():
            made.add_paragraph(line)
        made.add_page_break()
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()
