"""Text-only messages are inspected in the process; anything else is left to a worker."""

import base64
import json
from collections.abc import Sequence

import pytest

from gateway.inspection.fast import MAX_TEXT_BYTES, TextPart, inspect_text_parts
from gateway.inspection.limits import Reading
from gateway.inspection.verdict import Finding, Segment
from tests.support.documents.packages import archive
from tests.support.documents.pdfs import simple
from tests.support.documents.reading import LETTER, MARK


def detect(segments: Sequence[Segment]) -> list[Finding]:
    return [
        Finding(MARK, "ru", s.place, "word", "state_secret", s.channel) for s in segments if MARK in s.text
    ]


def test_a_body_and_a_text_are_inspected_at_once() -> None:
    body = json.dumps({"elements": {"reason": MARK}}, ensure_ascii=False).encode()
    parts = [TextPart(body, "", "application/json"), TextPart(LETTER.encode(), "letter.txt", "text/plain")]
    result = inspect_text_parts(parts, detect, Reading())
    assert result is not None
    assert result.verdict == "state_secret"
    assert [(finding.channel, finding.place) for finding in result.findings] == [("body", "body")]
    assert result.expanded_bytes == len(body) + len(LETTER.encode())


def test_a_file_name_is_inspected_too() -> None:
    result = inspect_text_parts([TextPart(b"x", f"{MARK}.txt")], detect, Reading())
    assert result is not None
    assert result.verdict == "state_secret"


def test_text_without_markings_is_none() -> None:
    result = inspect_text_parts([TextPart(LETTER.encode()), TextPart(b"")], detect, Reading())
    assert result is not None
    assert result.verdict == "none"


@pytest.mark.parametrize(
    "part",
    [
        TextPart(simple([LETTER]), "a.pdf"),
        TextPart(archive({"a": "x"})),
        TextPart(b"{\\rtf1 x}"),
        TextPart(LETTER.encode("windows-1251")),
        TextPart(LETTER.encode("utf-16")),
        TextPart(f"<html><p>{LETTER}</p></html>".encode()),
        TextPart(f"From: a\nTo: b\n\n{LETTER}".encode()),
        TextPart(b"<?xml version='1.0'?><a/>"),
        TextPart(b"x" * (MAX_TEXT_BYTES + 1)),
        TextPart(LETTER.encode() + archive({"a": "x"})),
        TextPart(bytes(16)),
        TextPart(LETTER.encode(), "a.pdf", "application/pdf"),
        TextPart(b"\x01\x02\x03"),
        TextPart(base64.b64encode(LETTER.encode() * 2)),
        TextPart(b"-----BEGIN PGP MESSAGE-----"),
    ],
)
def test_everything_else_needs_a_worker(part: TextPart) -> None:
    assert inspect_text_parts([TextPart(LETTER.encode()), part], detect, Reading()) is None
