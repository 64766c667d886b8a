"""JPEG, PNG and TIFF: structure, text in their metadata, and the text in the picture if OCR is there."""

import struct
import zlib
from collections.abc import Iterator

from gateway.inspection.encodings import decodings, readable_runs
from gateway.inspection.formats.xml_text import read_xml_part
from gateway.inspection.gathering import Gathering
from gateway.inspection.kinds import Kind
from gateway.inspection.reasons import Reason, Uninspectable

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_SPECK_PIXELS = 1_024
_MAX_TEXT = 1 << 20
_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})


def read_picture(data: bytes, kind: Kind, into: Gathering) -> None:
    """Read a picture.

    Raises:
        Uninspectable: `malformed`, `trailing_data`, `too_large` (pixels).
    """
    pixels = {Kind.PNG: _png, Kind.JPEG: _jpeg, Kind.TIFF: _tiff}[kind](data, into)
    if pixels > into.reading.limits.max_image_pixels:
        raise Uninspectable(Reason.TOO_LARGE)
    speck = into.depth > 0 and pixels < _SPECK_PIXELS
    if into.image_text is not None:
        into.add("" if speck else into.image_text(data), "ocr", "picture")
    elif into.depth == 0 or pixels > _may_be_unread(into):
        into.problem(Reason.IMAGE_WITHOUT_OCR)


def _may_be_unread(into: Gathering) -> int:
    limits = into.reading.limits
    return limits.max_unread_preview_pixels if into.preview else limits.max_unread_image_pixels


def _png(data: bytes, into: Gathering) -> int:
    position, pixels, kind = 8, 0, b""
    while kind != b"IEND":
        if position + 12 > len(data):
            raise Uninspectable(Reason.MALFORMED)
        size, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8 : position + 8 + size]
        if kind == b"IHDR" and size == 13:
            width, height = struct.unpack_from(">II", body)
            pixels = width * height
        elif kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            _text(_png_text(kind, body), into, f"PNG {kind.decode()}")
        position += size + 12
    if position != len(data):
        raise Uninspectable(Reason.TRAILING_DATA if position < len(data) else Reason.MALFORMED)
    return pixels


def _png_text(kind: bytes, body: bytes) -> bytes:
    keyword, _, rest = body.partition(b"\0")
    if kind == b"zTXt":
        rest = _inflated(rest[1:])
    elif kind == b"iTXt" and len(rest) > 2:
        compressed, rest = rest[0], rest[2:]
        _language, _, rest = rest.partition(b"\0")
        _translated, _, rest = rest.partition(b"\0")
        rest = _inflated(rest) if compressed else rest
    return keyword + b"\n" + rest if kind != b"eXIf" else body


def _inflated(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _MAX_TEXT)
    except zlib.error as error:
        raise Uninspectable(Reason.MALFORMED) from error


def _jpeg(data: bytes, into: Gathering) -> int:
    pixels, end = 0, 0
    for marker, begin, end in _jpeg_segments(data):
        body = data[begin:end]
        if marker in _FRAMES and len(body) >= 5:
            height, width = struct.unpack_from(">HH", body, 1)
            pixels = max(pixels, width * height)
        elif marker == 0xE1 and body.startswith(_XMP):
            read_xml_part(body[len(_XMP) :].strip(b"\0 \r\n"), into, "metadata", "JPEG XMP")
        elif marker == 0xFE or 0xE1 <= marker <= 0xEF:
            _text(body, into, f"JPEG segment {marker:02X}")
    if data[end:].strip(b"\0"):
        raise Uninspectable(Reason.TRAILING_DATA)
    return pixels


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, begin, end) up to the end of image; entropy-coded data is passed over."""
    position = 2
    while position + 2 <= len(data):
        if data[position] != 0xFF:
            raise Uninspectable(Reason.MALFORMED)
        marker = data[position + 1]
        if marker == 0xD9:
            yield marker, position + 2, position + 2
            return
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD7:
            position += 1 if marker == 0xFF else 2
            continue
        size = int.from_bytes(data[position + 2 : position + 4], "big")
        yield marker, position + 4, position + 2 + size
        position += 2 + size
        if marker == 0xDA:
            position = _after_scan(data, position)
    raise Uninspectable(Reason.MALFORMED)


def _after_scan(data: bytes, position: int) -> int:
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            raise Uninspectable(Reason.MALFORMED)
        if data[position + 1] != 0 and not 0xD0 <= data[position + 1] <= 0xD7:
            return position
        position += 2


def _tiff(data: bytes, into: Gathering) -> int:
    """Largest page's pixels, counting all pages; ASCII tags are text."""
    order = "<" if data[:2] == b"II" else ">"
    (offset,) = struct.unpack_from(order + "I", data, 4)
    seen: set[int] = set()
    pixels = 0
    while offset and offset not in seen:
        seen.add(offset)
        into.count_entries(1)
        try:
            width, height, offset = _tiff_page(data, order, offset, into)
        except struct.error as error:
            raise Uninspectable(Reason.MALFORMED) from error
        pixels += width * height
    return pixels


def _tiff_page(data: bytes, order: str, offset: int, into: Gathering) -> tuple[int, int, int]:
    (count,) = struct.unpack_from(order + "H", data, offset)
    sides = {256: 0, 257: 0}
    for index in range(count):
        at = offset + 2 + 12 * index
        tag, kind, length = struct.unpack_from(order + "HHI", data, at)
        if tag in sides:
            (sides[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), data, at + 8)
        elif kind in (1, 2, 7) and length > 4:
            (where,) = struct.unpack_from(order + "I", data, at + 8)
            _text(data[where : where + min(length, _MAX_TEXT)], into, f"TIFF tag {tag}")
    (following,) = struct.unpack_from(order + "I", data, offset + 2 + 12 * count)
    return sides[256], sides[257], following


def _text(raw: bytes, into: Gathering, place: str) -> None:
    """Metadata is text, or text between binary."""
    into.add("\n".join(decodings(raw.strip(b"\0")) or [readable_runs(raw)]), "metadata", place)
