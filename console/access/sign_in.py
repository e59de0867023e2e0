"""Signing in with a name and a password, and choosing a password by an invitation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine

from console.access.passwords import PasswordInvalid, hash_password, needs_rehash, verify_password
from store.accounts.attempts import MOST_FOR_ADDRESS, MOST_FOR_NAME, WINDOW, count_attempts, key_of, note_attempt
from store.accounts.invitations import use_invitation
from store.accounts.people import PersonRecord, PersonUnknown, change_person, read_person
from store.accounts.sessions import end_sessions_of, start_session
from store.audit import record
from store.database import reading


class SignInRefused(Exception):
    """Name or password are not right, or the password cannot be chosen; the text is one sentence."""


class TooManyAttempts(SignInRefused):
    """Too many attempts failed lately; `seconds` is how long to wait."""

    def __init__(self) -> None:
        self.seconds = int(WINDOW.total_seconds())
        super().__init__(
            f"Too many attempts failed; wait {self.seconds // 60} minutes, or ask an admin for a new link."
        )


def sign_in_person(engine: Engine, name: str, password: str, *, address: str, at: datetime) -> str:
    """Start a session of a person who gives the right password, and return its token.

    Failed attempts are counted for the name and for the address (OWASP, Authentication Cheat Sheet). Raises `SignInRefused`,
    `TooManyAttempts`.
    """
    by_name, by_address = key_of("name", name), key_of("address", address)
    with reading(engine) as connection:
        many = count_attempts(connection, by_name, at) >= MOST_FOR_NAME
        many |= count_attempts(connection, by_address, at) >= MOST_FOR_ADDRESS
        found = _find(connection, name)
    if many:
        raise TooManyAttempts
    right = verify_password(None if found is None else found.password, password)
    with engine.begin() as connection:
        if not right or found is None or found.disabled_at is not None:
            note_attempt(connection, (by_name, by_address), at=at)
            if found is not None:
                record(connection, at=at, actor=found.name, action="sign-in failed", subject=found.name)
            token = None
        else:
            token = start_session(connection, found.name, at=at)
            record(connection, at=at, actor=found.name, action="signed in", subject=found.name)
            if found.password is not None and needs_rehash(found.password):
                change_person(connection, found.name, {"password": hash_password(password, found.name)})
    if token is None:
        raise SignInRefused("Name or password is not right; try again, or ask an admin for a new link.")
    return token


def accept_invitation(engine: Engine, token: str, password: str, again: str, *, at: datetime) -> str:
    """Choose a password by a one-time link, and return the token of a new session; earlier sessions of the person end.

    Raises `SignInRefused` where the password cannot be chosen, then the link stays usable; `InvitationInvalid`.
    """
    if password != again:
        raise SignInRefused("Received two different passwords; type the same one twice.")
    with engine.begin() as connection:
        name = use_invitation(connection, token, at)
        try:
            change_person(connection, name, {"password": hash_password(password, name)})
        except PasswordInvalid as error:
            raise SignInRefused(str(error)) from error
        end_sessions_of(connection, name)
        record(connection, at=at, actor=name, action="chose a password", subject=name)
        return start_session(connection, name, at=at)


def _find(connection: Connection, name: str) -> PersonRecord | None:
    try:
        return read_person(connection, name)
    except PersonUnknown:
        return None
