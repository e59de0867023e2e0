"""What an admin does with people and tokens: each step with its line in the audit log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import SCOPE_DIMENSIONS, AccessScope, Permission, Person, Role
from models.formats import harmless
from models.redaction import quoted, sensitive_spans
from models.redaction.kinds import SensitiveKind
from store.accounts.api_tokens import TokenDraft, make_token, revoke_token
from store.accounts.invitations import invite
from store.accounts.people import PersonRecord, add_person, change_person, read_person
from store.accounts.sessions import end_sessions_of
from store.audit import record
from store.errors import StoreError
from store.schema import tickets

LONGEST_NAME = 128
LONGEST_VALUE = 256


class PersonInvalid(StoreError):
    """A name, role or scope cannot be given."""


def parse_role(text: str) -> Role:
    """Read a role. Raises `PersonInvalid`."""
    try:
        return Role(text)
    except ValueError as error:
        raise PersonInvalid(f"received the role {quoted(text, 40)}; valid are {', '.join(Role)}") from error


def parse_permissions(texts: Collection[str]) -> frozenset[Permission]:
    """Read permissions. Raises `PersonInvalid`."""
    unknown = [text for text in texts if text not in set(Permission)]
    if unknown:
        raise PersonInvalid(f"received the permission {quoted(unknown[0], 40)}; valid are {', '.join(Permission)}")
    return frozenset(Permission(text) for text in texts)


def parse_scope(text: str) -> AccessScope:
    """Read a scope written as `vendor=acme,region=BR`; several values of one dimension widen it. Raises `PersonInvalid`."""
    values: dict[str, list[str]] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, found, value = part.partition("=")
        if not found or name.strip() not in SCOPE_DIMENSIONS or not value.strip():
            raise PersonInvalid(
                f"received the scope {quoted(part, 80)}; valid are pairs such as vendor=acme of {', '.join(SCOPE_DIMENSIONS)}"
            )
        values.setdefault(name.strip(), []).append(value.strip())
    return scope_given(values)


def scope_given(values: Mapping[str, Collection[str]]) -> AccessScope:
    """Read a scope that was sent, as values by dimension. Raises `PersonInvalid`."""
    for name, allowed in values.items():
        wrong = next((one for one in allowed if harmless(one) != one or len(one) > LONGEST_VALUE), None)
        if wrong is not None:
            raise PersonInvalid(
                f"received the {name.replace('_', ' ')} {quoted(wrong, 80)} in the scope; valid is plain text of up to "
                f"{LONGEST_VALUE} characters"
            )
    try:
        return AccessScope.of({name: list(allowed) for name, allowed in values.items()})
    except ValueError as error:
        raise PersonInvalid(str(error)) from error


def invite_person(
    connection: Connection, name: str, role: Role, scope: AccessScope, *, actor: str, at: datetime
) -> tuple[PersonRecord, str]:
    """Add a person and return the token of a one-time link. Raises `PersonExists`, `PersonInvalid`."""
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or harmless(plain) != plain:
        raise PersonInvalid(
            f"received the name {quoted(name, 80)}; valid is plain text of 1 to {LONGEST_NAME} characters"
        )
    if "/" in plain or plain in (".", "..") or plain.endswith(")"):
        # The first three cannot stand in an address; the last looks like a token of somebody: `ann (dashboard)`.
        raise PersonInvalid(
            f"received the name {quoted(name, 80)}; valid is one without a slash that does not end in a bracket and is not only dots"
        )
    # A name is shown on pages and in the audit log. A mail address may be the name that a provider of sign-in gives.
    if _secrets(plain) - {SensitiveKind.EMAIL.value}:
        raise PersonInvalid(
            f"received the name {quoted(name, 80)}; valid is one without numbers of cards, documents or accounts"
        )
    _check_scope(scope)
    found = add_person(connection, plain, role, scope, at=at)
    detail = {"role": role.value, "scope": scope.as_dict()}
    record(connection, at=at, actor=actor, action="invited", subject=plain, detail=detail)
    return found, invite(connection, plain, at=at)


def renew_invitation(connection: Connection, name: str, *, actor: str, at: datetime) -> str:
    """Make a new one-time link for a person, whose sessions end. Raises `PersonUnknown`."""
    found = read_person(connection, name)
    end_sessions_of(connection, found.name)
    record(connection, at=at, actor=actor, action="made a new link", subject=found.name)
    return invite(connection, found.name, at=at)


def give_role(
    connection: Connection, name: str, role: Role, scope: AccessScope, *, actor: str, at: datetime
) -> PersonRecord:
    """Give a person a role and a scope, from the next request on. Raises `PersonUnknown`, `LastAdmin`, `PersonInvalid`."""
    _check_scope(scope)
    found = change_person(connection, name, {"role": role, "scope": scope})
    detail = {"role": role.value, "scope": scope.as_dict()}
    record(connection, at=at, actor=actor, action="gave a role", subject=name, detail=detail)
    return found


def set_access(connection: Connection, name: str, *, allowed: bool, actor: str, at: datetime) -> PersonRecord:
    """Take a person's access away, with all sessions, or give it back. Raises `PersonUnknown`, `LastAdmin`."""
    found = change_person(connection, name, {"disabled_at": None if allowed else at})
    if not allowed:
        end_sessions_of(connection, name)
    record(connection, at=at, actor=actor, action="gave access back" if allowed else "took access away", subject=name)
    return found


def give_token(connection: Connection, person: Person, draft: TokenDraft, *, at: datetime) -> str:
    """Make an API token and return it. Raises `PersonInvalid` where it would exceed what the person may, and for a program.

    A program with a token makes no others: they would outlive its own token and the access of the person who made it.
    """
    if person.role is None:
        raise PersonInvalid(
            "received the request for a token from a program with a token; a person makes it, signed in"
        )
    if not draft.label.strip() or harmless(draft.label) != draft.label or len(draft.label) > LONGEST_NAME:
        raise PersonInvalid(f"received the label {quoted(draft.label, 80)}; say in plain text what the token is for")
    if _secrets(draft.label):
        raise PersonInvalid(
            f"received the label {quoted(draft.label, 80)}; valid is one without numbers or addresses of persons"
        )
    _check_scope(draft.scope)
    if draft.until <= at:
        raise PersonInvalid("received an end that has passed; give one in the future")
    try:
        token = make_token(connection, person, draft, at=at)
    except ValueError as error:
        raise PersonInvalid(str(error)) from error
    detail = {"permissions": sorted(one.value for one in draft.permissions), "scope": draft.scope.as_dict()}
    record(connection, at=at, actor=person.name, action="made a token", subject=draft.label, detail=detail)
    return token


def take_token(connection: Connection, token_id: int, *, actor: str, at: datetime, person: str | None = None) -> None:
    """Revoke a token, of `person` where a name is given. Raises `TokenUnknown`."""
    revoke_token(connection, token_id, at=at, person=person)
    record(connection, at=at, actor=actor, action="revoked a token", subject=str(token_id))


def values_without_tickets(connection: Connection, scope: AccessScope) -> list[str]:
    """List the values of a scope that no ticket has yet, as `vendor acme`: they may be misspelt."""
    return [
        f"{name.replace('_', ' ')} {value}"
        for name, allowed in scope.limits
        for value in allowed
        if connection.execute(select(tickets.c.id).where(tickets.c[name] == value).limit(1)).first() is None
    ]


def _secrets(text: str) -> set[str]:
    """Return the kinds of what redaction would replace."""
    return {kind for _, _, kind in sensitive_spans(text)}


def _check_scope(scope: AccessScope) -> None:
    for name, allowed in scope.limits:
        for value in allowed:
            if _secrets(value):
                raise PersonInvalid(
                    f"received {quoted(value, 80)} as the {name} of a scope; valid is a value of the tickets"
                )
