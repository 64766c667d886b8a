"""What a file is, told by its content. Its name and declared type are only compared with that."""

import re
from enum import StrEnum
from pathlib import PurePosixPath

from gateway.inspection.wordlists import words


class Kind(StrEnum):
    """The types that inspection reads, and three that it recognises in order to refuse."""

    EMPTY = "empty"
    TEXT = "text"
    JSON = "json"
    HTML = "html"
    XML = "xml"
    MAIL = "mail"
    RTF = "rtf"
    PDF = "pdf"
    OOXML = "ooxml"
    ODF = "odf"
    ZIP = "zip"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    OLE = "ole"
    BINARY = "binary"


_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF-", Kind.PDF),
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OLE),
    (b"{\\rt", Kind.RTF),
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
)
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|div|p|table|span|br|meta|h[1-6]|script|style|font|center|img|a\s)",
    re.IGNORECASE,
)
_XML = re.compile(r"\s*<(\?xml|[\w.-]+:[\w.-]+[\s>/]|[\w.-]+(\s[^<>]*)?>)")
_HEADER = re.compile(r"^([!-9;-~]+):[ \t]?.*(\r?\n[ \t].*)*$", re.MULTILINE)
_MAIL_NAMES = words(
    """
    received from to cc subject date message-id mime-version content-type return-path reply-to sender
    delivered-to x-mailer dkim-signature x-protective-marking msip_labels
    """
)
_SNIFF = 2048

_TEXTUAL = frozenset({Kind.TEXT, Kind.JSON, Kind.HTML, Kind.XML, Kind.MAIL, Kind.EMPTY})
_BY_SUFFIX: dict[str, frozenset[Kind]] = {
    **dict.fromkeys(
        (".txt", ".csv", ".tsv", ".json", ".jsonl", ".html", ".htm", ".xhtml", ".xml", ".eml", ".md", ".log"),
        _TEXTUAL,
    ),
    **dict.fromkeys((".docx", ".xlsx", ".pptx", ".docm", ".xlsm", ".pptm", ".dotx"), frozenset({Kind.OOXML})),
    **dict.fromkeys((".odt", ".ods", ".odp", ".odg", ".ott"), frozenset({Kind.ODF})),
    **dict.fromkeys((".doc", ".xls", ".ppt", ".msg"), frozenset({Kind.OLE})),
    ".pdf": frozenset({Kind.PDF}),
    ".rtf": frozenset({Kind.RTF}),
    ".zip": frozenset({Kind.ZIP}),
    ".jpg": frozenset({Kind.JPEG}),
    ".jpeg": frozenset({Kind.JPEG}),
    ".png": frozenset({Kind.PNG}),
    ".tif": frozenset({Kind.TIFF}),
    ".tiff": frozenset({Kind.TIFF}),
}
_OPEN = "application/vnd.openxmlformats-officedocument."
_BY_TYPE: dict[str, frozenset[Kind]] = {
    "application/json": _TEXTUAL,
    "application/xml": _TEXTUAL,
    "message/rfc822": _TEXTUAL,
    "application/pdf": frozenset({Kind.PDF}),
    "application/rtf": frozenset({Kind.RTF}),
    "text/rtf": frozenset({Kind.RTF}),
    "application/zip": frozenset({Kind.ZIP}),
    "application/msword": frozenset({Kind.OLE}),
    "application/vnd.ms-excel": frozenset({Kind.OLE}),
    "image/jpeg": frozenset({Kind.JPEG}),
    "image/png": frozenset({Kind.PNG}),
    "image/tiff": frozenset({Kind.TIFF}),
}


def magic_kind(data: bytes) -> Kind | None:
    """Tell binary formats (and RTF) by their first bytes; None if it is something else."""
    if not data:
        return Kind.EMPTY
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


def textual_kind(text: str, name: str, declared: str) -> Kind:
    """Tell textual formats apart. A wrong answer costs structure, never text: each reader keeps all of it."""
    start = text[:_SNIFF].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "["):
        return Kind.JSON
    if is_mail(name, declared) or looks_like_mail(start):
        return Kind.MAIL
    promised = declared.startswith("text/html") or name.lower().endswith((".html", ".htm"))
    if promised or (_HTML.search(start) and not _is_xml(start)):
        return Kind.HTML
    return Kind.XML if _XML.match(start) else Kind.TEXT


def is_mail(name: str, declared: str) -> bool:
    """Whether a file is said to be a message."""
    return declared.startswith("message/") or name.lower().endswith((".eml", ".mht", ".mhtml"))


def _is_xml(start: str) -> bool:
    """XML may use the names of HTML's elements, but says that it is XML or names namespaces by prefixes."""
    return "<html" not in start.lower() and (start.startswith("<?xml") or "xmlns:" in start)


def looks_like_mail(start: str) -> bool:
    """Whether a text begins as a message does: with header lines, two of them well known."""
    head = re.split(r"\r?\n\r?\n", start, maxsplit=1)[0]
    first = head.split("\n", 1)[0]
    if not _HEADER.match(first.rstrip("\r")):
        return False
    names = {match.group(1).lower() for match in _HEADER.finditer(head)}
    return len(names & _MAIL_NAMES) >= 2


def contradicts(kind: Kind, name: str, declared: str) -> bool:
    """Whether the name's ending or the declared media type promises another type than the content is.

    Endings and types that inspection does not know promise nothing.
    """
    promises = (_BY_SUFFIX.get(PurePosixPath(name.lower()).suffix), _promised(declared))
    return any(promise is not None and kind not in promise for promise in promises)


def _promised(declared: str) -> frozenset[Kind] | None:
    media = declared.partition(";")[0].strip().lower()
    if media in _BY_TYPE:
        return _BY_TYPE[media]
    if media.startswith(_OPEN):
        return frozenset({Kind.OOXML})
    if media.startswith("application/vnd.oasis.opendocument."):
        return frozenset({Kind.ODF})
    return _TEXTUAL if media.startswith("text/") else None
