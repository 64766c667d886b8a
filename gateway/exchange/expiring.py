"""Step D6: what could not be delivered in time ends in the peer's evidence or in an alert."""

from audit.events import Event, FieldValue
from gateway.errors import Conflict, EnvelopeRejected, PeerFrozen, PeerUnreachable
from gateway.exchange.frames import DeliverAnswer, QueryRequest, pack, unpack
from gateway.exchange.freezing import freeze
from gateway.exchange.node import Node
from gateway.exchange.peering import peer_log
from gateway.exchange.peerlog import LogContradiction
from gateway.exchange.settling import ended, settle
from gateway.ports.peer import PeerTransport
from gateway.ports.store import Change, PendingEnvelope


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
    change = ended(node, pending, "unknown", Event.DELIVERY_UNKNOWN, why, now)
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
    return await settle(node, peer, log, pending, answer.results[0], links)
