"""The objects of a PDF besides its drawings: properties, XMP, annotations, forms, scripts, attachments.

Not only what a reader would reach from the catalogue: every object in the file, so that nothing hides in one
that nothing refers to.
"""

import io
import logging
import re
import zlib
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from gateway.inspection.encodings import decodings
from gateway.inspection.formats.labels import judge_labels, property_labels
from gateway.inspection.formats.xml_text import read_xml_part
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason, Uninspectable
from gateway.inspection.verdict import Channel
from gateway.inspection.wordlists import words

_MAX_OBJECTS = 200_000
_MAX_DEPTH = 32
_FIELDS: dict[str, Channel] = {
    **dict.fromkeys(words("/Contents /RC /Subj /URI"), "annotation"),
    **dict.fromkeys(words("/T /V /DV /TU /TM /Opt /CA /AC"), "form_field"),
    **dict.fromkeys(words("/Title /Author /Subject /Keywords /Creator /Producer /Desc"), "property"),
    **dict.fromkeys(words("/ActualText"), "text"),
    **dict.fromkeys(words("/Alt /E /P"), "metadata"),
    **dict.fromkeys(words("/JS"), "hidden"),
    **dict.fromkeys(words("/F /UF"), "filename"),
}
_DULL = words(
    """
    /ID /Encrypt /CharSet /Ordering /Registry /ModDate /CreationDate /M /Lookup /CIDSystemInfo /Panose
    /Indexed /DA /CheckSum /SMask /Cert
    """
)
_PIXELS = frozenset({"/Image"})


def read_objects(data: bytes, into: Gathering) -> None:
    """Keep the text of all objects, and read attachments as files.

    Raises:
        Uninspectable: `encrypted`, `malformed`, or a limit of the whole file.
    """
    complaints = _Complaints()
    try:
        with complaints:
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted or "/Encrypt" in reader.trailer:
                raise Uninspectable(Reason.ENCRYPTED)
            _Objects(reader, into).read()
    except PyPdfError as error:
        raise Uninspectable(Reason.MALFORMED) from error
    if complaints.skipped:
        into.problem(Reason.MALFORMED, "objects")


class _Complaints(logging.Handler):
    """Hears what pypdf logs while it reads.

    It goes on after an object that it cannot parse, and says so only there; another reader may understand it.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.skipped = False
        self._logger = logging.getLogger("pypdf")
        self._propagated = self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        self.skipped |= record.getMessage().startswith("Pdf")

    def __enter__(self) -> None:
        # the messages quote the document, so they go nowhere else
        self._propagated, self._logger.propagate = self._logger.propagate, False
        self._logger.addHandler(self)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated


class _Objects:
    def __init__(self, reader: PdfReader, into: Gathering) -> None:
        self._reader, self._into = reader, into
        self._texts: dict[Channel, dict[str, None]] = {}
        self._properties: list[tuple[str, str]] = []
        self._names: dict[int, str] = {}
        self._streams: list[tuple[StreamObject, int]] = []

    def read(self) -> None:
        numbers = {(number, generation) for generation, ids in self._reader.xref.items() for number in ids}
        numbers |= {(number, 0) for number in self._reader.xref_objStm}
        if len(numbers) > _MAX_OBJECTS:
            raise Uninspectable(Reason.TOO_MANY_ENTRIES)
        for number, generation in sorted(numbers):
            if number:
                self._walk(IndirectObject(number, generation, self._reader).get_object(), "", 0, number)
        for found, number in self._streams:
            self._stream(found, number)
        judge_labels(property_labels(self._properties), self._into, "properties")
        for channel, texts in self._texts.items():
            self._into.add("\n".join(texts), channel, f"{channel.replace('_', ' ')} objects")

    def _walk(self, value: Any, key: str, depth: int, number: int) -> None:
        if depth > _MAX_DEPTH:
            raise Uninspectable(Reason.MALFORMED)
        if isinstance(value, DictionaryObject):
            self._dictionary(value, depth, number)
        elif isinstance(value, ArrayObject):
            for member in list.__iter__(value):
                self._walk(member, key, depth + 1, number)
        elif isinstance(value, TextStringObject | ByteStringObject) and key not in _DULL:
            self._string(value, key)

    def _dictionary(self, value: DictionaryObject, depth: int, number: int) -> None:
        if isinstance(value, StreamObject):
            self._streams.append((value, number))
        self._file_names(value)
        for key, member in value.items():
            if isinstance(member, TextStringObject):
                self._properties.append((key, str(member)))
            if key.startswith(("/MSIP", "/Classification", "/Sensitivity")):
                self._keep(f"{key.lstrip('/')}: {member}", "property")
            if not isinstance(member, IndirectObject):
                self._walk(member, key, depth + 1, number)

    def _file_names(self, value: DictionaryObject) -> None:
        """Remember the name of an attachment: its specification points at the stream."""
        embedded = dict.get(value, NameObject("/EF"))
        embedded = embedded.get_object() if embedded is not None else None
        if isinstance(embedded, DictionaryObject):
            name = str(dict.get(value, NameObject("/UF")) or dict.get(value, NameObject("/F")) or "")
            for target in dict.values(embedded):
                if isinstance(target, IndirectObject):
                    self._names[target.idnum] = name

    def _string(self, value: TextStringObject | ByteStringObject, key: str) -> None:
        channel = _FIELDS.get(key, "metadata")
        if isinstance(value, TextStringObject):
            self._keep(str(value), channel)
            original = value.original_bytes
        else:
            original = bytes(value)
        if not original.isascii() and not original.startswith((b"\xfe\xff", b"\xff\xfe")):
            for text in decodings(original):
                self._keep(text, channel)

    def _keep(self, text: str, channel: Channel) -> None:
        self._texts.setdefault(channel, {})[text] = None

    def _stream(self, found: StreamObject, number: int) -> None:
        kind, subtype = str(found.get("/Type", "")), str(found.get("/Subtype", ""))
        if kind in ("/ObjStm", "/XRef") or subtype in _PIXELS:
            return
        content = self._content(found, number)
        if content is None:
            return
        if kind == "/EmbeddedFile" or number in self._names:
            self._into.inside(
                content, self._names.get(number, "attachment"), subtype.lstrip("/").replace("#2F", "/")
            )
        elif kind == "/Metadata" or content[:64].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(
            (b"<?xpacket", b"<?xml", b"<xdp", b"<x:xmpmeta")
        ):
            self._xml(content, f"object {number} ({kind.lstrip('/') or 'XML'})")
        elif kind == "" and subtype == "" and not _is_drawing(found, content):
            self._loose(content, number)

    def _xml(self, content: bytes, place: str) -> None:
        try:
            read_xml_part(_without_packet(content), self._into, "metadata", place)
        except Uninspectable as error:
            if error.reason is Reason.TOO_LARGE:
                raise
            texts = decodings(content)
            self._into.add("\n".join(texts), "metadata", place)
            self._into.problem(error.reason, place)

    def _loose(self, content: bytes, number: int) -> None:
        """A stream of no declared type that holds words: a script, a rich text, a long string."""
        for text in decodings(content)[:4]:
            self._into.add(text, "hidden", f"object {number}")

    def _content(self, found: StreamObject, number: int) -> bytes | None:
        """Decode a stream within what may still be expanded; None if it is a font or undecodable noise."""
        filters = found.get("/Filter")
        names = [str(filters)] if isinstance(filters, NameObject) else [str(one) for one in filters or ()]
        raw = found._data  # noqa: SLF001 - pypdf offers the raw bytes in no other way
        if not names:
            content = bytes(raw)
        elif names == ["/FlateDecode"] and "/DecodeParms" not in found:
            content = _inflate(bytes(raw), self._into.left_bytes(), f"object {number}")
        else:
            content = bytes(found.get_data())
        self._into.expand(len(content), f"object {number}")
        return content


def _inflate(packed: bytes, max_bytes: int, place: str) -> bytes:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise Uninspectable(Reason.MALFORMED, place) from error
    if len(content) > max_bytes:
        raise Uninspectable(Reason.TOO_LARGE, place)
    return content


def _is_drawing(found: StreamObject, content: bytes) -> bool:
    """Whether a stream is a page's drawing, a font or a table: text of those comes from the pages."""
    if any(
        key in found
        for key in ("/Length1", "/Length2", "/N", "/BitsPerSample", "/FunctionType", "/ShadingType")
    ):
        return True
    start = content[:4096]
    return b"begincmap" in content[:8192] or bool(
        re.search(rb"\b(BT|re|cm|Tf|gs|BDC|q|Q|Do|[mlSfWn])(\s|\Z)", start)
    )


def _without_packet(content: bytes) -> bytes:
    """Strip the padding after XMP's end, which XML forbids when it is zero bytes."""
    return content.strip(b"\0 \r\n\t")
