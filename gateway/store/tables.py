"""The tables, one per `Row` of `gateway.ports.rows` under its `TABLE`, columns in the order of its fields.

`cursor` grows with every insert and orders pages. Unique keys begin with the id that is looked up alone, so that
one index serves both. The tables of the log are in `log_tables`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

# SQLite's STRICT tables know INTEGER (64 bits) only, and only that spelling makes a key the row id itself.
INT = BigInteger().with_variant(Integer(), "sqlite")
STRICT: dict[str, Any] = {"sqlite_strict": True}
KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _integer(name: str) -> Column[int]:
    return Column(name, INT, nullable=False)


def _blob(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


def _cursor() -> Column[int]:
    return Column("cursor", INT, primary_key=True, autoincrement=True)


def only_where(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that `where` selects; queries must spell the condition out, not bind it."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


message = Table(
    "message",
    metadata,
    _cursor(),
    _text("direction"),
    _text("authority"),
    _text("message_id"),
    _text("manifest_digest"),
    _text("kind"),
    _text("case_id"),
    Column("in_reply_to", Text),
    _text("agreement"),
    _text("pack"),
    _text("sender"),
    _text("recipients"),
    _text("level"),
    _text("purpose"),
    _integer("created_ms"),
    _integer("expires_ms"),
    _integer("accepted_ms"),
    _text("client"),
    _blob("decision"),
    UniqueConstraint("message_id", "direction", "authority", name="message_identity"),
    only_where("message_sent", "cursor", where="direction = 'out'"),
    only_where("message_sent_by", "client", "cursor", where="direction = 'out'"),
    **STRICT,
)

envelope = Table(
    "envelope",
    metadata,
    _cursor(),
    _text("envelope_id"),
    _text("direction"),
    _text("authority"),
    _text("message_id"),
    _text("peer"),
    _blob("header"),
    Column("wrap", LargeBinary),
    _text("state"),
    _integer("attempts"),
    _integer("next_attempt_ms"),
    _integer("expires_ms"),
    _integer("updated_ms"),
    UniqueConstraint("envelope_id", name="envelope_identity"),
    Index("envelope_message", "message_id", "direction", "authority"),
    only_where("envelope_inbox", "cursor", where="direction = 'in'"),
    only_where("envelope_due", "next_attempt_ms", where="direction = 'out' AND state = 'queued'"),
    **STRICT,
)

part = Table(
    "part",
    metadata,
    _text("envelope_id"),
    _integer("position"),
    _integer("size"),
    Column("ciphertext", LargeBinary),
    Column("blob", Text),
    PrimaryKeyConstraint("envelope_id", "position", name="part_identity"),
    **STRICT,
)

case_file = Table(
    "case_file",
    metadata,
    _text("case_id"),
    _text("agreement"),
    _text("requester"),
    _text("executor"),
    _text("state"),
    _integer("version"),
    _integer("opened_ms"),
    _integer("updated_ms"),
    PrimaryKeyConstraint("case_id", name="case_identity"),
    **KEYED,
)

case_event = Table(
    "case_event",
    metadata,
    _text("case_id"),
    _integer("version"),
    _text("authority"),
    _text("message_id"),
    _text("kind"),
    _text("role"),
    _text("state"),
    _integer("at_ms"),
    PrimaryKeyConstraint("case_id", "version", name="case_event_identity"),
    **KEYED,
)

evidence = Table(
    "evidence",
    metadata,
    _cursor(),
    _text("authority"),
    _text("message_id"),
    _text("manifest_digest"),
    _text("event"),
    _text("giver"),
    _text("receiver"),
    _integer("at_ms"),
    Column("bundle", LargeBinary),
    _integer("pushed"),
    _integer("attempts"),
    _integer("next_attempt_ms"),
    _integer("expires_ms"),
    UniqueConstraint(
        "message_id", "authority", "manifest_digest", "event", "giver", "receiver", name="evidence_identity"
    ),
    only_where("evidence_due", "next_attempt_ms", where="pushed = 0"),
    **STRICT,
)

idempotency = Table(
    "idempotency",
    metadata,
    _text("client"),
    _text("idempotency_key"),
    _text("request_digest"),
    _text("message_id"),
    _integer("at_ms"),
    PrimaryKeyConstraint("client", "idempotency_key", name="idempotency_identity"),
    **KEYED,
)

assertion = Table(
    "assertion",
    metadata,
    _text("client"),
    _text("jti"),
    _integer("expires_ms"),
    PrimaryKeyConstraint("client", "jti", name="assertion_identity"),
    Index("assertion_expiry", "expires_ms"),
    **KEYED,
)

disclosure = Table(
    "disclosure",
    metadata,
    _text("client"),
    _text("envelope_id"),
    _text("purpose"),
    _integer("at_ms"),
    PrimaryKeyConstraint("client", "envelope_id", name="disclosure_identity"),
    **KEYED,
)

upload = Table(
    "upload",
    metadata,
    _text("upload_id"),
    _text("client"),
    _integer("size"),
    _text("digest"),
    _text("blob"),
    _blob("wrapped_key"),
    Column("message_id", Text),
    _integer("created_ms"),
    PrimaryKeyConstraint("upload_id", name="upload_identity"),
    **KEYED,
)

activation = Table(
    "activation",
    metadata,
    _text("agreement"),
    _text("from_date"),
    _text("reference"),
    _text("statement_digest"),
    _text("admin"),
    _text("statement"),
    _integer("at_ms"),
    PrimaryKeyConstraint("agreement", "statement_digest", "admin", name="activation_identity"),
    **KEYED,
)

peer = Table(
    "peer",
    metadata,
    _text("origin"),
    _integer("size"),
    _blob("checkpoint"),
    _integer("ours"),
    Column("frozen", Text),
    PrimaryKeyConstraint("origin", name="peer_identity"),
    **STRICT,
)
