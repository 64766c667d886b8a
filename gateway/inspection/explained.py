"""Tables and lists that explain the grades: each begins a line, and something is said of it."""

import re

from gateway.inspection.hits import sights
from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import Line, has_letter
from gateway.inspection.page import Page
from gateway.inspection.patterns import Lexicon

_ITEM_SIGN = re.compile(r"^\s{0,8}\(?(?:[^\W\d_]|[ivx]{1,4})[.)]\s")
_LEAST_GRADES, _MOST_APART, _LONGEST = 3, 3, 400


def explained(page: Page) -> frozenset[int]:
    """Lines that begin with a grade and go on, near each other, with three different grades of a language.

    Nothing is marked with three grades at once; who lists them all speaks about them.
    """
    found: set[int] = set()
    group: list[tuple[int, Marking]] = []
    for number in sorted(page.graded):
        marking = _begins_with(page, number)
        if marking is None:
            continue
        if group and (number - group[-1][0] > _MOST_APART or group[-1][1].language != marking.language):
            found.update(_lines_if_several(group))
            group = []
        group.append((number, marking))
    found.update(_lines_if_several(group))
    return frozenset(found)


def lists_grades(line: Line, lexicon: Lexicon) -> bool:
    """Whether one line names three grades of a language and lists no documents with their grades."""
    words = lexicon.words
    if len(line.text) > _LONGEST or not line.graded:
        return False
    names: dict[str, set[str]] = {}
    for sight in sights(line, lexicon):
        names.setdefault(sight.marking.language, set()).add(sight.marking.marking)
    if max((len(found) for found in names.values()), default=0) < _LEAST_GRADES:
        return False
    return not any(kind.search(line.text) for kind in (words.enclosure, words.sheets, words.copy))


def _begins_with(page: Page, number: int) -> Marking | None:
    if len(page.folds[number]) > _LONGEST:
        return None
    seen = sights(page.line(number), page.lexicon)
    if not seen or has_letter(_ITEM_SIGN.sub("", seen[0].before)) or not has_letter(seen[0].after):
        return None
    return seen[0].marking


def _lines_if_several(group: list[tuple[int, Marking]]) -> list[int]:
    if len({marking.marking for _, marking in group}) < _LEAST_GRADES:
        return []
    return [number for number, _ in group]
