"""Step S0: a client's draft becomes the manifest bytes that the official signs outside the node."""

from msgspec import Struct

from gateway.errors import Invalid
from gateway.exchange.body import encode_body
from gateway.exchange.draft import Attachment as Attachment
from gateway.exchange.draft import Draft as Draft
from gateway.exchange.fitting import misfits
from gateway.exchange.handing_on import filled
from gateway.exchange.manifest import (
    BODY_MEDIA_TYPE,
    OPENING_KINDS,
    SALT_BYTES,
    SUITE,
    Manifest,
    Part,
    PartLanguage,
    contradictions,
    encode_manifest,
    manifest_digest,
    part_digest,
)
from gateway.exchange.node import Node
from gateway.ports.rows import UploadRow
from keys import instants


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
    if draft.kind == "transfer":
        draft = filled(node, client, draft)
    problems = [(f"/body{place}", problem) for place, problem in misfits(draft.kind, draft.body)]
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
    """A reply belongs to the case of what it answers; anything else opens one."""
    if draft.in_reply_to is None or (draft.kind in OPENING_KINDS and not _confirms(draft)):
        return node.entropy.uuid7(now)
    senders = [("in", recipient) for recipient in draft.recipients]
    for direction, authority in (*senders, ("out", node.authority)):
        answered = node.store.messages(direction, authority, [draft.in_reply_to])
        if answered:
            return answered[0].case_id
    raise Invalid([("/in_reply_to", "no such message on this gateway")])


def _confirms(draft: Draft) -> bool:
    """A confirmation belongs to its oral request's case, a consultation to that of what it answers."""
    return draft.kind == "consultation" or (draft.body.oral is not None and draft.body.oral.confirms)


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
