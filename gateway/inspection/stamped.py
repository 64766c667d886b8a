"""A grade among other words of its line that still stands there as a marking.

At the line's edge and set off by signs, in brackets, beside a copy number, before dissemination controls, in
the title of a mail, in a list of enclosures, or in a sentence of the document about itself.
"""

import re
from collections.abc import Iterator

from gateway.inspection.fields import plain_label
from gateway.inspection.hits import Sight, sights
from gateway.inspection.lines import Line, has_letter
from gateway.inspection.mentions import copy_below, copy_beside
from gateway.inspection.page import Page
from gateway.inspection.verdict import Channel

LOOSE: frozenset[Channel] = frozenset(
    {"header", "footer", "textbox", "property", "metadata", "annotation", "form_field", "label", "filename"}
)
_SET_OFF_AFTER = re.compile(r"^\s{0,3}(?:[.!|/\])(\[*;,:]|-|_{2}|$)")
_STRICT_AFTER = re.compile(r"^\s{0,3}(?:[.!|\])\[*;]|--?\s|_{2}|$)")
_SET_OFF_BEFORE = re.compile(r"(?:[.!|/\[(*;:,)\]>]|\s-|^-|_{2}|\s{2}|\t)[\s\"']{0,3}$")
_BRACKETED = re.compile(r"[\[({<]\s{0,2}$")
_CONTROL = re.compile(r"^\s{0,2}//\s{0,2}[a-z]")
_PERIOD = re.compile(r"^\s{0,2}\*")
_PUNCTUATION = " \t.,;:|/()[]*-\"'_"
_SENTENCE = re.compile(r"[.!?。;]\s")
_LISTED = re.compile(r"[,;:(\[-]\s{0,2}$")
_EXTENSION = re.compile(
    r"\.(?:docx?|xlsx?|pptx?|pdf|rtf|odt|ods|txt|csv|zip|7z|rar|jpe?g|png|tiff?|eml|msg)\b"
)
_NAME_BEGINS = re.compile(r"[\s\"'=]")
_ENDS_SENTENCE = re.compile(r"\s{0,2}(?:\.|\||/{1,2})\s")
_STATED = re.compile(r"\s{0,2}(?:[\"'.!,;)]|$|-)")
_DASH = re.compile(r"^[\"'\s]{0,3}(?:-{1,2}|:|=|is|это)\s")
_DEFINED_WITHIN = 36
_NEAR_ITSELF, _NEXT_WORD = 48, 60
_LOOSE_CHARACTERS = 160


def stamps(page: Page, line: Line) -> Iterator[tuple[Sight, str]]:
    """Grades of the line that stand there as markings, with the rule that says so."""
    for sight in sights(line, page.lexicon):
        if sight.marking.verdict == "none":
            continue
        page.effort.spend()
        rule = _rule(page, sight)
        if rule is not None:
            yield sight, rule


def _rule(page: Page, sight: Sight) -> str | None:
    if _CONTROL.match(sight.after) and (sight.capitals or not has_letter(sight.before)) and not sight.quoted:
        return "banner"
    if sight.denied:
        return None
    if _about_itself(sight):
        return "itself"
    if sight.mentioned:
        return None
    if sight.quoted:  # a mail part gives its file's name in quotation marks
        return "filename" if _in_file_name(page, sight) else None
    for name, holds in _RULES:
        if holds(page, sight):
            return name
    return None


def _beside_copy(_page: Page, sight: Sight) -> bool:
    copy = sight.lexicon.words.copy
    if copy.match(sight.after.lstrip(_PUNCTUATION)[:40]):
        return True
    before = sight.before.rstrip(_PUNCTUATION)[-40:]
    if any(match.end() == len(before) for match in copy.finditer(before)):
        return True
    set_off = _SET_OFF_AFTER.match(sight.after) and _SET_OFF_BEFORE.search(sight.before)
    return bool(set_off and copy.search(sight.around))


def _at_start(_page: Page, sight: Sight) -> bool:
    untitled = _untitled(sight)
    if has_letter(untitled) or _defined(sight):
        return False
    titled = untitled != sight.before
    if titled and _ENDS_SENTENCE.match(sight.after):
        return True
    if sight.capitals or (sight.marking.distinct and titled):
        beside = sight.lexicon.words.beside.match(sight.after.lstrip())
        return bool(beside or _SET_OFF_AFTER.match(sight.after)) or _capital_follows(sight)
    return sight.marking.distinct and _STRICT_AFTER.match(sight.after) is not None


def _at_end(_page: Page, sight: Sight) -> bool:
    if has_letter(sight.after) or not _SET_OFF_BEFORE.search(sight.before):
        return False
    if sight.capitals:
        return not sight.before.rstrip().endswith(",")
    return (
        sight.marking.distinct
        and len(sight.line.text) <= 120
        and not sight.before.rstrip().endswith((",", ":"))
    )


def _in_brackets(_page: Page, sight: Sight) -> bool:
    if not _BRACKETED.search(sight.before) or not re.match(r"\s{0,2}[\])}>]", sight.after):
        return False
    square = sight.before.rstrip().endswith("[")
    at_edge = not has_letter(sight.after) or not has_letter(_untitled(sight))
    if square and at_edge:
        return True
    return sight.strong and (square or at_edge or sight.capitals)


def _above_copy(page: Page, sight: Sight) -> bool:
    if len(sight.line.text.strip()) > 80 or not sight.strong:
        return False
    if has_letter(sight.after):
        return not has_letter(sight.before) and copy_below(page, sight.line.number)
    return copy_beside(page, sight.line.number)


def _with_period(_page: Page, sight: Sight) -> bool:
    return sight.marking.language == "zh" and _PERIOD.match(sight.after) is not None


def _enclosed(_page: Page, sight: Sight) -> bool:
    if not (_SET_OFF_AFTER.match(sight.after) and _LISTED.search(sight.before)):
        return False
    words = sight.lexicon.words
    named = words.enclosure.match(sight.before.lstrip(" \t-·*0123456789.)"))
    return named is not None or words.sheets.search(sight.around) is not None


def _other_field(_page: Page, sight: Sight) -> bool:
    return plain_label(sight)


def _in_loose_part(page: Page, sight: Sight) -> bool:
    if page.channel not in LOOSE or len(sight.line.text) > _LOOSE_CHARACTERS:
        return False
    return sight.strong or (not has_letter(sight.after) and bool(_SET_OFF_BEFORE.search(sight.before)))


def _in_file_name(_page: Page, sight: Sight) -> bool:
    """In the name of a file that the text gives: words joined by underscores, an extension after them."""
    first = _NAME_BEGINS.split(sight.before)[-1]
    last = sight.after.split(" ", 1)[0]
    return sight.strong and _EXTENSION.search(last) is not None and not has_letter(first.rstrip("_-"))


def _about_itself(sight: Sight) -> bool:
    """ "This document is secret": the sentence names itself, then the grade, and ends or stops there."""
    words = sight.lexicon.words
    before = sight.before[-120:]
    if words.asking.search(before) or words.asking.search(sight.after[:_NEXT_WORD]):
        return False
    for match in words.itself.finditer(before):
        between = before[match.end() :]
        if len(between) > _NEAR_ITSELF or _SENTENCE.search(between):
            continue
        if words.denial.search(before, match.start()):
            continue  # the phrase's own ending may hold the denial: Chinese does not separate words
        if sight.capitals or _STATED.match(sight.after) or words.copula.match(sight.after.lstrip(" \"')")):
            return True
    return False


def _untitled(sight: Sight) -> str:
    """What stands before the grade, without the name of a title's header."""
    before = sight.before
    for _ in range(4):
        stripped = before.lstrip(" \t>#*-[(\"'")
        match = sight.lexicon.words.title.match(stripped)
        if match is None or not stripped[match.end() :].lstrip().startswith((":", "=")):
            return before
        before = stripped[match.end() :].lstrip()[1:]
    return before


def _defined(sight: Sight) -> bool:
    """Whether what follows says what the grade is: "secret - a grade that is given to ..."."""
    dash = _DASH.match(sight.after)
    if dash is None:
        return False
    label = sight.lexicon.words.label.search(sight.after, dash.end(), dash.end() + _DEFINED_WITHIN)
    return label is not None and not sight.after[label.end() :].lstrip().startswith((":", "="))


def _capital_follows(sight: Sight) -> bool:
    """In running text without line breaks a capital or a number sign begins the next thing."""
    raw, after = sight.line.raw, sight.line.origins[sight.end - 1] + 1
    rest = raw[after : after + _NEXT_WORD].lstrip()
    if not rest or raw[: 4 * _NEXT_WORD].isupper():
        return False
    first = rest.split(maxsplit=1)[0]
    return (
        first[0] == "№"
        or first[0].isdigit()
        or (first[0].isupper() and not (len(first) > 1 and first.isupper()))
    )


_RULES = (
    ("copy-number", _beside_copy),
    ("stamp", _at_start),
    ("bracketed", _in_brackets),
    ("stamp", _at_end),
    ("copy-number", _above_copy),
    ("stamp", _with_period),
    ("enclosure", _enclosed),
    ("field", _other_field),
    ("part", _in_loose_part),
    ("filename", _in_file_name),
)
