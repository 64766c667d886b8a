"""Which log belongs to the gateway of a peer now."""

from gateway.errors import EnvelopeRejected
from gateway.exchange.node import Node
from gateway.exchange.peerlog import PeerLog


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
