"""Text that is itself written in a format: JSON, markup, mail. Taken apart into pages of plain text.

Whole files are taken apart elsewhere, in the sandbox; this is for texts that carry such writing inside.
"""

import email
import email.errors
import email.header
import email.policy
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gateway.inspection.verdict import Segment

_MARKUP = re.compile(
    r"<(?:!doctype|!--|\?xml|/?[a-z][a-z0-9:_.-]{0,40}(?:\s[^<>]{0,400})?/?)>?", re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,60})((?:\s[^<>]{0,2000})?)/?>")
_ATTRIBUTE = re.compile(r"([\w:.-]{1,60})\s{0,3}=\s{0,3}(?:\"([^\"<>]{0,1000})\"|'([^'<>]{0,1000})')")
_INLINE_NAMES = """
    b i u em strong span font a small big sub sup mark code tt wbr abbr cite ins s del strike label
"""
_BLOCK_NAMES = """
    html head body p div br hr table tr tbody thead tfoot ul ol li dl dt dd h1 h2 h3 h4 h5 h6 title section
    article header footer main nav aside blockquote pre form fieldset legend select center figure figcaption
    textarea button style script address details summary
"""
_INLINE, _BLOCK = frozenset(_INLINE_NAMES.split()), frozenset(_BLOCK_NAMES.split())
_SPOKEN = frozenset({"title", "alt", "content", "value", "aria-label", "summary", "label", "subject"})
_ENCODED = re.compile(r"=\?[\w-]{1,40}\?[bBqQ]\?[^?\s]{0,2000}\?=")
_MAIL_HEAD = re.compile(r"^(?:[A-Za-z][A-Za-z0-9-]{1,40}:[^\n]{0,998}\n(?:[ \t][^\n]{0,998}\n){0,50}){2,}")
_TRANSFER = re.compile(r"(?im)^content-transfer-encoding:\s*(?:base64|quoted-printable)")
_MAX_DEPTH = 32
_MAX_JSON = 1 << 20
_MAX_VALUES = 4096


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment, or a value inside one with the name of its field."""

    segment: Segment
    label: str = ""


def unwrap(segment: Segment) -> Iterator[Piece]:
    """Yield the text as it is read by a person; always at least one piece."""
    text = segment.text
    head = text.lstrip("\ufeff \t\r\n")[:1]
    if head in ("{", "[") and len(text) <= _MAX_JSON:
        try:
            values = _json(json.loads(text.lstrip("\ufeff")), segment, "", "", 0)
            pieces = list(islice(values, _MAX_VALUES))
        except (ValueError, RecursionError):
            pieces = []  # not JSON after all; read as plain text below
        if 0 < len(pieces) < _MAX_VALUES:
            yield from pieces
            return
    if _TRANSFER.search(text[:20000]) and _MAIL_HEAD.match(text):
        yield from _mail_parts(segment)
    if _ENCODED.search(text):
        text = _ENCODED.sub(_decoded_word, text)
    if "<" in text and _MARKUP.search(text):
        text = _without_markup(text)
    elif "&" in text and ";" in text:
        text = html.unescape(text)
    yield Piece(Segment(text, segment.channel, segment.place))


def _json(value: object, segment: Segment, pointer: str, label: str, depth: int) -> Iterator[Piece]:
    if depth > _MAX_DEPTH:
        raise RecursionError
    if isinstance(value, str):
        if value.strip():
            yield Piece(Segment(value, segment.channel, f"{segment.place} {pointer or '/'}"), label)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _json(inner, segment, f"{pointer}/{key}", str(key), depth + 1)
    elif isinstance(value, list):
        # Several values of one field are what may be chosen from, not what was chosen.
        texts = [inner for inner in value if isinstance(inner, str)]
        if len(texts) > 1 and all(len(text) < 64 for text in texts):
            joined = ", ".join(f'"{text}"' for text in texts)
            yield Piece(Segment(f"[{joined}]", segment.channel, f"{segment.place} {pointer}"))
            value = [inner for inner in value if not isinstance(inner, str)]
        for index, inner in enumerate(value):
            yield from _json(inner, segment, f"{pointer}/{index}", label, depth + 1)


def _mail_parts(segment: Segment) -> Iterator[Piece]:
    try:
        message = email.message_from_string(segment.text, policy=email.policy.default)
        for part in message.walk():
            payload = part.get_payload(decode=True) if part.get_content_maintype() == "text" else None
            if isinstance(payload, bytes):
                text = payload.decode(part.get_content_charset("utf-8"), "replace")
                yield Piece(Segment(text, segment.channel, f"{segment.place} decoded body"))
    except (LookupError, ValueError, email.errors.MessageError):
        return  # the text itself is still read as it stands


def _decoded_word(match: re.Match[str]) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(match[0])))
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return match[0]


def _without_markup(text: str) -> str:
    text = text.replace("<!--", "\n").replace("-->", "\n")  # a comment is text like any other here
    return html.unescape(_TAG.sub(_shown, text))


def _shown(match: re.Match[str]) -> str:
    closing, name, attributes = match[1], match[2].lower(), match[3]
    if name in _INLINE and not attributes.strip():
        return ""
    spoken = _spoken(name, attributes) if attributes else ""
    if name in _INLINE:
        return spoken
    if name in ("td", "th"):
        return "\t" + spoken
    if name == "q":
        return '"'
    if name == "option" or (name == "input" and re.search(r"checkbox|radio", attributes, re.IGNORECASE)):
        box = "☑ " if re.search(r"\b(?:selected|checked)\b", attributes, re.IGNORECASE) else "☐ "
        return "" if closing else f"\n{box}{_value_of(attributes) if name == 'input' else ''} "
    if name in _BLOCK or name in ("input", "meta", "img", "link"):
        return f"\n{spoken}"
    local = name.rsplit(":", 1)[-1]
    return "\n" if closing else f"\n{spoken}{local}: "


def _value_of(attributes: str) -> str:
    return next((m[2] or m[3] or "" for m in _ATTRIBUTE.finditer(attributes) if m[1].lower() == "value"), "")


def _spoken(name: str, attributes: str) -> str:
    """The attributes a person or a system reads, as lines "name: value"."""
    pairs = {m[1].lower().rsplit(":", 1)[-1]: m[2] or m[3] or "" for m in _ATTRIBUTE.finditer(attributes)}
    called = pairs.get("name") or pairs.get("property") or pairs.get("id")
    lines = []
    for key, value in pairs.items():
        if key in ("content", "value") and called:
            lines.append(f"{called}: {value}")
        elif key in _SPOKEN or name not in _BLOCK | _INLINE:
            lines.append(f"{key}: {value}")
        elif key.startswith("data-") or ("class" in key and "classif" in key):
            lines.append(f"{key.removeprefix('data-')}: {value}")
    return "".join(f"{line}\n" for line in lines)
