"""Passing a request on inside one state: what travels with it, how it is proven, and whose case it becomes.

The first executor sends a `transfer` to another authority of its own state, with the requester's own signed
manifest in it; the new executor verifies that, and holds the case as if the request had come to it. The
requester is told by a competence notice and from then on takes the new executor's messages in the same case.
A transfer is told as done only once the new executor's gateway has given evidence that it holds the request.
"""

from gateway.errors import Invalid
from gateway.exchange.body import Proof
from gateway.exchange.case import HANDED_ON, ORAL, REQUESTED
from gateway.exchange.manifest import Manifest, decode_manifest
from gateway.exchange.node import Node
from gateway.exchange.standing import Memory, Move, Standing, advance, read_memory
from gateway.exchange.verified import Carried, Verified
from gateway.ports.rows import CaseRow
from keys import b64, instants
from keys.errors import KeysError
from keys.signatures import OFFICIAL_TYP, SEAL_TYP, peek_kid, verify_official, verify_seal

_HELD = ("consigned", "handed_over")


def carried(node: Node, verified: Verified) -> Carried | None:
    """What a transfer carries; None if it proves no request of this case to who passes it on."""
    manifest, said = verified.manifest, verified.body.transferred
    if said is None:
        return None
    try:
        request = _proven(node, said.request)
        order = None if said.order is None else _proven(node, said.order)
    except (KeysError, Invalid):
        return None
    if request.kind != "request" or not _is_of_case(request, manifest) or not _travels(request, manifest):
        return None
    if order is None:
        return Carried(request, asked=False)
    ordered = (
        order.kind == "transfer_order" and order.sender == request.sender and _is_of_case(order, manifest)
    )
    return Carried(request, asked=True) if ordered else None


def _proven(node: Node, proof: Proof) -> Manifest:
    """The manifest of another authority's message; raises `KeysError` or `Invalid` if it is not one."""
    data = b64.decode(proof.manifest)
    manifest = decode_manifest(data)
    trust, now = node.trust.current, node.clock.now_ms()
    key = trust.seal_key(manifest.sender, peek_kid(proof.seal, SEAL_TYP), manifest.created_ms, now)
    verify_seal(proof.seal, data, proof.official, key)
    if proof.official is not None:
        kid = peek_kid(proof.official, OFFICIAL_TYP)
        official = trust.official(manifest.sender, kid, manifest.created_ms, now)
        verify_official(proof.official, data, official.key)
    return manifest


def _is_of_case(proven: Manifest, transfer: Manifest) -> bool:
    same = (proven.case, proven.agreement) == (transfer.case, transfer.agreement)
    return same and transfer.sender in proven.recipients and proven.sender not in transfer.recipients


def _travels(request: Manifest, transfer: Manifest) -> bool:
    """Marking and caveats travel unchanged; of level and purpose the packs are told (`facts`)."""
    return (request.marking, request.caveats) == (transfer.marking, transfer.caveats)


def may_hand_on(node: Node, transfer: Manifest, request: Manifest) -> bool:
    """Whether the case of a request admits that it is passed on: here, as its executor, or to here."""
    case = node.store.case(transfer.case, request.sender)
    if transfer.sender != node.authority:
        return case is None
    if case is None or case.executor != node.authority:
        return False
    if node.store.case_events(case.case_id, case.counterpart)[0].message_id != request.id:
        return False
    move = Move("transferred", "executor", transfer.id, request.id)
    return advance(Standing(case.state, read_memory(case.memory)), move) is not None


def is_handed_on(node: Node, case_id: str, authority: str | None) -> bool:
    """Whether this node passed a case's request on to an authority that has it, by its own evidence."""
    case = None if authority is None else node.store.case(case_id, authority)
    if case is None or case.state != HANDED_ON or case.requester != node.authority:
        return False
    opening = node.store.case_events(case_id, case.counterpart)[0]
    envelopes = node.store.envelopes("out", node.authority, opening.message_id)
    return any(one.peer == authority and one.state in _HELD for one in envelopes)


def inherited(request: str, case: CaseRow) -> tuple[Move, Standing]:
    """Message and standing with which the requester's case goes on with the new executor.

    Args:
        request: id of the message that opened the case.
        case: the requester's case with the first executor.
    """
    memory = read_memory(case.memory)
    return _from_request(request, memory, oral=memory.oral == "unconfirmed")


def taken_over(verified: Verified, request: Manifest) -> tuple[Move, Standing]:
    """Message and standing with which the new executor holds the case."""
    body = verified.body
    oral = body.oral is not None and not body.oral.confirms
    made_ms = 0 if body.oral is None else instants.parse(body.oral.made)
    memory = Memory(oral_made_ms=made_ms, confidential=body.confidential)
    return _from_request(request.id, memory, oral=oral)


def _from_request(request: str, memory: Memory, *, oral: bool) -> tuple[Move, Standing]:
    kept = Memory(
        oral="unconfirmed" if oral else "none",
        oral_made_ms=memory.oral_made_ms if oral else 0,
        confidential=memory.confidential,
    )
    step = "oral_request" if oral else "request"
    return Move(step, "requester", request), Standing(ORAL if oral else REQUESTED, kept)
