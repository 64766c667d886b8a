"""The tables of the audit log: outbox, leaves, nodes, checkpoints.

The migrations put triggers on them that refuse every change but appending (design section 6). `about` finds
an entry again; it is no part of the log.
"""

from sqlalchemy import (
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from gateway.store.tables import INT, KEYED, STRICT, metadata, only_where

__all__ = ["NAMED", "audit_checkpoint", "audit_leaf", "audit_node", "audit_outbox", "metadata"]

audit_outbox = Table(
    "audit_outbox",
    metadata,
    Column("id", INT, primary_key=True, autoincrement=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("about", Text, nullable=False),
    **STRICT,
)

audit_leaf = Table(
    "audit_leaf",
    metadata,
    Column("seq", INT, primary_key=True, autoincrement=False),
    Column("outbox_id", INT, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("about", Text, nullable=False),
    UniqueConstraint("outbox_id", name="audit_leaf_outbox"),
    **STRICT,
)

audit_node = Table(
    "audit_node",
    metadata,
    Column("level", INT, nullable=False),
    Column("idx", INT, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "idx", name="audit_node_identity"),
    **KEYED,
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    Column("size", INT, primary_key=True, autoincrement=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    **STRICT,
)

NAMED = audit_leaf.c.about != literal_column("''")

only_where("audit_leaf_about", NAMED, audit_leaf.c.about, audit_leaf.c.seq)
