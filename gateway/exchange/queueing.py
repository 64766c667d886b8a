"""Steps S5 and S6: everything that an accepted message writes, as one change."""

from collections.abc import Iterator
from functools import partial

from audit.events import Event
from gateway.errors import Invalid
from gateway.exchange.entries import entry, given, message_fields, provisions
from gateway.exchange.following import follow_message
from gateway.exchange.manifest import (
    Manifest,
)
from gateway.exchange.message_row import message_row
from gateway.exchange.node import Node
from gateway.exchange.position import case_rows, moves
from gateway.exchange.sealing import Content, SealedEnvelope, seal_for
from gateway.exchange.submission import Submission, request_digest
from gateway.exchange.uploads import read_upload
from gateway.exchange.verified import CasePosition, Verified
from gateway.ports.rows import (
    IdempotencyRow,
    UploadUsed,
    Write,
)
from gateway.ports.store import Change, Entry, VaultCase
from keys.encryption import EncryptionPublicKey
from keys.errors import TrustError
from keys.signature_block import encode_part0
from keys.signatures import seal_sign
from policies.decision import Decision


def recipient_keys(node: Node, manifest: Manifest, now: int) -> dict[str, EncryptionPublicKey]:
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


def queue(
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
    writes: list[Write] = [message_row(verified, "out", client, decision, now)]
    entries = _entries(node, client, verified, decision, positions, now)
    for recipient, position in positions.items():
        writes.extend(case_rows(node.authority, manifest, recipient, position, now))
        writes.extend(follow_message(node, verified, recipient, position, now, item=None))
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
