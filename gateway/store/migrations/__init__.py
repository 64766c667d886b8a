"""Alembic migrations, run by `gateway.store.schema`. Once released, a migration is never changed."""

from pathlib import Path

FOLDER = Path(__file__).parent
REVISION = "0003"

_APPEND_ONLY = ("audit_leaf", "audit_node", "audit_checkpoint")
_OUTBOX = {"audit_outbox_no_update", "audit_outbox_only_sequenced_goes"}

TRIGGERS: dict[str, frozenset[str]] = {
    "sqlite": frozenset(
        {f"{table}_{what}" for table in _APPEND_ONLY for what in ("no_update", "no_delete", "in_order")}
        | _OUTBOX
        | {"audit_outbox_no_replace", "evidence_bundle_stays", "evidence_no_replace"}
    ),
    "postgresql": frozenset(
        {f"{table}_{what}" for table in _APPEND_ONLY for what in ("append_only", "in_order")}
        | _OUTBOX
        | {"evidence_bundle_stays"}
    ),
}
"""The names of the triggers a database of `REVISION` has."""
