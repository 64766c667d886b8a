"""The text of any XML part: office documents (OOXML, ODF, VML, DrawingML), XMP, custom XML, SVG.

In office namespaces a line is a paragraph or a cell, and runs within it are joined without a gap, for a
marking may be split over runs of different looks. In any other namespace every element is a line. What is
deleted or hidden inside a paragraph is read three ways: without it, with it, and alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.inspection.formats.labels import LabelReader
from gateway.inspection.formats.rows import Rows
from gateway.inspection.formats.shared_strings import SharedStrings
from gateway.inspection.formats.xml_events import Handler, local, namespace, read_xml
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason, Uninspectable
from gateway.inspection.verdict import Channel
from gateway.inspection.wordlists import words

_OFFICE = re.compile(
    "wordprocessingml|drawingml|spreadsheetml|presentationml|opendocument|purl.oclc.org/ooxml|microsoft-com:vml|"
    "microsoft-com:office|schemas.microsoft.com/office|markup-compatibility|w3.org/1998/Math/MathML|officeDocument/2006/math"
)
_LINES = words(
    """
    p h si is c f v t-cell tc tr table-cell comment oddHeader evenHeader firstHeader oddFooter
    evenFooter firstFooter definedName lpwstr lpstr user-defined title subject creator keyword
    description initial-creator cm author text table-name
    """
)
_GAPS = {
    "tab": "\t",
    "br": "\n",
    "cr": "\n",
    "line-break": "\n",
    "s": " ",
    "noBreakHyphen": "-",
    "softHyphen": "",
}
_CHANNELS: dict[str, Channel] = {
    "txbxContent": "textbox",
    "textbox": "textbox",
    "text-box": "textbox",
    "custom-shape": "textbox",
    "header": "header",
    "header-left": "header",
    "header-first": "header",
    "footer": "footer",
    "footer-left": "footer",
    "footer-first": "footer",
    "oddHeader": "header",
    "evenHeader": "header",
    "firstHeader": "header",
    "oddFooter": "footer",
    "evenFooter": "footer",
    "firstFooter": "footer",
    "annotation": "comment",
    "comment": "comment",
    "note": "note",
    "notes": "note",
    "footnote": "note",
    "endnote": "note",
    "f": "hidden",
    "row": "cell",
    "table-row": "cell",
    "c": "cell",
    "si": "cell",
    "table-cell": "cell",
    "dataValidation": "hidden",
    "definedName": "hidden",
    "hidden-text": "hidden",
    "hidden-paragraph": "hidden",
    "deletion": "hidden",
    "tracked-changes": "hidden",
}
_TELLING = words(
    """
    string descr title alt text prompt promptTitle error errorTitle tooltip author userName string-value
    help-text label caption Target displayText content
    """
)
_DULL_NAMES = words(
    """
    id embed link rsid rsidR rsidRDefault rsidP rsidRPr rsidTr rsidSect paraId textId type Type Id
    ContentType uri Requires Ignorable style-name fill stroke path
    """
)
_DULL = re.compile(
    r"[a-z]+[A-Za-z0-9]*|[-+.,:;#%\dA-Fa-fx\s]*|https?://schemas\S*|\{[0-9A-Fa-f-]+\}|.{0,1}|\S+\.(xml|rels)"
)
_HEADER_CODES = re.compile(r'&(?:[LCRPNDTAFZGBIUSEXYHOK+-]|\d+|"[^"]*")')
_TELLING_PARTS = frozenset({"header", "footer", "property", "comment", "note"})
_RUNS = frozenset({"r", "vanish", "webHidden", "specVanish", "delText", "blip", "imagedata", "image"})
_MAX_DEPTH, _MAX_NAMES = 512, 20_000
_ROWS, _CELLS = frozenset({"tr", "row", "table-row"}), frozenset({"tc", "c", "table-cell"})
_APART: frozenset[Channel] = frozenset({"hidden", "textbox", "comment", "note"})
_FORMULAS = frozenset({"f", "definedName", "formula1", "formula2"})
_HIDDEN, _DELETED = "hidden", "deleted"


class _Shape(NamedTuple):
    tag: str
    breaks: bool
    channel: Channel | None
    gap: str | None
    run: bool
    labels: bool


@dataclass(slots=True)
class _Line:
    """A paragraph while it is open: its pieces, each with the reason why it is not shown, if any.

    `quoted`: a formula, where quotation marks are syntax and not a mention.
    """

    channel: Channel
    quoted: bool = False
    pieces: list[tuple[str, str]] = field(default_factory=list)

    def readings(self) -> Iterator[tuple[str, bool]]:
        shown = "".join(text for text, hidden in self.pieces if not hidden)
        yield shown, False
        if any(hidden for _, hidden in self.pieces):
            yield "".join(text for text, _ in self.pieces), True
            for why in (_HIDDEN, _DELETED):
                yield "".join(text for text, hidden in self.pieces if hidden == why), True


class XmlText(Handler):
    """Collects lines by channel, attribute values, comments, and the labels met on the way."""

    def __init__(self, channel: Channel, shared: SharedStrings | None = None) -> None:
        self.lines: dict[Channel, list[str]] = {}
        self.attributes: dict[str, None] = {}
        self.asides: list[str] = []
        self.labels = LabelReader()
        self.pictures = 0
        self._channels: list[Channel] = [channel]
        self._stack: list[_Line] = [_Line(channel)]
        self._rows = Rows()
        self._shared, self._in_shared = shared, False
        self._shapes: dict[str, _Shape] = {}
        self._met: set[tuple[str, str]] = set()
        self._run_hidden = False
        self._in_deleted_text = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        shape = self._shapes.get(name) or self._shape(name)
        if attributes:
            self._keep_attributes(attributes)
        if shape.labels:
            self.labels.element(name, attributes)
        if shape.channel is not None:
            self._channels.append(shape.channel)
        if shape.tag in _ROWS:
            self._rows.open()
        elif shape.tag in _CELLS:
            self._rows.cell()
            self._in_shared = self._shared is not None and attributes.get("t") == "s"
        if shape.breaks:
            self._stack.append(_Line(self._channels[-1], quoted=shape.tag in _FORMULAS))
            if len(self._stack) > _MAX_DEPTH:
                raise Uninspectable(Reason.MALFORMED)
        elif shape.gap is not None:
            self._piece(shape.gap)
        if shape.run:
            self._run(shape.tag, attributes)

    def end(self, name: str) -> None:
        shape = self._shapes[name]
        if shape.breaks:
            self._close(self._stack.pop(), shape.tag)
        if shape.tag in _ROWS:
            self._emit(self._channels[-1], self._rows.close())
        if shape.channel is not None:
            self._channels.pop()
        if shape.tag == "delText":
            self._in_deleted_text = False
        if shape.labels:
            self.labels.ended(name)

    def text(self, text: str) -> None:
        self._piece(text)
        if self.labels.listening:
            self.labels.text(text)

    def aside(self, text: str) -> None:
        self.asides.append(text)

    def finish(self) -> None:
        """Close what is still open."""
        while self._stack:
            self._close(self._stack.pop(), "")

    def _run(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "r":
            self._run_hidden = False
        elif tag in ("vanish", "webHidden", "specVanish"):
            self._run_hidden = next(iter(attributes.values()), "1") not in ("0", "false", "off")
        elif tag == "delText":
            self._in_deleted_text = True
        elif tag in ("blip", "imagedata", "image"):
            self.pictures += 1

    def _piece(self, text: str) -> None:
        why = _DELETED if self._in_deleted_text else _HIDDEN if self._run_hidden else ""
        self._stack[-1].pieces.append((text, why))

    def _close(self, line: _Line, tag: str) -> None:
        for reading, hidden in line.readings():
            text = reading.strip('"= \t\r\n' if line.quoted else None)
            if not text:
                continue
            if self._in_shared and tag == "v" and self._shared is not None:
                text = self._shared.use(text)
            if hidden or line.channel in _APART or not self._rows.take(text):
                self._emit("hidden" if hidden else line.channel, [text])

    def _emit(self, channel: Channel, lines: list[str]) -> None:
        if lines:
            plain = [_HEADER_CODES.sub("\n", line) if "&" in line else line for line in lines]
            self.lines.setdefault(channel, []).extend(plain)

    def _shape(self, name: str) -> _Shape:
        """What an element of this name means for the text; names come from outside, so only some are kept."""
        tag = local(name)
        breaks = tag in _LINES or not _OFFICE.search(namespace(name))
        shape = _Shape(
            tag, breaks, _CHANNELS.get(tag), _GAPS.get(tag), tag in _RUNS, self.labels.watches(name)
        )
        if len(self._shapes) > _MAX_NAMES:
            raise Uninspectable(Reason.TOO_MANY_ENTRIES)
        self._shapes[name] = shape
        return shape

    def _keep_attributes(self, attributes: dict[str, str]) -> None:
        met = self._met
        for pair in attributes.items():
            if pair in met:
                continue
            if len(met) < _MAX_NAMES:
                met.add(pair)
            name, value = pair
            key = local(name)
            if key == "classification":
                self.labels.attribute(name, value)
            if key in _TELLING or (key not in _DULL_NAMES and not _DULL.fullmatch(value)):
                self.attributes[value] = None


def read_xml_part(
    data: bytes, into: Gathering, channel: Channel, place: str, shared: SharedStrings | None = None
) -> XmlText:
    """Keep all text of an XML part, and judge the labels in it.

    Args:
        data: the part.
        into: where to.
        channel: of what has no channel of its own.
        place: for a person.
        shared: strings that a sheet's cells name by number.

    Raises:
        Uninspectable: as `read_xml`; what was read until then is kept.
    """
    found = XmlText(channel, shared)
    try:
        read_xml(data, found, place)
    finally:
        found.finish()
        for kind, lines in found.lines.items():
            into.add("\n".join(lines), kind, place)
        kept: Channel = channel if channel in _TELLING_PARTS else "metadata"
        into.add_new(found.attributes, kept, f"{place} (attributes)")
        into.add("\n".join(found.asides), "comment", f"{place} (XML comments)")
        found.labels.judge(into, place)
    return found
