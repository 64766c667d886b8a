"""What is waiting to leave: queued envelopes and evidence its receiver does not have."""

from sqlalchemy import and_, func, literal_column, select

from gateway.ports.rows import EnvelopeRow, EvidenceRow, PartRow
from gateway.ports.store import PendingEnvelope
from gateway.store.database import Source
from gateway.store.reads import OUT
from gateway.store.statements import IdsQuery, Query, at_most, columns_of, number, to_row, to_rows
from gateway.store.tables import envelope, evidence, message, part

_QUEUED = and_(envelope.c.direction == OUT, envelope.c.state == literal_column("'queued'"))
_UNPUSHED = evidence.c.pushed == literal_column("0")


class DueReads:
    """The two queues of the outbox, by time."""

    def __init__(self, source: Source) -> None:
        m, e = message.c, envelope.c
        sealed_here = and_(m.message_id == e.message_id, m.direction == OUT, m.authority == e.authority)
        self._due_envelopes = Query(
            source,
            at_most(
                select(m.manifest_digest, *columns_of(EnvelopeRow))
                .join_from(envelope, message, sealed_here)
                .where(_QUEUED, e.next_attempt_ms <= number("now"))
                .order_by(e.next_attempt_ms, e.cursor),
                number("limit"),
            ),
            "now",
            "limit",
        )
        self._due_parts = IdsQuery(
            source,
            select(*columns_of(PartRow)).order_by(part.c.envelope_id, part.c.position),
            part.c.envelope_id,
        )
        self._due_evidence = Query(
            source,
            at_most(
                select(*columns_of(EvidenceRow))
                .where(_UNPUSHED, evidence.c.next_attempt_ms <= number("now"))
                .order_by(evidence.c.next_attempt_ms, evidence.c.cursor),
                number("limit"),
            ),
            "now",
            "limit",
        )
        self._next_envelope = Query(source, select(func.min(e.next_attempt_ms)).where(_QUEUED))
        self._next_evidence = Query(source, select(func.min(evidence.c.next_attempt_ms)).where(_UNPUSHED))

    def due_envelopes(self, now_ms: int, limit: int) -> list[PendingEnvelope]:
        """See `gateway.ports.store.Store.due_envelopes`."""
        found = [(row[0], to_row(EnvelopeRow, row[1:])) for row in self._due_envelopes(now_ms, limit)]
        parts: dict[str, list[PartRow]] = {}
        for row in to_rows(PartRow, self._due_parts(due.envelope_id for _, due in found)):
            parts.setdefault(row.envelope_id, []).append(row)
        return [PendingEnvelope(due, digest, tuple(parts.get(due.envelope_id, ()))) for digest, due in found]

    def due_evidence(self, now_ms: int, limit: int) -> list[EvidenceRow]:
        """See `gateway.ports.store.Store.due_evidence`."""
        return to_rows(EvidenceRow, self._due_evidence(now_ms, limit))

    def next_due_ms(self) -> int | None:
        """See `gateway.ports.store.Store.next_due_ms`."""
        found = [query()[0][0] for query in (self._next_envelope, self._next_evidence)]
        return min((at for at in found if at is not None), default=None)
