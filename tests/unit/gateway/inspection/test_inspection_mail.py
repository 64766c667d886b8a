"""Messages: headers, bodies in every transfer encoding, attachments at any depth."""

import base64
import quopri
from email.message import EmailMessage

import pytest

from gateway.inspection.reasons import Reason
from tests.support.documents.packages import archive, docx, paragraph
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where

HEAD = b"From: office@example.org\r\nTo: duty@example.org\r\nMIME-Version: 1.0\r\n"


def _leaf(kind: str, encoding: str, body: bytes) -> bytes:
    return (
        HEAD
        + f"Subject: x\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + body
    )


def _message(**headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "office@example.org", "duty@example.org"
    for name, value in headers.items():
        made[name] = value
    made.set_content(LETTER)
    return made


BODIES = {
    "base64": _leaf("text/plain; charset=utf-8", "base64", base64.encodebytes(MARK.encode())),
    "quoted-printable": _leaf(
        "text/plain; charset=utf-8", "quoted-printable", quopri.encodestring(MARK.encode())
    ),
    "8bit koi8-r": _leaf("text/plain; charset=koi8-r", "8bit", MARK.encode("koi8-r")),
    "windows-1251 said to be latin-1": _leaf(
        "text/plain; charset=iso-8859-1", "8bit", MARK.encode("windows-1251")
    ),
    "no charset": _leaf("text/plain", "8bit", MARK.encode("windows-1251")),
    "unknown charset": _leaf("text/plain; charset=x-none", "base64", base64.b64encode(MARK.encode())),
    "utf-16": _leaf("text/plain; charset=utf-16", "base64", base64.b64encode(MARK.encode("utf-16"))),
    "no content type": HEAD + b"\r\n" + MARK.encode(),
}


@pytest.mark.parametrize("message", BODIES.values(), ids=BODIES)
def test_a_body_is_read_in_every_encoding(message: bytes) -> None:
    found = read(message, "letter.eml", "message/rfc822")
    assert "mail_body" in {channel for channel, _ in where(found)}
    assert not found.problems


def test_an_html_alternative_is_read() -> None:
    made = _message(Subject="x")
    made.add_alternative(f"<p>{LETTER}</p><p><b>Совершенно</b> секретно</p>", subtype="html")
    assert {channel for channel, _ in where(read(made.as_bytes(), "a.eml"))} == {"html"}


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r"])
def test_an_encoded_subject_is_read(charset: str) -> None:
    word = f"=?{charset}?B?{base64.b64encode(MARK.encode(charset)).decode()}?="
    found = read(HEAD + f"Subject: {word}\r\n\r\nx".encode(), "a.eml")
    assert ("mail_header", "message headers: Subject") in where(found)


def test_a_word_that_lies_about_its_encoding_is_read() -> None:
    word = f"=?us-ascii?B?{base64.b64encode(MARK.encode('windows-1251')).decode()}?="
    assert anywhere(read(HEAD + f"Subject: {word}\r\n\r\nx".encode(), "a.eml"))


def test_a_header_in_raw_utf_8_is_read() -> None:
    assert anywhere(read(HEAD + f"Subject: {MARK}\r\n\r\nx".encode(), "a.eml"))


@pytest.mark.parametrize("name", ["X-Classification", "Keywords", "Comments", "X-Whatever"])
def test_every_header_is_read(name: str) -> None:
    assert "mail_header" in {c for c, _ in where(read(HEAD + f"{name}: {MARK}\r\n\r\nx".encode(), "a.eml"))}


def test_attachments_are_read_as_files_with_their_names() -> None:
    made = _message(Subject="x")
    inner = docx(paragraph(LETTER) + paragraph(MARK))
    made.add_attachment(inner, maintype="application", subtype="octet-stream", filename=f"{MARK}.docx")
    found = read(made.as_bytes(), "a.eml", "message/rfc822")
    assert ("text", f"{MARK}.docx: word/document.xml") in where(found)
    assert "filename" in {channel for channel, _ in anywhere(found)}


def test_a_message_attached_to_a_message_is_read() -> None:
    inner = _message(Subject=MARK)
    outer = _message(Subject="Fwd")
    outer.add_attachment(inner)
    assert {channel for channel, _ in where(read(outer.as_bytes(), "a.eml"))} == {"mail_header"}


def test_text_before_and_after_the_parts_is_read() -> None:
    made = _message(Subject="x")
    made.add_attachment(b"x", maintype="text", subtype="plain", filename="x.txt")
    made.preamble, made.epilogue = "BEFORE", "AFTER"
    message = made.as_bytes().replace(b"BEFORE", MARK.encode()).replace(b"AFTER", "Особой важности".encode())
    found = read(message, "a.eml")
    assert "hidden" in {channel for channel, _ in where(found)}
    assert "hidden" in {channel for channel, _ in where(found, "Особой важности")}


def test_an_archive_in_a_message_counts_as_nesting() -> None:
    nested = archive({"a.zip": archive({"b.zip": archive({"c.zip": archive({"d.txt": MARK})})})})
    made = _message(Subject="x")
    made.add_attachment(nested, maintype="application", subtype="zip", filename="a.zip")
    assert Reason.NESTING in reasons(read(made.as_bytes(), "a.eml"))


def test_encrypted_messages_are_uninspectable() -> None:
    smime = (
        HEAD
        + b"Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAG\r\n"
    )
    assert Reason.ENCRYPTED in reasons(read(smime, "a.eml"))
    pgp = HEAD + b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----\r\n"
    assert Reason.ENCRYPTED in reasons(read(pgp, "a.eml"))


def test_a_message_without_the_ending_or_type_is_still_a_message() -> None:
    body = base64.encodebytes(MARK.encode())
    message = _leaf("text/plain; charset=utf-8", "base64", body)
    assert "mail_body" in {channel for channel, _ in where(read(message, "letter.txt", "text/plain"))}
