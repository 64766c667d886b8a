"""A fork freezes the peer: both heads are on record, an alarm is raised, nothing more is exchanged."""

from audit.checkpoint import Checkpoint
from audit.events import Event, FieldValue
from gateway.exchange.entries import entry
from gateway.exchange.node import Node
from gateway.exchange.peerlog import LogContradiction, PeerLog
from gateway.ports.store import Change
from keys import b64


async def freeze(node: Node, peer: str, log: PeerLog, contradiction: LogContradiction) -> None:
    """Stop the exchange with a peer whose log contradicts itself."""
    known, _ = log.newest
    fields: dict[str, FieldValue] = {"peer": peer, "reason": contradiction.reason, "origin": log.origin}
    if known is not None:
        fields |= {"size": known.size, "root": _root(known)}
    if contradiction.offered is not None:
        fields["offered"] = _root(contradiction.offered)
    node.log.error("peer.frozen", alert=True, peer=peer, reason=contradiction.reason)
    seen = node.peers.freeze(log, contradiction.reason)
    now = node.clock.now_ms()
    await node.journal.record(Change((seen,), (entry(node, Event.PEER_FROZEN, now, fields),)))


def _root(checkpoint: Checkpoint) -> str:
    return b64.encode(checkpoint.root)
