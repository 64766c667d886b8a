"""Reading messages, their envelopes and parts, and the pages over them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, literal_column, select

from gateway.ports.rows import (
    EnvelopeRow,
    MessageRow,
    PartRow,
)
from gateway.ports.store import InboxItem
from gateway.store.database import Source
from gateway.store.statements import IdsQuery, Query, at_most, columns_of, number, to_row, to_rows
from gateway.store.tables import RECEIVED, SENT, envelope, message, part

_ENVELOPE_WIDTH = len(EnvelopeRow.__struct_fields__)


class MessageReads:
    """Messages, their envelopes and parts, and the pages over them."""

    def __init__(self, source: Source) -> None:
        m, e = message.c, envelope.c
        one_message = m.direction == bindparam("direction"), m.message_id == bindparam("message_id")
        by_id = select(*columns_of(MessageRow)).where(
            m.direction == bindparam("direction"), m.authority == bindparam("authority")
        )
        self._messages = IdsQuery(source, by_id, m.message_id, "direction", "authority")
        self._message = Query(
            source,
            at_most(select(*columns_of(MessageRow)).where(*one_message).order_by(m.authority), 1),
            "direction",
            "message_id",
        )
        self._envelopes = Query(
            source,
            select(*columns_of(EnvelopeRow))
            .where(
                e.direction == bindparam("direction"),
                e.authority == bindparam("authority"),
                e.message_id == bindparam("message_id"),
            )
            .order_by(e.cursor),
            "direction",
            "authority",
            "message_id",
        )
        self._parts = Query(
            source,
            select(*columns_of(PartRow))
            .where(part.c.envelope_id == bindparam("envelope_id"))
            .order_by(part.c.position),
            "envelope_id",
        )
        self._blobs = IdsQuery(source, select(part.c.blob), part.c.blob)
        self._prepare_pages(source)

    def _prepare_pages(self, source: Source) -> None:
        m, e = message.c, envelope.c
        sent = at_most(
            select(m.cursor, *columns_of(MessageRow))
            .where(SENT, m.cursor > number("after"))
            .order_by(m.cursor),
            number("limit"),
        )
        self._sent = Query(source, sent, "after", "limit")
        self._sent_by = Query(source, sent.where(m.client == bindparam("client")), "after", "client", "limit")
        received = select(e.cursor, *columns_of(EnvelopeRow), *columns_of(MessageRow)).join_from(
            envelope,
            message,
            and_(m.message_id == e.message_id, m.direction == e.direction, m.authority == e.authority),
        )
        self._inbox = Query(
            source,
            at_most(
                received.where(RECEIVED, e.cursor > number("after")).order_by(e.cursor),
                number("limit"),
            ),
            "after",
            "limit",
        )
        one = e.direction == literal_column("'in'"), e.envelope_id == bindparam("envelope_id")
        self._inbox_item = Query(source, at_most(received.where(*one), 1), "envelope_id")

    def messages(self, direction: str, authority: str, ids: Sequence[str]) -> list[MessageRow]:
        """See `gateway.ports.store.Store.messages`."""
        return to_rows(MessageRow, self._messages(ids, direction, authority))

    def message(self, direction: str, message_id: str) -> MessageRow | None:
        """The message; should two authorities have used one id, that of the first by name."""
        found = self._message(direction, message_id)
        return to_row(MessageRow, found[0]) if found else None

    def messages_page(self, client: str | None, after: int, limit: int) -> list[tuple[int, MessageRow]]:
        """See `gateway.ports.store.Store.messages_page`."""
        found = self._sent(after, limit) if client is None else self._sent_by(after, client, limit)
        return [(row[0], to_row(MessageRow, row[1:])) for row in found]

    def envelopes(self, direction: str, authority: str, message_id: str) -> list[EnvelopeRow]:
        """The envelopes of one message, in the order they were written."""
        return to_rows(EnvelopeRow, self._envelopes(direction, authority, message_id))

    def blobs_in_use(self, names: Sequence[str]) -> set[str]:
        """See `gateway.ports.store.Store.blobs_in_use`."""
        return {row[0] for row in self._blobs(names)}

    def parts(self, envelope_id: str) -> list[PartRow]:
        """The parts of one envelope, in order."""
        return to_rows(PartRow, self._parts(envelope_id))

    def inbox(self, after: int, limit: int) -> list[InboxItem]:
        """Received messages beyond cursor `after`, oldest first."""
        return [_inbox_item(row) for row in self._inbox(after, limit)]

    def inbox_item(self, envelope_id: str) -> InboxItem | None:
        """The received message under this node's own id for it."""
        found = self._inbox_item(envelope_id)
        return _inbox_item(found[0]) if found else None


def _inbox_item(values: tuple[Any, ...]) -> InboxItem:
    split = 1 + _ENVELOPE_WIDTH
    return InboxItem(values[0], to_row(MessageRow, values[split:]), to_row(EnvelopeRow, values[1:split]))
