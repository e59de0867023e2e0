"""Settings that were not given when tickets first came in, and were guessed from them: later runs use the same."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store.schema import guessed_settings
from store.upsert import insert_new


def read_guess(connection: Connection, name: str) -> str | None:
    """Read the guessed value of a setting; None where none was guessed."""
    query = select(guessed_settings.c.value).where(guessed_settings.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def write_guess(connection: Connection, name: str, value: str, reason: str) -> None:
    """Store a guess; the first one stays, since what was mined with it depends on it."""
    insert_new(connection, guessed_settings, [{"name": name, "value": value, "reason": reason}])
