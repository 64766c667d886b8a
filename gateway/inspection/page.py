"""One text with its lines, and which of them are worth a close look.

The cheap searches run once over the whole folded text; only lines they point at are read closely, so the
time is linear and small for ordinary text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

from gateway.inspection.effort import Effort
from gateway.inspection.folding import fold, one_break
from gateway.inspection.lines import DIGIT_IN_WORD, MAX_SHORT, SPACED, Line, has_letter, is_spaced, read_line
from gateway.inspection.patterns import Lexicon
from gateway.inspection.verdict import Channel

_SHORTEST = 4
_HYPHEN_END = re.compile("[-¬‐\u00ad]\\s*$")
_WORTH = re.compile(
    r"[:=]|\.{3}|__| - |//|\((?:ts?|s|c)[)/]"
    r"|[\u2610-\u2612\u25a0\u25a1\u25cb\u25cf\u25c9\u2713\u2714\u2b1c]|\[.?\]|\( ?\)"
    f"|{DIGIT_IN_WORD.pattern}|{SPACED.pattern}"
)
"""Signs of a field, a banner, a box or of letters set apart."""


@dataclass
class Page:
    """A text from one place, split into lines.

    `label`: the name of the field whose value the text is, if it is one.
    """

    text: str
    channel: Channel
    place: str
    lexicon: Lexicon
    effort: Effort
    label: str = ""
    _read: dict[int, Line] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.text = one_break(self.text)
        self.raws = self.text.split("\n")
        self.folded = fold(self.text)
        self.folds = self.folded.split("\n")

    @cached_property
    def filled(self) -> list[int]:
        """Numbers of the lines that hold anything."""
        return [number for number, line in enumerate(self.folds) if line and not line.isspace()]

    @cached_property
    def _rank(self) -> dict[int, int]:
        return {number: rank for rank, number in enumerate(self.filled)}

    @cached_property
    def copied(self) -> bool:
        """Whether the text says near its beginning which copy it is."""
        return self.lexicon.words.copy.search(self.folded[:4000]) is not None

    def near(self, number: int, step: int) -> int | None:
        """The line `step` filled lines further on (or back)."""
        rank = self._rank.get(number, -1) + step
        return self.filled[rank] if 0 <= rank < len(self.filled) else None

    def line(self, number: int) -> Line:
        """Read one line closely."""
        if number not in self._read:
            self.effort.spend()
            self._read[number] = self._close(number)
        return self._read[number]

    def _close(self, number: int) -> Line:
        folded = self.folds[number]
        return Line(
            number,
            self.raws[number],
            folded,
            number in self.graded or is_spaced(folded) or DIGIT_IN_WORD.search(folded) is not None,
        )

    def lines_of(self, pattern: re.Pattern[str]) -> list[int]:
        """Numbers of the lines in which a pattern, searched once over the whole folded text, is found."""
        return list(
            dict.fromkeys(bisect_right(self._starts, m.start()) - 1 for m in pattern.finditer(self.folded))
        )

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(line) + 1 for line in self.folds), initial=0))

    def suspects(self) -> list[int]:
        """Numbers of the lines that a rule might say something about, in order."""
        worth = self.graded.union(self.lines_of(_WORTH))
        return [n for n in self.filled if n in worth or self._short(self.folds[n].strip())]

    def _short(self, folded: str) -> bool:
        return len(folded) <= MAX_SHORT and has_letter(folded)

    @cached_property
    def graded(self) -> frozenset[int]:
        """Numbers of the lines in which a grade is written in full."""
        return frozenset(self.lines_of(self.lexicon.grade))

    def joined(self, number: int) -> Iterable[Line]:
        """The line together with the next: a word broken by a hyphen, or a label with its value below."""
        raw, following = self.raws[number], self.near(number, 1)
        if following is None or max(len(raw), len(self.raws[following])) > 4 * MAX_SHORT:
            return
        below = self.raws[following]
        if following == number + 1 and _HYPHEN_END.search(raw):
            yield read_line(number, _HYPHEN_END.sub("", raw) + below.lstrip())
        if following - number <= 2 and self._is_label(self.line(number).text, below):
            yield read_line(number, f"{raw.rstrip().rstrip(':')}: {below.lstrip()}")

    def _is_label(self, text: str, below: str) -> bool:
        named = text.rstrip().endswith(":")
        if len(text) > 2 * MAX_SHORT or not (named or len(below.strip()) <= _SHORTEST):
            return False
        label = self.lexicon.words.label
        if self.lexicon.grade.search(text) or not label.search(text):
            return False
        return named or not has_letter(label.sub(" ", text))
