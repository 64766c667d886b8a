"""Signs that are not words: registration suffixes, portion marks, short banners, the classification block."""

import re
from collections.abc import Iterator

from gateway.inspection.folding import compact
from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import Line
from gateway.inspection.page import Page

_HEAD = r"^\W{0,6}(?:[A-Za-z0-9]{1,2}[.)]\s{1,3}|[A-Z][A-Za-z ]{2,20}:\s{0,3})?"
_PORTION = re.compile(_HEAD + r"\((TS|S)(?://[A-Z0-9 ,/\-]{1,40})?\)\s{1,3}\S+\s+\S+\s+\S+")
_PORTION_CONTROLLED = re.compile(_HEAD + r"\((TS|S|C)//[A-Z0-9 ,/\-]{1,40}\)")
_OTHER_LETTERS = re.compile(r"\((?:R|T|P|Q|M|L|XL|A|B|D)\)\s")
_SHORT_BANNER = re.compile(r"(?:^|[\s(\[\"])(TS|S|C)//(?:[A-Z]{2,})")
PORTION_SIGN = re.compile(r"//|\((?:ts|s)\)")
_DATE = re.compile(r"[\s,]{0,8}(?:[^\W\d_]{2,5}\s)?\d{1,4}[./-]\d{1,2}[./-]\d{2,4}[\s.]{0,4}")
_BLOCK_LINES = 2


def registered(page: Page, line: Line) -> Iterator[tuple[int, Marking]]:
    """Registration numbers that end in a grade's letters: (column, marking)."""
    lexicon = page.lexicon
    for match in lexicon.registration.finditer(line.text):
        marking = lexicon.suffix[compact(match["suffix"])]
        itself = _by_itself(page, line, match)
        if not (match["register"] or match["sign"] or itself):
            continue
        before = line.text[max(0, match.start() - 24) : match.start()]
        if lexicon.words.number_of.search(before.rsplit(",", 1)[-1]):
            continue
        if itself or marking.verdict == "restricted" or _counts(page, line, match):
            yield match.start("number"), marking


def _by_itself(page: Page, line: Line, match: re.Match[str]) -> bool:
    """Whether the line is a letter's number and at most its date; one letter needs a copy number near."""
    rest = line.text[: match.start()] + line.text[match.end() :]
    if "/" not in match["number"] or (rest.strip() and not _DATE.fullmatch(rest)):
        return False
    return " " not in match["gap"] and (len(match["suffix"]) > 1 or page.copied)


def _counts(page: Page, line: Line, match: re.Match[str]) -> bool:
    """A single letter says little by itself: it must adjoin, and the number be a letter's number."""
    if " " in match["gap"]:
        return False
    written = line.written(match.start("suffix"), match.end("suffix"))
    if not any("\u0400" <= letter <= "\u052f" for letter in written) and not match["register"]:
        return False
    parted = "/" in match["number"] or "-" in match["number"]
    if match["register"] or page.copied:
        return True
    return parted and written.islower() and "#" in (match["sign"] or "")


def portions(page: Page, line: Line) -> str | None:
    """The portion mark at the head of a paragraph, or a short banner (US 32 CFR 2001.22)."""
    found = _PORTION_CONTROLLED.match(line.raw) or _SHORT_BANNER.search(line.raw)
    if found is None and not _OTHER_LETTERS.search(page.text):
        found = _PORTION.match(line.raw)
    return found[1] if found else None


def classification_block(page: Page) -> int | None:
    """The first line of a classification block, if the text has one."""
    block = page.lexicon.words.block
    found: dict[str, int] = {}
    for number in page.filled:
        folded = page.folds[number][:60].lstrip(" \t*>")
        match = block.match(folded) if ":" in folded else None
        if match:
            found.setdefault(compact(match[0]), number)
    return min(found.values()) if len(found) >= _BLOCK_LINES else None
