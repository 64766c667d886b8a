"""ZIP archives and office packages by hand: any part, any layout."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
ODF = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("style", "style"),
        ("meta", "meta"), ("svg", "svg-compatible"), ("presentation", "presentation"),
    )
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'  # fmt: skip
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def archive(entries: Mapping[str, bytes | str], *, stored: bool = False, comment: bytes = b"") -> bytes:
    """A ZIP file with such entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
        made.comment = comment
    return out.getvalue()


def docx(body: str = "", **parts: bytes | str) -> bytes:
    """A Word document; further parts by path with `/` as `__` and `.` as `_` before the ending."""
    return package({"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"}, parts)


def xlsx(sheet: str = "", **parts: bytes | str) -> bytes:
    """A workbook with one sheet."""
    return package(
        {"xl/worksheets/sheet1.xml": f"<worksheet {S}><sheetData>{sheet}</sheetData></worksheet>"}, parts
    )


def pptx(slide: str = "", **parts: bytes | str) -> bytes:
    """A presentation with one slide."""
    return package({"ppt/slides/slide1.xml": f"<p:sld {P} {A}>{slide}</p:sld>"}, parts)


def package(main: Mapping[str, str], parts: Mapping[str, bytes | str]) -> bytes:
    return archive(
        {"[Content_Types].xml": TYPES, **main, **{path(name): content for name, content in parts.items()}}
    )


def odf(content: str = "", kind: str = "text", **parts: bytes | str) -> bytes:
    """An OpenDocument file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        mimetype = f"application/vnd.oasis.opendocument.{kind}"
        made.writestr("mimetype", mimetype, zipfile.ZIP_STORED)
        body = f"<office:body><office:{kind}>{content}</office:{kind}></office:body>"
        body = f"<office:document-content {ODF}>{body}</office:document-content>"
        made.writestr("content.xml", body)
        for name, part in parts.items():
            made.writestr(path(name), part)
    return out.getvalue()


def path(name: str) -> str:
    stem, _, ending = name.replace("__", "/").rpartition("_")
    return f"{stem}.{ending}"


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def raw_zip(entries: list[tuple[bytes, bytes]], *, gap: bytes = b"", lead: bytes = b"") -> bytes:
    """A ZIP file written field by field, with bytes before the first entry or between entries."""
    out, directory = bytearray(lead), bytearray()
    for name, content in entries:
        packed = zlib.compress(content, 9)[2:-4]
        offset = len(out)
        common = struct.pack(
            "<HHHHHIIIHH", 20, 0x800, 8, 0, 33, zlib.crc32(content), len(packed), len(content), len(name), 0
        )
        out += b"PK\x03\x04" + common + name + packed + gap
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, offset) + name
        )
    count = len(entries) & 0xFFFF
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory + b"PK\x05\x06" + end)
