"""What the rules have in common: a marking seen at a span of a line, and the looks around it."""

import re
from dataclasses import dataclass
from functools import cached_property

from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import Line, has_letter
from gateway.inspection.patterns import Lexicon

_QUOTE_BEFORE = re.compile(r"[\"']\s{0,2}$")
_QUOTE_AFTER = re.compile(r"^\s{0,2}[.,]?[\"']")
_SENTENCE_END = re.compile(r"(?<=[^\W_]{3})[.!?]\s")
_REACH, _NEAR, _WORDS_NEAR = 240, 80, 36


@dataclass(frozen=True)
class Sight:
    """A writing of a grade in a line, `line.text[start:end]`."""

    line: Line
    start: int
    end: int
    marking: Marking
    lexicon: Lexicon

    @cached_property
    def before(self) -> str:
        """What the line holds before it, as far as a rule looks."""
        return self.line.text[max(0, self.start - _REACH) : self.start]

    @cached_property
    def after(self) -> str:
        """What the line holds after it, as far as a rule looks."""
        return self.line.text[self.end : self.end + _REACH]

    @property
    def around(self) -> str:
        """The grade with what stands around it."""
        return self.line.text[max(0, self.start - _REACH) : self.end + _REACH]

    @cached_property
    def capitals(self) -> bool:
        """Whether it is written in capitals."""
        return self.line.capitals(self.start, self.end)

    @property
    def strong(self) -> bool:
        """Whether its form alone tells it from an ordinary word."""
        return self.capitals or (self.marking.distinct and not self.marking.capitals)

    @cached_property
    def quoted(self) -> bool:
        """Whether it stands in quotation marks."""
        if _QUOTE_BEFORE.search(self.before) and _QUOTE_AFTER.search(self.after):
            return True
        return self.before.count('"') % 2 == 1 and '"' in self.after

    @cached_property
    def denied(self) -> bool:
        """Whether a neighbouring word turns its sense."""
        denial = self.lexicon.words.denial
        near = _SENTENCE_END.split(self.before[-_NEAR:])[-1][-16:]
        for match in denial.finditer(near):
            if not has_letter(near[match.end() :]):
                return True
        named = self.before.rstrip(" \"'([")
        if named.endswith((":", "=")) and denial.search(named[-48:]):
            return True
        rest = self.after.lstrip(" :=-\t\"')")
        return denial.match(rest[:24]) is not None

    @cached_property
    def mentioned(self) -> bool:
        """Whether the words around say that somebody writes or talks about a marking."""
        mention = self.lexicon.words.mention
        before = _SENTENCE_END.split(self.before[-_NEAR:])[-1]
        return bool(mention.search(before) or mention.search(self.after[:_WORDS_NEAR]))


def sights(line: Line, lexicon: Lexicon) -> list[Sight]:
    """All grades written in full in a line, those that deny secrecy included."""
    if not line.graded:
        return []
    return [
        Sight(line, match.start(), match.end(), lexicon.named(match[0]), lexicon)
        for match in lexicon.grade.finditer(line.text)
    ]


def bare(text: str, lexicon: Lexicon) -> str:
    """A text without what may stand beside a grade: copy numbers, periods, remarks, numbers, signs."""
    words = lexicon.words
    return words.beside.sub(" ", words.copy.sub(" ", text))
