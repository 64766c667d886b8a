"""RTF: a reader of control words that keeps every destination's text (RTF specification 1.9.1)."""

import binascii
import codecs
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from gateway.inspection.formats.labels import judge_labels, property_labels
from gateway.inspection.gathering import Gathering
from gateway.inspection.reasons import Reason, Uninspectable
from gateway.inspection.verdict import Channel
from gateway.inspection.wordlists import words

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.DOTALL,
)
_BREAKS = frozenset({"par", "line", "row", "sect", "page", "column", "nestrow"})
_CHANNELS: dict[str, Channel] = {
    **dict.fromkeys(("header", "headerl", "headerr", "headerf"), "header"),
    **dict.fromkeys(("footer", "footerl", "footerr", "footerf"), "footer"),
    **dict.fromkeys(("footnote", "ftnalt"), "note"),
    **dict.fromkeys(("annotation", "atnid", "atnauthor"), "comment"),
    **dict.fromkeys(("shptxt", "txfieldtext", "shppict"), "textbox"),
    **dict.fromkeys(("info", "userprops", "doccomm", "title", "subject", "author", "keywords"), "property"),
    **dict.fromkeys(("fldinst", "formfield", "bkmkstart", "sn", "sv", "docvar", "xmlattrvalue"), "hidden"),
}
_DULL = words(
    """
    fonttbl colortbl filetbl rsidtbl themedata colorschememapping latentstyles datastore blipuid panose
    mmathPr pgptbl
    """
)
_HEX = frozenset({"pict", "objdata"})
_SYMBOLS = {
    "tab": "\t",
    "emdash": "—",
    "endash": "–",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": "“",
    "rdblquote": "”",
    "bullet": "•",
    "emspace": " ",
    "enspace": " ",
    "~": "\xa0",
    "_": "-",
}
_CHARSETS = {
    0: 1252,
    134: 936,
    136: 950,
    161: 1253,
    162: 1254,
    177: 1255,
    178: 1256,
    186: 1257,
    204: 1251,
    238: 1250,
}
_MAX_DEPTH = 256


@dataclass(frozen=True, slots=True)
class _State:
    channel: Channel = "text"
    codepage: str = "cp1252"
    skip: int = 1
    destination: str = ""
    hidden: bool = False


def read_rtf(data: bytes, into: Gathering) -> None:
    """Read a document, its properties, hidden text, pictures and embedded objects.

    Raises:
        Uninspectable: unbalanced groups (`malformed`), data after the last one (`trailing_data`), limits.
    """
    reader = _Reader()
    end = reader.read(data)
    reader.flush()
    if data[end:].strip(b"\0\r\n\t "):
        into.problem(Reason.TRAILING_DATA)
    properties = reader.lines.get("property", [])
    judge_labels(property_labels(pairwise(properties)), into, "rtf properties")
    for channel, lines in reader.lines.items():
        into.add("\n".join(lines), channel, f"rtf {channel}")
    for destination, content in reader.binaries:
        into.expand(len(content), destination)
        into.inside(content, destination)
    if into.characters() < into.reading.limits.min_characters:
        into.problem(Reason.ALMOST_NO_TEXT)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[Channel, list[str]] = {}
        self.binaries: list[tuple[str, bytes]] = []
        self._states: list[_State] = []
        self._now = _State()
        self._line: list[str] = []
        self._bytes = bytearray()
        self._hex = bytearray()
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._default = "cp1252"
        self._to_skip = 0

    def read(self, data: bytes) -> int:
        """Read up to the end of the outermost group and return where that is."""
        position = 0
        while match := _TOKEN.match(data, position):
            position = match.end()
            word, number, code, symbol, brace, text = match.groups()
            if brace:
                self._brace(brace)
                if not self._states:
                    return position
            elif word:
                position += self._word(word.decode("ascii"), number, data, position)
            elif code:
                self._literal(bytes.fromhex(code.decode("ascii")))
            elif symbol:
                self._symbol(symbol)
            elif text:
                self._literal(text)
        raise Uninspectable(Reason.MALFORMED, "rtf")

    def _brace(self, brace: bytes) -> None:
        self._settle()
        self._to_skip = 0
        if brace == b"{":
            self._states.append(self._now)
            if len(self._states) > _MAX_DEPTH:
                raise Uninspectable(Reason.MALFORMED, "rtf")
            return
        before = self._states.pop()
        if self._now.destination in _HEX and before.destination not in _HEX:
            self._end_binary()
        if (
            self._now.channel == "property"
            or before.channel != self._now.channel
            or self._now.destination != before.destination
        ):
            self.flush()
        self._now = before

    def _word(self, word: str, number: bytes | None, data: bytes, position: int) -> int:
        """Act on a control word; return how many raw bytes follow it (`\\bin`)."""
        value = int(number) if number is not None else None
        if word == "u" and value is not None:
            self._settle()
            self._line.append(chr(value & 0xFFFF))
            self._to_skip = self._now.skip
            return 0
        self._settle()
        if word == "bin":
            size = max(0, value or 0)
            self.binaries.append((self._now.destination or "bin", data[position : position + size]))
            return size
        self._text_word(word)
        self._state_word(word, value)
        return 0

    def _text_word(self, word: str) -> None:
        if word in _BREAKS:
            self.flush()
        elif word in ("cell", "nestcell"):
            self._line.append("\t")
        elif word in _SYMBOLS:
            self._line.append(_SYMBOLS[word])

    def _state_word(self, word: str, value: int | None) -> None:
        now = self._now
        if word in _CHANNELS:
            self.flush()
            now = replace(now, channel=_CHANNELS[word], destination=word)
        elif word in _DULL or word in _HEX:
            now = replace(now, destination=word)
        elif word == "uc":
            now = replace(now, skip=value if value is not None else 1)
        elif word in ("v", "deleted"):
            self._hide(hidden=value != 0)
            return
        elif word in ("f", "fcharset", "ansicpg", "mac", "pc", "pca", "plain"):
            now = self._encoding(word, value)
        self._now = now

    def _hide(self, *, hidden: bool) -> None:
        if self._now.hidden != hidden and hidden:
            self.lines.setdefault("hidden", [])
        self._now = replace(self._now, hidden=hidden)

    def _encoding(self, word: str, value: int | None) -> _State:
        if word == "ansicpg" and value:
            self._default = _codec(value, self._default)
        elif word in ("mac", "pc", "pca"):
            self._default = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "f" and value is not None:
            self._font = value
            if self._now.destination != "fonttbl":
                return replace(self._now, codepage=self._fonts.get(value, self._default))
        elif word == "fcharset" and value is not None:
            self._fonts[self._font] = _codec(_CHARSETS.get(value, 0), self._default)
        return replace(self._now, codepage=self._default, hidden=self._now.hidden and word != "plain")

    def _symbol(self, symbol: bytes) -> None:
        if symbol in (b"\r", b"\n"):
            self.flush()
        elif symbol in (b"\\", b"{", b"}"):
            self._literal(symbol)
        elif symbol in (b"~", b"_"):
            self._settle()
            self._line.append(_SYMBOLS[symbol.decode()])

    def _literal(self, raw: bytes) -> None:
        if self._to_skip:
            dropped = min(self._to_skip, len(raw))
            self._to_skip -= dropped
            raw = raw[dropped:]
        if self._now.destination in _HEX:
            self._hex += raw
        elif self._now.destination not in _DULL:
            self._bytes += raw

    def _settle(self) -> None:
        """Decode the bytes since the last control word, in the encoding that held for them."""
        if self._bytes:
            self._line.append(bytes(self._bytes).decode(self._now.codepage, "replace"))
            self._bytes.clear()
        if self._now.hidden and self._line:
            self.lines.setdefault("hidden", []).append("".join(self._line))

    def _end_binary(self) -> None:
        digits = re.sub(rb"[^0-9a-fA-F]", b"", bytes(self._hex))
        self._hex.clear()
        if digits:
            self.binaries.append((self._now.destination, binascii.unhexlify(digits[: len(digits) & ~1])))

    def flush(self) -> None:
        self._settle()
        line = "".join(self._line).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
        self._line.clear()
        if line:
            self.lines.setdefault(self._now.channel, []).append(line)


def _codec(page: int, default: str) -> str:
    name = f"cp{page}"
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "utf-8" if page == 65001 else default
