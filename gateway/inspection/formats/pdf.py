"""PDF: structure first, then the text of its pages and annotations, then every object that carries text."""

import ctypes
import re

import pypdfium2
import pypdfium2.raw as raw

from gateway.inspection.formats.pdf_objects import read_objects
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason, Uninspectable

_END = re.compile(rb"%%EOF\s*\Z")
_OCR_DPI, _POINTS_PER_INCH = 200, 72
_MAX_SIDE_PIXELS = 5_000
_MAX_FORM_DEPTH = 8
_UNREADABLE = re.compile(r"[\ufffd\ufffe\uffff\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_MAX_UNREADABLE_SHARE = 0.2
_FILTERED = re.compile("[\ufffe\u0002]")


def read_pdf(data: bytes, into: Gathering) -> None:
    """Read a PDF document.

    Raises:
        Uninspectable: `encrypted`, `malformed`, or a limit of the whole file.
    """
    if not _END.search(data[-1024:].rstrip(b"\0")):
        into.problem(Reason.TRAILING_DATA if b"%%EOF" in data else Reason.MALFORMED)
    _objects(data, into)
    document = _open(data)
    try:
        if len(document) > into.reading.limits.max_pages:
            raise Uninspectable(Reason.TOO_LARGE, "pages")
        if not len(document):
            into.problem(Reason.ALMOST_NO_TEXT)
        for number in range(len(document)):
            _page(document, number, into)
    finally:
        document.close()


def _objects(data: bytes, into: Gathering) -> None:
    """Read the objects; if they cannot be read, the pages still may."""
    try:
        read_objects(data, into)
    except Uninspectable as error:
        if error.reason in (Reason.ENCRYPTED, Reason.TOO_LARGE):
            raise
        into.problem(error.reason, "objects")
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - whatever the parser trips over, the file is held
        into.problem(Reason.PARSER_CRASH, "objects")


def _open(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        encrypted = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD
        raise Uninspectable(Reason.ENCRYPTED if encrypted else Reason.MALFORMED) from error


def _page(document: pypdfium2.PdfDocument, number: int, into: Gathering) -> None:
    place = f"page {number + 1}"
    try:
        page = document[number]
    except pypdfium2.PdfiumError as error:
        raise Uninspectable(Reason.MALFORMED, place) from error
    try:
        text = _text(page)
        into.add(text, "text", place)
        pictures, others = _drawn(page, into)
        count = min(raw.FPDFPage_GetAnnotCount(page), into.reading.limits.max_entries)
        shown = _appearances(document, number, count) if count else ""
        into.add(shown, "annotation", f"{place} annotations")
        readable = _readable(text + shown, into)
        if into.image_text is not None and (pictures or (others and not readable)):
            into.add(into.image_text(_raster(page)), "ocr", place)
        elif not readable:
            _unread(place, into, pictures, others, text + shown)
        elif any(pixels > into.reading.limits.max_unread_image_pixels for pixels in pictures):
            into.problem(Reason.IMAGE_WITHOUT_OCR, place)
    finally:
        page.close()


def _unread(place: str, into: Gathering, pictures: list[int], others: int, text: str) -> None:
    """Say why a page with hardly any text cannot be trusted, unless it is just short or blank."""
    if pictures:
        into.problem(Reason.IMAGE_ONLY_PAGE, place)
    elif others or _UNREADABLE.search(text):
        into.problem(Reason.ALMOST_NO_TEXT, place)


def _readable(text: str, into: Gathering) -> bool:
    """Whether a page has text, and its fonts say which letters they show."""
    unreadable = len(_UNREADABLE.findall(text))
    enough = sum(map(str.isalnum, text)) >= into.reading.limits.min_characters
    return enough and unreadable <= len(text) * _MAX_UNREADABLE_SHARE


def _text(page: pypdfium2.PdfPage) -> str:
    textpage = page.get_textpage()
    try:
        # U+0002 and U+FFFE are pdfium's signs for a hyphen at a line's end
        return _FILTERED.sub("-", textpage.get_text_range(errors="replace")).replace("\r\n", "\n")
    finally:
        textpage.close()


def _appearances(document: pypdfium2.PdfDocument, number: int, count: int) -> str:
    """Return what a page's annotations show: stamps and fields often have text in their appearance alone.

    Everything else is taken off the page, hidden annotations are made visible, and all are drawn into it.
    """
    page = document[number]
    try:
        for drawn in list(page.get_objects(max_depth=1)):
            page.remove_obj(drawn)
        page.gen_content()
        for index in range(count):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            raw.FPDFAnnot_SetFlags(annotation, raw.FPDF_ANNOT_FLAG_PRINT)
            raw.FPDFPage_CloseAnnot(annotation)
        if raw.FPDFPage_Flatten(page, raw.FLAT_PRINT) != raw.FLATTEN_SUCCESS:
            return ""
    finally:
        page.close()
    page = document[number]
    try:
        return _text(page)
    finally:
        page.close()


def _drawn(page: pypdfium2.PdfPage, into: Gathering) -> tuple[list[int], int]:
    """Return the pixels of each picture on a page, and how many shapes are drawn besides text."""
    pictures, others = [], 0
    for drawn in page.get_objects(max_depth=_MAX_FORM_DEPTH):
        if drawn.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(_pixels(drawn, into))
        elif drawn.type in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING):
            others += 1
    return pictures, others


def _pixels(picture: pypdfium2.PdfObject, into: Gathering) -> int:
    width, height = ctypes.c_uint(), ctypes.c_uint()
    if not raw.FPDFImageObj_GetImagePixelSize(picture, width, height):
        return into.reading.limits.max_image_pixels
    return int(width.value) * int(height.value)


def _raster(page: pypdfium2.PdfPage) -> bytes:
    """Draw a page as a grey PNM picture, at most 5,000 pixels a side."""
    longest = max(page.get_width(), page.get_height(), 1)
    scale = min(_OCR_DPI / _POINTS_PER_INCH, _MAX_SIDE_PIXELS / longest)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    try:
        rows = bytes(bitmap.buffer)
        stride, width, height = bitmap.stride, bitmap.width, bitmap.height
    finally:
        bitmap.close()
    packed = b"".join(rows[stride * y : stride * y + width] for y in range(height))
    return b"P5 %d %d 255\n" % (width, height) + packed
