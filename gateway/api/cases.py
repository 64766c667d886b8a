"""`/v1/cases/{id}`: a case, for a client that may see it. Unknown, foreign and uncleared look alike."""

from gateway.api.call import Call
from gateway.api.clocked import clock_view
from gateway.api.documents import JsonReader
from gateway.api.replies import Reply, json_reply
from gateway.api.submitting import JSON_TYPE
from gateway.api.views import (
    CaseEventView,
    CaseView,
    CounterpartView,
    MomentView,
    StandingView,
)
from gateway.exchange.case import admitted, role_of
from gateway.exchange.node import Node
from gateway.exchange.reading import case_file
from gateway.exchange.recording import MomentRecord, record_moment
from gateway.exchange.standing import read_memory
from gateway.ports.clock_rows import ClockRow
from gateway.ports.rows import CaseRow
from keys import instants

_record = JsonReader(MomentRecord)


async def case(call: Call) -> Reply:
    """State, role, events and clocks of a case.

    Raises:
        NotFound: there is none, this client has no part in it, or some message of it is above its clearance.
    """
    node, client, case_id = call.node, call.client, call.uuid()
    found = case_file(node, client.reader, case_id)
    counterparts = [
        _counterpart(node, row, [c for c in found.clocks if c.counterpart == row.counterpart])
        for row in found.cases
    ]
    states = {one.state for one in counterparts}
    events = [
        CaseEventView(
            row.message_id, row.authority, row.kind, row.role, row.state, instants.write(row.at_ms), row.step
        )
        for row in found.events
    ]
    state = states.pop() if len(states) == 1 else "mixed"
    return json_reply(CaseView(case_id, state, counterparts[0].role, counterparts, events))


async def record_in_case(call: Call) -> Reply:
    """Take a client's record of something that no message shows; the same one twice is harmless.

    Raises:
        NotFound: as for the case itself.
        Invalid: it starts no time limit of this side, or its instant cannot be.
        Conflict: it is on record with another instant, or the case admits no remedy.
    """
    call.require_media_type(JSON_TYPE)
    node, asked = call.node, _record.read(await call.body())
    begun = await record_moment(node, call.client.reader, call.uuid(), asked)
    clocks = [clock_view(node, clock) for clock in begun.clocks]
    at = instants.write(begun.at_ms)
    return json_reply(MomentView(begun.case.case_id, begun.case.counterpart, begun.moment, at, clocks))


def _counterpart(node: Node, row: CaseRow, clocks: list[ClockRow]) -> CounterpartView:
    other = row.executor if row.requester == node.authority else row.requester
    return CounterpartView(
        other,
        role_of(node.authority, row.requester),
        row.state,
        row.agreement,
        instants.write(row.opened_ms),
        instants.write(row.updated_ms),
        _standing(node, row),
        [clock_view(node, clock) for clock in clocks],
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
