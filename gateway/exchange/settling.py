"""Step D4: what a peer's answer about one envelope proves, and what is written for it."""

from audit.events import Event, FieldValue
from gateway.errors import EnvelopeRejected
from gateway.exchange.entries import entry
from gateway.exchange.evidence import evidence_change, log_invalid, verify_evidence
from gateway.exchange.following import follow_refusal
from gateway.exchange.frames import DeliverResult, Link
from gateway.exchange.node import Node
from gateway.exchange.peerlog import LogContradiction, PeerLog
from gateway.exchange.receive import ACCEPTED, CONFLICT, PARTS_MISSING, REJECTED, UNPROCESSABLE
from gateway.exchange.undoing import undone
from gateway.ports.rows import EnvelopeDelivered
from gateway.ports.store import Change, PendingEnvelope

_NOT_TAKEN = ("conflict", "unprocessable")


async def settle(
    node: Node,
    peer: str,
    log: PeerLog,
    pending: PendingEnvelope,
    result: DeliverResult,
    links: dict[int, Link],
    stored: tuple[str, ...] = (),
) -> Change | None:
    """Step D4 for one envelope: what to write, or None to try again.

    Args:
        stored: the events of evidence that is on record already.
    """
    now = node.clock.now_ms()
    if result.outcome in (ACCEPTED, REJECTED) and (result.evidence or stored):
        return await _proven(node, peer, log, pending, result, links, stored)
    if result.outcome == CONFLICT:
        offered: dict[str, FieldValue] = {"offered": pending.manifest_digest, "peer": peer}
        return ended(node, pending, "conflict", Event.CONFLICT_DETECTED, offered, now)
    if result.outcome == UNPROCESSABLE:
        node.log.error("dispatch.unprocessable", alert=True, peer=peer, message=pending.envelope.message_id)
        why: dict[str, FieldValue] = {"peer": peer, "reason": "unprocessable"}
        return ended(node, pending, "unprocessable", Event.DELIVERY_UNKNOWN, why, now)
    node.log.info("dispatch.again", peer=peer, parts_missing=result.outcome == PARTS_MISSING)
    return None


async def _proven(
    node: Node,
    peer: str,
    log: PeerLog,
    pending: PendingEnvelope,
    result: DeliverResult,
    links: dict[int, Link],
    stored: tuple[str, ...],
) -> Change | None:
    now = node.clock.now_ms()
    message_id = pending.envelope.message_id
    about = (message_id, pending.manifest_digest)
    pieces = []
    for bundle in result.evidence:
        try:
            pieces.append((verify_evidence(node, peer, log, "out", bundle, links, about), bundle))
        except LogContradiction:
            raise
        except EnvelopeRejected as error:
            await log_invalid(node, peer, bundle, str(error))
            return None
    writes, entries = evidence_change(node, peer, pieces, pending.envelope, now, stored)
    return Change(tuple(writes), tuple(entries))


def ended(
    node: Node,
    pending: PendingEnvelope,
    state: str,
    event: Event,
    more: dict[str, FieldValue],
    now: int,
) -> Change:
    """What ends an envelope without evidence: its state, and the entry that says why.

    Args:
        more: further fields of the entry.
    """
    moved = EnvelopeDelivered(
        envelope_id=pending.envelope.envelope_id,
        expected=pending.envelope.state,
        state=state,
        wrap=None,
        updated_ms=now,
    )
    fields = _fields(node, pending) | more
    message_id, peer = pending.envelope.message_id, pending.envelope.peer
    told = entry(node, event, now, fields, message_id)
    if state not in _NOT_TAKEN:
        return Change((moved,), (told,))
    rows, entries = undone(node, message_id, peer, now)
    return Change((moved, *rows, *follow_refusal(node, peer, message_id)), (told, *entries))


def _fields(node: Node, pending: PendingEnvelope) -> dict[str, FieldValue]:
    return {
        "authority": node.authority,
        "message": pending.envelope.message_id,
        "manifest": pending.manifest_digest,
    }
