"""Which schema a database has, and which ones this version knows, read without importing Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).parent / "migrations"

_NOTED = "alembic_version"


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, the oldest first: the numbers with which the files of migrations begin."""
    return tuple(sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")))


def current_revision(connection: Connection) -> str | None:
    """Return the revision that the database says it is at; None where it has no tables of ours."""
    if not inspect(connection).has_table(_NOTED):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(_NOTED)))
    return found
