"""What inspection reads and what it says: segments in, findings and one verdict out.

The extraction of files yields segments; the detector of markings turns them into findings; the node acts on
the combined verdict. All three meet here and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Verdict = Literal["none", "restricted", "uninspectable", "state_secret"]
Channel = Literal[
    "body",
    "text",
    "filename",
    "html",
    "mail_header",
    "mail_body",
    "header",
    "footer",
    "textbox",
    "comment",
    "hidden",
    "note",
    "property",
    "annotation",
    "form_field",
    "metadata",
    "cell",
    "ocr",
    "label",
]

_SEVERITY: MappingProxyType[Verdict, int] = MappingProxyType(
    {"none": 0, "restricted": 1, "uninspectable": 2, "state_secret": 3}
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text as extracted.

    `channel` is the way it came by; `place` says where for a person ("page 3", "docProps/core.xml title",
    "/elements/content").
    """

    text: str
    channel: Channel
    place: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One marking: as the lexicon names it, in which language, where, by which rule, and what it means."""

    marking: str
    language: str
    place: str
    rule: str
    verdict: Verdict
    channel: Channel


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Combine verdicts: none < restricted < uninspectable < state_secret; nothing at all is none."""
    return max(verdicts, key=_SEVERITY.__getitem__, default="none")


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the strictest verdict of the findings."""
    return strictest(finding.verdict for finding in findings)
