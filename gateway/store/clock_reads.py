"""Reading clocks, notices, webhooks on their way, and notices of leaving."""

from sqlalchemy import BindParameter, Select, and_, bindparam, func, literal_column, or_, select

from gateway.ports.clock_rows import NO_CASE, ClockRow, NoticeItem, NoticeRow, WebhookRow, WithdrawalRow
from gateway.store.clock_tables import (
    DUE,
    WAITING_HOOKS,
    WAITING_NOTICES,
    case_clock,
    notice,
    webhook,
    withdrawal,
)
from gateway.store.database import Found, Source
from gateway.store.statements import Query, at_most, columns_of, number, to_row, to_rows
from gateway.store.tables import message


class ClockReads:
    """Time limits and what they set off."""

    def __init__(self, source: Source) -> None:
        c = case_clock.c
        self._clocks = Query(
            source,
            select(*columns_of(ClockRow))
            .where(c.case_id == bindparam("case_id"), c.counterpart == bindparam("counterpart"))
            .order_by(c.clock, c.run),
            "case_id",
            "counterpart",
        )
        m = message.c
        ours = m.message_id == bindparam("message_id"), m.direction == literal_column("'out'")
        case_of = at_most(select(m.case_id).where(*ours), 1).scalar_subquery()
        told = m.message_id == bindparam("told"), m.direction == literal_column("'out'")
        notice_of = select(m.agreement).where(*told, m.kind == literal_column("'amendment_notice'"))
        in_case = and_(c.case_id == case_of, c.counterpart == bindparam("counterpart"))
        of_lists = and_(
            c.case_id == literal_column(f"'{NO_CASE}'"),
            c.counterpart == at_most(notice_of, 1).scalar_subquery(),
        )
        self._clocks_about = Query(
            source,
            select(*columns_of(ClockRow)).where(or_(in_case, of_lists)).order_by(c.case_id, c.clock, c.run),
            "message_id",
            "counterpart",
            "told",
        )
        due = (
            select(*columns_of(ClockRow))
            .where(DUE, c.wake_ms <= number("now"))
            .order_by(c.wake_ms, c.case_id, c.counterpart, c.clock, c.run)
        )
        self._due = Query(source, at_most(due, number("limit")), "now", "limit")
        self._next_wake = Query(source, select(func.min(c.wake_ms)).where(DUE))
        self._withdrawals = Query(
            source,
            select(*columns_of(WithdrawalRow)).order_by(
                withdrawal.c.at_ms, withdrawal.c.agreement, withdrawal.c.statement_digest, withdrawal.c.admin
            ),
        )
        self._prepare_notices(source)
        self._prepare_webhooks(source)

    def _prepare_notices(self, source: Source) -> None:
        n = notice.c
        shown: Select[tuple[object, ...]] = select(n.cursor, *columns_of(NoticeRow))
        page = shown.where(WAITING_NOTICES, n.cursor > number("after")).order_by(n.cursor)
        self._notices = Query(source, at_most(page, number("limit")), "after", "limit")
        self._notice = Query(source, shown.where(n.notice_id == bindparam("notice_id")), "notice_id")

    def _prepare_webhooks(self, source: Source) -> None:
        w = webhook.c
        waiting = (
            select(*columns_of(WebhookRow))
            .where(WAITING_HOOKS, w.client == bindparam("client"))
            .order_by(w.cursor)
        )
        self._webhooks = Query(source, at_most(waiting, number("limit")), "client", "limit")
        after: BindParameter[str] = bindparam("after")
        self._next_hooked = Query(
            source, select(func.min(w.client)).where(WAITING_HOOKS, w.client > after), "after"
        )

    def clocks(self, case_id: str, counterpart: str) -> list[ClockRow]:
        """See `gateway.ports.store.Store.clocks`."""
        return to_rows(ClockRow, self._clocks(case_id, counterpart))

    def clocks_about(self, message_id: str, counterpart: str) -> list[ClockRow]:
        """See `gateway.ports.store.Store.clocks_about`."""
        return to_rows(ClockRow, self._clocks_about(message_id, counterpart, message_id))

    def due_clocks(self, now_ms: int, limit: int) -> list[ClockRow]:
        """See `gateway.ports.store.Store.due_clocks`."""
        return to_rows(ClockRow, self._due(now_ms, limit))

    def next_wake_ms(self) -> int | None:
        """See `gateway.ports.store.Store.next_wake_ms`."""
        found: int | None = self._next_wake()[0][0]
        return found

    def notices(self, after: int, limit: int) -> list[NoticeItem]:
        """See `gateway.ports.store.Store.notices`."""
        return _items(self._notices(after, limit))

    def notice(self, notice_id: str) -> NoticeItem | None:
        """The notice of that id, acknowledged or not."""
        found = _items(self._notice(notice_id))
        return found[0] if found else None

    def hooked_clients(self) -> list[str]:
        """See `gateway.ports.store.Store.hooked_clients`: one step of the index for each client."""
        clients: list[str] = []
        client = self._next_hooked("")[0][0]
        while client is not None:
            clients.append(client)
            client = self._next_hooked(client)[0][0]
        return clients

    def waiting_webhooks(self, client: str, limit: int) -> list[WebhookRow]:
        """See `gateway.ports.store.Store.waiting_webhooks`."""
        return to_rows(WebhookRow, self._webhooks(client, limit))

    def withdrawals(self) -> list[WithdrawalRow]:
        """See `gateway.ports.store.Store.withdrawals`."""
        return to_rows(WithdrawalRow, self._withdrawals())


def _items(found: Found) -> list[NoticeItem]:
    return [NoticeItem(row[0], to_row(NoticeRow, row[1:])) for row in found]
