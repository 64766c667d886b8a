"""The first tables and the triggers that keep the log append-only."""

from alembic import op

from gateway.store.migrations import FOLDER

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL files of this revision for the database at hand."""
    connection = op.get_bind()
    for what in ("tables", "triggers"):
        script = FOLDER / "sql" / f"{revision}_{connection.dialect.name}_{what}.sql"
        for statement in script.read_text(encoding="utf-8").strip().split("\n\n"):
            if not statement.startswith("--"):
                connection.exec_driver_sql(statement)
