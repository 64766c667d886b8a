"""Files with the real lexicon and detector: a marking in a corner is found, a mention in a text is not."""

from collections.abc import Callable
from email.message import EmailMessage

import pytest

from gateway.inspection.detecting import Detector, load_detector
from gateway.inspection.extraction import gather
from gateway.inspection.inspected import Inspected, conclude
from gateway.inspection.limits import Reading
from tests.support.documents.packages import W, archive, docx, odf, paragraph, xlsx
from tests.support.documents.pdfs import Pdf, simple
from tests.support.documents.reading import LETTER

MENTION = "Стороны не передают в рамках настоящего Соглашения сведения, составляющие государственные секреты."
GRADES = {
    "Құпия": "kk",
    "Совершенно секретно": "ru",
    "Tam məxfi": "az",
    "سري للغاية": "ar",
    "机密★15年": "zh",
}


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector("", "")


def inspect(data: bytes, name: str, detector: Detector) -> Inspected:
    found = gather(data, name, "", Reading())
    return conclude(found, detector(found.segments))


def _stamped(grade: str) -> bytes:
    made = Pdf()
    stamp = (
        f"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [300 700 560 760] /AP << /N {made.form(grade)} 0 R >> >>"
    )
    made.page(LETTER, entries=f"/Annots [{stamp}]")
    return made.build()


def _mail(grade: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "x"
    made.set_content(LETTER)
    inner = archive({"letter.docx": docx(paragraph(grade) + paragraph(LETTER))})
    made.add_attachment(inner, maintype="application", subtype="zip", filename="a.zip")
    return made.as_bytes()


CARRIERS: dict[str, Callable[[str], bytes]] = {
    "a.txt": lambda grade: f"{grade}\n\n{LETTER}".encode("utf-16"),
    "a.docx": lambda grade: docx(
        paragraph(LETTER), word__header1_xml=f"<w:hdr {W}>{paragraph(grade)}</w:hdr>"
    ),
    "a.odt": lambda grade: odf(f"<text:p>{grade}</text:p><text:p>{LETTER}</text:p>"),
    "a.xlsx": lambda grade: xlsx(
        "".join(f'<row><c t="inlineStr"><is><t>{t}</t></is></c></row>' for t in (grade, LETTER))
    ),
    "a.pdf": _stamped,
    "a.eml": _mail,
    "a.html": lambda grade: f"<html><p>{grade}</p><p>{LETTER}</p></html>".encode(),
}


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize("name", CARRIERS)
def test_a_grade_is_found_in_every_carrier(name: str, grade: str, detector: Detector) -> None:
    result = inspect(CARRIERS[name](grade), name, detector)
    assert result.verdict == "state_secret", result
    assert not result.problems


@pytest.mark.parametrize("name", CARRIERS)
def test_a_treatys_sentence_about_secrets_passes_in_every_carrier(name: str, detector: Detector) -> None:
    result = inspect(CARRIERS[name](MENTION), name, detector)
    assert result.verdict == "none", result


def test_a_long_pdf_with_one_marked_page_names_the_page(detector: Detector) -> None:
    pages = [LETTER] * 11 + [f"Секретно\nЭкз. № 2\n{LETTER}"]
    result = inspect(simple(pages), "a.pdf", detector)
    assert result.verdict == "state_secret"
    assert all(finding.place.startswith("page 12") for finding in result.findings)


def test_a_marking_outranks_what_could_not_be_read(detector: Detector) -> None:
    data = archive({"a.bin": bytes(64), "b.txt": f"Секретно\nЭкз. № 2\n{LETTER}"})
    result = inspect(data, "a.zip", detector)
    assert result.verdict == "state_secret"
    assert result.reason is not None
