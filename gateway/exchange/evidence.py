"""Evidence that peers give (steps D4 and E1-E3): verified, stored once, and the message's state moved on."""

from audit.bundle import Evidence
from audit.events import Event, FieldValue
from gateway.errors import Conflict, EnvelopeRejected
from gateway.exchange.entries import entry, keyed
from gateway.exchange.following import follow_evidence
from gateway.exchange.frames import Link
from gateway.exchange.node import Node
from gateway.exchange.peerlog import Flow, LogContradiction, PeerLog
from gateway.exchange.undoing import undone
from gateway.ports.rows import EnvelopeDelivered, EnvelopeRow, EvidenceRow, Write
from gateway.ports.store import Change, Entry

STATE_AFTER = {
    Event.RELAY_ACCEPTANCE: "relayed",
    Event.CONTENT_CONSIGNMENT: "consigned",
    Event.CONTENT_HANDOVER: "handed_over",
    Event.RELAY_REJECTION: "rejected",
    Event.CONTENT_CONSIGNMENT_FAILURE: "rejected",
}
_RANK = {"queued": 0, "unknown": 0, "relayed": 1, "consigned": 2, "rejected": 3, "handed_over": 4}


def verify_evidence(
    node: Node,
    peer: str,
    log: PeerLog,
    flow: Flow,
    bundle: bytes,
    links: dict[int, Link],
    about: tuple[str, str] | None = None,
) -> Evidence:
    """Verify a piece of evidence about a message that we sealed.

    Args:
        about: message id and manifest digest it must be about; None if any of ours will do.

    Raises:
        EnvelopeRejected: it does not verify, or is about another message.
        LogContradiction: its log is not the one the peer shows.
    """
    evidence = node.peers.open_evidence(log, flow, bundle, links)
    fields = evidence.record.fields
    if fields["authority"] != node.authority or evidence.record.event not in STATE_AFTER:
        raise EnvelopeRejected("evidence about a message that is not ours")
    if fields.get("recipient") != peer:
        raise EnvelopeRejected("evidence that another recipient gave")
    if about is not None and about != (fields["message"], fields["manifest"]):
        raise EnvelopeRejected("evidence about another message than was asked")
    return evidence


def _require_ours(node: Node, peer: str, evidence: Evidence) -> None:
    fields = evidence.record.fields
    stored = node.store.message("out", str(fields["message"]))
    if stored is None or stored.manifest_digest != fields["manifest"]:
        raise EnvelopeRejected("evidence about a message that is not ours")
    if peer not in stored.recipients.split(" "):
        raise EnvelopeRejected("evidence by an authority the message was not for")


def evidence_change(
    node: Node,
    peer: str,
    pieces: list[tuple[Evidence, bytes]],
    envelope: EnvelopeRow | None,
    now: int,
    stored: tuple[str, ...] = (),
) -> tuple[list[Write], list[Entry]]:
    """Rows and entries for verified evidence about one message; the envelope moves to the furthest state.

    Args:
        stored: the events of evidence that is on record already and counts for the state too.
    """
    writes: list[Write] = []
    entries: list[Entry] = []
    state = None if envelope is None else envelope.state
    for event in stored:
        after = STATE_AFTER.get(Event(event))
        if state is not None and after is not None and _RANK[after] > _RANK.get(state, 0):
            state = after
    for evidence, bundle in pieces:
        writes.append(_row(node, peer, evidence, bundle, now))
        entries.append(_entry(node, peer, evidence, now))
        writes.extend(follow_evidence(node, peer, evidence, now))
        after = STATE_AFTER[evidence.record.event]
        if state is not None and _RANK[after] > _RANK.get(state, 0):
            state = after
    if envelope is not None and state is not None and state != envelope.state:
        writes.append(
            EnvelopeDelivered(
                envelope_id=envelope.envelope_id,
                expected=envelope.state,
                state=state,
                wrap=None,
                updated_ms=now,
            )
        )
        if state == STATE_AFTER[Event.RELAY_REJECTION]:
            rows, told = undone(node, envelope.message_id, peer, now)
            writes += rows
            entries += told
    return writes, entries


def _row(node: Node, peer: str, evidence: Evidence, bundle: bytes, now: int) -> EvidenceRow:
    fields = evidence.record.fields
    return EvidenceRow(
        authority=node.authority,
        message_id=str(fields["message"]),
        manifest_digest=str(fields["manifest"]),
        event=evidence.record.event.value,
        giver=peer,
        receiver=node.authority,
        at_ms=now,
        bundle=bundle,
        pushed=1,
    )


def _entry(node: Node, peer: str, evidence: Evidence, now: int) -> Entry:
    record = evidence.record
    fields: dict[str, FieldValue] = {
        "authority": node.authority,
        "message": record.fields["message"],
        "manifest": record.fields["manifest"],
        "peer": peer,
        "evidence": record.event.value,
        "origin": evidence.checkpoint.origin,
        "index": evidence.index,
        "size": evidence.checkpoint.size,
    }
    if "reason" in record.fields:
        fields["reason"] = record.fields["reason"]
    return entry(node, Event.EVIDENCE_RECEIVED, now, fields, str(record.fields["message"]))


async def take_callback(
    node: Node, peer: str, log: PeerLog, bundles: list[bytes], links: dict[int, Link]
) -> list[bool]:
    """Steps E1-E3: evidence that a peer sends on its own. Taking the same piece twice is harmless.

    Raises:
        LogContradiction: a piece shows that the peer's log forked.
    """
    return [await _take_one(node, peer, log, bundle, links) for bundle in bundles]


async def _take_one(node: Node, peer: str, log: PeerLog, bundle: bytes, links: dict[int, Link]) -> bool:
    now = node.clock.now_ms()
    try:
        evidence = verify_evidence(node, peer, log, "in", bundle, links)
        _require_ours(node, peer, evidence)
    except LogContradiction:
        raise
    except EnvelopeRejected as error:
        await log_invalid(node, peer, bundle, str(error))
        return False
    message_id = str(evidence.record.fields["message"])
    envelope = envelope_for(node, message_id, peer)
    if envelope is not None and envelope.state == "queued":
        # A handover may overtake the answer to the delivery. The envelope stays queued: only that answer
        # brings custody and consignment, and asking again is harmless.
        envelope = None
    writes, entries = evidence_change(node, peer, [(evidence, bundle)], envelope, now)
    try:
        await node.journal.record(Change(tuple(writes), tuple(entries)))
    except Conflict:
        stored = node.store.evidence(node.authority, message_id, str(evidence.record.fields["manifest"]))
        return any(row.bundle == bundle for row in stored)
    node.waiters.notify(message_id)
    return True


def envelope_for(node: Node, message_id: str, peer: str) -> EnvelopeRow | None:
    """Our envelope of a message for one recipient."""
    envelopes = node.store.envelopes("out", node.authority, message_id)
    return next((one for one in envelopes if one.peer == peer), None)


async def log_invalid(node: Node, peer: str, bundle: bytes, cause: str) -> None:
    """Record evidence that does not verify; its content is named by a keyed digest only."""
    node.log.warning("evidence.invalid", peer=peer, cause=cause)
    fields: dict[str, FieldValue] = {
        "peer": peer,
        "reason": "not_verified",
        "content": keyed(node, bundle),
    }
    entries = (entry(node, Event.EVIDENCE_INVALID, node.clock.now_ms(), fields),)
    await node.journal.record(Change((), entries))
