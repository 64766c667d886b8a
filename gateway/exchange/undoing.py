"""A message that the other side refused moved nothing there, so it moves nothing here either.

The sender's case went on when the message was accepted for delivery. Once the refusal is proven the case is
what the remaining messages make of it, which is what the other side holds.
"""

import msgspec

from audit.events import Event, FieldValue
from gateway.exchange.case import VOID
from gateway.exchange.entries import entry
from gateway.exchange.node import Node
from gateway.exchange.standing import Memory, Move, Standing, advance, opened, write_memory
from gateway.ports.rows import CaseEventRow, CaseMoved, Row, Shift
from gateway.ports.store import Entry

UNDONE = "undone"
"""The step, and kind, of the event that takes a refused message out of a case's record."""
_move = msgspec.json.Decoder(Move)


def undone(node: Node, message_id: str, peer: str, now: int) -> tuple[list[Row | Shift], list[Entry]]:
    """The rows, and the entry, that take a message of ours out of its case; none if it is out or of no case.

    Args:
        message_id: a message sealed here, which `peer` did not take.
        now: when that was proven (Unix milliseconds).
    """
    message = node.store.message("out", message_id)
    case = None if message is None else node.store.case(message.case_id, peer)
    if message is None or case is None:
        return [], []
    events = node.store.case_events(case.case_id, peer)
    of_message = [event for event in events if event.message_id == message_id]
    if not of_message or any(event.step == UNDONE for event in of_message):
        return [], []
    standing, version = refolded(events, message_id), case.version + 1
    moved = CaseMoved(
        case_id=case.case_id,
        counterpart=peer,
        expected=case.version,
        state=standing.state,
        version=version,
        updated_ms=now,
        memory=write_memory(standing.memory),
    )
    event = msgspec.structs.replace(
        of_message[0], version=version, kind=UNDONE, step=UNDONE, state=standing.state, move="", at_ms=now
    )
    fields: dict[str, FieldValue] = {
        "case": case.case_id,
        "from_state": case.state,
        "to_state": standing.state,
        "message": message_id,
        "authority": node.authority,
        "reason": UNDONE,
    }
    return [moved, event], [entry(node, Event.CASE_TRANSITION, now, fields, message_id)]


def refolded(events: list[CaseEventRow], without: str) -> Standing:
    """Where a case stands without one of its messages, and without those undone before."""
    gone = {event.message_id for event in events if event.step == UNDONE} | {without}
    moves = [_move.decode(event.move) for event in events if event.message_id not in gone and event.move]
    standing = opened(moves[0]) if moves and events[0].message_id not in gone else None
    if standing is None:
        return Standing(VOID, Memory())
    for move in moves[1:]:
        # What is no longer admitted without the message the other side refuses as well.
        standing = advance(standing, move) or standing
    return standing
