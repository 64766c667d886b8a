"""Values under a heading: comma-separated and other tables whose first row names the columns."""

import csv
from collections.abc import Iterator

from gateway.inspection.lines import has_letter
from gateway.inspection.page import Page

_DELIMITERS = (";", ",", "\t", "|")
_MAX_CHARACTERS = 4000


def graded_cells(page: Page) -> Iterator[tuple[int, str]]:
    """Cells of the columns whose heading is the name of a grade's field: (line, "heading: value")."""
    for first, second in zip(page.filled, page.filled[1:], strict=False):
        for delimiter in _DELIMITERS:
            if delimiter in page.raws[first] and delimiter in page.raws[second]:
                columns = _graded(page, _cells(page.raws[first], delimiter))
                if columns:
                    yield from _below(page, first, delimiter, columns)


def _graded(page: Page, headings: list[str]) -> dict[int, str]:
    from gateway.inspection.folding import fold

    label = page.lexicon.words.label
    return {
        index: heading.strip()
        for index, heading in enumerate(headings)
        if len(headings) > 1
        and len(heading) <= 48
        and label.search(fold(heading))
        and not has_letter(label.sub(" ", fold(heading)))
    }


def _below(page: Page, first: int, delimiter: str, columns: dict[int, str]) -> Iterator[tuple[int, str]]:
    wanted = len(_cells(page.raws[first], delimiter))
    number = page.near(first, 1)
    while number is not None:
        cells = _cells(page.raws[number], delimiter)
        if len(cells) != wanted:
            return
        for index, heading in columns.items():
            if cells[index].strip():
                yield number, f"{heading}: {cells[index].strip()}"
        number = page.near(number, 1)


def _cells(raw: str, delimiter: str) -> list[str]:
    return next(csv.reader([raw[:_MAX_CHARACTERS]], delimiter=delimiter), [])
