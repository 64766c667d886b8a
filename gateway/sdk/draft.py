"""What a client states of a message. Absent members take the gateway's defaults."""

from pathlib import Path
from typing import Any

from msgspec import Struct


class _Stated(Struct, frozen=True, omit_defaults=True):
    pass


class Refusal(_Stated, frozen=True):
    """A refusal, whole or partial: its ground from the agreement's catalogue and its reason in words."""

    ground: str | None
    reason: str | None
    partial: bool = False
    consultation: str | None = None
    consultation_note: str | None = None


class Obstacle(_Stated, frozen=True):
    """What hinders or delays execution; a deferral names its ground."""

    reason: str
    deferral: bool = False
    deferral_ground: str | None = None
    consultation: str | None = None


class Oral(_Stated, frozen=True):
    """What was said orally, when (RFC 3339 UTC), why it was urgent; `confirms`: this confirms it."""

    made: str
    urgency: str
    confirms: bool = False


class Conditions(_Stated, frozen=True):
    """Conditions offered with a deferral or a consultation, or the answer to them."""

    offered: list[str] = []
    accepted: bool | None = None


class Competence(Struct, frozen=True):
    """The competent authority, if it is known, and whether it has the request already."""

    transferred: bool
    authority: str | None


class Amendment(_Stated, frozen=True):
    """A change of a list: `added`, `removed`, `renamed`, `functions` or `succeeded`, from a date.

    Args:
        forwards: in the depositary's notice, the message id of the party's notice that it forwards.
    """

    authority: str
    change: str
    names: dict[str, str]
    effective_from: str
    successor: str | None = None
    forwards: str | None = None


class UseReport(Struct, frozen=True):
    """How received information was used, and with what result."""

    use: str
    results: str


class Correction(Struct, frozen=True):
    """Data found `wrong` or `restricted`, to `correct` or to `destroy`."""

    action: str
    fault: str
    items: list[str]


class Destruction(Struct, frozen=True):
    """Data that was destroyed, and the code of the ground."""

    ground: str
    items: list[str]


class Disclosure(Struct, frozen=True):
    """Use or disclosure that the holder's own law provides for, told in advance."""

    intended_use: str
    legal_basis: str


class Body(_Stated, frozen=True):
    """The structured body; `elements` maps an element of the agreement's catalogue to its text.

    Which members belong to which kind of message is in docs/PROTOCOL.md. `transferred` is filled in by the
    gateway.
    """

    elements: dict[str, str] = {}
    text: str | None = None
    reason: str | None = None
    refusal: Refusal | None = None
    obstacle: Obstacle | None = None
    oral: Oral | None = None
    conditions: Conditions | None = None
    competence: Competence | None = None
    transferred: dict[str, Any] | None = None
    authentic: bool | None = None
    execute_despite_disclosure: bool | None = None
    amendment: Amendment | None = None
    use_report: UseReport | None = None
    correction: Correction | None = None
    destruction: Destruction | None = None
    disclosure: Disclosure | None = None
    matter: str = "none"
    cites: list[str] = []
    confidential: bool = False
    partial: bool = False
    law_applied: str | None = None
    attendance: str = "none"
    channel: str = "direct"
    personal_data_checked: bool = False


class Signatory(Struct, frozen=True):
    """The official who signs, as the trust list names them; office is `head` or `deputy`."""

    name: str
    office: str


class PersonalData(Struct, frozen=True):
    """What the giver lays down for personal data; `delete_by` is RFC 3339 UTC."""

    purpose: str | None
    conditions: str | None
    delete_by: str | None


class Source(Struct, frozen=True):
    """A received message that this one carries or derives from."""

    originator: str
    agreement: str
    message: str
    manifest: str


class Attachment(_Stated, frozen=True):
    """A completed upload and what it is in the message; `translates` is the part it translates."""

    upload: str
    media_type: str
    role: str = "attachment"
    name: str | None = None
    language: str | None = None
    translates: int | None = None


class LocalFile(Struct, frozen=True):
    """A file to upload and attach. Its media type is guessed from its name unless given."""

    path: Path
    role: str = "attachment"
    media_type: str | None = None
    language: str | None = None
    translates: int | None = None


class Draft(_Stated, frozen=True, kw_only=True):
    """A message to be."""

    kind: str
    agreement: str
    recipients: list[str]
    body: Body
    language: str
    case: str | None = None
    in_reply_to: str | None = None
    subject: list[str] = []
    subject_reason: str | None = None
    form: str | None = None
    purpose: str | None = None
    level: str | None = None
    marking: str | None = None
    caveats: list[str] = []
    personal_data: PersonalData | None = None
    attachments: list[Attachment] = []
    sources: list[Source] = []
    signatory: Signatory | None = None
    validity_s: int | None = None
