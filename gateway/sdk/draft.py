"""What a client states of a message. Absent members take the gateway's defaults."""

from pathlib import Path

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
    """The oral request that this message confirms: when it was made (RFC 3339 UTC), and its urgency code."""

    made: str
    urgency: str


class Body(_Stated, frozen=True):
    """The structured body; `elements` maps an element of the agreement's catalogue to its text."""

    elements: dict[str, str] = {}
    text: str | None = None
    refusal: Refusal | None = None
    obstacle: Obstacle | None = None
    oral: Oral | None = None
    matter: str = "none"
    cites: list[str] = []
    confidential: bool = False
    partial: bool = False
    law_applied: str | None = None


class Signatory(Struct, frozen=True):
    """The official who signs, as the trust list names them; office is `head` or `deputy`."""

    name: str
    office: str


class PersonalData(Struct, frozen=True):
    """What the giver lays down for personal data; `delete_by` is RFC 3339 UTC."""

    purpose: str
    conditions: str
    delete_by: str


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
