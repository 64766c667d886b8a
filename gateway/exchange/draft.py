"""What a client states of a message to be."""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.exchange.body import Body
from gateway.exchange.manifest import (
    AgreementId,
    AuthorityId,
    Code,
    Kind,
    Language,
    Level,
    Line,
    MediaType,
    PersonalData,
    Signatory,
    Source,
    Uuid,
)


class Attachment(Struct, frozen=True, forbid_unknown_fields=True):
    """An attachment of a draft: a completed upload, and what it is in the message."""

    upload: Uuid
    media_type: MediaType
    role: Code = "attachment"
    name: Annotated[str, Meta(max_length=200)] | None = None
    language: Language | None = None
    translates: Annotated[int, Meta(ge=1, lt=64)] | None = None


class Draft(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a client states of a message; the gateway adds the rest. Absent values take the defaults."""

    kind: Kind
    agreement: AgreementId
    recipients: Annotated[list[AuthorityId], Meta(min_length=1, max_length=16)]
    body: Body
    language: Language
    case: Uuid | None = None
    in_reply_to: Uuid | None = None
    subject: list[Code] = []
    subject_reason: Line | None = None
    form: Code | None = None
    purpose: Line | None = None
    level: Level = "restricted"
    marking: Line | None = None
    caveats: list[Code] = []
    personal_data: PersonalData | None = None
    attachments: Annotated[list[Attachment], Meta(max_length=62)] = []
    sources: list[Source] = []
    signatory: Signatory | None = None
    validity_s: Annotated[int, Meta(ge=60)] | None = None
