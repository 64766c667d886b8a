"""HTML: visible and hidden text, comments, scripts, attributes, data URLs; lines follow block elements."""

import base64
import binascii
import contextlib
import re
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

from gateway.inspection.formats.rows import Rows
from gateway.inspection.gathering import Gathering
from gateway.inspection.verdict import Channel
from gateway.inspection.wordlists import words

_BLOCKS = words(
    """
    address article aside blockquote body br caption center dd details dialog div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol
    optgroup option p pre section select summary table tbody td textarea tfoot th thead title tr ul
    template noscript iframe
    """
)
_SILENT = words(
    """
    class id style href src rel type lang dir width height colspan rowspan align valign border
    cellpadding cellspacing bgcolor color face size charset http-equiv target method action for role
    tabindex xmlns srcset media integrity crossorigin property
    """
)
_DATA_URL = re.compile(r"data:([\w./+-]*)((?:;[\w=.-]+)*?)(;base64)?,([^\"')\s]+)", re.IGNORECASE)
_CHANNELS: dict[str, Channel] = {"header": "header", "footer": "footer"}


def read_html(text: str, into: Gathering, place: str = "html") -> None:
    """Keep all text of a page. Malformed markup is read as browsers do; nothing is fetched."""
    parser = _Page()
    parser.feed(text)
    parser.finish()
    for channel, lines in parser.lines.items():
        into.add("\n".join(lines), channel, place)
    into.add("\n".join(parser.comments), "comment", f"{place} comment")
    into.add("\n".join(parser.scripts), "hidden", f"{place} script or style")
    into.add("\n".join(dict.fromkeys(parser.attributes)), "metadata", f"{place} attribute")
    for declared, content in _data_urls(text):
        into.expand(len(content), place)
        into.inside(content, "data URL", declared)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: dict[Channel, list[str]] = {}
        self.comments: list[str] = []
        self.scripts: list[str] = []
        self.attributes: list[str] = []
        self._line: list[str] = []
        self._open: list[str] = []
        self._raw = False
        self._rows = Rows()
        self._open_rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.flush()
        if tag == "tr":
            self._end_row()
            self._rows.open()
            self._open_rows += 1
        elif tag in ("td", "th"):
            self._rows.cell()
        if tag in ("script", "style"):
            self._raw = True
        if tag in _CHANNELS:
            self._open.append(tag)
        self.attributes += [value for name, value in attrs if value and name not in _SILENT]

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.flush()
        if tag in ("tr", "table", "tbody", "thead", "tfoot"):
            self._end_row()
        if tag in ("script", "style"):
            self._raw = False
        if tag in self._open:
            self._open.remove(tag)

    def handle_data(self, data: str) -> None:
        (self.scripts if self._raw else self._line).append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_decl(self, decl: str) -> None:
        self.comments.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.comments.append(data)

    def handle_pi(self, data: str) -> None:
        self.comments.append(data)

    def flush(self) -> None:
        line = "".join(self._line).strip()
        self._line.clear()
        if line and not self._rows.take(line):
            self._emit([line])

    def finish(self) -> None:
        """Close what the page left open."""
        self.close()
        self.flush()
        while self._open_rows:
            self._end_row()

    def _end_row(self) -> None:
        if self._open_rows:
            self._open_rows -= 1
            self._emit(self._rows.close())

    def _emit(self, lines: list[str]) -> None:
        channel: Channel = _CHANNELS[self._open[-1]] if self._open else "html"
        self.lines.setdefault(channel, []).extend(lines)


def _data_urls(text: str) -> list[tuple[str, bytes]]:
    found = []
    for declared, _, base64_mark, content in _DATA_URL.findall(text):
        raw = unquote_to_bytes(content)
        if base64_mark:
            with contextlib.suppress(binascii.Error):
                raw = base64.b64decode(raw + b"=" * (-len(raw) % 4))
        found.append((declared, raw))
    return found
