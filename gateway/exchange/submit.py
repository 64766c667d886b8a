"""Steps S1-S8: a client's message is validated, decided, sealed and queued, and the client gets its evidence.

Nothing is kept of a message that is denied but the log's entry. S1 (who the client is) is done by the caller.
"""

from msgspec import Struct

from audit.events import Event
from gateway.errors import Conflict, Invalid
from gateway.exchange.entries import codes, entry, message_fields, provisions
from gateway.exchange.facts import message_facts
from gateway.exchange.manifest import (
    Manifest,
    decode_manifest,
    manifest_digest,
)
from gateway.exchange.node import Node
from gateway.exchange.position import position_of
from gateway.exchange.queueing import queue, recipient_keys
from gateway.exchange.submission import Submission, request_digest, validate
from gateway.exchange.uploads import discard_upload
from gateway.exchange.verified import CasePosition, Verified
from gateway.ports.store import Change
from policies.cure import Cure, find_cure
from policies.decision import Decision

_CASE_TABLES = ("case_file", "case_event", "case_key", "case_clock")


class Accepted(Struct, frozen=True):
    """The message is queued for so many recipients. `evidence` is the SubmissionAcceptance bundle."""

    message: str
    digest: str
    case: str
    evidence: bytes
    decision: Decision | None
    recipients: int
    repeated: bool = False


class Denied(Struct, frozen=True):
    """The decision on the first recipient that may not have the message. Nothing was kept.

    `cure` is the smallest change of the facts that would have made it lawful.
    """

    message: str
    recipient: str
    decision: Decision
    cure: Cure | None = None


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
        verified = validate(node, client, manifest, submission)  # S2; S3 too, until content is inspected
        node.crash_point("submit.validated")
        return await _decide_and_queue(node, client, submission, verified)
    except (Invalid, Conflict) as error:
        # What was accepted once is answered with its evidence, even if it would not be taken any more.
        known = _repeated(node, client, manifest, submission)
        if known is not None:
            _discard_uploads(node, client, manifest.id, submission)  # a crash may have left them
            return known
        is_new = node.store.message("out", manifest.id) is None
        if isinstance(error, Conflict) and error.what in _CASE_TABLES and is_new:
            # The case was opened before, or moved on in between: decide again on the case as it is now.
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
    act = "transfer_request" if manifest.kind == "transfer" else "send"
    for recipient in manifest.recipients:  # S4: one denial refuses the whole
        position = positions[recipient] = position_of(node, verified, recipient, look=look)
        facts = message_facts(node, act, verified, recipient, position, now)
        decided = node.agreements.packs.decide(facts)
        if decided.outcome == "deny":
            known = _repeated(node, client, manifest, submission)
            if known is not None:
                return known
            await _log_denial(node, client, verified, decided, now)
            cure = find_cure(node.agreements.packs, facts, decided)
            return Denied(manifest.id, recipient, decided, cure)
        decision = decision or decided
    if decision is None:
        raise Invalid([("/manifest/recipients", "is empty")])
    keys = recipient_keys(node, manifest, now)
    change = queue(node, client, submission, verified, decision, positions, keys, now)
    node.crash_point("submit.sealed")
    recorded = await node.journal.record(change)
    node.crash_point("submit.committed")
    _discard_uploads(node, client, manifest.id, submission)
    node.log.info("message.submitted", message=manifest.id, kind=manifest.kind, agreement=manifest.agreement)
    recipients = len(manifest.recipients)
    return Accepted(manifest.id, verified.digest, manifest.case, recorded.bundles[0], decision, recipients)


def _discard_uploads(node: Node, client: str, message_id: str, submission: Submission) -> None:
    for upload_id in submission.uploads.values():
        upload = node.store.upload(client, upload_id)
        if upload is not None and upload.message_id == message_id:
            discard_upload(node, client, upload_id)


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
            recipients = len(manifest.recipients)
            return Accepted(
                stored.message_id, digest, stored.case_id, row.bundle, None, recipients, repeated=True
            )
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
