"""Steps D1-D5: queued envelopes go to their recipient's gateway, and its evidence comes back.

A retry is the same request, whatever part of it arrived before. What cannot be delivered until it expires
ends in the peer's evidence or in `delivery.unknown` with an alert, never in silence.
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple

from msgspec import Struct

from gateway.errors import Conflict, EnvelopeRejected, PeerUnreachable
from gateway.exchange.evidence import (
    envelope_for,
)
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EnvelopeFrame,
    Link,
    pack,
    unpack,
)
from gateway.exchange.freezing import freeze
from gateway.exchange.journal import Recorded
from gateway.exchange.node import Node
from gateway.exchange.peering import peer_log
from gateway.exchange.peerlog import LogContradiction, PeerLog
from gateway.exchange.settling import settle
from gateway.ports.peer import PeerTransport
from gateway.ports.rows import EnvelopeDelivered, PartRow, Write
from gateway.ports.store import Change, PendingEnvelope


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
        change = await settle(node, peer, log, pending, result, links)
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
    change = await settle(node, peer, log, current, fresh, links, tuple(row.event for row in stored))
    if change is not None:
        await node.journal.record(change)


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
