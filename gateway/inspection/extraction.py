"""A file's bytes to segments: tell the type by content, compare it with what was promised, read, recurse."""

from collections.abc import Callable, Mapping

from gateway.inspection.encodings import decodings
from gateway.inspection.formats.archive import read_archive
from gateway.inspection.formats.mail import read_mail
from gateway.inspection.formats.office import read_office
from gateway.inspection.formats.pdf import read_pdf
from gateway.inspection.formats.pictures import read_picture
from gateway.inspection.formats.plain import read_plain
from gateway.inspection.formats.rtf import read_rtf
from gateway.inspection.formats.structured import read_json
from gateway.inspection.formats.web import read_html
from gateway.inspection.formats.xml_text import read_xml_part
from gateway.inspection.formats.zip_layout import Layout, read_layout
from gateway.inspection.gathering import Gathered, Gathering, ImageText
from gateway.inspection.kinds import Kind, contradicts, is_mail, magic_kind, textual_kind
from gateway.inspection.limits import Reading
from gateway.inspection.polyglots import second_type
from gateway.inspection.reasons import Reason, Uninspectable

Reader = Callable[[bytes, Gathering], None]

BINARY_READERS: Mapping[Kind, Reader] = {
    Kind.PDF: read_pdf,
    Kind.RTF: read_rtf,
    Kind.PNG: lambda data, into: read_picture(data, Kind.PNG, into),
    Kind.JPEG: lambda data, into: read_picture(data, Kind.JPEG, into),
    Kind.TIFF: lambda data, into: read_picture(data, Kind.TIFF, into),
}
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def gather(
    data: bytes,
    name: str,
    declared: str,
    reading: Reading,
    *,
    image_text: ImageText | None = None,
    readers: Mapping[Kind, Reader] = BINARY_READERS,
) -> Gathered:
    """Read a file with everything inside it.

    Args:
        data: its bytes.
        name: its file name; read as text and compared with the content's type.
        declared: its declared media type, may be empty; only compared.
        reading: limits, languages, labels.
        image_text: OCR, if there is one.
        readers: readers of binary formats by type.
    """
    gathered = Gathered()
    top = Gathering(reading, gathered, _Inside(readers), image_text)
    try:
        top.add(name, "filename", "file name")
        top.expand(len(data), "")
    except Uninspectable as error:
        top.problem(error.reason, error.place)
        return gathered
    top.read_inside(data, name, declared, top)
    return gathered


class _Inside:
    """Reads one level. What goes wrong in it is noted and the levels around it are read on."""

    def __init__(self, readers: Mapping[Kind, Reader]) -> None:
        self._readers = readers

    def __call__(self, data: bytes, name: str, declared: str, into: Gathering) -> None:
        if into.depth:
            into.add(name, "filename", "file name")
        try:
            kind = self._read(data, name, declared, into)
        except Uninspectable as error:
            into.problem(error.reason, error.place)
            return
        except MemoryError:
            into.problem(Reason.MEMORY_LIMIT)
            return
        except Exception:  # noqa: BLE001 - a parser's defect on hostile input makes the file uninspectable
            into.problem(Reason.PARSER_CRASH)
            return
        if kind is not Kind.EMPTY and contradicts(kind, name, declared):
            into.problem(Reason.TYPE_MISMATCH)

    def _read(self, data: bytes, name: str, declared: str, into: Gathering) -> Kind:
        kind = magic_kind(data)
        other = second_type(data, kind)
        if other is not None:
            into.problem(other)
        if kind is Kind.ZIP:
            return _zip(data, into)
        if kind is Kind.OLE:
            raise Uninspectable(Reason.ENCRYPTED if _ENCRYPTED_PACKAGE in data else Reason.LEGACY_OFFICE)
        if kind is None:
            return _textual(data, name, declared, into)
        if kind in self._readers:
            self._readers[kind](data, into)
        return kind


def _zip(data: bytes, into: Gathering) -> Kind:
    layout = read_layout(data, into.reading.limits.max_entries)
    kind = _package(data, layout)
    if kind is Kind.ZIP:
        read_archive(data, layout, into)
    else:
        read_office(data, layout, into)
    return kind


def _package(data: bytes, layout: Layout) -> Kind:
    names = {entry.raw_name for entry in layout.entries}
    if b"[Content_Types].xml" in names:
        return Kind.OOXML
    first = next((entry for entry in layout.entries if entry.raw_name == b"mimetype"), None)
    if first is not None and data[first.begin : first.end].startswith(b"application/vnd.oasis.opendocument"):
        return Kind.ODF
    return Kind.ZIP


def _textual(data: bytes, name: str, declared: str, into: Gathering) -> Kind:
    texts = decodings(data)
    if not texts:
        raise Uninspectable(Reason.UNKNOWN_TYPE)
    kind = textual_kind(texts[0], name, declared)
    if kind is Kind.JSON and read_json(texts[0], into):
        return kind
    if kind is Kind.MAIL:
        read_mail(data, into)
    elif kind is Kind.HTML:
        for text in texts:
            read_html(text, into)
    elif kind is Kind.XML:
        _xml(data, texts, into)
    if kind in (Kind.TEXT, Kind.JSON) or (kind is Kind.MAIL and not is_mail(name, declared)):
        read_plain(texts, into, armour=kind is not Kind.MAIL)
    return kind


def _xml(data: bytes, texts: list[str], into: Gathering) -> None:
    try:
        read_xml_part(data, into, "text", "xml")
    except Uninspectable as error:
        into.problem(error.reason, error.place)
        read_plain(texts, into)
