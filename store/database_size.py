"""How much room a database takes."""

from __future__ import annotations

from sqlalchemy import Connection, text


def database_bytes(connection: Connection) -> int:
    """Return the size of the database in bytes: of an SQLite file without its log, of PostgreSQL with indexes and dead rows."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
