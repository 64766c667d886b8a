"""A grade as the value of a field: "Grade: secret", a ticked option, a key of structured data."""

import re
from collections.abc import Iterator

from gateway.inspection.alone import markings_alone
from gateway.inspection.folding import compact
from gateway.inspection.hits import Sight
from gateway.inspection.lexicon.document import Marking
from gateway.inspection.lines import MAX_SHORT, Line, has_letter
from gateway.inspection.patterns import Lexicon

_TO_VALUE = re.compile(
    r"\.?(?:[^:=|\t.!?;\n\"]|(?<=\W[^\W\d_])\.|(?<=\W[^\W\d_]{2})\.){0,48}?[\"']?\s{0,3}(?:[:=|\t>]|-{1,2}|\.{3,}|_{2,}|\s{2,})[\s:=|>._\-]{0,40}"
)
_CHOICES = re.compile(r"\s{0,2}\([^()\n]{1,80}\)(?=\s{0,3}[:=|-])")
_LONGEST_VALUE = 64
_VALUE_SIGN = re.compile(r"[:=|\t>_-]|\.{3}|\s\s")
_OPENINGS = " \t\"'([{_*>#"
_VALUE_END = re.compile(r"[\"')\]_*}\s.]{0,12}(?:$|[,;.|/(\[\-{}<>*:]|\d)")
_VALUE_STOP = re.compile(r"[,;|(\"<]|\s-\s|\s{2,}|\. ")
_ALTERNATIVE = re.compile(r"^[\"')\]_*\s]{0,6}[/|,;]")
_PLAIN_LABEL = re.compile(
    r"^\W{0,8}((?:[^\W_]+[ _.-]{1,2}){0,4}[^\W_]+)[\"']?\s{0,3}[:=]\s{0,8}[\"'(\[]{0,2}$"
)
_TICKED = r"[☑☒✓✔✗✘■◉⦿√🗹🗷]|[\[(] ?[xх×v✓✔*+•●] ?[\])]"
_EMPTY = r"[☐□▢⬜◻○◯〇]|\[[ _]{0,3}\]|\([ _]{0,3}\)"
_BOX = re.compile(f"(?P<ticked>{_TICKED})|(?P<empty>{_EMPTY})")


def field_values(line: Line, lexicon: Lexicon) -> Iterator[tuple[int, Marking]]:
    """Markings that stand as the value of a field named for grades: (column, marking)."""
    words = lexicon.words
    if (
        not _VALUE_SIGN.search(line.text)
        or words.choice.search(line.text)
        or words.declassified.search(line.text)
    ):
        return
    for label in words.label.finditer(line.text):
        choices = _CHOICES.match(line.text, label.end())
        named = choices.end() if choices else label.end()
        gap = _TO_VALUE.match(line.text, named)
        if gap is None:
            continue
        before = line.text[max(0, label.start() - 40) : label.end()] + gap[0]
        if _lifted(before, label[0], lexicon):
            continue
        start = gap.end()
        while start < len(line.text) and line.text[start] in _OPENINGS:
            start += 1
        found = _value(line, start, lexicon)
        if found is not None:
            yield start, found


def plain_label(sight: Sight) -> bool:
    """Whether the grade is the whole value of a field of some other name, unless that names a writing."""
    label = _PLAIN_LABEL.match(sight.before)
    return (
        label is not None
        and sight.strong
        and not sight.lexicon.words.mention.search(label[1])
        and not has_letter(sight.after)
    )


def ticked(line: Line, lexicon: Lexicon) -> list[tuple[int, Marking]] | None:
    """Markings among the ticked options of a line; None if the line has no boxes beside grades."""
    boxes = list(_BOX.finditer(line.text))
    head = line.text[: boxes[0].start()] if boxes else ""
    if not boxes or not (lexicon.grade.search(line.text) or lexicon.words.label.search(head)):
        return None
    trailing = has_letter(head) and not head.rstrip().endswith((":", "-", "|")) and lexicon.grade.search(head)
    found: list[tuple[int, Marking]] = []
    for index, box in enumerate(boxes):
        if box.lastgroup != "ticked":
            continue
        if trailing:
            start, end = (boxes[index - 1].end() if index else 0), box.start()
        else:
            start, end = box.end(), (boxes[index + 1].start() if index + 1 < len(boxes) else len(line.text))
        found.extend((start, marking) for marking in _option(line.text[start:end], line, lexicon))
    return found


def _option(text: str, line: Line, lexicon: Lexicon) -> list[Marking]:
    alone = markings_alone(text, line, lexicon)
    if alone:
        return alone
    match = lexicon.grade.search(text)
    named = lexicon.named(match[0]) if match else lexicon.short.get(compact(text[:MAX_SHORT]))
    return [named] if named is not None else []


def _lifted(before: str, label: str, lexicon: Lexicon) -> bool:
    rest = re.split("[,;]", lexicon.words.beside.sub(" ", before.replace(label, " ", 1)))[-1]
    return lexicon.words.denial.search(rest) is not None or lexicon.words.mention.search(rest) is not None


def _value(line: Line, start: int, lexicon: Lexicon) -> Marking | None:
    text = line.text
    grade = lexicon.grade.match(text, start)
    if grade is not None:
        marking = lexicon.named(grade[0])
        return marking if _stands(text, grade.end(), marking, lexicon) else None
    stop = _VALUE_STOP.search(text, start, start + 2 * _LONGEST_VALUE)
    value = text[start : stop.start() if stop else start + 2 * _LONGEST_VALUE].strip(" .*_'\"])}")
    if not value or len(value) > _LONGEST_VALUE:
        return None
    short = lexicon.short.get(compact(value)) if len(value) <= 8 else None
    if short is not None:
        return short if not _offers_another(text, start + len(value), short, lexicon) else None
    alone = markings_alone(value, line, lexicon)
    return alone[0] if alone else None


def _stands(text: str, end: int, marking: Marking, lexicon: Lexicon) -> bool:
    """Whether the value ends with the grade and no other grade is offered beside it."""
    if _offers_another(text, end, marking, lexicon):
        return False
    rest = text[end : end + 60]
    if _VALUE_END.match(rest):
        return True
    stripped = rest.lstrip()
    words = lexicon.words
    return bool(words.copy.match(stripped) or words.beside.match(stripped) or lexicon.grade.match(stripped))


def _offers_another(text: str, end: int, marking: Marking, lexicon: Lexicon) -> bool:
    rest = text[end : end + 2 * _LONGEST_VALUE]
    if not (_ALTERNATIVE.match(rest) or lexicon.words.either.match(rest.lstrip(_OPENINGS + ")]}"))):
        return False
    for match in lexicon.grade.finditer(rest):
        other = lexicon.named(match[0])
        if other.verdict != marking.verdict or (other.language == marking.language and other is not marking):
            return True
    return False
