"""Alembic's entry: runs the migrations on the connection that `store.database` hands in."""

from __future__ import annotations

from alembic import context

from store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, user_module_prefix="types.")
context.run_migrations()
