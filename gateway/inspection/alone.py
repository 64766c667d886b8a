"""A grade alone: on its line, in its cell, or broken over several lines."""

import re
from collections.abc import Iterator

from gateway.inspection.folding import compact
from gateway.inspection.hits import bare
from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import CELL_SIGN, MAX_SHORT, Line, has_letter
from gateway.inspection.page import Page
from gateway.inspection.patterns import Lexicon

_NUMBERS = re.compile(r"(?<![^\W_])\d[\d./\-]*(?![^\W_])")
_COUNTED = re.compile(r"[#\d]")
_LETTERED_ITEM = re.compile(r"^\s{0,8}\(?(?:[^\W\d_]|[ivx]{1,4})\)\s+")
_MAX_LETTERS = 48
_MAX_PIECE = 14


def markings_alone(text: str, line: Line, lexicon: Lexicon) -> list[Marking]:
    """The markings that `text` (a line, a cell or a value) consists of, or nothing.

    Copy numbers, periods and remarks such as "personal" may stand beside them.
    """
    text = _LETTERED_ITEM.sub("", text)
    if _answered_no(text, lexicon):
        return []
    text = text.replace("()", "o")  # what recognition makes of a round letter
    if len(text) <= 4 * MAX_SHORT and (line.graded or len(text) <= MAX_SHORT):
        whole = lexicon.exactly(compact(text))
        if whole is not None:
            return [whole]
    found = [lexicon.named(match[0]) for match in lexicon.grade.finditer(text)] if line.graded else []
    if found and not has_letter(_rest(lexicon.grade.sub(" ", text), lexicon)):
        return found
    if len(text.strip()) > 2 * MAX_SHORT or (found and any(m.verdict == "none" for m in found)):
        return []
    near = _nearly(text, lexicon)
    return [near] if near is not None else []


def _answered_no(text: str, lexicon: Lexicon) -> bool:
    """Whether a colon parts the text from a denial: "secret: no"."""
    at = text.find(":")
    return at >= 0 and lexicon.words.denial.match(text[at + 1 :].lstrip()) is not None


def abbreviated(text: str, lexicon: Lexicon) -> Marking | None:
    """The grade whose abbreviation the text is; counts beside a copy number."""
    letters = compact(text)  # one letter may also be the word "page" beside a grade
    if len(letters) != 1:
        letters = compact(bare(text, lexicon)) if len(text) <= MAX_SHORT else ""
    return lexicon.short.get(letters) if len(letters) <= 6 else None


def broken_over_lines(page: Page, number: int) -> tuple[Marking, int] | None:
    """A grade whose letters go on over the next lines, from this one; and the last line's number."""
    lexicon = page.lexicon
    letters = compact(page.line(number).text)
    if not letters or len(letters) > _MAX_PIECE or letters not in lexicon.beginnings:
        return None
    following = page.near(number, 1)
    while following is not None:
        letters += compact(page.line(following).text)
        if len(letters) > _MAX_LETTERS:
            return None
        found = lexicon.exactly(letters)
        if found is not None:
            return found, following
        if letters not in lexicon.beginnings:
            return None
        following = page.near(following, 1)
    return None


def cells_alone(line: Line, lexicon: Lexicon) -> Iterator[tuple[int, list[Marking]]]:
    """Columns of the line that are a grade and nothing else: (start, markings)."""
    spans = line.cells() if CELL_SIGN.search(line.text) else []
    if len(spans) < 2:
        return
    for start, end in spans:
        found = markings_alone(line.text[start:end], line, lexicon)
        if found:
            yield start, found


def _rest(text: str, lexicon: Lexicon) -> str:
    return lexicon.words.label.sub(" ", bare(text, lexicon))


def _nearly(text: str, lexicon: Lexicon) -> Marking | None:
    letters = compact(text)
    if len(letters) <= _MAX_LETTERS:
        found = lexicon.nearly(letters)
        if found is not None:
            return found
    if not _COUNTED.search(text):
        return None
    stripped = compact(_NUMBERS.sub(" ", bare(text, lexicon)))
    if stripped != letters and len(stripped) <= _MAX_LETTERS:
        return lexicon.nearly(stripped)
    return None
