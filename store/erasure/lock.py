"""The lock between erasures and those who store text: nobody stores text that an erasure of the same time does not see.

SQLite has one writer at a time. On PostgreSQL, writers of text share an advisory lock until their commit, and an erasure has it alone.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

KEY = 0x67737765
"""Number of the lock; any constant that no other program of the same database uses."""


def share_with_erasures(connection: Connection) -> None:
    """Wait for an erasure that is under way, and keep others out until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": KEY})


def exclude_writers(connection: Connection) -> None:
    """Wait for the transactions that store text, and keep others out until this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEY})
