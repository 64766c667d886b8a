"""Step E1: evidence that no answer could carry goes to the sender's gateway."""

from gateway.exchange.frames import EvidenceAnswer, EvidenceRequest, pack, unpack
from gateway.exchange.freezing import freeze
from gateway.exchange.node import Node
from gateway.exchange.peering import peer_log
from gateway.exchange.peerlog import LogContradiction, bundle_size
from gateway.ports.peer import PeerTransport
from gateway.ports.rows import EvidenceRow


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
