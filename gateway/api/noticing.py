"""`GET /v1/notices` and below: time limits that come near or were overrun (step K4)."""

from gateway.api.call import Call
from gateway.api.cursors import open_cursor, read_limit, seal_cursor
from gateway.api.polling import long_poll, wait_s
from gateway.api.replies import Reply, json_reply
from gateway.api.views import NoticePage, NoticeView
from gateway.exchange.node import Node
from gateway.exchange.notices import acknowledge_notice, notices_page
from gateway.exchange.waiting import NOTICES
from gateway.ports.clock_rows import NO_CASE, NoticeRow
from keys import instants

_LISTING = "notices"
_NO_CONTENT = 204


async def list_notices(call: Call) -> Reply:
    """A page of notices; with `wait` it is kept open until there is one, or time is up."""
    query, client = call.query("cursor", "limit", "wait"), call.client
    after = open_cursor(call.node, client.client_id, _LISTING, query.get("cursor"))
    limit, seconds = read_limit(query.get("limit")), wait_s(call, query.get("wait"))
    items, last = await long_poll(
        call, NOTICES, seconds, lambda: notices_page(call.node, client.reader, after, limit)
    )
    if not items:
        call.api.minutes.polled(client.client_id)
    cursor = seal_cursor(call.node, client.client_id, _LISTING, last)
    return json_reply(NoticePage([_view(call.node, item.notice) for item in items], cursor))


async def acknowledge(call: Call) -> Reply:
    """Confirm that the client has seen a notice; doing it twice is harmless."""
    await call.body()
    await acknowledge_notice(call.node, call.client.reader, call.uuid())
    return Reply(_NO_CONTENT, b"")


def _view(node: Node, row: NoticeRow) -> NoticeView:
    of_case = row.case_id != NO_CASE
    return NoticeView(
        row.notice_id,
        row.event,
        row.case_id if of_case else None,
        row.counterpart if of_case else None,
        row.clock,
        row.provision,
        node.agreements.clock_label(row.agreement, row.clock),
        row.agreement,
        row.duty,
        row.owner,
        row.flag,
        instants.write(row.due_ms),
        instants.write(row.at_ms),
    )
