"""Step S2: what a client hands over, and whether it is whole and ours to send."""

import hashlib
from collections.abc import Iterator

from msgspec import Struct

from gateway.errors import Invalid
from gateway.exchange.body import decode_body
from gateway.exchange.fitting import require_fit
from gateway.exchange.manifest import (
    SALT_BYTES,
    Manifest,
    Part,
    manifest_digest,
    part_digest,
)
from gateway.exchange.node import Node
from gateway.exchange.verified import Verified
from keys import b64
from keys.errors import KeysError
from keys.signatures import OFFICIAL_TYP, peek_kid, verify_official


class Submission(Struct, frozen=True):
    """What a client hands over (see `prepare`).

    Args:
        manifest: the manifest's canonical bytes.
        body: 16 salt bytes and the body.
        official: the official's detached JWS over the manifest, or None.
        uploads: upload id of each attachment's part, by position.
        idempotency_key: the client's key for this call.
    """

    manifest: bytes
    body: bytes
    official: str | None
    uploads: dict[int, str]
    idempotency_key: str


def validate(node: Node, client: str, manifest: Manifest, submission: Submission) -> Verified:
    problems = [*_wrong_for_node(node, manifest), *_wrong_parts(node, client, manifest, submission)]
    if problems:
        raise Invalid(problems)
    body = decode_body(submission.body[SALT_BYTES:])
    require_fit(manifest.kind, body)
    office = _official_office(node, manifest, submission)
    return Verified(manifest, body, manifest_digest(submission.manifest), office)


def _wrong_for_node(node: Node, manifest: Manifest) -> Iterator[tuple[str, str]]:
    now, limits = node.clock.now_ms(), node.settings.exchange
    if manifest.sender != node.authority:
        yield "/manifest/sender", f"this gateway sends for {node.authority} only"
    if manifest.originator != node.authority:
        yield "/manifest/originator", "what others gave is declared in sources; the originator is the sender"
    reference = node.agreements.reference(manifest.agreement)
    if reference is None:
        yield "/manifest/agreement", "no such agreement on this gateway"
    elif manifest.pack != reference:
        yield "/manifest/pack", f"the pack in force here is {reference}; prepare the message again"
    if manifest.created_ms > now + limits.max_clock_skew_s * 1000:
        yield "/manifest/created", "lies in the future"
    if manifest.expires_ms <= now:
        yield "/manifest/expires", "has passed; prepare the message again"
    if manifest.expires_ms - manifest.created_ms > limits.max_validity_s * 1000:
        yield "/manifest/expires", f"is more than {limits.max_validity_s} s after created"


def _wrong_parts(
    node: Node, client: str, manifest: Manifest, submission: Submission
) -> Iterator[tuple[str, str]]:
    body = manifest.parts[0]
    if len(submission.body) != body.size + SALT_BYTES or part_digest(submission.body) != body.digest:
        yield "/body", "is not the body the manifest was made for"
    for part in manifest.parts[1:]:
        if not _upload_matches(node, client, part, submission.uploads.get(part.position)):
            yield f"/uploads/{part.position}", "names no waiting upload with the manifest's size and digest"
    extra = set(submission.uploads) - {part.position for part in manifest.parts[1:]}
    for position in sorted(extra):
        yield f"/uploads/{position}", "names a part the manifest does not have"


def _upload_matches(node: Node, client: str, part: Part, upload_id: str | None) -> bool:
    upload = None if upload_id is None else node.store.upload(client, upload_id)
    # One that a message took is gone: only that very submission, repeated, is still answered.
    if upload is None or upload.message_id is not None or not node.blobs.exists(upload.blob):
        return False
    return (upload.size, upload.digest) == (part.size, part.digest)


def _official_office(node: Node, manifest: Manifest, submission: Submission) -> str | None:
    """The office behind the official's signature; None if there is no signature."""
    if submission.official is None:
        if manifest.signatory is not None:
            raise Invalid([("/official_signature", "is missing: the manifest names a signatory")])
        return None
    now = node.clock.now_ms()
    try:
        kid = peek_kid(submission.official, OFFICIAL_TYP)
        official = node.trust.current.official(node.authority, kid, manifest.created_ms, now)
        verify_official(submission.official, submission.manifest, official.key)
    except KeysError as error:
        raise Invalid(
            [("/official_signature", "does not verify under a key of this authority's officials")]
        ) from error
    signatory = manifest.signatory
    if signatory is None or (signatory.office, signatory.name) != (official.office, official.name):
        raise Invalid([("/manifest/signatory", f"must be the official who signed, {official.office}")])
    return official.office


def request_digest(submission: Submission) -> str:
    """What makes two submissions the same: manifest (which fixes every part) and official's signature."""
    official = (submission.official or "").encode()
    return b64.encode(hashlib.sha256(submission.manifest + b"\x00" + official).digest())
