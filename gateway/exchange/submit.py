"""Steps S1-S8: a client's message is validated, decided, sealed and queued, and the client gets its evidence.

Nothing is kept of a message that is denied but the log's entry. S1 (who the client is) is done by the caller.
"""

import hashlib
from collections.abc import Iterator
from functools import partial

from msgspec import Struct

from audit.events import Event
from gateway.errors import Conflict, Invalid
from gateway.exchange.body import decode_body
from gateway.exchange.entries import codes, entry, given, keyed, message_fields, provisions
from gateway.exchange.facts import CasePosition, Verified, message_facts
from gateway.exchange.manifest import (
    SALT_BYTES,
    Manifest,
    Part,
    decode_manifest,
    manifest_digest,
    part_digest,
)
from gateway.exchange.node import Node
from gateway.exchange.position import case_rows, moves, position_of
from gateway.exchange.sealing import Content, SealedEnvelope, seal_for
from gateway.exchange.uploads import discard_upload, read_upload
from gateway.ports.rows import (
    IdempotencyRow,
    MessageRow,
    UploadUsed,
    Write,
)
from gateway.ports.store import Change, Entry, VaultCase
from keys import b64
from keys.encryption import EncryptionPublicKey
from keys.errors import KeysError, TrustError
from keys.signature_block import encode_part0
from keys.signatures import OFFICIAL_TYP, peek_kid, seal_sign, verify_official
from policies.decision import Decision

_CASE_TABLES = ("case_file", "case_event", "case_key")


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


class Accepted(Struct, frozen=True):
    """The message is queued for every recipient. `evidence` is the SubmissionAcceptance bundle."""

    message: str
    digest: str
    case: str
    evidence: bytes
    decision: Decision | None
    repeated: bool = False


class Denied(Struct, frozen=True):
    """The decision on the first recipient that may not have the message. Nothing was kept."""

    message: str
    recipient: str
    decision: Decision


async def submit(node: Node, client: str, submission: Submission) -> Accepted | Denied:
    """Take a message for delivery.

    Args:
        client: the authenticated client's id.

    Returns:
        Accepted once everything is durable and under a checkpoint; Denied with the whole decision.

    Raises:
        Invalid: the submission is malformed; every problem with its place.
        Conflict: the idempotency key or the message id was used for something else.
        StoreUnavailable: the log cannot write, so nothing happened.
    """
    manifest = decode_manifest(submission.manifest)
    try:
        verified = _validate(node, client, manifest, submission)  # S2; S3 too, until content is inspected
        node.crash_point("submit.validated")
        return await _decide_and_queue(node, client, submission, verified)
    except (Invalid, Conflict) as error:
        # What was accepted once is answered with its evidence, even if it would not be taken any more.
        known = _repeated(node, client, manifest, submission)
        if known is not None:
            return known
        if isinstance(error, Conflict) and error.what in _CASE_TABLES:
            # Another message of this case was committed in between: decide again on the case as it is now.
            return await _decide_and_queue(node, client, submission, verified, look=True)
        if isinstance(error, Conflict):
            await _log_conflict(node, client, manifest, submission)
        raise


async def _decide_and_queue(
    node: Node, client: str, submission: Submission, verified: Verified, *, look: bool = False
) -> Accepted | Denied:
    now = node.clock.now_ms()
    manifest = verified.manifest
    positions: dict[str, CasePosition] = {}
    decision: Decision | None = None
    for recipient in manifest.recipients:  # S4: one denial refuses the whole
        position = positions[recipient] = position_of(node, manifest, recipient, look=look)
        facts = message_facts(node, "send", verified, recipient, position, now)
        decided = node.agreements.packs.decide(facts)
        if decided.outcome == "deny":
            known = _repeated(node, client, manifest, submission)
            if known is not None:
                return known
            await _log_denial(node, client, verified, decided, now)
            return Denied(manifest.id, recipient, decided)
        decision = decision or decided
    if decision is None:
        raise Invalid([("/manifest/recipients", "is empty")])
    keys = _recipient_keys(node, manifest, now)
    change = _queue(node, client, submission, verified, decision, positions, keys, now)
    node.crash_point("submit.sealed")
    recorded = await node.journal.record(change)
    node.crash_point("submit.committed")
    for upload_id in submission.uploads.values():
        discard_upload(node, client, upload_id)
    node.log.info("message.submitted", message=manifest.id, kind=manifest.kind, agreement=manifest.agreement)
    return Accepted(manifest.id, verified.digest, manifest.case, recorded.bundles[0], decision)


def _validate(node: Node, client: str, manifest: Manifest, submission: Submission) -> Verified:
    problems = [*_wrong_for_node(node, manifest), *_wrong_parts(node, client, manifest, submission)]
    if problems:
        raise Invalid(problems)
    body = decode_body(submission.body[SALT_BYTES:])
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
    return upload is not None and (upload.size, upload.digest) == (part.size, part.digest)


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


def _recipient_keys(node: Node, manifest: Manifest, now: int) -> dict[str, EncryptionPublicKey]:
    keys = {}
    for index, recipient in enumerate(manifest.recipients):
        try:
            keys[recipient] = node.trust.current.encryption_key(recipient, now)
        except TrustError as error:
            raise Invalid([(f"/manifest/recipients/{index}", str(error))]) from error
        listed = node.trust.current.authority(recipient, now)
        if listed is not None and manifest.suite < listed.min_suite:
            raise Invalid([("/manifest/suite", f"{recipient} takes suite {listed.min_suite} at least")])
    return keys


def _queue(
    node: Node,
    client: str,
    submission: Submission,
    verified: Verified,
    decision: Decision,
    positions: dict[str, CasePosition],
    keys: dict[str, EncryptionPublicKey],
    now: int,
) -> Change:
    """Steps S5 and S6: seal for every recipient, and everything that must be written, as one change."""
    manifest = verified.manifest
    block = encode_part0(
        submission.manifest,
        submission.official,
        seal_sign(node.identity.seal_key, submission.manifest, submission.official),
    )
    attachments = {
        position: partial(read_upload, node, client, upload)
        for position, upload in submission.uploads.items()
    }
    content = Content(block, submission.body, attachments)
    case_keys, vault = _case_keys(node, manifest, positions)
    sealed = [seal_for(node, manifest, content, r, k, case_keys[r], now) for r, k in keys.items()]
    writes: list[Write] = [_message_row(node, client, verified, decision, now)]
    entries = _entries(node, client, verified, decision, positions, now)
    for recipient, position in positions.items():
        writes.extend(case_rows(node.authority, manifest, recipient, position, now))
    writes.extend(_sealed_rows(sealed))
    writes.extend(_use_rows(client, submission, verified, now))
    return Change(tuple(writes), tuple(entries), (*vault, *(one.keys for one in sealed)))


def _case_keys(
    node: Node, manifest: Manifest, positions: dict[str, CasePosition]
) -> tuple[dict[str, bytes], list[VaultCase]]:
    """The key of the case with each recipient, and those that are new."""
    keys: dict[str, bytes] = {}
    fresh: list[VaultCase] = []
    for recipient, position in positions.items():
        if position.case is None:
            keys[recipient], wrapped = node.case_keys.new(manifest.case, recipient)
            fresh.append(wrapped)
        else:
            keys[recipient] = node.case_keys.get(manifest.case, recipient)
    return keys, fresh


def _sealed_rows(sealed: list[SealedEnvelope]) -> Iterator[Write]:
    for one in sealed:
        yield one.envelope
        yield from one.parts


def _use_rows(client: str, submission: Submission, verified: Verified, now: int) -> Iterator[Write]:
    for upload_id in submission.uploads.values():
        yield UploadUsed(upload_id=upload_id, client=client, expected=None, message_id=verified.manifest.id)
    yield IdempotencyRow(
        client=client,
        idempotency_key=submission.idempotency_key,
        request_digest=request_digest(submission),
        message_id=verified.manifest.id,
        at_ms=now,
    )


def _message_row(node: Node, client: str, verified: Verified, decision: Decision, now: int) -> MessageRow:
    manifest = verified.manifest
    return MessageRow(
        direction="out",
        authority=node.authority,
        message_id=manifest.id,
        manifest_digest=verified.digest,
        kind=manifest.kind,
        case_id=manifest.case,
        in_reply_to=manifest.in_reply_to,
        agreement=manifest.agreement,
        pack=manifest.pack,
        sender=manifest.sender,
        recipients=" ".join(manifest.recipients),
        level=manifest.level,
        purpose=manifest.purpose or "",
        created_ms=manifest.created_ms,
        expires_ms=manifest.expires_ms,
        accepted_ms=now,
        client=client,
        decision=decision.to_json(),
    )


def _entries(
    node: Node,
    client: str,
    verified: Verified,
    decision: Decision,
    positions: dict[str, CasePosition],
    now: int,
) -> list[Entry]:
    manifest = verified.manifest
    before, after = moves(manifest, next(iter(positions.values())))
    acceptance = given(
        node,
        Event.SUBMISSION_ACCEPTANCE,
        now,
        authority=node.authority,
        message_id=manifest.id,
        manifest_digest=verified.digest,
        receiver=node.authority,
        pushed=True,
    )
    fields = message_fields(node, manifest, verified.digest)
    fields |= {
        "client": client,
        "recipients": manifest.recipients,
        "provisions": provisions(decision),
        "from_state": before or "none",
        "to_state": after,
    }
    if manifest.in_reply_to is not None:
        fields["in_reply_to"] = manifest.in_reply_to
    return [acceptance, entry(node, Event.MESSAGE_SUBMITTED, now, fields, manifest.id)]


async def _log_denial(node: Node, client: str, verified: Verified, decision: Decision, now: int) -> None:
    fields = message_fields(node, verified.manifest, verified.digest)
    fields |= {"client": client, "act": "send", "provisions": provisions(decision)}
    if decision.missing:
        fields["missing"] = codes(decision.missing)
    entries = (entry(node, Event.MESSAGE_DENIED, now, fields, verified.manifest.id),)
    await node.journal.record(Change((), entries))
    node.log.info("message.denied", message=verified.manifest.id, provisions=decision.provisions[:4])


def _repeated(node: Node, client: str, manifest: Manifest, submission: Submission) -> Accepted | None:
    """The stored acceptance, if this very submission was accepted before (design section 2.6)."""
    digest = manifest_digest(submission.manifest)
    stored = node.store.message("out", manifest.id)
    known = node.store.idempotency(client, submission.idempotency_key)
    if known is not None and known.request_digest != request_digest(submission):
        raise Conflict("idempotency_key")
    if stored is None or stored.manifest_digest != digest or stored.client != client:
        return None
    for row in node.store.evidence(node.authority, stored.message_id, stored.manifest_digest):
        if row.event == Event.SUBMISSION_ACCEPTANCE and row.bundle is not None:
            return Accepted(stored.message_id, digest, stored.case_id, row.bundle, None, repeated=True)
    return None


async def _log_conflict(node: Node, client: str, manifest: Manifest, submission: Submission) -> None:
    stored = node.store.message("out", manifest.id)
    if stored is None:
        return
    now, digest = node.clock.now_ms(), manifest_digest(submission.manifest)
    fields = {
        "authority": node.authority,
        "message": manifest.id,
        "manifest": stored.manifest_digest,
        "offered": digest,
        "client": client,
    }
    await node.journal.record(Change((), (entry(node, Event.CONFLICT_DETECTED, now, fields, manifest.id),)))


def request_digest(submission: Submission) -> str:
    """What makes two submissions the same: manifest (which fixes every part) and official's signature."""
    official = (submission.official or "").encode()
    return b64.encode(hashlib.sha256(submission.manifest + b"\x00" + official).digest())


__all__ = ["Accepted", "Denied", "Submission", "keyed", "request_digest", "submit"]
