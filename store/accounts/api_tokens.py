"""API tokens of programs: permissions and scope, never more than those of who made them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from models.access import AccessScope, Permission, Person, Role, permissions_of
from models.times import rfc3339
from store.accounts.secrets import hash_of, new_token
from store.errors import StoreError
from store.schema import api_tokens, people

PREFIX = "gws_"
"""How tokens begin, so that scanners for secrets find them."""


class TokenUnknown(StoreError):
    """There is no token of this number."""

    def __init__(self, token_id: int) -> None:
        super().__init__(
            f"received the token {token_id}, which does not exist; `groundswell tokens list` shows those that do"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A token as stored; the token itself is not."""

    token_id: int
    label: str
    person: str
    permissions: frozenset[Permission]
    scope: AccessScope
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return the keys of `groundswell tokens list --json`."""
        return {
            "id": self.token_id,
            "label": self.label,
            "person": self.person,
            "permissions": sorted(one.value for one in self.permissions),
            "scope": self.scope.as_dict(),
            "created_at": rfc3339(self.created_at),
            "expires_at": rfc3339(self.expires_at),
            "revoked_at": None if self.revoked_at is None else rfc3339(self.revoked_at),
            "used_at": None if self.used_at is None else rfc3339(self.used_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDraft:
    """A token to make: what it is for, what it may do and see, and until when."""

    label: str
    permissions: Collection[Permission]
    scope: AccessScope
    until: datetime


def make_token(connection: Connection, person: Person, draft: TokenDraft, *, at: datetime) -> str:
    """Make a token for a program and return it; it is stored nowhere.

    Raises `ValueError` where it would be able to do or see more than `person`.
    """
    beyond = sorted(one.value for one in draft.permissions if not person.may(one))
    if beyond:
        raise ValueError(f"received the permission {beyond[0]}; valid are those that {person.name!r} has")
    if not draft.scope.within(person.scope):
        raise ValueError(f"received a scope that is wider than that of {person.name!r}; choose one within it")
    token = PREFIX + new_token()
    values = {
        "token_hash": hash_of(token), "label": draft.label, "person": person.name, "scope": draft.scope.as_dict(),
        "permissions": sorted(one.value for one in draft.permissions), "created_at": at, "expires_at": draft.until,
    }  # fmt: skip
    connection.execute(insert(api_tokens).values(values))
    return token


def find_token(connection: Connection, token: str, now: datetime) -> tuple[TokenRecord, Person] | None:
    """Read a token and who comes with it; None where it is unknown, expired, revoked, or made by somebody who is disabled.

    The permissions are those that both the token and, today, the person who made it have; so is the scope.
    """
    row = connection.execute(select(api_tokens).where(api_tokens.c.token_hash == hash_of(token))).one_or_none()
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    record = _record(row)
    maker = connection.execute(select(people).where(people.c.name == record.person)).one_or_none()
    permissions, scope = record.permissions, record.scope
    if maker is not None:
        both = scope.intersect(AccessScope.of(maker.scope))
        if maker.disabled_at is not None or both is None:
            return None
        permissions, scope = permissions & permissions_of(Role(maker.role)), both
    return record, Person(name=f"{record.person} ({record.label})", permissions=permissions, scope=scope)


def list_tokens(connection: Connection, person: str | None = None) -> list[TokenRecord]:
    """Read the tokens, of one person or of all, newest first."""
    query = select(api_tokens).order_by(api_tokens.c.id.desc())
    if person is not None:
        query = query.where(api_tokens.c.person == person)
    return [_record(row) for row in connection.execute(query)]


def revoke_token(connection: Connection, token_id: int, *, at: datetime, person: str | None = None) -> None:
    """Revoke a token, of `person` where a name is given. Raises `TokenUnknown`."""
    mine = api_tokens.c.id == token_id
    if person is not None:
        mine &= api_tokens.c.person == person
    if connection.execute(update(api_tokens).where(mine).values(revoked_at=at)).rowcount != 1:
        raise TokenUnknown(token_id)


def note_token_use(connection: Connection, token_id: int, now: datetime) -> None:
    """Note that a token was used."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_at=now))


def _record(row: Row[Any]) -> TokenRecord:
    return TokenRecord(
        token_id=row.id,
        label=row.label,
        person=row.person,
        permissions=frozenset(Permission(one) for one in row.permissions),
        scope=AccessScope.of(row.scope),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        used_at=row.used_at,
    )
