"""Step S0 of a transfer: the request it carries, and all that travels with it, from what this node holds."""

import msgspec

from gateway.errors import Invalid
from gateway.exchange.body import Body, Oral, Proof, Transferred
from gateway.exchange.collect import open_stored
from gateway.exchange.draft import Draft
from gateway.exchange.manifest import Manifest
from gateway.exchange.node import Node
from gateway.exchange.standing import read_memory
from gateway.ports.rows import CaseEventRow, CaseRow
from keys import b64

_TRAVELLING = (
    "subject",
    "subject_reason",
    "form",
    "purpose",
    "level",
    "marking",
    "caveats",
    "personal_data",
)


def filled(node: Node, client: str, draft: Draft) -> Draft:
    """A transfer's draft with the request in it; whatever it says of level, purpose and the like gives way.

    Raises:
        Invalid: there is no such request here, or this client has not collected it.
    """
    case = _case_to_hand_on(node, draft)
    events = node.store.case_events(case.case_id, case.counterpart)
    order = next((event for event in reversed(events) if event.kind == "transfer_order"), None)
    manifest, content, request = _collected(node, client, events[0])
    body = msgspec.structs.replace(
        draft.body,
        elements=content.elements | draft.body.elements,
        transferred=Transferred(request, None if order is None else _collected(node, client, order)[2]),
        confidential=read_memory(case.memory).confidential,
        oral=_still_oral(case, content),
    )
    return msgspec.structs.replace(
        draft, body=body, **{name: getattr(manifest, name) for name in _TRAVELLING}
    )


def _case_to_hand_on(node: Node, draft: Draft) -> CaseRow:
    held = [] if draft.case is None else node.store.cases(draft.case)
    own = [case for case in held if case.executor == node.authority]
    if len(own) != 1 or own[0].agreement != draft.agreement:
        raise Invalid([("/case", "names no request to this authority under this agreement")])
    return own[0]


def _collected(node: Node, client: str, event: CaseEventRow) -> tuple[Manifest, Body, Proof]:
    envelopes = node.store.envelopes("in", event.authority, event.message_id)
    item = node.store.inbox_item(envelopes[0].envelope_id) if envelopes else None
    if item is None or not node.store.disclosed(client, item.envelope.envelope_id):
        raise Invalid([("/case", f"collect the {event.kind} first: it travels with the transfer")])
    block, manifest, body = open_stored(node, item)
    return manifest, body, Proof(b64.encode(block.manifest), block.official, block.seal)


def _still_oral(case: CaseRow, request: Body) -> Oral | None:
    """An oral request travels as one, as long as it is not confirmed."""
    return request.oral if read_memory(case.memory).oral == "unconfirmed" else None
