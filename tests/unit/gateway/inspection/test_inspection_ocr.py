"""Text in pictures, read by the real tesseract inside a real worker's sandbox."""

import asyncio
import io
import os
import sys

import pytest
from PIL import Image, ImageDraw, ImageFont

from gateway.inspection.inspected import Inspected
from gateway.inspection.limits import Reading
from gateway.inspection.ocr import Ocr, installed_languages
from gateway.inspection.pool import InspectionPool, PoolLimits
from gateway.inspection.reasons import Reason
from gateway.inspection.reporting import SandboxReport
from gateway.inspection.sandbox.closing import Walls
from tests.support.documents.pdfs import Pdf
from tests.support.inspection_worker import LATIN_WORD

WORKER = (sys.executable, "-P", "-s", "-B", "-m", "tests.support.inspection_worker")
ENGLISH = Reading(ocr_languages=("eng",))


@pytest.fixture(scope="module")
def languages() -> tuple[str, ...]:
    """The installed models; without them the test is skipped here, and fails where CI runs."""
    installed = installed_languages()
    if not {"rus", "eng"} <= set(installed):
        reason = "tesseract with rus and eng is not installed: run deploy/install_ocr.sh"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return installed


def picture(text: str, kind: str = "PNG") -> bytes:
    # the font that Pillow brings along has Latin letters only
    image = Image.new("L", (900, 300), 255)
    ImageDraw.Draw(image).text((60, 100), text, font=ImageFont.load_default(64), fill=0)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def inspect(data: bytes, name: str, reading: Reading) -> Inspected:
    async def go() -> Inspected:
        pool = InspectionPool(reading, PoolLimits(workers=1, timeout_s=100), command=WORKER)
        try:
            return await pool.inspect(data, name, "")
        finally:
            await pool.aclose()

    return asyncio.run(go())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_word_in_a_picture_is_found_by_a_sandboxed_worker(kind: str, languages: tuple[str, ...]) -> None:
    result = inspect(picture(LATIN_WORD, kind), f"scan.{kind.lower()}", ENGLISH)
    assert not result.problems
    assert [(finding.channel, finding.place) for finding in result.findings] == [("ocr", "picture")]


def test_a_scanned_page_is_read(languages: tuple[str, ...]) -> None:
    image = Image.open(io.BytesIO(picture(LATIN_WORD)))
    made = Pdf()
    entries = (
        "/Type /XObject /Subtype /Image /Width 900 /Height 300 /ColorSpace /DeviceGray /BitsPerComponent 8"
    )
    drawn = made.stream(image.tobytes(), entries, packed=True)
    made.page(draw="q 500 0 0 167 40 600 cm /I Do Q", resources=f"/XObject << /I {drawn} 0 R >>")
    result = inspect(made.build(), "scan.pdf", ENGLISH)
    assert [(finding.channel, finding.place) for finding in result.findings] == [("ocr", "page 1")]


def test_scripts_are_read_apart(languages: tuple[str, ...]) -> None:
    """A model of another script takes Latin letters for its own; the right one still has its turn."""
    text = Ocr(("rus", "eng"), 60)(picture(LATIN_WORD))
    assert LATIN_WORD in text
    assert text.count("\n") > Ocr(("eng",), 60)(picture(LATIN_WORD)).count("\n")


def test_a_picture_that_tesseract_cannot_read_is_uninspectable(languages: tuple[str, ...]) -> None:
    broken = picture("x")[:60] + picture("x")[-12:]
    assert inspect(broken, "scan.png", ENGLISH).verdict == "uninspectable"


def test_a_language_that_is_not_there_makes_pictures_uninspectable(languages: tuple[str, ...]) -> None:
    assert inspect(picture("x"), "scan.png", Reading(ocr_languages=("tlh",))).reason is Reason.OCR_FAILED


def test_ocr_that_takes_too_long_makes_the_picture_uninspectable(languages: tuple[str, ...]) -> None:
    reading = Reading(ocr_languages=("eng",), ocr_timeout_s=0.001)
    assert inspect(picture(LATIN_WORD), "scan.png", reading).reason is Reason.OCR_FAILED


def test_the_report_tells_walls_and_missing_languages() -> None:
    report = SandboxReport(Walls(limits=True, network=False, files=3, syscalls=True), ("rus",))
    assert report.missing(("rus", "kaz")) == ("kaz",)
    text = "\n".join(report.lines(("rus", "kaz")))
    assert "NO: no network (namespace)" in text
    assert "NOT INSTALLED: kaz" in text
    assert "OCR is off" in "\n".join(report.lines(()))
    assert "uninspectable" in SandboxReport(None, ()).lines(())[0]
