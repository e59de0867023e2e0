"""One-time links with which a person chooses a password."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from store.accounts.secrets import hash_of, new_token
from store.errors import StoreError
from store.schema import invitations

LENGTH = timedelta(days=3)
"""How long a link can be used."""


class InvitationInvalid(StoreError):
    """The link was used, is too old, or was never made."""

    def __init__(self) -> None:
        super().__init__("this link was used already or is too old; ask an admin for a new one")


def invite(connection: Connection, person: str, *, at: datetime, ends_earlier: bool = True) -> str:
    """Make a link for a person, and return its token, which is stored nowhere; earlier links of the person end by default."""
    if ends_earlier:
        connection.execute(delete(invitations).where(invitations.c.person == person, invitations.c.used_at.is_(None)))
    token = new_token()
    values = {"token_hash": hash_of(token), "person": person, "created_at": at, "expires_at": at + LENGTH}
    connection.execute(insert(invitations).values(values))
    return token


def invited_person(connection: Connection, token: str, now: datetime) -> str:
    """Return the name of whom a link invites. Raises `InvitationInvalid`."""
    row = connection.execute(select(invitations).where(invitations.c.token_hash == hash_of(token))).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise InvitationInvalid
    return str(row.person)


def use_invitation(connection: Connection, token: str, now: datetime) -> str:
    """Use a link, once, and return the name of whom it invites; other links of the person end. Raises `InvitationInvalid`."""
    person = invited_person(connection, token, now)
    used = connection.execute(
        update(invitations)
        .where(invitations.c.token_hash == hash_of(token), invitations.c.used_at.is_(None))
        .values(used_at=now)
    )
    if used.rowcount != 1:
        raise InvitationInvalid
    connection.execute(delete(invitations).where(invitations.c.person == person, invitations.c.used_at.is_(None)))
    return person
