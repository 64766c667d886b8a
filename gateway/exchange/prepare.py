"""Step S0: a client's draft becomes the manifest bytes that the official signs outside the node."""

from typing import Annotated

from msgspec import Meta, Struct

from gateway.errors import Invalid
from gateway.exchange.body import Body, encode_body
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    SALT_BYTES,
    SUITE,
    AgreementId,
    AuthorityId,
    Code,
    Kind,
    Language,
    Level,
    Line,
    Manifest,
    MediaType,
    Part,
    PartLanguage,
    PersonalData,
    Signatory,
    Source,
    Uuid,
    contradictions,
    encode_manifest,
    manifest_digest,
    part_digest,
)
from gateway.exchange.node import Node
from gateway.ports.rows import UploadRow
from keys import instants


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


class Prepared(Struct, frozen=True):
    """What `prepare` gives back: the bytes to sign, and what the submission must bring along.

    Args:
        manifest: canonical manifest bytes; the official signs exactly these.
        digest: the manifest's digest.
        message: the message id inside.
        body: 16 salt bytes followed by the body.
        uploads: upload id of each attachment's part, by position.
    """

    manifest: bytes
    digest: str
    message: str
    body: bytes
    uploads: dict[int, str]


def prepare(node: Node, client: str, draft: Draft) -> Prepared:
    """Write the manifest of a draft. Nothing is stored and nothing is decided.

    Raises:
        Invalid: an unknown agreement, message or upload, or fields that contradict each other; all at once.
    """
    now = node.clock.now_ms()
    problems: list[tuple[str, str]] = []
    pack = node.agreements.reference(draft.agreement)
    if pack is None:
        problems.append(("/agreement", "no such agreement on this gateway"))
    body = node.entropy.random_bytes(SALT_BYTES) + encode_body(draft.body)
    parts, uploads = _parts(node, client, draft, body, problems)
    validity_s = draft.validity_s or node.settings.exchange.default_validity_s
    if validity_s > node.settings.exchange.max_validity_s:
        problems.append(("/validity_s", f"is over {node.settings.exchange.max_validity_s}"))
    if problems:
        raise Invalid(problems)
    manifest = Manifest(
        v=1,
        suite=SUITE,
        id=node.entropy.uuid7(now),
        kind=draft.kind,
        case=draft.case or _case_of(node, draft, now),
        in_reply_to=draft.in_reply_to,
        agreement=draft.agreement,
        pack=pack or "",
        originator=node.authority,
        sender=node.authority,
        recipients=sorted(set(draft.recipients)),
        created=instants.write(now),
        expires=instants.write(now + validity_s * 1000),
        subject=draft.subject,
        subject_reason=draft.subject_reason,
        form=draft.form,
        purpose=draft.purpose,
        level=draft.level,
        marking=draft.marking,
        caveats=draft.caveats,
        languages=_languages(draft),
        personal_data=draft.personal_data,
        parts=parts,
        sources=draft.sources,
        consents=[],
        signatory=draft.signatory,
    )
    problems = contradictions(manifest)
    if problems:
        raise Invalid(problems)
    data = encode_manifest(manifest)
    return Prepared(data, manifest_digest(data), manifest.id, body, uploads)


def _case_of(node: Node, draft: Draft, now: int) -> str:
    """A reply belongs to the case of what it answers; anything else opens its own."""
    if draft.in_reply_to is None or draft.kind in ("request", "information"):
        return node.entropy.uuid7(now)
    senders = [("in", recipient) for recipient in draft.recipients]
    for direction, authority in (*senders, ("out", node.authority)):
        answered = node.store.messages(direction, authority, [draft.in_reply_to])
        if answered:
            return answered[0].case_id
    raise Invalid([("/in_reply_to", "no such message on this gateway")])


def _parts(
    node: Node, client: str, draft: Draft, body: bytes, problems: list[tuple[str, str]]
) -> tuple[list[Part], dict[int, str]]:
    parts = [Part(1, BODY_MEDIA_TYPE, len(body) - SALT_BYTES, "body", None, part_digest(body))]
    uploads: dict[int, str] = {}
    for index, attachment in enumerate(draft.attachments):
        upload = node.store.upload(client, attachment.upload)
        if upload is None or upload.message_id is not None or not node.blobs.exists(upload.blob):
            problems.append((f"/attachments/{index}/upload", "no such upload waiting"))
            continue
        parts.append(_attached(index + 2, attachment, upload))
        uploads[index + 2] = attachment.upload
    return parts, uploads


def _attached(position: int, attachment: Attachment, upload: UploadRow) -> Part:
    return Part(position, attachment.media_type, upload.size, attachment.role, attachment.name, upload.digest)


def _languages(draft: Draft) -> list[PartLanguage]:
    stated = [PartLanguage(1, draft.language, None)]
    for index, attachment in enumerate(draft.attachments):
        language = attachment.language or draft.language
        stated.append(PartLanguage(index + 2, language, attachment.translates))
    return stated
