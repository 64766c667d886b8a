"""What a client may read about messages it sent, its inbox and its cases."""

from msgspec import Struct

from gateway.errors import NotFound
from gateway.exchange.collect import ACKNOWLEDGED, Reader, visible
from gateway.exchange.node import Node
from gateway.exchange.visibility import sees
from gateway.ports.clock_rows import ClockRow
from gateway.ports.rows import CaseEventRow, CaseRow, EnvelopeRow, EvidenceRow, MessageRow
from gateway.ports.store import InboxItem


class Sent(Struct, frozen=True):
    """A message sent from here: one envelope a recipient, and all evidence about it."""

    message: MessageRow
    envelopes: list[EnvelopeRow]
    evidence: list[EvidenceRow]

    @property
    def state(self) -> str:
        """See `common_state`."""
        return common_state(self.envelopes)


def common_state(envelopes: list[EnvelopeRow]) -> str:
    """One word for all recipients of a message: their common state, or `mixed`."""
    states = {envelope.state for envelope in envelopes}
    return states.pop() if len(states) == 1 else "mixed"


class CaseFile(Struct, frozen=True):
    """A case as one of its authorities sees it, per counterpart."""

    cases: list[CaseRow]
    events: list[CaseEventRow]
    clocks: list[ClockRow]


def sent(node: Node, client: str, message_id: str) -> Sent:
    """A message that this client sent; raises `NotFound` for any other."""
    row = node.store.message("out", message_id)
    if row is None or row.client != client:
        raise NotFound("no such message")
    return Sent(
        row,
        node.store.envelopes("out", node.authority, message_id),
        node.store.evidence(node.authority, message_id, row.manifest_digest),
    )


def inbox_page(node: Node, reader: Reader, after: int, limit: int) -> tuple[list[InboxItem], int]:
    """Messages waiting for this client, oldest first, and the cursor to go on from.

    What is above the client's clearance is passed over as if it were not there; the cursor follows what is
    shown, so it tells nothing of what was passed over.
    """
    shown: list[InboxItem] = []
    at = after
    while len(shown) < limit:
        items = node.store.inbox(at, limit)
        if not items:
            break
        at = items[-1].cursor
        shown += [item for item in items if visible(reader, item) and item.envelope.state != ACKNOWLEDGED]
    shown = shown[:limit]
    return shown, shown[-1].cursor if shown else after


def case_file(node: Node, reader: Reader, case_id: str) -> CaseFile:
    """A case with its events and clocks.

    Raises:
        NotFound: there is none, the client has no part in it, or some message of it is above its clearance.
    """
    cases = node.store.cases(case_id)
    if not cases:
        raise NotFound("no such case")
    events = [e for case in cases for e in node.store.case_events(case_id, case.counterpart)]
    if not sees(node, reader, events):
        raise NotFound("no such case")
    clocks = [c for case in cases for c in node.store.clocks(case_id, case.counterpart)]
    return CaseFile(cases, events, clocks)
