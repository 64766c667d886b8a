"""Tables: what stands side by side stays on one line, so that fields keep their values and lists stay lists."""

import pytest

from tests.support.documents.packages import S, docx, odf, paragraph, pptx, xlsx
from tests.support.documents.reading import LETTER, MARK, read

ROW = f"Гриф\t{MARK}"
BODY = paragraph(LETTER)


def _lines(document: bytes) -> list[str]:
    return [line for segment in read(document).segments for line in segment.text.splitlines()]


def _word_row(*cells: str) -> str:
    return "<w:tbl><w:tr>" + "".join(f"<w:tc>{cell}</w:tc>" for cell in cells) + "</w:tr></w:tbl>"


STRINGS = f"<sst {S}><si><t>Гриф</t></si><si><t>{MARK}</t></si><si><t>Особой важности</t></si></sst>"
TABLES = {
    "docx": docx(BODY + _word_row(paragraph("Гриф"), paragraph(MARK))),
    "pptx": pptx(
        f"<a:tbl><a:tr><a:tc><a:p><a:r><a:t>Гриф</a:t></a:r></a:p></a:tc>"
        f"<a:tc><a:p><a:r><a:t>{MARK}</a:t></a:r></a:p></a:tc></a:tr></a:tbl>"
    ),
    "odt": odf(
        "<table:table><table:table-row><table:table-cell><text:p>Гриф</text:p></table:table-cell>"
        f"<table:table-cell><text:p>{MARK}</text:p></table:table-cell></table:table-row></table:table>"
    ),
    "xlsx inline": xlsx(
        f'<row><c t="inlineStr"><is><t>Гриф</t></is></c><c t="inlineStr"><is><t>{MARK}</t></is></c></row>'
    ),
    "xlsx shared": xlsx(
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>', xl__sharedStrings_xml=STRINGS
    ),
    "html": f"<html><table><tr><td>Гриф</td><td>{MARK}</td></tr></table></html>".encode(),
    "html without ends": f"<html><table><tr><td>Гриф<td>{MARK}<tr><td>x</table></html>".encode(),
    "rtf": "{\\rtf1\\ansi\\ansicpg1251 Гриф\\cell ".encode("windows-1251")
    + f"{MARK}\\cell\\row}}".encode("windows-1251"),
}


@pytest.mark.parametrize("document", TABLES.values(), ids=TABLES)
def test_a_row_is_a_line(document: bytes) -> None:
    lines = _lines(document)
    assert ROW in lines
    assert MARK not in lines


def test_a_cell_of_several_lines_is_a_block_of_lines() -> None:
    """Letterheads are tables: the grade and the copy number stand below each other in one cell."""
    lines = _lines(docx(BODY + _word_row(paragraph("Министерство"), paragraph(MARK) + paragraph("Экз. № 1"))))
    assert lines[lines.index(MARK) + 1] == "Экз. № 1"


def test_a_table_inside_a_cell_is_read() -> None:
    inner = _word_row(paragraph("Гриф"), paragraph(MARK))
    assert ROW in _lines(docx(BODY + _word_row(paragraph("x"), inner + paragraph("y"))))


def test_a_string_that_no_cell_shows_is_read() -> None:
    document = xlsx('<row><c t="s"><v>0</v></c></row>', xl__sharedStrings_xml=STRINGS)
    assert {MARK, "Особой важности"} <= set(_lines(document))


@pytest.mark.parametrize("number", ["99", "-1", "x", "1.5", ""])
def test_a_number_that_names_no_string_does_no_harm(number: str) -> None:
    document = xlsx(f'<row><c t="s"><v>{number}</v></c></row>', xl__sharedStrings_xml=STRINGS)
    assert MARK in _lines(document)


def test_a_text_box_in_a_cell_is_not_part_of_the_row() -> None:
    box = f"<w:p><w:r><w:txbxContent>{paragraph(MARK)}</w:txbxContent></w:r></w:p>"
    assert MARK in _lines(docx(BODY + _word_row(paragraph("Гриф"), box + paragraph("x"))))
