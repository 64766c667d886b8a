"""The tables of time limits and of what they set off; columns in the order of `gateway.ports.clock_rows`."""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from gateway.store.log_tables import metadata
from gateway.store.tables import INT, KEYED, STRICT, equals, only_where

__all__ = [
    "DUE",
    "WAITING_HOOKS",
    "WAITING_NOTICES",
    "case_clock",
    "metadata",
    "notice",
    "webhook",
    "withdrawal",
]


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _integer(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, INT, nullable=nullable)


def _cursor() -> Column[int]:
    return Column("cursor", INT, primary_key=True, autoincrement=True)


case_clock = Table(
    "case_clock",
    metadata,
    _text("case_id"),
    _text("counterpart"),
    _text("clock"),
    _integer("run"),
    _text("agreement"),
    _text("provision"),
    _text("duty"),
    _text("owner"),
    _text("on_overdue"),
    _text("notices"),
    _text("state"),
    _integer("started_ms"),
    _text("started_by"),
    _integer("due_ms", nullable=True),
    _integer("remind_ms", nullable=True),
    _integer("wake_ms", nullable=True),
    _integer("grace_ms"),
    _integer("fired_ms", nullable=True),
    _integer("paused_ms", nullable=True),
    _text("paused_by", nullable=True),
    _integer("resumed_ms", nullable=True),
    _text("resumed_by", nullable=True),
    _integer("waited_ms"),
    _integer("ended_ms", nullable=True),
    _text("ended_by", nullable=True),
    _integer("version"),
    PrimaryKeyConstraint("case_id", "counterpart", "clock", "run", name="case_clock_identity"),
    **KEYED,
)

notice = Table(
    "notice",
    metadata,
    _cursor(),
    _text("notice_id"),
    _text("event"),
    _text("case_id"),
    _text("counterpart"),
    _text("clock"),
    _integer("run"),
    _text("agreement"),
    _text("provision"),
    _text("duty"),
    _text("owner"),
    _text("flag"),
    _integer("due_ms"),
    _integer("at_ms"),
    _text("state"),
    UniqueConstraint("notice_id", name="notice_identity"),
    UniqueConstraint("case_id", "counterpart", "clock", "run", "event", name="notice_once"),
    **STRICT,
)

webhook = Table(
    "webhook",
    metadata,
    _cursor(),
    _text("webhook_id"),
    _text("client"),
    _text("event"),
    _text("case_id"),
    Column("payload", LargeBinary, nullable=False),
    _integer("created_ms"),
    _integer("expires_ms"),
    _text("state"),
    _integer("updated_ms"),
    UniqueConstraint("webhook_id", name="webhook_identity"),
    **STRICT,
)

withdrawal = Table(
    "withdrawal",
    metadata,
    _text("agreement"),
    _text("party"),
    _text("received"),
    _text("reference"),
    _text("statement_digest"),
    _text("admin"),
    _text("statement"),
    _integer("at_ms"),
    PrimaryKeyConstraint("agreement", "statement_digest", "admin", name="withdrawal_identity"),
    **KEYED,
)

DUE = case_clock.c.wake_ms.is_not(None)
WAITING_NOTICES = equals(notice.c.state, "waiting")
WAITING_HOOKS = equals(webhook.c.state, "waiting")

only_where("case_clock_due", DUE, case_clock.c.wake_ms)
only_where("notice_waiting", WAITING_NOTICES, notice.c.cursor)
only_where("webhook_waiting", WAITING_HOOKS, webhook.c.client, webhook.c.cursor)
Index("webhook_settled", webhook.c.state, webhook.c.updated_ms)
