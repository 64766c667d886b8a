"""`GET /v1/cases/{id}`: a case, for a client that may see it. Unknown, foreign and uncleared look alike."""

from gateway.api.call import Call
from gateway.api.identity import ApiClient
from gateway.api.replies import Reply, json_reply
from gateway.api.views import CaseEventView, CaseView, CounterpartView, StandingView
from gateway.errors import NotFound
from gateway.exchange.case import admitted, role_of
from gateway.exchange.node import Node
from gateway.exchange.reading import CaseFile, case_file
from gateway.exchange.standing import read_memory
from gateway.ports.rows import CaseEventRow, CaseRow
from keys import instants


async def case(call: Call) -> Reply:
    """State, role and events of a case.

    Raises:
        NotFound: there is none, this client has no part in it, or some message of it is above its clearance.
    """
    node, client, case_id = call.node, call.client, call.uuid()
    found = case_file(node, client.reader, case_id)
    if not _concerns(node, client, found):
        raise NotFound("no such case")
    counterparts = [_counterpart(node, row) for row in found.cases]
    states = {one.state for one in counterparts}
    events = [
        CaseEventView(
            row.message_id, row.authority, row.kind, row.role, row.state, instants.write(row.at_ms), row.step
        )
        for row in found.events
    ]
    state = states.pop() if len(states) == 1 else "mixed"
    return json_reply(CaseView(case_id, state, counterparts[0].role, counterparts, events))


def _concerns(node: Node, client: ApiClient, found: CaseFile) -> bool:
    """Whether some message of the case came in, or was sent by this very client."""
    return any(event.authority != node.authority or _is_own(node, client, event) for event in found.events)


def _is_own(node: Node, client: ApiClient, event: CaseEventRow) -> bool:
    rows = node.store.messages("out", node.authority, [event.message_id])
    return any(row.client == client.client_id for row in rows)


def _counterpart(node: Node, row: CaseRow) -> CounterpartView:
    other = row.executor if row.requester == node.authority else row.requester
    return CounterpartView(
        other,
        role_of(node.authority, row.requester),
        row.state,
        row.agreement,
        instants.write(row.opened_ms),
        instants.write(row.updated_ms),
        _standing(node, row),
    )


def _standing(node: Node, row: CaseRow) -> StandingView:
    memory = read_memory(row.memory)
    return StandingView(
        memory.oral,
        memory.conditions,
        memory.privacy,
        memory.question or None,
        memory.transfer_asked,
        memory.transferred_to or None,
        sorted(admitted(row.state, role_of(node.authority, row.requester))),
    )
