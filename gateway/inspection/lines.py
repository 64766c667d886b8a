"""Lines as inspection reads them: folded, letter-spacing closed, every character still knowing its column."""

import re
from dataclasses import dataclass

from gateway.inspection.folding import fold_with_origins

MAX_SHORT = 64
"""Characters of the longest line that may be nothing but a marking."""

_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:(?: ?[._·/|*\-] ?| )[^\W_](?![^\W_])){2,}")
_LETTER = re.compile(r"[^\W_]")
_BETWEEN_IDEOGRAPHS = re.compile("(?<=[\u3400-\u9fff]) {1,8}(?=[\u3400-\u9fff])")
_CELL_GAP = re.compile(r"\t+|\|| {2,}")
_HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `text` is folded and closed up; `origins[i]` is the column in `raw` of `text[i]`."""

    number: int
    raw: str
    text: str
    origins: list[int]

    def written(self, start: int, end: int) -> str:
        """What stands in the original for `text[start:end]`."""
        if start >= end or end > len(self.origins):
            return ""
        return self.raw[self.origins[start] : self.origins[end - 1] + 1]

    def capitals(self, start: int, end: int) -> bool:
        """Whether `text[start:end]` is written in capitals, in a script that has them."""
        return self.written(start, end).isupper()

    def cells(self) -> list[tuple[int, int]]:
        """The columns of the line as spans: what tabs, bars and wide gaps part."""
        spans, start = [], 0
        for gap in _CELL_GAP.finditer(self.text):
            spans.append((start, gap.start()))
            start = gap.end()
        spans.append((start, len(self.text)))
        return [(first, last) for first, last in spans if has_letter(self.text[first:last])]


def read_line(number: int, raw: str) -> Line:
    """Fold a line and close up its letter-spacing."""
    text, origins = fold_with_origins(raw)
    for pattern, keep in ((_SPACED, _LETTER), (_BETWEEN_IDEOGRAPHS, None)):
        if pattern.search(text):
            text, origins = _closed(pattern, keep, text, origins)
    return Line(number, raw, text, origins)


def is_spaced(folded: str) -> bool:
    """Whether a folded text holds letters set apart."""
    return bool(_SPACED.search(folded) or _BETWEEN_IDEOGRAPHS.search(folded))


def has_letter(text: str) -> bool:
    """Whether any letter is in it."""
    return _HAS_LETTER.search(text) is not None


def _closed(
    pattern: re.Pattern[str], keep: re.Pattern[str] | None, text: str, origins: list[int]
) -> tuple[str, list[int]]:
    kept: list[int] = []
    last = 0
    for match in pattern.finditer(text):
        kept.extend(range(last, match.start()))
        if keep is not None:
            kept.extend(i for i in range(match.start(), match.end()) if keep.match(text[i]))
        last = match.end()
    kept.extend(range(last, len(text)))
    return "".join(text[i] for i in kept), [origins[i] for i in kept]
