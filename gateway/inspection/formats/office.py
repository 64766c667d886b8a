"""OOXML and ODF: every part of the package, whether the document's readers look at it or not."""

import re

from gateway.inspection.encodings import readable_runs
from gateway.inspection.formats.archive import keep_names, names
from gateway.inspection.formats.shared_strings import SharedStrings
from gateway.inspection.formats.xml_text import read_xml_part
from gateway.inspection.formats.zip_layout import Layout, unpack
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason, Uninspectable
from gateway.inspection.verdict import Channel

_CHANNELS: tuple[tuple[re.Pattern[str], Channel], ...] = (
    (re.compile(r"header\d*\.xml$", re.IGNORECASE), "header"),
    (re.compile(r"footer\d*\.xml$", re.IGNORECASE), "footer"),
    (re.compile(r"comments?\w*\d*\.xml$|threadedComment|persons?/", re.IGNORECASE), "comment"),
    (re.compile(r"(foot|end)notes\.xml$|notes(Slide|Master)s?/", re.IGNORECASE), "note"),
    (re.compile(r"^docProps/|^meta\.xml$|^docMetadata/", re.IGNORECASE), "property"),
    (
        re.compile(r"^customXml/|^settings\.xml$|\.rels$|^\[Content_Types\]|manifest", re.IGNORECASE),
        "metadata",
    ),
    (re.compile(r"slide(Master|Layout)s/|handoutMasters/", re.IGNORECASE), "header"),
    (re.compile(r"^xl/(sharedStrings|worksheets/|tables/)", re.IGNORECASE), "cell"),
)
_XML_PARTS = re.compile(r"\.(xml|rels|vml|rdf|xhtml|svg)$|^mimetype$", re.IGNORECASE)
_SHARED = b"xl/sharedStrings.xml"
_PREVIEW = re.compile(r"(docProps|Thumbnails)/thumbnail\.(jpe?g|png)$", re.IGNORECASE)
_PRINTER = re.compile(r"printerSettings\d*\.bin$", re.IGNORECASE)


def read_office(data: bytes, layout: Layout, into: Gathering) -> None:
    """Read every part of a package.

    Raises:
        Uninspectable: limits of the whole file (size, entries), or an encrypted ODF.
    """
    into.count_entries(len(layout.entries))
    keep_names(layout, into)
    shared, pictures = None, 0
    for entry in sorted(layout.entries, key=lambda one: one.raw_name != _SHARED):
        name = names(entry)[0]
        content = unpack(data, entry, into.left_bytes())
        into.expand(len(content), name)
        if entry.raw_name == _SHARED and shared is None:
            shared = _shared_strings(content, name, into)
        elif content:
            pictures += _part(content, name, into, shared)
    if shared is not None:
        into.add("\n".join(shared.unused()), "cell", f"{_SHARED.decode()} (in no cell)")
        into.add("\n".join(shared.extra), "metadata", f"{_SHARED.decode()} (attributes)")
    if into.characters() < into.reading.limits.min_characters:
        into.problem(Reason.ALMOST_NO_TEXT if not pictures else Reason.IMAGE_ONLY_PAGE)


def _shared_strings(content: bytes, name: str, into: Gathering) -> SharedStrings | None:
    try:
        return SharedStrings(content, name)
    except Uninspectable as error:
        into.problem(error.reason, name)
        return None


def _part(content: bytes, name: str, into: Gathering, shared: SharedStrings | None) -> int:
    """Read one part; return how many pictures it shows."""
    if name == "mimetype":
        into.add(content.decode("latin-1"), "metadata", name)
        return 0
    if name == "META-INF/manifest.xml" and b"encryption-data" in content:
        raise Uninspectable(Reason.ENCRYPTED)
    if _PRINTER.search(name):
        into.add(readable_runs(content), "metadata", name)
        return 0
    if not _XML_PARTS.search(name) and content.lstrip()[:5] != b"<?xml":
        into.inside(content, name, preview=bool(_PREVIEW.match(name)))
        return 0
    try:
        return read_xml_part(content, into, _channel(name), name, shared).pictures
    except Uninspectable as error:
        if error.reason is Reason.TOO_LARGE:
            raise
        into.problem(error.reason, name)
        return 0


def _channel(name: str) -> Channel:
    return next((channel for pattern, channel in _CHANNELS if pattern.search(name)), "text")
