"""What a case remembers beside its state, and the step that each of its messages was."""

from alembic import op

from gateway.store.migrations import FOLDER

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Run the SQL file of this revision for the database at hand."""
    connection = op.get_bind()
    script = FOLDER / "sql" / f"{revision}_{connection.dialect.name}.sql"
    for statement in script.read_text(encoding="utf-8").strip().split("\n\n"):
        if not statement.startswith("--"):
            connection.exec_driver_sql(statement)
