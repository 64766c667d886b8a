"""Which cases a client may know of: the one rule for cases, notices and webhooks."""

from collections.abc import Iterable

from gateway.exchange.collect import Reader, cleared
from gateway.exchange.node import Node
from gateway.ports.clock_rows import NO_CASE
from gateway.ports.rows import CaseEventRow


def sees_case(node: Node, reader: Reader, case_id: str) -> bool:
    """Whether a client may know of a case: of an unknown one nobody, of what is about none all may."""
    if case_id == NO_CASE:
        return True
    cases = node.store.cases(case_id)
    return sees(node, reader, [e for c in cases for e in node.store.case_events(case_id, c.counterpart)])


def sees(node: Node, reader: Reader, events: Iterable[CaseEventRow]) -> bool:
    """Whether a client may know of the case with these events.

    It is cleared for every message of the case, with whichever counterpart, and has a part in it: some
    message came in, or it sent one itself.
    """
    has_part = False
    for event in events:
        ours = event.authority == node.authority
        has_part = has_part or not ours
        for row in node.store.messages("out" if ours else "in", event.authority, [event.message_id]):
            if not cleared(reader, row.level):
                return False
            has_part = has_part or row.client == reader.client
    return has_part
