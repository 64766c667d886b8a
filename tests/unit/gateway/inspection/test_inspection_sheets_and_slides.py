"""Every channel of workbooks, presentations and OpenDocument files reaches the detector."""

import io

import openpyxl
import pptx as python_pptx
import pytest
from openpyxl.comments import Comment

from gateway.inspection.reasons import Reason
from tests.support.documents.packages import ODF, A, P, S, odf, pptx, xlsx
from tests.support.documents.reading import LETTER, MARK, read, reasons, where

CELL = f'<row><c t="inlineStr"><is><t>{LETTER}</t></is></c></row>'
SLIDE = f"<p:sp><p:txBody><a:p><a:r><a:t>{LETTER}</a:t></a:r></a:p></p:txBody></p:sp>"
SHAPE = "<p:sp><p:txBody><a:p><a:r><a:t>Совершенно </a:t></a:r><a:r><a:rPr b='1'/><a:t>секретно</a:t></a:r></a:p></p:txBody></p:sp>"
TEXT = f"<text:p>{LETTER}</text:p>"
MARKED = "<text:p>Совершенно<text:s/><text:span>секретно</text:span></text:p>"

SHEETS = {
    "inline string": (xlsx(f'{CELL}<row><c t="inlineStr"><is><t>{MARK}</t></is></c></row>'), "cell"),
    "shared string in pieces": (xlsx(CELL, xl__sharedStrings_xml=f"<sst {S}><si><r><t>Совершенно </t></r><r><rPr/><t>секретно</t></r></si></sst>"), "cell"),
    "formula's value": (xlsx(f'{CELL}<row><c t="str"><f>A1</f><v>{MARK}</v></c></row>'), "cell"),
    "comment": (xlsx(CELL, xl__comments1_xml=f"<comments {S}><commentList><comment><text><r><t>{MARK}</t></r></text></comment></commentList></comments>"), "comment"),
    "threaded comment": (xlsx(CELL, xl__threadedComments__threadedComment1_xml=f'<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"><threadedComment><text>{MARK}</text></threadedComment></ThreadedComments>'), "comment"),
    "printed header": (xlsx(CELL, xl__worksheets__sheet2_xml=f'<worksheet {S}><headerFooter><oddHeader>&amp;C&amp;"Arial,Bold"&amp;14{MARK}</oddHeader></headerFooter></worksheet>'), "header"),
    "printed footer": (xlsx(CELL, xl__worksheets__sheet2_xml=f"<worksheet {S}><headerFooter><evenFooter>&amp;R{MARK}</evenFooter></headerFooter></worksheet>"), "footer"),
    "sheet name": (xlsx(CELL, xl__workbook_xml=f'<workbook {S}><sheets><sheet name="{MARK}" state="veryHidden"/></sheets></workbook>'), "metadata"),
    "defined name": (xlsx(CELL, xl__workbook_xml=f'<workbook {S}><definedNames><definedName name="x">"{MARK}"</definedName></definedNames></workbook>'), "hidden"),
    "validation prompt": (xlsx(CELL, xl__worksheets__sheet2_xml=f'<worksheet {S}><dataValidations><dataValidation prompt="{MARK}"/></dataValidations></worksheet>'), "metadata"),
    "shape": (xlsx(CELL, xl__drawings__drawing1_xml=f'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" {A}><xdr:sp><xdr:txBody><a:p><a:r><a:t>{MARK}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>'), "text"),
    "pivot cache": (xlsx(CELL, xl__pivotCache__pivotCacheDefinition1_xml=f'<pivotCacheDefinition {S}><sharedItems><s v="{MARK}"/></sharedItems></pivotCacheDefinition>'), "metadata"),
    "printer settings": (xlsx(CELL, xl__printerSettings__printerSettings1_bin=b"\1\0\0\0" + f"{MARK}".encode("utf-16-le") + bytes(9)), "metadata"),
}  # fmt: skip
SLIDES = {
    "slide": (pptx(SLIDE + SHAPE), "text"),
    "speaker's note": (pptx(SLIDE, ppt__notesSlides__notesSlide1_xml=f"<p:notes {P} {A}>{SHAPE}</p:notes>"), "note"),
    "master": (pptx(SLIDE, ppt__slideMasters__slideMaster1_xml=f"<p:sldMaster {P} {A}>{SHAPE}</p:sldMaster>"), "header"),
    "layout": (pptx(SLIDE, ppt__slideLayouts__slideLayout1_xml=f"<p:sldLayout {P} {A}>{SHAPE}</p:sldLayout>"), "header"),
    "comment": (pptx(SLIDE, ppt__comments__comment1_xml=f"<p:cmLst {P}><p:cm><p:text>{MARK}</p:text></p:cm></p:cmLst>"), "comment"),
    "smart art": (pptx(SLIDE, ppt__diagrams__data1_xml=f'<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" {A}><a:p><a:r><a:t>{MARK}</a:t></a:r></a:p></dgm:dataModel>'), "text"),
    "alternative text": (pptx(f'{SLIDE}<p:cNvPr descr="{MARK}"/>'), "metadata"),
}  # fmt: skip
OPEN = {
    "paragraph": (odf(TEXT + MARKED), "text"),
    "frame": (odf(f"{TEXT}<draw:frame><draw:text-box>{MARKED}</draw:text-box></draw:frame>"), "textbox"),
    "annotation": (odf(f"{TEXT}<text:p><office:annotation>{MARKED}</office:annotation></text:p>"), "comment"),
    "footnote": (odf(f"{TEXT}<text:note><text:note-body>{MARKED}</text:note-body></text:note>"), "note"),
    "header": (odf(TEXT, styles_xml=f"<office:document-styles {ODF}><style:header>{MARKED}</style:header></office:document-styles>"), "header"),
    "footer": (odf(TEXT, styles_xml=f"<office:document-styles {ODF}><style:footer-left>{MARKED}</style:footer-left></office:document-styles>"), "footer"),
    "deletion": (odf(f"{TEXT}<text:tracked-changes><text:deletion>{MARKED}</text:deletion></text:tracked-changes>"), "hidden"),
    "hidden text": (odf(f'{TEXT}<text:p><text:hidden-text text:string-value="{MARK}"/></text:p>'), "metadata"),
    "property": (odf(TEXT, meta_xml=f"<office:document-meta {ODF}><dc:subject>{MARK}</dc:subject></office:document-meta>"), "property"),
    "own property": (odf(TEXT, meta_xml=f'<office:document-meta {ODF}><meta:user-defined meta:name="g">{MARK}</meta:user-defined></office:document-meta>'), "property"),
    "cell": (odf(f"<table:table><table:table-row><table:table-cell>{TEXT}</table:table-cell><table:table-cell>{MARKED}</table:table-cell></table:table-row></table:table>", "spreadsheet"), "cell"),
    "sheet name": (odf(f'<table:table table:name="{MARK}">{TEXT}</table:table>', "spreadsheet"), "metadata"),
    "embedded object": (odf(TEXT, Object_1__content_xml=f"<office:document-content {ODF}>{MARKED}</office:document-content>"), "text"),
    "title of a picture": (odf(f"{TEXT}<draw:frame><svg:title>{MARK}</svg:title></draw:frame>"), "text"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "channel"),
    [*SHEETS.values(), *SLIDES.values(), *OPEN.values()],
    ids=[*(f"xlsx {k}" for k in SHEETS), *(f"pptx {k}" for k in SLIDES), *(f"odf {k}" for k in OPEN)],
)
def test_a_marking_comes_out_of_every_channel(document: bytes, channel: str) -> None:
    found = read(document)
    assert not found.problems
    assert channel in {c for c, _ in where(found)}, found.segments


def test_an_encrypted_opendocument_file_is_uninspectable() -> None:
    manifest = '<manifest:manifest xmlns:manifest="m"><manifest:encryption-data/></manifest:manifest>'
    assert Reason.ENCRYPTED in reasons(read(odf(TEXT, **{"META-INF__manifest_xml": manifest})))


def test_a_workbook_of_numbers_is_not_empty() -> None:
    assert not read(xlsx("<row><c><v>12500</v></c><c><v>31800</v></c></row>")).problems


def test_a_workbook_of_a_real_library_is_read_without_problems() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["B1"] = "Гриф", MARK
    sheet["A2"] = LETTER
    sheet["A3"].comment = Comment("Экз. № 3", "отдел")
    sheet.oddHeader.center.text = "Экз. № 4"
    out = io.BytesIO()
    book.save(out)
    found = read(out.getvalue(), "list.xlsx")
    assert not found.problems
    assert {c for c, _ in where(found)} == {"cell"}
    assert {c for c, _ in where(found, "Экз. № 3")} == {"comment"}
    assert {c for c, _ in where(found, "Экз. № 4")} == {"header"}


def test_a_presentation_of_a_real_library_is_read() -> None:
    deck = python_pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    slide.shapes.title.text = LETTER
    slide.notes_slide.notes_text_frame.text = MARK
    out = io.BytesIO()
    deck.save(out)
    found = read(out.getvalue(), "deck.pptx")
    assert not found.problems
    assert {c for c, _ in where(found)} == {"note"}
