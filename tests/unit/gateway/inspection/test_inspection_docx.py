"""Every channel of a Word document reaches the detector."""

import io

import docx as python_docx
import pytest

from gateway.inspection.reasons import Reason
from tests.support.documents.packages import A, W, docx, paragraph
from tests.support.documents.reading import LETTER, MARK, anywhere, read, reasons, where

BODY = paragraph(LETTER)
V = 'xmlns:v="urn:schemas-microsoft-com:vml"'
WPS = 'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
CP = 'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
VT = 'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'
CUSTOM = 'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"'
TEXTBOX = f"<w:p><w:r><w:pict {V}><v:shape><v:textbox><w:txbxContent>{paragraph(MARK)}</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"

CHANNELS = {
    "paragraph": (docx(BODY + paragraph(MARK)), "text", "word/document.xml"),
    "table cell": (docx(f"{BODY}<w:tbl><w:tr><w:tc>{paragraph('Гриф')}</w:tc><w:tc>{paragraph(MARK)}</w:tc></w:tr></w:tbl>"), "text", "word/document.xml"),
    "header": (docx(BODY, word__header2_xml=f"<w:hdr {W}>{paragraph(MARK)}</w:hdr>"), "header", "word/header2.xml"),
    "footer": (docx(BODY, word__footer1_xml=f"<w:ftr {W}>{paragraph(MARK)}</w:ftr>"), "footer", "word/footer1.xml"),
    "text box": (docx(BODY + TEXTBOX), "textbox", "word/document.xml"),
    "comment": (docx(BODY, word__comments_xml=f"<w:comments {W}><w:comment>{paragraph(MARK)}</w:comment></w:comments>"), "comment", "word/comments.xml"),
    "footnote": (docx(BODY, word__footnotes_xml=f"<w:footnotes {W}><w:footnote>{paragraph(MARK)}</w:footnote></w:footnotes>"), "note", "word/footnotes.xml"),
    "endnote": (docx(BODY, word__endnotes_xml=f"<w:endnotes {W}><w:endnote>{paragraph(MARK)}</w:endnote></w:endnotes>"), "note", "word/endnotes.xml"),
    "hidden run": (docx(BODY + paragraph(MARK, "<w:vanish/>")), "hidden", "word/document.xml"),
    "deleted run": (docx(f"{BODY}<w:p><w:del><w:r><w:delText>{MARK}</w:delText></w:r></w:del></w:p>"), "hidden", "word/document.xml"),
    "field code": (docx(f"{BODY}<w:p><w:r><w:instrText>{MARK}</w:instrText></w:r></w:p>"), "text", "word/document.xml"),
    "watermark": (docx(BODY, word__header1_xml=f'<w:hdr {W} {V}><w:p><w:r><w:pict><v:shape><v:textpath string="{MARK}"/></v:shape></w:pict></w:r></w:p></w:hdr>'), "header", "word/header1.xml (attributes)"),
    "alternative text": (docx(f'{BODY}<w:p><w:r><w:drawing><a:docPr {A} id="1" name="x" descr="{MARK}"/></w:drawing></w:r></w:p>'), "metadata", "word/document.xml (attributes)"),
    "core property": (docx(BODY, docProps__core_xml=f"<cp:coreProperties {CP} {DC}><dc:subject>{MARK}</dc:subject></cp:coreProperties>"), "property", "docProps/core.xml"),
    "custom property": (docx(BODY, docProps__custom_xml=f'<Properties {CUSTOM} {VT}><property name="Гриф"><vt:lpwstr>{MARK}</vt:lpwstr></property></Properties>'), "property", "docProps/custom.xml"),
    "custom property's name": (docx(BODY, docProps__custom_xml=f'<Properties {CUSTOM} {VT}><property name="{MARK}"><vt:lpwstr>x</vt:lpwstr></property></Properties>'), "property", "docProps/custom.xml (attributes)"),
    "custom XML": (docx(BODY, customXml__item1_xml=f"<form><grade>{MARK}</grade></form>"), "metadata", "customXml/item1.xml"),
    "glossary": (docx(BODY, word__glossary__document_xml=f"<w:glossaryDocument {W}>{paragraph(MARK)}</w:glossaryDocument>"), "text", "word/glossary/document.xml"),
    "chart": (docx(BODY, word__charts__chart1_xml=f'<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" {A}><a:p><a:r><a:t>{MARK}</a:t></a:r></a:p></c:chart>'), "text", "word/charts/chart1.xml"),
    "hyperlink target": (docx(BODY, word___rels__document_xml_rels=f'<Relationships xmlns="r"><Relationship Id="rId1" Target="{MARK}"/></Relationships>'), "metadata", None),
    "XML comment": (docx(BODY, word__numbering_xml=f"<w:numbering {W}><!--{MARK}--></w:numbering>"), "comment", "word/numbering.xml (XML comments)"),
    "CDATA": (docx(f"{BODY}<w:p><w:r><w:t><![CDATA[{MARK}]]></w:t></w:r></w:p>"), "text", "word/document.xml"),
    "a part of no declared kind": (docx(BODY, word__vendor_xml=f"<x>{MARK}</x>"), "text", "word/vendor.xml"),
    "variable": (docx(BODY, word__settings_xml=f'<w:settings {W}><w:docVars><w:docVar w:name="g" w:val="{MARK}"/></w:docVars></w:settings>'), "metadata", "word/settings.xml (attributes)"),
    "drop-down item": (docx(f'{BODY}<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="{MARK}"/></w:dropDownList></w:sdtPr></w:sdt>'), "metadata", "word/document.xml (attributes)"),
}  # fmt: skip


@pytest.mark.parametrize(("document", "channel", "place"), CHANNELS.values(), ids=CHANNELS)
def test_a_marking_comes_out_of_every_channel(document: bytes, channel: str, place: str | None) -> None:
    found = read(document, "letter.docx")
    assert not found.problems
    assert any(c == channel and (place is None or p == place) for c, p in where(found)), found.segments


def test_a_marking_split_over_runs_is_one_line() -> None:
    runs = "".join(
        f"<w:r><w:rPr><w:b/><w:lang w:val='ru'/></w:rPr><w:t>{piece}</w:t></w:r>"
        for piece in ("Совер", "шенно", " секр", "етно")
    )
    assert where(read(docx(f"{BODY}<w:p>{runs}</w:p>"))) == {("text", "word/document.xml")}


def test_hidden_letters_do_not_break_a_visible_marking() -> None:
    run = "<w:p><w:r><w:t>Совершенно сек</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>xx</w:t></w:r><w:r><w:t>ретно</w:t></w:r></w:p>"
    assert ("text", "word/document.xml") in where(read(docx(BODY + run)))


def test_a_deletion_is_not_glued_to_what_replaced_it() -> None:
    run = f"<w:p><w:del><w:r><w:delText>Открыто</w:delText></w:r></w:del><w:ins><w:r><w:t>{MARK}</w:t></w:r></w:ins></w:p>"
    assert ("text", "word/document.xml") in where(read(docx(BODY + run)))


def test_a_property_set_to_false_does_not_hide_a_run() -> None:
    assert where(read(docx(BODY + paragraph(MARK, '<w:vanish w:val="0"/>')))) == {
        ("text", "word/document.xml")
    }


def test_a_line_break_inside_a_paragraph_is_a_line_break() -> None:
    run = f"<w:p><w:r><w:t>Экз. № 1</w:t><w:br/><w:t>{MARK}</w:t></w:r></w:p>"
    assert where(read(docx(BODY + run))) == {("text", "word/document.xml")}


def test_a_document_within_a_document_is_read() -> None:
    inner = docx(BODY + paragraph(MARK))
    found = read(docx(BODY, word__embeddings__annex_docx=inner), "letter.docx")
    assert where(found) == {("text", "word/embeddings/annex.docx: word/document.xml")}


def test_an_embedded_ole_object_is_uninspectable() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    assert reasons(read(docx(BODY, word__embeddings__oleObject1_bin=ole))) == {Reason.LEGACY_OFFICE}


def test_a_document_of_pictures_alone_is_uninspectable() -> None:
    drawn = f'<w:p><w:r><w:drawing><a:blip {A} id="r1"/></w:drawing></w:r></w:p>'
    assert reasons(read(docx(drawn))) == {Reason.IMAGE_ONLY_PAGE}


def test_a_document_without_text_is_uninspectable() -> None:
    header = f"<w:hdr {W}>{paragraph(LETTER)}</w:hdr>"
    assert reasons(read(docx("", word__header1_xml=header))) == {Reason.ALMOST_NO_TEXT}


def test_a_part_that_is_not_well_formed_is_uninspectable_and_the_rest_is_read() -> None:
    found = read(docx(BODY + paragraph(MARK), word__header1_xml=f"<w:hdr {W}><w:p>"))
    assert found.problems == [(Reason.MALFORMED, "word/header1.xml")]
    assert where(found) == {("text", "word/document.xml")}


def test_a_document_of_a_real_library_is_read_without_problems() -> None:
    made = python_docx.Document()
    made.add_paragraph(LETTER)
    made.add_table(1, 2).cell(0, 1).text = MARK
    made.sections[0].header.paragraphs[0].text = "Экз. № 2"
    made.core_properties.keywords = "Особой важности"
    out = io.BytesIO()
    made.save(out)
    found = read(
        out.getvalue(),
        "письмо.docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
    assert where(found) == {("text", "word/document.xml")}
    assert where(found, "Экз. № 2") == {("header", "word/header1.xml")}
    assert anywhere(found, "Особой важности") == {("property", "docProps/core.xml")}
    assert reasons(found) <= {Reason.IMAGE_WITHOUT_OCR}
