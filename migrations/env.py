"""Alembic's way in. The connection comes from the ledger, already inside its one transaction."""

from alembic import context

from onevoice.ledger.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
context.run_migrations()
