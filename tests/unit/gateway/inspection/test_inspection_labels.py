"""Sensitivity labels: known ones give a verdict, unknown ones hold the file, wherever they stand."""

import pytest

from gateway.inspection.reasons import Reason
from gateway.inspection.verdict import Verdict
from tests.support.documents.packages import docx, odf, paragraph
from tests.support.documents.pdfs import Pdf, string
from tests.support.documents.reading import LETTER, read, reasons

GUID = "8a0d1b6e-5f0c-4b6e-9d7a-0123456789ab"
BODY = paragraph(LETTER)
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{}</Properties>'
)
INFO = (
    '<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata">'
    '<clbl:label id="{{{guid}}}" enabled="{on}" method="Privileged" siteId="{{x}}"/></clbl:labelList>'
)
STANAG = (
    '<slab:originatorConfidentialityLabel xmlns:slab="urn:nato:stanag:4774:confidentialitymetadatalabel:1:0">'
    "<slab:ConfidentialityInformation><slab:PolicyIdentifier>{policy}</slab:PolicyIdentifier>"
    "<slab:Classification>{grade}</slab:Classification></slab:ConfidentialityInformation>"
    "</slab:originatorConfidentialityLabel>"
)
MAIL = "From: a@example.org\r\nTo: b@example.org\r\n{}\r\n\r\n" + LETTER


def _property(name: str, value: str) -> str:
    return f'<property fmtid="x" pid="2" name="{name}"><vt:lpwstr>{value}</vt:lpwstr></property>'


def _msip(*pairs: tuple[str, str]) -> bytes:
    return docx(BODY, docProps__custom_xml=CUSTOM.format("".join(_property(*pair) for pair in pairs)))


def _pdf(**info: str) -> bytes:
    made = Pdf()
    made.info.update(info)
    made.page(LETTER)
    return made.build()


def _rtf() -> bytes:
    named = f"{{\\propname MSIP_Label_{GUID}_Enabled}}\\proptype30{{\\staticval true}}"
    return f"{{\\rtf1\\ansi{{\\*\\userprops{named}}}{'text ' * 9}}}".encode()


LABELLED = {
    "custom property": _msip((f"MSIP_Label_{GUID}_Enabled", "true"), (f"MSIP_Label_{GUID}_SiteId", "x")),
    "custom property without Enabled": _msip((f"MSIP_Label_{GUID}_Name", "x")),
    "LabelInfo": docx(BODY, docMetadata__LabelInfo_xml=INFO.format(guid=GUID, on="1")),
    "PDF property": _pdf(**{f"MSIP_Label_{GUID}_Enabled": "true"}),
    "OpenDocument property": odf(
        f"<text:p>{LETTER}</text:p>",
        meta_xml=f'<o xmlns:meta="m"><meta:user-defined meta:name="MSIP_Label_{GUID}_Enabled">true</meta:user-defined></o>',
    ),
    "RTF property": _rtf(),
    "mail header": MAIL.format(
        f"msip_labels: MSIP_Label_{GUID}_Enabled=True; MSIP_Label_{GUID}_SiteId=x"
    ).encode(),
}


@pytest.mark.parametrize("document", LABELLED.values(), ids=LABELLED)
def test_an_unknown_label_holds_the_file(document: bytes) -> None:
    found = read(document)
    assert reasons(found) == {Reason.UNKNOWN_LABEL}
    assert GUID in found.problems[0][1]


@pytest.mark.parametrize("document", LABELLED.values(), ids=LABELLED)
@pytest.mark.parametrize("verdict", ["restricted", "state_secret"])
def test_a_label_means_what_the_table_says(document: bytes, verdict: Verdict) -> None:
    found = read(document, labels={f"msip:{GUID.upper()}": verdict})
    assert not found.problems
    assert [(one.marking, one.verdict, one.channel) for one in found.labels] == [
        (f"msip:{GUID}", verdict, "label")
    ]


@pytest.mark.parametrize("document", LABELLED.values(), ids=LABELLED)
def test_a_label_that_the_table_calls_none_passes(document: bytes) -> None:
    found = read(document, labels={f"msip:{GUID}": "none"})
    assert not found.problems
    assert not found.labels


def test_a_label_that_is_switched_off_does_not_count() -> None:
    assert not read(_msip((f"MSIP_Label_{GUID}_Enabled", "false"), (f"MSIP_Label_{GUID}_Name", "x"))).problems
    assert not read(docx(BODY, docMetadata__LabelInfo_xml=INFO.format(guid=GUID, on="0"))).problems


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        ("VER=2018.4, NS=gov.au, SEC=OFFICIAL:Sensitive, ORIGIN=a@example.org", "restricted"),
        ("VER=2018.4, NS=gov.au, SEC=PROTECTED", "state_secret"),
        ("SEC=TOP-SECRET", "state_secret"),
    ],
)
def test_a_protective_marking_of_mail_is_known(value: str, verdict: str) -> None:
    found = read(MAIL.format(f"X-Protective-Marking: {value}").encode(), "a.eml")
    assert [one.verdict for one in found.labels] == [verdict]


@pytest.mark.parametrize(
    "header", ["X-Protective-Marking: SEC=COSMIC", "X-Protective-Marking: ?", "msip_labels: ?"]
)
def test_a_mail_label_that_says_nothing_known_holds_the_message(header: str) -> None:
    assert reasons(read(MAIL.format(header).encode(), "a.eml")) == {Reason.UNKNOWN_LABEL}


@pytest.mark.parametrize(
    ("policy", "grade", "verdict"),
    [
        ("NATO", "SECRET", "state_secret"),
        ("NATO", "COSMIC TOP SECRET", "state_secret"),
        ("NATO", "RESTRICTED", "restricted"),
    ],
)
def test_a_nato_label_is_known_wherever_the_xml_lies(policy: str, grade: str, verdict: str) -> None:
    label = STANAG.format(policy=policy, grade=grade)
    for document in (docx(BODY, customXml__item1_xml=label), label.encode()):
        assert [one.verdict for one in read(document).labels] == [verdict]


def test_a_nato_label_of_another_policy_holds_the_file() -> None:
    label = STANAG.format(policy="Example", grade="SECRET")
    assert reasons(read(docx(BODY, customXml__item1_xml=label))) == {Reason.UNKNOWN_LABEL}
    found = read(docx(BODY, customXml__item1_xml=label), labels={"stanag4774:example:secret": "restricted"})
    assert [one.verdict for one in found.labels] == ["restricted"]


@pytest.mark.parametrize(
    ("value", "verdicts"),
    [("U", []), ("R", ["restricted"]), ("S", ["state_secret"]), ("TS", ["state_secret"])],
)
def test_an_ism_attribute_is_known(value: str, verdicts: list[str]) -> None:
    xml = f'<a xmlns:ISM="urn:us:gov:ic:ism"><b ISM:classification="{value}">x</b></a>'
    found = read(xml.encode())
    assert [one.verdict for one in found.labels] == verdicts
    assert not found.problems


def test_an_unknown_ism_value_holds_the_file() -> None:
    assert reasons(read(b'<a xmlns:i="urn:us:gov:ic:ism" i:classification="Q"/>')) == {Reason.UNKNOWN_LABEL}


def test_a_label_in_xmp_counts() -> None:
    made = Pdf()
    made.page(LETTER)
    made.catalog.append(
        f"/Metadata {made.stream(STANAG.format(policy='NATO', grade='SECRET').encode(), '/Type /Metadata')} 0 R"
    )
    made.catalog.append(f"/Note {string('x')}")
    assert [one.verdict for one in read(made.build()).labels] == ["state_secret"]
