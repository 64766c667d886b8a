"""Notices of time limits, for the clients that may know of the case (step K4)."""

from audit.events import Event, FieldValue
from gateway.errors import Conflict, NotFound
from gateway.exchange.collect import Reader
from gateway.exchange.entries import entry
from gateway.exchange.node import Node
from gateway.exchange.visibility import sees_case
from gateway.exchange.waiting import NOTICES
from gateway.ports.clock_rows import NO_CASE, ClockRow, NoticeAcknowledged, NoticeItem, NoticeRow
from gateway.ports.store import Change

WAITING, ACKNOWLEDGED = "waiting", "acknowledged"


def notices_page(node: Node, reader: Reader, after: int, limit: int) -> tuple[list[NoticeItem], int]:
    """Notices waiting for this client, oldest first, and the cursor to go on from.

    What is about a case that the client may not know of is passed over as if it were not there, and the
    cursor follows what is shown.
    """
    shown: list[NoticeItem] = []
    may_see: dict[str, bool] = {}
    at = after
    while len(shown) < limit:
        items = node.store.notices(at, limit)
        if not items:
            break
        at = items[-1].cursor
        for case_id in {item.notice.case_id for item in items} - may_see.keys():
            may_see[case_id] = sees_case(node, reader, case_id)
        shown += [item for item in items if may_see[item.notice.case_id]]
    shown = shown[:limit]
    return shown, shown[-1].cursor if shown else after


def matter(row: ClockRow | NoticeRow) -> dict[str, str]:
    """What a clock or a notice is about, as logs and webhooks name it: a case, or an agreement itself."""
    return {"case": row.case_id} if row.case_id != NO_CASE else {"agreement": row.agreement}


async def acknowledge_notice(node: Node, reader: Reader, notice_id: str) -> None:
    """A client has seen a notice; it leaves the list for all. Twice is harmless.

    Raises:
        NotFound: no such notice for this client.
    """
    item = node.store.notice(notice_id)
    if item is None or not sees_case(node, reader, item.notice.case_id):
        raise NotFound("no such notice")
    if item.notice.state == ACKNOWLEDGED:
        return
    fields: dict[str, FieldValue] = {"notice": notice_id, "client": reader.client, **matter(item.notice)}
    shift = NoticeAcknowledged(notice_id=notice_id, expected=WAITING, state=ACKNOWLEDGED)
    told = entry(node, Event.NOTICE_ACKNOWLEDGED, node.clock.now_ms(), fields, item.notice.case_id)
    try:
        await node.journal.record(Change((shift,), (told,)))
    except Conflict:
        node.log.info("notice.acknowledged_meanwhile", notice=notice_id)
    node.waiters.notify(NOTICES)
