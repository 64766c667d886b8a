"""Hostile files: at worst they are uninspectable, quickly, and what they hide is not passed over."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest

from gateway.inspection.reasons import Reason
from tests.support.documents.packages import TYPES, W, archive, docx, paragraph, raw_zip
from tests.support.documents.pdfs import Pdf, simple
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where

MIB = 1 << 20
BODY = paragraph(LETTER)
LAUGHS = [(n, f"&e{n - 1};" * 10) for n in range(1, 10)]
BOMB = "".join(f'<!ENTITY e{n} "{laughs}">' for n, laughs in LAUGHS)
DOCTYPES = {
    "external entity": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "external entity over the network": '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><a>&x;</a>',
    "external document type": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
    "billion laughs": f'<!DOCTYPE a [<!ENTITY e0 "ha">{BOMB}]><a>&e9;</a>',
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]><a>{"&x;" * 5_000}</a>',
}


@pytest.mark.parametrize("text", DOCTYPES.values(), ids=DOCTYPES)
def test_document_types_are_refused_wherever_xml_is(text: str) -> None:
    xml = f"<?xml version='1.0'?>{text}".encode()
    made = Pdf()
    made.page(LETTER)
    made.catalog.append(f"/Metadata {made.stream(xml, '/Type /Metadata /Subtype /XML')} 0 R")
    for document in (
        docx(BODY, word__header1_xml=xml),
        docx(BODY, customXml__item1_xml=xml),
        xml,
        made.build(),
    ):
        found = read(document)
        assert Reason.XML_DTD in reasons(found)
        assert not anywhere(found, "root:")


def test_a_document_type_in_utf_16_is_refused() -> None:
    xml = "<?xml version='1.0' encoding='utf-16'?><!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".encode("utf-16")
    assert Reason.XML_DTD in reasons(read(docx(BODY, word__header1_xml=xml)))


def test_deeply_nested_xml_is_refused() -> None:
    xml = ("<a>" * 100_000 + "</a>" * 100_000).encode()
    assert Reason.MALFORMED in reasons(read(docx(BODY, word__header1_xml=xml)))


def _bomb(levels: int) -> bytes:
    """Archives of sixteen archives each, like 42.zip; the leaves are zeros."""
    made = bytes(8 * MIB)
    name = "0.dll"
    for level in range(levels):
        made, name = archive({f"{n}{name}": made for n in range(16)}), f"{level}.zip"
    return made


def _overlapping() -> bytes:
    """Many directory records for the same bytes, as in Fifield's bombs."""
    single = raw_zip([(b"a", bytes(MIB))])
    start = single.index(b"PK\1\2")
    record, body = single[start:-22], single[:start]
    end = struct.pack("<HHHHIIH", 0, 0, 50, 50, len(record) * 50, len(body), 0)
    return body + record * 50 + b"PK\5\6" + end


def _quine() -> bytes:
    """An archive that claims to contain itself: an entry whose stored bytes are the file's own beginning."""
    inner = archive({"a.txt": "x"})
    return archive({"r.zip": archive({"r.zip": archive({"r.zip": archive({"r.zip": inner})})})})


def _flate_pdf(size: int) -> bytes:
    made = Pdf()
    made.page(LETTER)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()
    made.add(f"<< /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream")
    return made.build()


def _double_flate_pdf() -> bytes:
    made = Pdf()
    made.page(LETTER)
    packed = zlib.compress(zlib.compress(bytes(200 * MIB), 9), 9)
    entries = f"<< /Filter [/FlateDecode /FlateDecode] /Length {len(packed)} >>"
    made.add(f"{entries}\nstream\n".encode() + packed + b"\nendstream")
    return made.build()


def _big_part() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", TYPES)
        made.writestr("word/document.xml", f"<w:document {W}>".encode() + b" " * (120 * MIB))
    return out.getvalue()


def _lying_size() -> bytes:
    """An entry that says it is one byte and unpacks to 64 MiB."""
    made = bytearray(raw_zip([(b"a.txt", bytes(64 * MIB))]))
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", made, made.index(signature) + at, 1)
    return bytes(made)


BOMBS: dict[str, tuple[Callable[[], bytes], set[Reason]]] = {
    "zip of zips of zips": (lambda: _bomb(3), {Reason.TOO_LARGE}),
    "overlapping entries": (_overlapping, {Reason.MALFORMED}),
    "archive in archive without end": (_quine, {Reason.NESTING}),
    "two hundred thousand empty entries": (lambda: raw_zip([(b"%d" % n, b"") for n in range(200_000)]), {Reason.TOO_MANY_ENTRIES}),
    "flate bomb": (lambda: _flate_pdf(300 * MIB), {Reason.TOO_LARGE}),
    "flate bomb in a flate bomb": (_double_flate_pdf, {Reason.TOO_LARGE, Reason.MALFORMED, Reason.PARSER_CRASH}),
    "a part of 120 MiB": (_big_part, {Reason.TOO_LARGE}),
    "an entry that lies about its size": (_lying_size, {Reason.TOO_LARGE, Reason.MALFORMED}),
}  # fmt: skip


@pytest.mark.parametrize(("make", "allowed"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_uninspectable_before_it_expands(make: Callable[[], bytes], allowed: set[Reason]) -> None:
    document = make()
    assert len(document) < 24 * MIB
    began = time.process_time()
    found = read(document)
    assert reasons(found) & allowed, found.problems
    assert found.spent.expanded_bytes < 128 * MIB
    assert time.process_time() - began < 20


def test_entries_are_counted_over_all_archives() -> None:
    inner = archive({f"{n}.txt": "x" for n in range(2_000)})
    assert Reason.TOO_MANY_ENTRIES in reasons(read(archive({"a.zip": inner, "b.zip": inner, "c.zip": inner})))


ZIP = archive({"a.txt": MARK})
PDF = simple([LETTER])
POLYGLOTS = {
    "PDF with a ZIP behind": (PDF + ZIP, {Reason.POLYGLOT, Reason.TRAILING_DATA}),
    "ZIP with a PDF behind": (ZIP + PDF, {Reason.TRAILING_DATA, Reason.MALFORMED}),
    "ZIP with a PDF in front": (PDF[:600] + ZIP, {Reason.POLYGLOT, Reason.TRAILING_DATA}),
    "PDF after a line of text": (b"#!/bin/sh\n" + PDF, {Reason.LEADING_DATA}),
    "PDF in front of which bytes lie": (bytes(100) + PDF, {Reason.LEADING_DATA}),
    "JPEG with a ZIP behind": (b"\xff\xd8\xff\xd9" + ZIP, {Reason.POLYGLOT, Reason.TRAILING_DATA}),
    "text with a ZIP behind": (LETTER.encode() + ZIP, {Reason.POLYGLOT}),
    "PDF in a comment of a ZIP": (archive({"a.txt": "x"}, comment=b"\n" + PDF[:400] + b"startxref"), {Reason.POLYGLOT}),
    "PDF with text behind": (PDF + MARK.encode(), {Reason.TRAILING_DATA}),
    "ZIP with text behind": (ZIP + b"hello", {Reason.TRAILING_DATA}),
    "ZIP with text in front": (raw_zip([(b"a.txt", b"x")], lead=b"hello"), {Reason.UNKNOWN_TYPE, Reason.POLYGLOT}),
    "ZIP whose first entry lies later": (raw_zip([(b"a.txt", b"x")], lead=b"PK\3\4" + bytes(40)), {Reason.LEADING_DATA}),
    "ZIP with bytes between its entries": (raw_zip([(b"a", b"x"), (b"b", b"y")], gap=MARK.encode()), {Reason.TRAILING_DATA, Reason.MALFORMED}),
    "RTF with a ZIP behind": (b"{\\rtf1 some text here}" + ZIP, {Reason.POLYGLOT}),
}  # fmt: skip


@pytest.mark.parametrize(("document", "allowed"), POLYGLOTS.values(), ids=POLYGLOTS)
def test_a_file_of_two_minds_is_uninspectable(document: bytes, allowed: set[Reason]) -> None:
    assert reasons(read(document)) & allowed


def test_a_stored_pdf_in_an_archive_is_no_polyglot() -> None:
    assert not read(archive({"letter.pdf": PDF}, stored=True)).problems
    assert not read(archive({"a.zip": archive({"letter.pdf": PDF}, stored=True)}, stored=True)).problems


@pytest.mark.parametrize(
    "name", ["../../etc/cron.d/x", "/etc/passwd", "..\\..\\x.txt", "C:\\x.txt", "a/../../x", "a\x01b"]
)
def test_names_that_would_escape_a_folder_are_held(name: str) -> None:
    found = read(raw_zip([(name.encode(), MARK.encode())]))
    assert Reason.UNSAFE_NAME in reasons(found)
    assert where(found)


@pytest.mark.parametrize("name", ["папка/письмо.txt", "a..b.txt", "...", "a/b/c.txt"])
def test_ordinary_names_are_not(name: str) -> None:
    assert not read(raw_zip([(name.encode(), LETTER.encode())])).problems


def test_an_entry_that_says_it_is_empty_hides_nothing() -> None:
    made = bytearray(raw_zip([(b"a.txt", MARK.encode())]))
    for signature, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<I", made, made.index(signature) + at, 0)
    assert read(bytes(made)).problems


def test_a_directory_that_leaves_an_entry_out_hides_nothing() -> None:
    whole = raw_zip([(b"a.txt", b"x"), (b"b.txt", MARK.encode())])
    directory = whole.index(b"PK\1\2")
    record = 46 + len(b"a.txt")
    kept = whole[: directory + record]
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, record, directory, 0)
    assert reasons(read(kept + b"PK\5\6" + end)) == {Reason.TRAILING_DATA}


def test_a_local_name_that_differs_from_the_directorys_is_refused() -> None:
    made = raw_zip([(b"a.txt", MARK.encode())])
    assert reasons(read(made.replace(b"a.txt", b"b.exe", 1))) == {Reason.MALFORMED}
