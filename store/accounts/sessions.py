"""Sessions of people who signed in, of which only the hash of a random token is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from store.accounts.secrets import hash_of, new_token
from store.schema import people, sessions

LENGTH = timedelta(hours=12)
"""How long a session lasts at most."""
IDLE = timedelta(hours=2)
"""How long a session lasts without a request."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session that lasts."""

    person: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


def start_session(connection: Connection, person: str, *, at: datetime) -> str:
    """Start a session, and return its token, which is stored nowhere. Sessions that are over are removed."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= at))
    token = new_token()
    connection.execute(
        insert(sessions).values(
            token_hash=hash_of(token), person=person, created_at=at, seen_at=at, expires_at=at + LENGTH
        )
    )
    return token


def find_session(connection: Connection, token: str, now: datetime) -> SessionRow | None:
    """Read the session of a token; None where it is over, idle for too long, or that of a disabled person."""
    row = connection.execute(
        select(sessions)
        .join(people, people.c.name == sessions.c.person)
        .where(sessions.c.token_hash == hash_of(token), people.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None or row.expires_at <= now or row.seen_at + IDLE <= now:
        return None
    return SessionRow(row.person, row.created_at, row.seen_at, row.expires_at)


def note_use(connection: Connection, token: str, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(sessions).where(sessions.c.token_hash == hash_of(token)).values(seen_at=now))


def end_session(connection: Connection, token: str) -> None:
    """End the session of a token, if there is one."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == hash_of(token)))


def end_sessions_of(connection: Connection, person: str) -> None:
    """End all sessions of a person."""
    connection.execute(delete(sessions).where(sessions.c.person == person))
