"""What peers ask of us, frame in and frame out. The caller has authenticated the connection (R1)."""

from gateway.errors import EnvelopeRejected
from gateway.exchange.evidence import take_callback
from gateway.exchange.frames import (
    DeliverAnswer,
    DeliverRequest,
    DeliverResult,
    EvidenceAnswer,
    EvidenceRequest,
    QueryRequest,
    pack,
    unpack,
)
from gateway.exchange.freezing import freeze
from gateway.exchange.node import Node
from gateway.exchange.peerlog import LogContradiction, PeerLog, Unplaced, bundle_size
from gateway.exchange.receive import ACCEPTED, AGAIN, REJECTED, receive
from gateway.exchange.waiting import INBOX
from gateway.ports.rows import Write

_GIVEN = (
    "RelayAcceptance",
    "RelayRejection",
    "ContentConsignment",
    "ContentConsignmentFailure",
    "ContentHandover",
)


async def on_deliver(node: Node, senders: tuple[str, ...], data: bytes) -> bytes:
    """Answer a delivery (steps R1-R13).

    Args:
        senders: the authorities that the connection's certificate serves, per the trust list.
        data: a DeliverRequest.

    Raises:
        EnvelopeRejected: the frame is not one, is not for us or not from them; the peer learns nothing more.
        PeerFrozen: the exchange with this peer is stopped.
    """
    request = unpack(DeliverRequest, data)
    log = _log_of(node, senders, request.sender, request.recipient)
    extra: list[Write] = []
    try:
        seen = node.peers.take_view(log, "in", request.log)
        extra = [] if seen is None else [seen]
    except LogContradiction as contradiction:
        await freeze(node, request.sender, log, contradiction)
        raise
    except Unplaced:
        results = [DeliverResult(AGAIN, []) for _ in request.envelopes]
    else:
        results = await receive(node, senders, request.envelopes, extra)
        node.waiters.notify(INBOX)
    sizes = {bundle_size(bundle) for result in results for bundle in result.evidence}
    answer = DeliverAnswer(1, node.peers.view(log, "in"), node.peers.links(sizes), results)
    node.crash_point("receive.before_answer")
    return pack(answer)


async def on_evidence(node: Node, senders: tuple[str, ...], data: bytes) -> bytes:
    """Take evidence by callback (steps E1-E3); raises as `on_deliver`."""
    request = unpack(EvidenceRequest, data)
    log = _log_of(node, senders, request.sender, request.recipient)
    try:
        node.peers.take_view(log, "in", request.log)
        links = {link.size: link for link in request.links}
        taken = await take_callback(node, request.sender, log, request.evidence, links)
    except LogContradiction as contradiction:
        await freeze(node, request.sender, log, contradiction)
        raise
    except Unplaced:
        taken = [False for _ in request.evidence]

    return pack(EvidenceAnswer(1, node.peers.view(log, "in"), taken))


async def on_query(node: Node, senders: tuple[str, ...], data: bytes) -> bytes:
    """Tell what evidence we gave about the asking peer's own messages (step D6); raises as `on_deliver`."""
    request = unpack(QueryRequest, data)
    log = _log_of(node, senders, request.sender, request.recipient)
    try:
        node.peers.take_view(log, "in", request.log)
    except LogContradiction as contradiction:
        await freeze(node, request.sender, log, contradiction)
        raise
    except Unplaced:
        results = [DeliverResult(AGAIN, []) for _ in request.messages]
    else:
        results = [_known(node, request.sender, *message) for message in request.messages]
    sizes = {bundle_size(bundle) for result in results for bundle in result.evidence}
    return pack(DeliverAnswer(1, node.peers.view(log, "in"), node.peers.links(sizes), results))


def _known(node: Node, sender: str, message_id: str, digest: str) -> DeliverResult:
    rows = node.store.evidence(sender, message_id, digest)
    given = [row for row in rows if row.giver == node.authority and row.event in _GIVEN]
    bundles = [row.bundle for row in given if row.bundle is not None]
    if not bundles:
        return DeliverResult(AGAIN, [])
    rejected = any(row.event == "RelayRejection" for row in given)
    return DeliverResult(REJECTED if rejected else ACCEPTED, bundles)


def _log_of(node: Node, senders: tuple[str, ...], sender: str, recipient: str) -> PeerLog:
    """Step R2: the frame is from an authority of this certificate, and for us."""
    if sender not in senders or recipient != node.authority:
        raise EnvelopeRejected("the frame's sender or recipient is another")
    listed = node.trust.current.authority(sender, node.clock.now_ms())
    if listed is None:
        raise EnvelopeRejected("the sender is not listed")
    return node.peers.of(listed.origin)
