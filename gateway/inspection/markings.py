"""Telling markings from mentions (kz-tm-2024/4.4, baseline/state-secrets).

A word of secrecy counts only in the place of a marking: alone on its line or in its cell, as a field's value,
beside a copy number, as a registration number's suffix, set off at a line's edge. Sentences that speak about
secrets say nothing. What a text says of itself in one of these places is believed; that secrecy was lifted is
believed only where a marking would stand.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from gateway.inspection.alone import abbreviated, broken_over_lines, cells_alone, markings_alone
from gateway.inspection.effort import Effort, Exhausted
from gateway.inspection.explained import explained, lists_grades
from gateway.inspection.fields import field_values, ticked
from gateway.inspection.folding import fold
from gateway.inspection.grids import graded_cells
from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import MAX_SHORT, Line, has_letter, parted, read_line
from gateway.inspection.mentions import copy_below, copy_beside, is_item, mentioned_alone, translated
from gateway.inspection.numbers import PORTION_SIGN, classification_block, portions, registered
from gateway.inspection.page import Page
from gateway.inspection.patterns import Lexicon
from gateway.inspection.stamped import stamps
from gateway.inspection.unwrapping import Piece, unwrap
from gateway.inspection.verdict import Finding, Segment, Verdict

_MAX_FINDINGS = 256
_PORTION_NAMES = {"TS": "TOP SECRET", "S": "SECRET", "C": "CONFIDENTIAL"}


def inspect_segments(
    segments: Iterable[Segment], lexicon: Lexicon, most_lines: int = 60_000
) -> tuple[Finding, ...]:
    """Return the markings found, each once per place and rule, in the order of the text.

    At most 512 findings are kept; a state secret is never among those left out.

    Args:
        segments: pieces of text as extracted.
        lexicon: the compiled, verified lexicon.
        most_lines: how many lines and words may be read closely; a text that asks for more is uninspectable.

    """
    kept: dict[Finding, None] = {}
    effort = Effort(most_lines)
    for segment in segments:
        try:
            for piece in unwrap(segment):
                for finding in _inspect_piece(piece, lexicon, effort):
                    if len(kept) < _MAX_FINDINGS or finding.verdict == "state_secret":
                        kept[finding] = None
                    if len(kept) >= 2 * _MAX_FINDINGS:
                        return tuple(kept)
        except Exhausted:
            kept[Finding("", "any", segment.place, "effort", "uninspectable", segment.channel)] = None
            break
    return tuple(kept)


def _inspect_piece(piece: Piece, lexicon: Lexicon, effort: Effort) -> Iterator[Finding]:
    segment = piece.segment
    if not segment.text.strip():
        return
    text = _spoken_name(segment.text) if segment.channel == "filename" else segment.text
    page = Page(text, segment.channel, segment.place, lexicon, effort, piece.label)
    found = list(islice(_readings(page), 2 * _MAX_FINDINGS))
    if found and not _lifted(page):
        yield from found
    yield from _numbers(page)


def _spoken_name(name: str) -> str:
    return name.replace("_", " ").replace("/", "\n").replace("\\", "\n").replace(".", " . ")


def _found(
    page: Page, line: int, column: int, marking: Marking, rule: str, verdict: Verdict | None = None
) -> Finding:
    place = f"{page.place}, line {line + 1}, column {column + 1}".lstrip(", ")
    return Finding(marking.marking, marking.language, place, rule, verdict or marking.verdict, page.channel)


def _readings(page: Page) -> Iterator[Finding]:
    suspects = page.suspects()
    broken = dict(_broken(page, suspects))
    alone = _AloneLines(page)
    listed = explained(page)
    within = {number for number, (_, last) in broken.items() for number in range(number, last + 1)}
    for number in suspects:
        line = page.line(number)
        if number in broken:
            yield _found(page, number, 0, broken[number][0], "broken")
        options = ticked(line, page.lexicon)
        if options is not None:
            yield from (
                _found(page, number, line.column(at), m, "ticked") for at, m in options if m.verdict != "none"
            )
            continue
        if number in within:
            continue
        if alone.at(number):
            yield from _judged_alone(page, line, alone)
            yield from _stamped(page, line, only=frozenset({"banner"}))
        else:
            if number not in listed and not lists_grades(line, page.lexicon):
                yield from _among_words(page, line)
            yield from _abbreviated(page, line)
        yield from _fields(page, line)
        yield from _joined(page, number)
    yield from _columns(page, listed)
    if page.label:
        yield from _labelled(page)


def _columns(page: Page, listed: frozenset[int]) -> Iterator[Finding]:
    """Cells of a column named for grades."""
    for number, text in graded_cells(page):
        if number in listed:
            continue
        for _, marking in field_values(read_line(number, text), page.lexicon):
            if marking.verdict != "none":
                yield _found(page, number, 0, marking, "field")


def _alone(page: Page, line: Line) -> list[Marking]:
    if len(line.text.strip()) > 2 * MAX_SHORT:
        return []
    found = markings_alone(line.text, line, page.lexicon)
    spaced = None if found else parted(line.raw)
    if spaced is not None:
        line = read_line(line.number, spaced)
        found = markings_alone(line.text, line, page.lexicon)
    return [m for m in found if not m.capitals or line.raw.strip().isupper()]


class _AloneLines:
    """The markings that lines of a page consist of, each line looked at once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._known: dict[int, list[Marking]] = {}

    def at(self, number: int) -> list[Marking]:
        if number not in self._known:
            self._known[number] = _alone(self._page, self._page.line(number))
        return self._known[number]


def _judged_alone(page: Page, line: Line, alone: _AloneLines) -> Iterator[Finding]:
    markings = alone.at(line.number)
    if any(marking.verdict == "none" for marking in markings):
        return
    if page.label and not _may_hold_a_grade(page, line, markings):
        return
    if translated(line, markings) or mentioned_alone(page, line, markings, _run(page, line.number, alone)):
        return
    column = next((i for i, character in enumerate(line.raw) if not character.isspace()), 0)
    yield from (_found(page, line.number, column, marking, "alone") for marking in dict.fromkeys(markings))


def _may_hold_a_grade(page: Page, line: Line, markings: list[Marking]) -> bool:
    """Whether a field of this name may hold a marking: names of credentials and of writings do not."""
    name, words = fold(page.label.replace("_", " ")), page.lexicon.words
    if words.label.search(name):
        return True
    ordinary = all(m.language == "en" and not m.distinct for m in markings) and not line.raw.strip().isupper()
    return not ordinary and not words.mention.search(name)


def _run(page: Page, number: int, alone: _AloneLines) -> int:
    """How many different grades of one language stand alone in adjoining lines."""
    languages: dict[str, set[str]] = {}
    for step in (-1, 1):
        at: int | None = number
        for _ in range(8):
            if at is None or not alone.at(at):
                break
            for marking in alone.at(at):
                if marking.verdict != "none":
                    languages.setdefault(marking.language, set()).add(marking.marking)
            at = page.near(at, step)
    return max((len(names) for names in languages.values()), default=0)


def _stamped(page: Page, line: Line, only: frozenset[str] = frozenset()) -> Iterator[Finding]:
    for sight, rule in stamps(page, line):
        if only and rule not in only:
            continue
        words = page.lexicon.words
        if words.board_word.match(line.text, sight.start) and words.board.search(sight.around):
            continue
        verdict = sight.marking.with_controls if rule == "banner" else None
        yield _found(page, line.number, line.column(sight.start), sight.marking, rule, verdict)


def _among_words(page: Page, line: Line) -> Iterator[Finding]:
    yield from _stamped(page, line)
    cells = list(cells_alone(line, page.lexicon))
    if len({m.language for _, found in cells for m in found if m.verdict != "none"}) > 2:
        return  # a row of a glossary
    for start, found in cells:
        yield from (
            _found(page, line.number, line.column(start), m, "alone")
            for m in found
            if m.verdict != "none" and not m.capitals
        )


def _broken(page: Page, suspects: list[int]) -> Iterator[tuple[int, tuple[Marking, int]]]:
    last = -1
    for number in suspects:
        found = broken_over_lines(page, number) if number > last else None
        if found is not None and found[0].verdict != "none":
            last = found[1]
            yield number, found


def _abbreviated(page: Page, line: Line) -> Iterator[Finding]:
    marking = abbreviated(line.text, page.lexicon)
    if marking is None:
        return
    single = sum(map(str.isalpha, line.text)) == 1  # an initial or an item, unless a copy number follows
    if (copy_below if single else copy_beside)(page, line.number):
        yield _found(page, line.number, 0, marking, "copy-number")


def _fields(page: Page, line: Line) -> Iterator[Finding]:
    for at, marking in field_values(line, page.lexicon):
        if marking.verdict != "none":
            yield _found(page, line.number, line.column(at), marking, "field")


def _joined(page: Page, number: int) -> Iterator[Finding]:
    for line in page.joined(number):
        if _one_of_several(page, page.near(number, 1)):
            return
        yield from _fields(page, line)
        found = _alone(page, line)
        if found and all(m.verdict != "none" for m in found) and not mentioned_alone(page, line, found, 1):
            yield _found(page, number, 0, found[0], "broken")


def _one_of_several(page: Page, number: int | None) -> bool:
    """Whether a line below a label is the first item of a list, not the label's value."""
    if number is None:
        return False
    text, below = page.line(number).text, page.near(number, 1)
    if is_item(text) or text.rstrip().endswith((";", ",")):
        return True
    if below is None or len(page.folds[below]) > 2 * MAX_SHORT:
        return False
    first, second = _alone(page, page.line(number)), _alone(page, page.line(below))
    return bool(first and second) and first[0].language == second[0].language and first[0] is not second[0]


def _labelled(page: Page) -> Iterator[Finding]:
    """A value of structured data, read together with the name of its field."""
    label = page.label.replace("_", " ")
    for text in (f"{label}: {page.raws[0]}", f"{page.label}: {page.raws[0]}"):
        for _, marking in field_values(read_line(0, text), page.lexicon):
            if marking.verdict != "none":
                yield _found(page, 0, 0, marking, "field")


def _numbers(page: Page) -> Iterator[Finding]:
    for number in page.lines_of(page.lexicon.numbered):
        for at, marking in registered(page, page.line(number)):
            yield _found(page, number, page.line(number).column(at), marking, "registration")
    for number in page.lines_of(PORTION_SIGN):
        portion = portions(page, page.line(number))
        if portion is not None:
            place = f"{page.place}, line {number + 1}".lstrip(", ")
            yield Finding(_PORTION_NAMES[portion], "en", place, "portion", "state_secret", page.channel)
    block = classification_block(page)
    if block is not None:
        place = f"{page.place}, line {block + 1}".lstrip(", ")
        yield Finding("classification block", "en", place, "block", "state_secret", page.channel)


def _lifted(page: Page) -> bool:
    """Whether a short line, with few other words, says that secrecy was lifted."""
    words = page.lexicon.words
    for number in page.lines_of(words.declassified):
        folded = page.folds[number]
        rest = words.declassified.sub(" ", folded) if len(folded) <= 2 * MAX_SHORT else "?"
        others = [word for word in rest.split() if has_letter(word)]
        if len(others) <= 6 and "?" not in rest and not words.denial.search(rest):
            return True
    return False
