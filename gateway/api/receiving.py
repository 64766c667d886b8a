"""`GET /v1/inbox` and below: what came in, for clients cleared for it (steps C1-C6)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from gateway.api.call import Call
from gateway.api.cursors import open_cursor, read_limit, seal_cursor
from gateway.api.documents import JsonReader
from gateway.api.polling import long_poll, wait_s
from gateway.api.problems import denial
from gateway.api.replies import Reply, Stream, first_ready, json_reply
from gateway.api.views import AttachmentView, CollectedView, InboxPage, decision_view, inbox_view
from gateway.errors import NotFound
from gateway.exchange.body import encode_body
from gateway.exchange.collect import Collected, NotCollected, acknowledge, collect, stream_attachment
from gateway.exchange.manifest import SALT_BYTES
from gateway.exchange.reading import inbox_page
from gateway.exchange.waiting import INBOX
from keys import b64

_LISTING = "inbox"
_NO_CONTENT = 204


class CollectRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the client wants the content for; it must be the purpose fixed at sending."""

    purpose: Annotated[str, Meta(min_length=1, max_length=300)] | None = None


_request = JsonReader(CollectRequest)


async def list_inbox(call: Call) -> Reply:
    """A page of received messages; with `wait` it is kept open until there is something, or time is up."""
    query, client = call.query("cursor", "limit", "wait"), call.client
    after = open_cursor(call.node, client.client_id, _LISTING, query.get("cursor"))
    limit, seconds = read_limit(query.get("limit")), wait_s(call, query.get("wait"))
    items, last = await long_poll(
        call, INBOX, seconds, lambda: inbox_page(call.node, client.reader, after, limit)
    )
    if not items:
        call.api.minutes.polled(client.client_id)
    cursor = seal_cursor(call.node, client.client_id, _LISTING, last)
    return json_reply(InboxPage([inbox_view(item) for item in items], cursor))


async def collect_item(call: Call) -> Reply:
    """Hand the content of a message to the client, if the agreement lets it have it."""
    data = await call.body()
    purpose = _request.read(data).purpose if data else None
    result = await collect(call.node, call.client.reader, call.uuid(), purpose)
    if isinstance(result, NotCollected):
        return denial(call.node, result.decision, language=call.language)
    return json_reply(_collected(result))


def _collected(result: Collected) -> CollectedView:
    message = result.item.message
    attachments = [
        AttachmentView(part.position, part.media_type, part.role, part.name, part.size, part.digest)
        for part in result.manifest.parts[1:]
    ]
    return CollectedView(
        result.item.envelope.envelope_id,
        message.message_id,
        msgspec.Raw(result.block.manifest),
        b64.encode(result.block.manifest),
        message.manifest_digest,
        result.block.official,
        result.block.seal,
        msgspec.Raw(encode_body(result.body)),
        attachments,
        decision_view(result.decision),
    )


async def collect_part(call: Call) -> Stream:
    """The content of one attachment of a message that this client has collected."""
    item_id, text = call.uuid(), call.params["position"]
    if not (text.isascii() and text.isdigit() and len(text) <= 2):
        raise NotFound("no such part")
    position = int(text)
    chunks = stream_attachment(call.node, call.client.reader, item_id, position)
    sizes = {part.position: part.size for part in call.node.store.parts(item_id)}
    return Stream(first_ready(chunks), sizes[position] - SALT_BYTES, call.node.settings.api.request_timeout_s)


async def acknowledge_item(call: Call) -> Reply:
    """Confirm that the client holds the content; doing it twice is harmless."""
    await call.body()
    await acknowledge(call.node, call.client.reader, call.uuid())
    return Reply(_NO_CONTENT, b"")
