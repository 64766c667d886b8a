"""Messages (EML, MHTML): every header, every body in every transfer encoding, attachments as files."""

from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

from gateway.inspection.encodings import decodings
from gateway.inspection.formats.labels import header_labels, judge_labels
from gateway.inspection.formats.plain import read_plain
from gateway.inspection.formats.web import read_html
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason

_PROTECTED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})


def read_mail(data: bytes, into: Gathering) -> None:
    """Read a message with everything in it.

    Raises:
        Uninspectable: limits of the whole file (size, entries, nesting is a problem of the part alone).
    """
    _message(BytesParser(policy=compat32).parsebytes(data), into, "message")


def _message(message: Message, into: Gathering, place: str) -> None:
    into.count_entries(1)
    _headers(message, into, f"{place} headers")
    media = message.get_content_type()
    if media in _PROTECTED:
        into.problem(Reason.ENCRYPTED, place)
    for stray in (message.preamble, message.epilogue):
        into.add(_unescaped(str(stray or "")), "hidden", f"{place} outside its parts")
    payload = message.get_payload()
    if isinstance(payload, list):
        for number, part in enumerate(payload, 1):
            _part(part, into, f"{place} part {number}", attached=media == "message/rfc822")
    else:
        _leaf(message, media, into, place)


def _part(part: object, into: Gathering, place: str, *, attached: bool) -> None:
    if not isinstance(part, Message):
        into.problem(Reason.MALFORMED, place)
    elif attached:
        into.inside(part.as_bytes(), "message.eml", "message/rfc822")
    else:
        _message(part, into, place)


def _headers(message: Message, into: Gathering, place: str) -> None:
    lines = []
    for name, raw in message.raw_items():
        value = str(raw)
        plain = _decoded(value)
        judge_labels(header_labels(name, plain), into, place)
        lines.append(plain)
        if name.lower() in (
            "subject",
            "x-classification",
            "sensitivity",
            "x-security",
            "keywords",
            "comments",
        ):
            into.add(plain, "mail_header", f"{place}: {name}")
        if plain != value and "=?" in plain:
            lines.append(_unescaped(value))
    into.add("\n".join(lines), "mail_header", place)


def _decoded(value: str) -> str:
    """Undo RFC 2047 words; a word that lies about its encoding is read in each plausible one."""
    value = _unescaped(value)
    try:
        words = decode_header(value)
    except ValueError:
        return value
    return "".join(word if isinstance(word, str) else _word(word, encoding) for word, encoding in words)


def _unescaped(value: str) -> str:
    """Bytes above ASCII, which the parser smuggles as surrogates, in each plausible encoding."""
    if value.isprintable() and max(value, default="") < "\udc80":
        return value
    content = value.encode("utf-8", "surrogateescape")
    return "\n".join(decodings(content)) or content.decode("latin-1")


def _word(content: bytes, encoding: str | None) -> str:
    try:
        return content.decode(encoding or "ascii")
    except (UnicodeDecodeError, LookupError):
        return " ".join(decodings(content)) or content.decode("latin-1")


def _leaf(part: Message, media: str, into: Gathering, place: str) -> None:
    content = part.get_payload(decode=True)
    content = content if isinstance(content, bytes) else b""
    into.expand(len(content), place)
    name = _decoded(part.get_filename() or "")
    if name or not media.startswith("text/"):
        if content:
            into.inside(content, name or place, "" if media == "text/plain" else media)
        return
    texts = _texts(part, content)
    if not texts:
        into.problem(Reason.UNKNOWN_TYPE, place)
    if media == "text/html":
        for text in texts:
            read_html(text, into, f"{place} html")
    else:
        read_plain(texts, into, "mail_body", place)


def _texts(part: Message, content: bytes) -> list[str]:
    charset = str(part.get_content_charset() or "")
    try:
        declared = [content.decode(charset)] if charset else []
    except (UnicodeDecodeError, LookupError):
        declared = []
    return list(dict.fromkeys(declared + decodings(content)))
