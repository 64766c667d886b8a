"""Clocks of cases, notices, webhooks, and notices of leaving an agreement."""

from alembic import op

from gateway.store.migrations import FOLDER

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL file of this revision for the database at hand."""
    connection = op.get_bind()
    script = FOLDER / "sql" / f"{revision}_{connection.dialect.name}_tables.sql"
    for statement in script.read_text(encoding="utf-8").strip().split("\n\n"):
        if not statement.startswith("--"):
            connection.exec_driver_sql(statement)
