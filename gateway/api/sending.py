"""`GET /v1/messages` and below: what a client sent, where it stands, and the evidence about it."""

from gateway.api.call import Call
from gateway.api.cursors import open_cursor, read_limit, seal_cursor
from gateway.api.replies import TEXT, Reply, json_reply
from gateway.api.views import (
    MessagePage,
    MessageStatus,
    RecipientState,
    evidence_views,
    message_view,
    stored_decision,
)
from gateway.errors import Invalid, NotFound
from gateway.exchange.reading import Sent, sent
from keys import instants

_LISTING = "messages"


async def list_messages(call: Call) -> Reply:
    """A page of the messages this client sent, oldest first."""
    query, client = call.query("cursor", "limit"), call.client.client_id
    after = open_cursor(call.node, client, _LISTING, query.get("cursor"))
    page = call.node.store.messages_page(client, after, read_limit(query.get("limit")))
    last = page[-1][0] if page else after
    items = [message_view(row) for _, row in page]
    return json_reply(MessagePage(items, seal_cursor(call.node, client, _LISTING, last)))


async def message_status(call: Call) -> Reply:
    """One message with the state of every recipient's copy, the decision and all evidence."""
    found = _sent(call)
    recipients = [
        RecipientState(one.peer, one.state, instants.write(one.updated_ms)) for one in found.envelopes
    ]
    status = MessageStatus(
        message_view(found.message),
        found.state,
        recipients,
        evidence_views(found.evidence),
        stored_decision(found.message),
        found.message.pack,
    )
    return json_reply(status)


async def message_evidence(call: Call) -> Reply:
    """One piece of evidence, byte for byte as it was given; `giver` chooses among several recipients'."""
    giver = call.query("giver").get("giver")
    given = [
        row
        for row in _sent(call).evidence
        if row.event == call.params["event"] and row.bundle is not None and giver in (None, row.giver)
    ]
    if not given:
        raise NotFound("no such evidence")
    if len(given) > 1:
        raise Invalid([("/giver", f"is needed: {', '.join(sorted(row.giver for row in given))}")])
    return Reply(200, given[0].bundle or b"", TEXT)


def _sent(call: Call) -> Sent:
    return sent(call.node, call.client.client_id, call.uuid())
