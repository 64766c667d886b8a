"""Every channel of a PDF reaches the detector; what a PDF cannot show in text is uninspectable."""

import io

import pytest
from reportlab.pdfgen import canvas

from gateway.inspection.reasons import Reason
from tests.support.documents.pdfs import Pdf, show, simple, string
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where

XMP = (
    '<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<dc:title>{text}</dc:title><dc:rights dc:note="{attribute}"/></x:xmpmeta><?xpacket end="w"?>'
)


def _document(change: str) -> bytes:
    made = Pdf()
    extra: dict[str, str] = {}
    if change == "page":
        extra["draw"] = show(MARK, top=500)
    elif change == "invisible":
        extra["draw"] = show(MARK, top=500, mode=3)
    elif change == "white":
        extra["draw"] = "1 1 1 rg " + show(MARK, top=500)
    elif change == "off the page":
        extra["draw"] = show(MARK, top=3000)
    elif change == "switched-off layer":
        extra["draw"] = f"/OC /L BDC {show(MARK, top=500)} EMC"
        layer = made.add("<< /Type /OCG /Name (layer) >>")
        extra["resources"] = f"/Properties << /L {layer} 0 R >>"
        made.catalog.append(f"/OCProperties << /OCGs [{layer} 0 R] /D << /OFF [{layer} 0 R] >> >>")
    elif change == "form drawn in the page":
        extra["draw"], extra["resources"] = "/X Do", f"/XObject << /X {made.form(MARK)} 0 R >>"
    elif change in ("stamp", "hidden stamp"):
        flags = 2 if change == "hidden stamp" else 4
        extra["entries"] = (
            f"/Annots [<< /Type /Annot /Subtype /Stamp /F {flags} /Rect [100 100 400 160] "
            f"/AP << /N {made.form(MARK)} 0 R >> >>]"
        )
    elif change == "note":
        extra["entries"] = (
            f"/Annots [<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents {string(MARK)} >>]"
        )
    elif change == "tooltip":
        made.catalog.append(f"/AcroForm << /Fields [<< /FT /Tx /T (g) /TU {string(MARK)} >>] >>")
    elif change == "field":
        made.catalog.append(f"/AcroForm << /Fields [<< /FT /Tx /T (g) /V {string(MARK)} >>] >>")
    elif change == "XFA form":
        xfa = made.stream(f'<xdp xmlns="http://ns.adobe.com/xdp/"><g>{MARK}</g></xdp>'.encode(), packed=True)
        made.catalog.append(f"/AcroForm << /XFA {xfa} 0 R >>")
    elif change == "title":
        made.info["Title"] = MARK
    elif change == "own property":
        made.info["Grif"] = MARK
    elif change == "XMP":
        xmp = made.stream(XMP.format(text=MARK, attribute="").encode(), "/Type /Metadata /Subtype /XML")
        made.catalog.append(f"/Metadata {xmp} 0 R")
    elif change == "XMP attribute":
        xmp = made.stream(XMP.format(text="", attribute=MARK).encode(), "/Type /Metadata /Subtype /XML")
        made.catalog.append(f"/Metadata {xmp} 0 R")
    elif change == "bookmark":
        made.catalog.append(f"/Outlines << /First << /Title {string(MARK)} >> >>")
    elif change == "attachment":
        inner = made.stream(simple([LETTER, MARK]), "/Type /EmbeddedFile", packed=True)
        made.catalog.append(
            f"/Names << /EmbeddedFiles << /Names [(a) << /UF (annex.pdf) /EF << /F {inner} 0 R >> >>] >> >>"
        )
    elif change == "attachment's name":
        inner = made.stream(LETTER.encode(), "/Type /EmbeddedFile")
        made.catalog.append(
            f"/Names << /EmbeddedFiles << /Names [(a) << /UF {string(MARK)} /EF << /F {inner} 0 R >> >>] >> >>"
        )
    elif change == "script":
        made.catalog.append(f"/OpenAction << /S /JavaScript /JS {string(MARK)} >>")
    elif change == "script stream":
        made.catalog.append(f"/OpenAction << /S /JavaScript /JS {made.stream(MARK.encode())} 0 R >>")
    elif change == "replaced text":
        extra["entries"] = f"/PieceInfo << /X << /ActualText {string(MARK)} >> >>"
    elif change == "object that nothing refers to":
        made.add(f"<< /Left {string(MARK)} >>")
    elif change == "string in windows-1251":
        made.add(b"<< /Left (" + MARK.encode("windows-1251") + b") >>")
    made.page(LETTER, **extra)
    return made.build()


CHANNELS = {
    "page": "text", "invisible": "text", "white": "text", "off the page": "text", "switched-off layer": "text",
    "form drawn in the page": "text", "stamp": "annotation", "hidden stamp": "annotation", "note": "annotation",
    "tooltip": "form_field", "field": "form_field", "XFA form": "metadata", "title": "property",
    "own property": "metadata", "XMP": "metadata", "XMP attribute": "metadata", "bookmark": "property",
    "attachment": "text", "attachment's name": "filename", "script": "hidden", "script stream": "hidden",
    "replaced text": "text", "object that nothing refers to": "metadata", "string in windows-1251": "metadata",
}  # fmt: skip


@pytest.mark.parametrize(("change", "channel"), CHANNELS.items(), ids=CHANNELS)
def test_a_marking_comes_out_of_every_channel(change: str, channel: str) -> None:
    found = read(_document(change), "letter.pdf", "application/pdf")
    assert not found.problems
    assert channel in {c for c, _ in where(found)}, found.segments


def test_the_place_names_the_page() -> None:
    found = read(simple([LETTER, LETTER, MARK + "\n" + LETTER]))
    assert where(found) == {("text", "page 3")}


def test_a_scanned_page_is_uninspectable_and_is_named() -> None:
    made = Pdf()
    made.page(LETTER)
    picture = made.image(600, 800)
    made.page(draw="q 595 0 0 842 0 0 cm /I Do Q", resources=f"/XObject << /I {picture} 0 R >>")
    assert read(made.build()).problems == [(Reason.IMAGE_ONLY_PAGE, "page 2")]


def test_a_scanned_page_is_read_with_ocr() -> None:
    made = Pdf()
    picture = made.image(600, 800)
    made.page(draw="q 595 0 0 842 0 0 cm /I Do Q", resources=f"/XObject << /I {picture} 0 R >>")
    seen: list[bytes] = []

    def ocr(image: bytes) -> str:
        seen.append(image[:16])
        return MARK

    found = read(made.build(), ocr=ocr)
    assert not found.problems
    assert where(found) == {("ocr", "page 1")}
    assert seen[0].startswith(b"P5 1653 2339 255")


def test_a_large_picture_beside_text_is_uninspectable_without_ocr() -> None:
    made = Pdf()
    picture = made.image(600, 800)
    made.page(LETTER, draw="q 300 0 0 400 0 0 cm /I Do Q", resources=f"/XObject << /I {picture} 0 R >>")
    assert reasons(read(made.build())) == {Reason.IMAGE_WITHOUT_OCR}


def test_a_small_emblem_beside_text_passes() -> None:
    made = Pdf()
    picture = made.image(120, 120)
    made.page(LETTER, draw="q 60 0 0 60 0 0 cm /I Do Q", resources=f"/XObject << /I {picture} 0 R >>")
    assert not read(made.build()).problems


def test_a_page_whose_letters_are_drawn_as_lines_is_uninspectable() -> None:
    made = Pdf()
    made.page(draw="100 100 m 200 300 l S " * 30)
    assert reasons(read(made.build())) == {Reason.ALMOST_NO_TEXT}


def test_a_blank_page_between_pages_of_text_passes() -> None:
    assert not read(simple([LETTER, "", LETTER])).problems


def test_an_encrypted_document_is_uninspectable() -> None:
    made = Pdf()
    made.page(LETTER)
    made.trailer = (
        f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'00' * 32}> /U <{'00' * 32}> /P -4 >> /ID [<00> <00>]"
    )
    assert reasons(read(made.build())) == {Reason.ENCRYPTED}


def test_a_document_of_a_real_library_is_read_without_problems() -> None:
    out = io.BytesIO()
    drawn = canvas.Canvas(out)
    drawn.setSubject("NATO SECRET")
    drawn.drawString(72, 700, "Request for establishing the whereabouts of a person")
    drawn.acroForm.textfield(name="grade", value="TOP SECRET", x=72, y=600)
    drawn.save()
    found = read(out.getvalue(), "request.pdf")
    assert not found.problems
    assert {c for c, _ in anywhere(found, "NATO SECRET")} == {"property"}
    assert {c for c, _ in anywhere(found, "TOP SECRET")} >= {"form_field"}


def test_an_object_that_the_reader_skips_is_held() -> None:
    made = Pdf()
    made.page(LETTER)
    made.add(f"<< /A {string('x')} ~~ /B {string(MARK)} >>")
    assert Reason.MALFORMED in reasons(read(made.build()))


def test_pages_are_read_even_if_the_objects_cannot_be() -> None:
    made = Pdf()
    made.page(f"{LETTER}\n{MARK}")
    made.add("<< " + "/A << " * 60 + ">> " * 60 + ">>")
    found = read(made.build())
    assert found.problems
    assert where(found) == {("text", "page 1")}


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_document_is_uninspectable(cut: float) -> None:
    whole = simple([LETTER] * 3)
    assert read(whole[: int(len(whole) * cut)]).problems
