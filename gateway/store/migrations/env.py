"""Run by Alembic inside the transaction that `gateway.store.schema` has opened."""

from alembic import context

from gateway.store.clock_tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
