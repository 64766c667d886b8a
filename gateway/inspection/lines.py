"""Lines as inspection reads them: folded, letter-spacing closed, every character still knowing its column."""

import re
from dataclasses import dataclass
from functools import cached_property

from gateway.inspection.folding import fold, fold_with_origins

CYRILLIC_DIGITS = str.maketrans("0346189", "oзчбiвя")
LATIN_DIGITS = str.maketrans("0345167", "oeasigt")
MAX_SHORT = 48
"""Characters of the longest line that is tried as a marking with noise in it."""

_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:(?: ?[._·/|*\-'] ?| )[^\W_](?![^\W_])){2,}")
_LETTER = re.compile(r"[^\W_]")
_BETWEEN_IDEOGRAPHS = re.compile("(?<=[\u3400-\u9fff]) {1,8}(?=[\u3400-\u9fff])")
SPACED = re.compile(f"{_SPACED.pattern}|{_BETWEEN_IDEOGRAPHS.pattern}")
"""Letters set apart."""

DIGIT_IN_WORD = re.compile(r"\d(?<=[^\W\d_]{2}\d)|[035](?=[^\W\d_]{5})(?<![^\W_][035])")
"""Where a digit stands for a letter. It begins with the digit, so that the search is fast."""
MIXED_WORD = re.compile(r"(?<![^\W_])(?:\d(?=[^\W\d_]{5})|[^\W\d_]{2})[^\W_]{2,40}(?![^\W_])")
CELL_SIGN = re.compile(r"\t|\||  ")
"""What parts columns."""
_CELL_GAPS = (re.compile(r"\t+|\|| {2,}"), re.compile(r"\t+|\|| {4,}"))
_HAS_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Line:
    """One line. `folded` is its folded text as it stands, `text` the same with letter-spacing closed up.

    `graded` is false only if no grade is written in full in it.
    """

    number: int
    raw: str
    folded: str
    graded: bool = True

    @cached_property
    def text(self) -> str:
        """The folded line, letter-spacing closed up and digits inside words read as letters."""
        text = self.folded
        if is_spaced(text):
            text = "".join(text[index] for index in self._kept)
        return MIXED_WORD.sub(_lettered, text) if DIGIT_IN_WORD.search(text) else text

    @cached_property
    def origins(self) -> list[int]:
        """For each character of `text` its column in `raw`."""
        _, origins = fold_with_origins(self.raw)
        return [origins[index] for index in self._kept] if is_spaced(self.folded) else origins

    @cached_property
    def _kept(self) -> list[int]:
        kept = _closed(_SPACED, self.folded, list(range(len(self.folded))), letters=True)
        text = "".join(self.folded[index] for index in kept)
        return _closed(_BETWEEN_IDEOGRAPHS, text, kept, letters=False)

    def column(self, at: int) -> int:
        """The column in `raw` of `text[at]`."""
        return self.origins[at] if at < len(self.origins) else 0

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
        narrow, wide = (self._split(gap) for gap in _CELL_GAPS)
        return narrow + [span for span in wide if span not in narrow]

    def _split(self, gaps: re.Pattern[str]) -> list[tuple[int, int]]:
        spans, start = [], 0
        for gap in gaps.finditer(self.text):
            spans.append((start, gap.start()))
            start = gap.end()
        spans.append((start, len(self.text)))
        return [(first, last) for first, last in spans if has_letter(self.text[first:last])]


def read_line(number: int, raw: str) -> Line:
    """Fold one line that is not part of a page's folded text."""
    return Line(number, raw, fold(raw).replace("\n", " "))


def parted(raw: str) -> str | None:
    """The line with a space between capitals and a capitalised word: recognition loses such spaces."""
    text = raw.strip()
    if not text[:4].isupper() or text.isupper():
        return None
    small = next((at for at, letter in enumerate(text) if letter.islower()), 0)
    if small < 5 or not text[small - 4 : small].isalpha():
        return None
    return f"{text[: small - 1]} {text[small - 1 :]}"


def is_spaced(folded: str) -> bool:
    """Whether a folded text holds letters set apart."""
    return SPACED.search(folded) is not None


def has_letter(text: str) -> bool:
    """Whether any letter is in it."""
    return _HAS_LETTER.search(text) is not None


def _lettered(match: re.Match[str]) -> str:
    word = match[0]
    digits = sum(character.isdigit() for character in word)
    if not 0 < digits <= len(word) // 3 or len(word) - digits < 4:
        return word
    return word.translate(LATIN_DIGITS if word.isascii() else CYRILLIC_DIGITS)


def _closed(pattern: re.Pattern[str], text: str, indexes: list[int], *, letters: bool) -> list[int]:
    """The indexes that stay when what the pattern finds shrinks to its letters, or to nothing."""
    kept: list[int] = []
    last = 0
    for match in pattern.finditer(text):
        kept.extend(indexes[last : match.start()])
        if letters:
            kept.extend(indexes[i] for i in range(match.start(), match.end()) if _LETTER.match(text[i]))
        last = match.end()
    kept.extend(indexes[last:])
    return kept
