"""What is waiting to leave for a peer: queued envelopes and evidence it does not have."""

from collections.abc import Iterator

from sqlalchemy import BindParameter, and_, bindparam, func, select

from gateway.ports.rows import EnvelopeRow, EvidenceRow, PartRow
from gateway.ports.store import PendingEnvelope
from gateway.store.database import Source
from gateway.store.statements import IdsQuery, Query, at_most, columns_of, number, to_row, to_rows
from gateway.store.tables import QUEUED, UNPUSHED, envelope, evidence, message, part


class WaitingReads:
    """The outbox, peer by peer."""

    def __init__(self, source: Source) -> None:
        m, e = message.c, envelope.c
        its_message = and_(
            m.message_id == e.message_id, m.direction == e.direction, m.authority == e.authority
        )
        queued = (
            select(m.manifest_digest, *columns_of(EnvelopeRow))
            .join_from(envelope, message, its_message)
            .where(QUEUED, e.peer == bindparam("peer"))
            .order_by(e.cursor)
        )
        unpushed = (
            select(*columns_of(EvidenceRow))
            .where(UNPUSHED, evidence.c.receiver == bindparam("peer"))
            .order_by(evidence.c.cursor)
        )
        parts = select(*columns_of(PartRow)).order_by(part.c.envelope_id, part.c.position)
        self._queued = Query(source, at_most(queued, number("limit")), "peer", "limit")
        self._unpushed = Query(source, at_most(unpushed, number("limit")), "peer", "limit")
        self._parts_of = IdsQuery(source, parts, part.c.envelope_id)
        after: BindParameter[str] = bindparam("after")
        self._next_queued = Query(source, select(func.min(e.peer)).where(QUEUED, e.peer > after), "after")
        self._next_unpushed = Query(
            source,
            select(func.min(evidence.c.receiver)).where(UNPUSHED, evidence.c.receiver > after),
            "after",
        )

    def waiting_peers(self) -> list[str]:
        """See `gateway.ports.store.Store.waiting_peers`."""
        return sorted({*_steps(self._next_queued), *_steps(self._next_unpushed)})

    def queued_envelopes(self, peer: str, limit: int) -> list[PendingEnvelope]:
        """See `gateway.ports.store.Store.queued_envelopes`."""
        found = [(row[0], to_row(EnvelopeRow, row[1:])) for row in self._queued(peer, limit)]
        parts: dict[str, list[PartRow]] = {}
        for row in to_rows(PartRow, self._parts_of(waiting.envelope_id for _, waiting in found)):
            parts.setdefault(row.envelope_id, []).append(row)
        return [
            PendingEnvelope(waiting, digest, tuple(parts.get(waiting.envelope_id, ())))
            for digest, waiting in found
        ]

    def unpushed_evidence(self, peer: str, limit: int) -> list[EvidenceRow]:
        """See `gateway.ports.store.Store.unpushed_evidence`."""
        return to_rows(EvidenceRow, self._unpushed(peer, limit))


def _steps(next_after: Query) -> Iterator[str]:
    """Distinct values by one step of the index each, however many rows wait behind one of them."""
    value = next_after("")[0][0]
    while value is not None:
        yield value
        value = next_after(value)[0][0]
