"""Steps D1-D6: queued envelopes go to their recipient's gateway, and its evidence comes back.

A retry is the same request, whatever part of it arrived before. What cannot be delivered until it expires
ends in the peer's evidence or in `delivery.unknown` with an alert, never in silence.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple

from msgspec import Struct

from audit.events import Event, FieldValue
from gateway.errors import Conflict, EnvelopeRejected, PeerFrozen, PeerUnreachable
from gateway.exchange.entries import entry
from gateway.exchange.evidence import (
    envelope_for,
    evidence_change,
    log_invalid,
    verify_evidence,
)
from gateway.exchange.following import follow_refusal
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EnvelopeFrame,
    EvidenceAnswer,
    EvidenceRequest,
    Link,
    QueryRequest,
    pack,
    unpack,
)
from gateway.exchange.freezing import freeze
from gateway.exchange.journal import Recorded
from gateway.exchange.node import Node
from gateway.exchange.peerlog import LogContradiction, PeerLog, bundle_size
from gateway.exchange.receive import ACCEPTED, CONFLICT, PARTS_MISSING, REJECTED, UNPROCESSABLE
from gateway.exchange.undoing import undone
from gateway.ports.peer import PeerTransport
from gateway.ports.rows import EnvelopeDelivered, EvidenceRow, PartRow, Write
from gateway.ports.store import Change, PendingEnvelope

_NOT_TAKEN = ("conflict", "unprocessable")


def peer_log(node: Node, peer: str) -> PeerLog:
    """The log of the gateway that serves an authority now.

    Raises:
        EnvelopeRejected: the authority is not listed, or its log is not on record.
        PeerFrozen: the exchange with it is stopped.
    """
    listed = node.trust.current.authority(peer, node.clock.now_ms())
    if listed is None:
        raise EnvelopeRejected(f"{peer} is not listed")
    return node.peers.of(listed.origin)


class Delivery(Struct, frozen=True):
    """An answer that was verified.

    Args:
        settled: whether every envelope of the batch is settled; False leaves some for a later try.
        recorded: ends when all of it is committed. The next batch need not wait for that.
    """

    settled: bool
    recorded: Awaitable[None]


async def deliver(node: Node, transport: PeerTransport, peer: str, batch: list[PendingEnvelope]) -> Delivery:
    """Send up to 64 envelopes to one peer and verify its answer.

    Raises:
        PeerUnreachable, PeerFrozen, EnvelopeRejected: nothing is settled; try again later.
    """
    log = peer_log(node, peer)
    frames = [_frame(one) for one in batch]  # D2
    request = DeliverRequest(1, node.authority, peer, node.peers.view(log, "out"), frames)
    node.crash_point("dispatch.before_send")
    answer = unpack(DeliverAnswer, await transport.call(peer, "deliver", pack(request)))
    node.crash_point("dispatch.answered")
    if len(answer.results) != len(batch):
        raise EnvelopeRejected("the answer has another number of results")
    try:
        seen = node.peers.take_view(log, "out", answer.log)  # D3
        return await _take_results(node, peer, log, batch, answer, [] if seen is None else [seen])
    except LogContradiction as contradiction:
        await freeze(node, peer, log, contradiction)
        raise


def _frame(pending: PendingEnvelope) -> EnvelopeFrame:
    wrap = pending.envelope.wrap
    if wrap is None:
        raise EnvelopeRejected("an envelope without its wrap cannot be delivered")
    return EnvelopeFrame(pending.envelope.header, wrap, [part.ciphertext for part in pending.parts])


class Recording(NamedTuple):
    """A verified result on its way into the log; `state` is the envelope's after it, if it moves it."""

    pending: PendingEnvelope
    result: DeliverResult
    state: str | None
    recorded: asyncio.Future[Recorded]


def _state_after(change: Change) -> str | None:
    return next((write.state for write in change.writes if isinstance(write, EnvelopeDelivered)), None)


async def _take_results(
    node: Node,
    peer: str,
    log: PeerLog,
    batch: list[PendingEnvelope],
    answer: DeliverAnswer,
    extra: list[Write],
) -> Delivery:
    links = {link.size: link for link in answer.links}
    settled = True
    recording: list[Recording] = []
    for pending, result in zip(batch, answer.results, strict=True):
        change = await _settle(node, peer, log, pending, result, links)
        if change is None:
            settled = False
            continue
        # Step D5: all results of a batch go into one group.
        future = node.journal.enqueue(Change((*extra, *change.writes), change.entries))
        recording.append(Recording(pending, result, _state_after(change), future))
        extra = []
    return Delivery(settled, _recorded(node, peer, log, recording, links))


async def _recorded(
    node: Node,
    peer: str,
    log: PeerLog,
    recording: list[Recording],
    links: dict[int, Link],
) -> None:
    for one in recording:
        state = one.state
        try:
            await one.recorded
        except Conflict:
            await _settle_again(node, peer, log, one.pending, one.result, links)
            state = None
        node.waiters.notify(one.pending.envelope.message_id, state)
    node.crash_point("dispatch.committed")


async def _settle_again(
    node: Node,
    peer: str,
    log: PeerLog,
    pending: PendingEnvelope,
    result: DeliverResult,
    links: dict[int, Link],
) -> None:
    """A callback was stored meanwhile: take what is still new, on the envelope as it is now."""
    envelope = envelope_for(node, pending.envelope.message_id, peer)
    if envelope is None:
        return
    stored = node.store.evidence(node.authority, envelope.message_id, pending.manifest_digest)
    held = {row.bundle for row in stored}
    current = PendingEnvelope(envelope, pending.manifest_digest, pending.parts)
    fresh = DeliverResult(result.outcome, [bundle for bundle in result.evidence if bundle not in held])
    if not fresh.evidence and envelope.state != "queued":
        return
    change = await _settle(node, peer, log, current, fresh, links, tuple(row.event for row in stored))
    if change is not None:
        await node.journal.record(change)


async def _settle(
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
        return _ended(node, pending, "conflict", Event.CONFLICT_DETECTED, offered, now)
    if result.outcome == UNPROCESSABLE:
        node.log.error("dispatch.unprocessable", alert=True, peer=peer, message=pending.envelope.message_id)
        why: dict[str, FieldValue] = {"peer": peer, "reason": "unprocessable"}
        return _ended(node, pending, "unprocessable", Event.DELIVERY_UNKNOWN, why, now)
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


def _ended(
    node: Node,
    pending: PendingEnvelope,
    state: str,
    event: Event,
    more: dict[str, FieldValue],
    now: int,
) -> Change:
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


async def send_parts(node: Node, transport: PeerTransport, peer: str, pending: PendingEnvelope) -> None:
    """Step D2 for large parts: stream what the peer does not have yet.

    Raises:
        PeerUnreachable: interrupted; the next try goes on where this one ended.
    """
    for part in pending.parts:
        if part.blob is not None:
            await _send_part(node, transport, peer, part)


async def _send_part(node: Node, transport: PeerTransport, peer: str, part: PartRow) -> None:
    if part.blob is None:
        return
    total = node.blobs.size(part.blob)
    offset = await transport.part_offset(peer, part.envelope_id, part.position)
    if offset > total:
        raise PeerUnreachable("the peer claims more of a part than there is")
    if offset < total:
        chunks = node.blobs.read(part.blob, at=offset)
        await transport.send_part(peer, part.envelope_id, part.position, offset, total, chunks)


async def expire(node: Node, transport: PeerTransport, peer: str, pending: PendingEnvelope) -> None:
    """Step D6: the validity ended undelivered. Ask the peer once; without evidence, raise an alert."""
    now = node.clock.now_ms()
    message_id = pending.envelope.message_id
    try:
        found = await _ask(node, transport, peer, pending)
    except LogContradiction as contradiction:
        await freeze(node, peer, peer_log(node, peer), contradiction)
        found = None
    except (PeerUnreachable, PeerFrozen, EnvelopeRejected) as error:
        node.log.warning("dispatch.no_answer", peer=peer, cause=str(error))
        found = None
    if found is not None:
        await _end(node, message_id, found)
        return
    node.log.error("delivery.unknown", alert=True, peer=peer, message=message_id)
    why: dict[str, FieldValue] = {"peer": peer, "reason": "expired"}
    change = _ended(node, pending, "unknown", Event.DELIVERY_UNKNOWN, why, now)
    await _end(node, message_id, change)


async def _end(node: Node, message_id: str, change: Change) -> None:
    try:
        await node.journal.record(change)
    except Conflict:
        node.log.info("dispatch.settled_meanwhile", message=message_id)
    node.waiters.notify(message_id)


async def _ask(node: Node, transport: PeerTransport, peer: str, pending: PendingEnvelope) -> Change | None:
    log = peer_log(node, peer)
    asked = [(pending.envelope.message_id, pending.manifest_digest)]
    request = QueryRequest(1, node.authority, peer, node.peers.view(log, "out"), asked)
    answer = unpack(DeliverAnswer, await transport.call(peer, "query", pack(request)))
    node.peers.take_view(log, "out", answer.log)
    links = {link.size: link for link in answer.links}
    if len(answer.results) != 1 or not answer.results[0].evidence:
        return None
    return await _settle(node, peer, log, pending, answer.results[0], links)


async def push_evidence(node: Node, transport: PeerTransport, peer: str, rows: list[EvidenceRow]) -> bool:
    """Send evidence by callback; True if the peer has all of it now.

    Raises:
        PeerUnreachable, PeerFrozen, EnvelopeRejected: nothing is settled; try again later.
    """
    log = peer_log(node, peer)
    bundles = [row.bundle for row in rows if row.bundle is not None]
    sizes = {bundle_size(bundle) for bundle in bundles}
    request = EvidenceRequest(
        1, node.authority, peer, node.peers.view(log, "out"), node.peers.links(sizes), bundles
    )
    answer = unpack(EvidenceAnswer, await transport.call(peer, "evidence", pack(request)))
    try:
        node.peers.take_view(log, "out", answer.log)
    except LogContradiction as contradiction:
        await freeze(node, peer, log, contradiction)
        raise
    return all(answer.taken) and len(answer.taken) == len(bundles)
