"""ZIP archives and pictures: names, comments, nesting, metadata, and what cannot be read."""

import struct
import zlib

import pytest

from gateway.inspection.reasons import Reason
from tests.support.documents.packages import archive, docx, paragraph, raw_zip
from tests.support.documents.pdfs import simple
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where


def png(width: int, height: int, *chunks: tuple[bytes, bytes], tail: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    parts = [(b"IHDR", head), *chunks, (b"IDAT", rows), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + body + tail


def jpeg(width: int, height: int, *segments: tuple[int, bytes], tail: bytes = b"") -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    parts = [*segments, (0xC0, frame), (0xDA, b"\1\1\0\0\x3f\0")]
    body = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data for marker, data in parts)
    return b"\xff\xd8" + body + b"\x12\xff\x00\x34\xff\xd9" + tail


def tiff(width: int, height: int, description: bytes = b"") -> bytes:
    tags = [(256, 3, 1, width), (257, 3, 1, height)]
    data_at = 8 + 2 + 12 * 3 + 4
    tags.append((270, 2, len(description), data_at))
    body = struct.pack("<H", 3) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8) + body + description


class TestArchives:
    def test_entries_are_read_as_files(self) -> None:
        inner = archive({"letter.docx": docx(paragraph(LETTER) + paragraph(MARK)), "b.pdf": simple([LETTER])})
        found = read(archive({"case.zip": inner}), "all.zip", "application/zip")
        assert not found.problems
        assert where(found) == {("text", "case.zip/letter.docx: word/document.xml")}

    @pytest.mark.parametrize("encoding", ["utf-8", "cp866", "windows-1251"])
    def test_entry_names_are_text_in_every_encoding(self, encoding: str) -> None:
        name = f"{MARK}.txt".encode(encoding)
        made = raw_zip([(name, b"x")])
        made = made if encoding == "utf-8" else made.replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00")
        assert "filename" in {channel for channel, _ in anywhere(read(made))}

    def test_comments_are_text(self) -> None:
        assert ("comment", "archive comments") in where(read(archive({"a.txt": "x"}, comment=MARK.encode())))

    @pytest.mark.parametrize(
        ("depth", "found_reasons"), [(1, set()), (2, set()), (3, set()), (4, {Reason.NESTING})]
    )
    def test_nesting_ends_at_three(self, depth: int, found_reasons: set[Reason]) -> None:
        made = LETTER.encode()
        for level in range(depth):
            made = archive({f"{level}.{'zip' if level else 'txt'}": made})
        found = read(made)
        assert reasons(found) == found_reasons
        assert bool(anywhere(found, LETTER)) == (not found_reasons)

    def test_one_broken_entry_does_not_hide_the_others(self) -> None:
        found = read(archive({"a.bin": bytes(99), "b.txt": MARK}))
        assert found.problems == [(Reason.UNKNOWN_TYPE, "a.bin")]
        assert where(found)

    def test_an_empty_archive_is_uninspectable(self) -> None:
        assert reasons(read(b"PK\x05\x06" + bytes(18))) == {Reason.ALMOST_NO_TEXT}

    def test_an_encrypted_entry_is_uninspectable(self) -> None:
        made = archive({"a.txt": MARK}, stored=True)
        flagged = made.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
        assert flagged != made
        assert reasons(read(flagged)) == {Reason.ENCRYPTED}

    def test_an_archive_under_a_documents_name_is_uninspectable(self) -> None:
        found = read(archive({"a.txt": MARK}), "a.docx")
        assert reasons(found) == {Reason.TYPE_MISMATCH}
        assert where(found)


class TestPictures:
    @pytest.mark.parametrize(
        "picture", [png(20, 20), jpeg(20, 20), tiff(20, 20)], ids=["png", "jpeg", "tiff"]
    )
    def test_a_picture_without_ocr_is_uninspectable_however_small(self, picture: bytes) -> None:
        assert reasons(read(picture)) == {Reason.IMAGE_WITHOUT_OCR}

    @pytest.mark.parametrize(
        "picture", [png(20, 20), jpeg(20, 20), tiff(20, 20)], ids=["png", "jpeg", "tiff"]
    )
    def test_ocr_reads_a_picture(self, picture: bytes) -> None:
        found = read(picture, ocr=lambda image: MARK if image == picture else "")
        assert not found.problems
        assert where(found) == {("ocr", "picture")}

    def test_a_small_picture_in_a_document_passes_and_a_large_one_does_not(self) -> None:
        body = paragraph(LETTER)
        assert not read(docx(body, word__media__a_png=png(100, 100))).problems
        found = read(docx(body, word__media__a_jpeg=jpeg(900, 600)))
        assert found.problems == [(Reason.IMAGE_WITHOUT_OCR, "word/media/a.jpeg")]
        assert reasons(read(docx(body, word__media__a_png=png(20, 20)), max_unread_image_pixels=0)) == {
            Reason.IMAGE_WITHOUT_OCR
        }

    @pytest.mark.parametrize(
        "picture",
        [
            png(9, 9, (b"tEXt", b"Comment\0" + MARK.encode())),
            png(9, 9, (b"iTXt", b"Title\0\0\0\0\0" + MARK.encode())),
            png(9, 9, (b"iTXt", b"Title\0\1\0\0\0" + zlib.compress(MARK.encode()))),
            png(9, 9, (b"zTXt", b"Title\0\0" + zlib.compress(MARK.encode("windows-1251")))),
            jpeg(9, 9, (0xFE, MARK.encode())),
            jpeg(9, 9, (0xE1, b"Exif\0\0II*\0" + bytes(8) + MARK.encode() + b"\0")),
            jpeg(9, 9, (0xE1, b"Exif\0\0II*\0" + bytes(8) + MARK.encode("utf-16-le") + b"\0\0")),
            jpeg(
                9, 9, (0xE1, f"http://ns.adobe.com/xap/1.0/\0<x:m xmlns:x='x'><t>{MARK}</t></x:m>".encode())
            ),
            tiff(9, 9, MARK.encode() + b"\0"),
        ],
        ids=["tEXt", "iTXt", "packed iTXt", "zTXt", "JPEG comment", "EXIF", "EXIF UTF-16", "XMP", "TIFF"],
    )
    def test_text_in_metadata_is_read(self, picture: bytes) -> None:
        assert "metadata" in {channel for channel, _ in anywhere(read(picture))}

    @pytest.mark.parametrize("tail", [b"x", MARK.encode(), b"\0" * 8 + b"x"])
    def test_data_after_a_picture_is_uninspectable(self, tail: bytes) -> None:
        for picture in (png(9, 9, tail=tail), jpeg(9, 9, tail=tail)):
            assert Reason.TRAILING_DATA in reasons(read(picture, ocr=lambda _: ""))

    def test_a_picture_of_absurd_size_is_not_given_to_ocr(self) -> None:
        def ocr(_: bytes) -> str:
            raise AssertionError("must not be called")

        huge = png(3, 3).replace(struct.pack(">II", 3, 3), struct.pack(">II", 60_000, 60_000))
        assert reasons(read(huge, ocr=ocr)) == {Reason.TOO_LARGE}

    @pytest.mark.parametrize(
        "picture", [png(9, 9)[:30], jpeg(9, 9)[:12], tiff(9, 9)[:12], b"\xff\xd8\xff" + bytes(99)]
    )
    def test_a_broken_picture_is_uninspectable(self, picture: bytes) -> None:
        assert reasons(read(picture, ocr=lambda _: "")) <= {Reason.MALFORMED, Reason.PARSER_CRASH}
        assert read(picture, ocr=lambda _: "").problems
