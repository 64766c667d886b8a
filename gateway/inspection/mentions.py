"""When a grade that stands alone is a mention after all: lists, wrapped sentences, quotations, questions."""

import re

from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import Line, has_letter
from gateway.inspection.page import Page

_ITEM = re.compile(r"^\s*(?:\(?\d{1,2}[.)]|\(?[^\W\d_][.)]|[-·*>+])\s+")
_QUOTED = re.compile(r"^[\s>*#·-]*[\"'].*[\"'][\s.,;]*$")
_TERMINATED = re.compile(r"[.!?:;)\"»…。！？：]\s*$")
_TABLE_SIGN = re.compile(r"[,;=]|\|.*\||->")
_WRAP = 38
_IDEOGRAPH_WRAP = 20
_LONGEST_COPY = 60


def mentioned_alone(page: Page, line: Line, markings: list[Marking], run: int) -> bool:
    """Whether a line that is nothing but a grade only mentions it.

    Args:
        page: the text it stands in.
        line: the line.
        markings: the grades the line consists of.
        run: how many different grades of one language stand alone in this line and its neighbours.

    """
    text = line.text.rstrip()
    if text.endswith("?") or (text.endswith(";") and not copy_below(page, line.number)):
        return True
    return (
        _continues(page, line)
        or _listed(page, line, run)
        or _introduced(page, line)
        or _quoted(page, line)
        or _technical(page, line, markings)
        or _board(page, line, markings)
    )


def is_item(text: str) -> bool:
    """Whether a folded line begins like an item of a list."""
    return _ITEM.match(text) is not None


def translated(line: Line, markings: list[Marking]) -> bool:
    """Whether a line of grades only is an entry of a dictionary: three languages, or two as a table's cells.

    Two languages side by side are how offices with two official languages mark.
    """
    languages = len({marking.language for marking in markings})
    return languages >= 3 or (languages == 2 and _TABLE_SIGN.search(line.text) is not None)


def _above(page: Page, line: Line) -> str:
    number = page.near(line.number, -1)
    return page.line(number).text.rstrip() if number is not None and line.number - number <= 2 else ""


def _continues(page: Page, line: Line) -> bool:
    """Whether the line is the end of a sentence that began above."""
    if line.number == 0:
        return False
    above, raw = page.raws[line.number - 1].rstrip(), line.raw.strip()
    if not above or _TERMINATED.search(above) or not raw:
        return False
    first = raw[0]
    if first.islower():
        return len(above.strip()) >= _WRAP or raw.endswith(".")
    if first.isupper():
        return False
    wrap = _IDEOGRAPH_WRAP if "\u3400" <= first <= "\u9fff" else _WRAP
    return len(above.strip()) >= wrap and raw.endswith((".", "。"))


def _listed(page: Page, line: Line, run: int) -> bool:
    item = _ITEM.match(line.text) is not None
    if run >= 3:
        return True
    above = _above(page, line)
    return run == 2 and (item or above.endswith((":", ",", ";")) or line.text.rstrip().endswith(","))


def _introduced(page: Page, line: Line) -> bool:
    """Whether the line above announces a writing: "a stamp on the cover:"."""
    above = _above(page, line)
    if not above.endswith(":"):
        return False
    words = page.lexicon.words
    if words.mention.search(above):
        return True
    return not words.label.search(above) and (_ITEM.match(line.text) is not None)


def _quoted(page: Page, line: Line) -> bool:
    if not _QUOTED.match(line.text):
        return False
    if _above(page, line).endswith(":"):
        return True
    following = page.near(line.number, 1)
    goes_on = following is not None and page.raws[following].lstrip()[:1].islower()
    return not copy_beside(page, line.number) and (goes_on or page.near(line.number, -1) is not None)


def _technical(page: Page, line: Line, markings: list[Marking]) -> bool:
    """An ordinary word of the language among names of credentials."""
    if any(marking.distinct for marking in markings) or line.raw.strip().isupper():
        return False
    neighbours = (page.near(line.number, step) for step in (-1, 1))
    return all(m.language == "en" for m in markings) and any(
        number is not None and page.lexicon.words.mention.search(page.folds[number]) for number in neighbours
    )


def _board(page: Page, line: Line, markings: list[Marking]) -> bool:
    """Chipboard among other building material."""
    if not page.lexicon.words.board_word.search(line.text) or any(
        marking.verdict == "state_secret" for marking in markings
    ):
        return False
    near = (line.number, page.near(line.number, -1), page.near(line.number, 1))
    return any(number is not None and page.lexicon.words.board.search(page.folds[number]) for number in near)


def copy_beside(page: Page, number: int) -> bool:
    """Whether a copy number stands in the line or in a neighbouring one."""
    copy = page.lexicon.words.copy
    for step in (0, 1, -1):
        other = page.near(number, step)
        if other is not None and abs(other - number) <= 2 and copy.search(page.folds[other][:200]):
            return True
    return False


def copy_below(page: Page, number: int) -> bool:
    """Whether the next line is a copy number and nothing else."""
    below = page.near(number, 1)
    if below is None or below - number > 2 or len(page.folds[below]) > _LONGEST_COPY:
        return False
    rest, found = page.lexicon.words.copy.subn(" ", page.folds[below])
    return found > 0 and not has_letter(rest)
