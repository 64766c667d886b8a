"""Plain text, JSON, HTML, XML and RTF: encodings, escapes and corners where words hide."""

import base64
import json

import pytest

from gateway.inspection.encodings import decodings
from gateway.inspection.reasons import Reason
from tests.support.documents.packages import docx, paragraph
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where

TEXT = f"{LETTER}\n{MARK}\n{LETTER}\n"
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "windows-1251", "koi8-r", "cp866",
    "iso8859-5", "mac-cyrillic",
]  # fmt: skip
NATIVE = {
    "Құпия": ["utf-8", "utf-16-le", "kz1048"],
    "Өтө жашыруун": ["utf-8", "ptcp154"],
    "махфӣ": ["koi8-t"],
    "机密": ["gb18030", "utf-16", "utf-16-be", "big5"],
    "سري للغاية": ["windows-1256", "iso8859-6", "utf-16-le"],
    "Xüsusi əhəmiyyətli": ["utf-8", "utf-16-le"],
    "Gizlin möhüm": ["windows-1254"],
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [TEXT, MARK], ids=["letter", "a line"])
def test_a_marking_is_read_in_every_encoding(encoding: str, text: str) -> None:
    found = read(text.encode(encoding), "letter.txt", "text/plain")
    assert "text" in {channel for channel, _ in where(found)}
    assert not found.problems


@pytest.mark.parametrize(("word", "encoding"), [(w, e) for w, es in NATIVE.items() for e in es])
def test_national_encodings_are_among_the_readings(word: str, encoding: str) -> None:
    assert any(word in text for text in decodings(f"{word}\nNo. 15/2026\n".encode(encoding)))


def test_one_line_in_another_encoding_does_not_hide_the_rest() -> None:
    mixed = (LETTER + "\n").encode() + MARK.encode("windows-1251") + "\nОсобой важности\n".encode()
    found = read(mixed, "a.txt")
    assert where(found)
    assert where(found, "Особой важности")


@pytest.mark.parametrize("text", ["+BCEENQQ6BEAENQRCBD0EPg-", "\\u0421\\u0435\\u043a\\u0440\\u0435\\u0442\\u043d\\u043e",
                                  "&#1057;&#1077;&#1082;&#1088;&#1077;&#1090;&#1085;&#1086;"])  # fmt: skip
def test_escaped_letters_are_unescaped(text: str) -> None:
    found = read(text.encode(), "a.txt")
    assert any("екретно" in segment.text for segment in found.segments)


@pytest.mark.parametrize("data", [bytes(64), b"\x7fELF\x02\x01\x01" + bytes(64), b"\x1f\x8b\x08\x00" + bytes(30),
                                  b"7z\xbc\xaf\x27\x1c" + bytes(40), b"Rar!\x1a\x07\x01\x00" + bytes(40),
                                  bytes(range(256)) * 4, b"GIF89a" + bytes(20)])  # fmt: skip
def test_what_is_no_known_type_is_uninspectable(data: bytes) -> None:
    assert reasons(read(data)) == {Reason.UNKNOWN_TYPE}


def test_legacy_office_files_are_uninspectable_and_encrypted_ones_told_apart() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert reasons(read(ole, "a.doc", "application/msword")) == {Reason.LEGACY_OFFICE}
    assert Reason.ENCRYPTED in reasons(read(ole + "EncryptedPackage".encode("utf-16-le"), "a.docx"))


def test_an_empty_file_is_nothing() -> None:
    found = read(b"", "a.pdf", "application/pdf")
    assert not found.problems


@pytest.mark.parametrize(("name", "declared"), [("a.pdf", ""), ("a.docx", ""), ("", "application/pdf"),
                                                ("a.png", "image/png"), ("a.zip", ""), ("a.rtf", "")])  # fmt: skip
def test_text_that_is_said_to_be_something_else_is_uninspectable_and_read(name: str, declared: str) -> None:
    found = read(TEXT.encode(), name, declared)
    assert reasons(found) == {Reason.TYPE_MISMATCH}
    assert where(found)


@pytest.mark.parametrize(("name", "declared"), [("a.txt", "text/plain"), ("a.csv", "text/csv"), ("a", ""),
                                                ("приказ № 5", "application/octet-stream"), ("a.log", "")])  # fmt: skip
def test_text_under_its_own_name_passes(name: str, declared: str) -> None:
    assert not read(TEXT.encode(), name, declared).problems


def test_a_file_name_is_a_segment() -> None:
    assert anywhere(read(b"x", f"{MARK}.txt")) == {("filename", "file name")}


class TestJson:
    def test_it_reaches_the_detector_whole_which_knows_its_fields(self) -> None:
        body = json.dumps({"elements": {"a/b": [1, {"content": MARK}]}}, ensure_ascii=False)
        assert anywhere(read(body.encode(), "body.json", "application/json")) == {("body", "body")}

    def test_a_repeated_key_hides_nothing(self) -> None:
        assert where(read(f'{{"a": "{MARK}", "a": "x"}}'.encode())) == {("body", "body /a")}
        assert where(read(f'{{"b": [{{"c/d": "{MARK}", "c/d": 1}}]}}'.encode())) == {
            ("body", "body /b/0/c~1d")
        }

    def test_a_repeated_key_is_itself_read(self) -> None:
        assert where(read(json.dumps({MARK: 1}).encode().replace(b"{", b'{"x": 1, "x": 2, ')))

    def test_deep_nesting_hides_nothing(self) -> None:
        body = '{"a":' * 40 + f'"{MARK}"' + "}" * 40
        assert where(read(body.encode())) == {("body", "body " + "/a" * 40)}

    @pytest.mark.parametrize(
        "body", [f'{{"a": "{MARK}"', "[" * 100_000, '{"a":' * 500 + f'"{MARK}"' + "}" * 500]
    )
    def test_what_is_not_sound_json_is_read_as_text(self, body: str) -> None:
        found = read(body.encode(), "a.json")
        assert {channel for channel, _ in anywhere(found, body[-5:])} == {"text"}


LETTER64 = base64.b64encode(f"{LETTER}\n{MARK}".encode()).decode()
ARMOURED = {
    "a text": LETTER64,
    "lines of 64": "\n".join(LETTER64[i : i + 64] for i in range(0, len(LETTER64), 64)),
    "a string of JSON": json.dumps({"attachment": LETTER64}),
    "JSON with escaped line ends": json.dumps(
        {"a": base64.encodebytes(f"{LETTER}\n{MARK}".encode()).decode()}
    ),
    "a document": base64.b64encode(docx(paragraph(LETTER) + paragraph(MARK))).decode(),
    "for URLs": base64.urlsafe_b64encode(f"{LETTER}ÿþ\n{MARK}".encode()).decode(),
}


@pytest.mark.parametrize("text", ARMOURED.values(), ids=ARMOURED)
def test_what_lies_in_base64_is_read(text: str) -> None:
    assert where(read(f"{text}".encode(), "a.txt"))


def test_keys_and_digests_are_no_files() -> None:
    noise = base64.b64encode(bytes((n * 167 + 13) % 256 for n in range(300))).decode()
    assert not read(f"{LETTER}\n{noise}\n{'ab' * 64}".encode(), "a.txt").problems


@pytest.mark.parametrize("block", ["PGP MESSAGE", "PKCS7", "CMS"])
def test_an_encrypted_block_in_a_text_is_uninspectable(block: str) -> None:
    text = f"{LETTER}\n-----BEGIN {block}-----\nhQEMA\n-----END {block}-----\n"
    assert reasons(read(text.encode(), "a.txt")) == {Reason.ENCRYPTED}


HTML = {
    "paragraph": (f"<p>{MARK}</p>", "html"),
    "split by tags": ("<p>Совершенно <b>сек</b>рет<i>но</i></p>", "html"),
    "character references": ("<p>&#1057;овершенно&nbsp;секретно</p>".replace("&nbsp;", " "), "html"),
    "comment": (f"<!-- x\n{MARK}\n-->", "comment"),
    "hidden by style": (f'<div style="display:none">{MARK}</div>', "html"),
    "hidden input": (f'<input type="hidden" value="{MARK}">', "metadata"),
    "meta": (f'<meta name="classification" content="{MARK}">', "metadata"),
    "alternative text": (f'<img alt="{MARK}">', "metadata"),
    "title attribute": (f'<a title="{MARK}">x</a>', "metadata"),
    "title": (f"<title>{MARK}</title>", "html"),
    "header element": (f"<header><p>{MARK}</p></header>", "header"),
    "footer element": (f"<footer>{MARK}</footer>", "footer"),
    "script": (f"<script>\n{MARK}\n</script>", "hidden"),
    "unclosed": (f"<p>x<p>{MARK}", "html"),
    "textarea": (f"<textarea>{MARK}</textarea>", "html"),
    "noscript": (f"<noscript>{MARK}</noscript>", "html"),
    "template": (f"<template><p>{MARK}</p></template>", "html"),
    "cell": (f"<table><tr><td>Гриф<td>{MARK}</table>", "html"),
    "CDATA": (f"<svg><![CDATA[\n{MARK}\n]]></svg>", None),
    "data URL": (f'<iframe src="data:text/plain;base64,{base64.b64encode(MARK.encode()).decode()}">', "text"),
}  # fmt: skip


@pytest.mark.parametrize(("markup", "channel"), HTML.values(), ids=HTML)
def test_a_marking_comes_out_of_every_corner_of_html(markup: str, channel: str | None) -> None:
    found = read(
        f"<!DOCTYPE html><html><body><p>{LETTER}</p>{markup}</body></html>".encode(), "a.html", "text/html"
    )
    assert not found.problems
    channels = {c for c, _ in anywhere(found)}
    assert channels if channel is None else channel in channels, found.segments


def test_html_in_an_old_encoding_is_read() -> None:
    page = f"<html><head><meta charset=utf-8></head><body><p>{MARK}</p></body></html>".encode("windows-1251")
    assert "html" in {channel for channel, _ in where(read(page, "a.htm"))}


XML = {
    "element": f"<a><b>{MARK}</b></a>",
    "attribute": f'<a grade="{MARK}"/>',
    "comment": f"<a><!--{MARK}--></a>",
    "instruction": f"<a><?grade {MARK}?></a>",
    "CDATA": f"<a><![CDATA[{MARK}]]></a>",
    "references": "<a>&#1057;овершенно секретно</a>",
    "SVG": f'<svg xmlns="http://www.w3.org/2000/svg"><text>{MARK}</text></svg>',
}


@pytest.mark.parametrize("text", XML.values(), ids=XML)
def test_a_marking_comes_out_of_every_corner_of_xml(text: str) -> None:
    found = read(f"<?xml version='1.0'?>{text}".encode(), "a.xml")
    assert anywhere(found)
    assert not found.problems


def _codes(text: str) -> str:
    return "".join(f"\\'{byte:02x}" for byte in text.encode("windows-1251"))


RTF = {
    "paragraph": (f"\\par {_codes(MARK)}\\par", "text"),
    "Unicode": ("\\par\\uc1 " + "".join(f"\\u{ord(c)}?" for c in MARK) + "\\par", "text"),
    "Unicode without replacement": ("\\par\\uc0 " + "".join(f"\\u{ord(c)} " for c in MARK) + "\\par", "text"),
    "header": (f"{{\\header\\pard {_codes(MARK)}\\par}}", "header"),
    "footer": (f"{{\\footerr\\pard {_codes(MARK)}\\par}}", "footer"),
    "footnote": (f"{{\\footnote\\pard {_codes(MARK)}}}", "note"),
    "annotation": (f"{{\\*\\annotation\\pard {_codes(MARK)}}}", "comment"),
    "text box": (f"{{\\*\\shpinst{{\\shptxt\\pard {_codes(MARK)}\\par}}}}", "textbox"),
    "title": (f"{{\\info{{\\title {_codes(MARK)}}}{{\\author x}}}}", "property"),
    "user property": (f"{{\\*\\userprops{{\\propname g}}\\proptype30{{\\staticval {_codes(MARK)}}}}}", "property"),
    "hidden": (f"\\par{{\\v {_codes(MARK)}}}\\par", "hidden"),
    "split by formatting": (f"\\par {_codes(MARK[:5])}\\b {_codes(MARK[5:])}\\b0\\par", "text"),
    "unknown destination": (f"{{\\*\\vendor\\par {_codes(MARK)}\\par}}", "text"),
    "font's charset": ("{\\fonttbl{\\f1\\fcharset204 Arial;}}\\par\\f1 " + _codes(MARK) + "\\par", "text"),
}  # fmt: skip


@pytest.mark.parametrize(("markup", "channel"), RTF.values(), ids=RTF)
def test_a_marking_comes_out_of_every_corner_of_rtf(markup: str, channel: str) -> None:
    page = "ansicpg1252" if "fcharset" in markup else "ansicpg1251"
    found = read(f"{{\\rtf1\\ansi\\{page} {_codes(LETTER)}\\par{markup}}}".encode("latin-1"), "a.rtf")
    assert not found.problems
    assert channel in {c for c, _ in where(found)}, found.segments


def test_an_embedded_object_in_rtf_is_uninspectable() -> None:
    ole = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64)).hex()
    document = f"{{\\rtf1\\ansi {'x' * 20}{{\\object{{\\*\\objdata {ole}}}}}}}".encode()
    assert reasons(read(document, "a.rtf")) == {Reason.LEGACY_OFFICE}


@pytest.mark.parametrize(("document", "reason"), [
    (b"{\\rtf1 " + b"text " * 9, Reason.MALFORMED),
    (b"{\\rtf1 " + b"text " * 9 + b"} and more", Reason.TRAILING_DATA),
    (b"{\\rtf1 " + b"{" * 5000, Reason.MALFORMED),
    (b"{\\rtf1 \\par}", Reason.ALMOST_NO_TEXT),
])  # fmt: skip
def test_broken_rtf_is_uninspectable(document: bytes, reason: Reason) -> None:
    assert reason in reasons(read(document, "a.rtf"))
