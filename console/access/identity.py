"""Who a request comes from: the single user with the printed link, a person with a session, or a program with an API token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from fastapi import Request
from sqlalchemy import Connection, Engine

from console.access.provider import Provider
from console.zone import zone_named
from models.access import Person, local_person
from models.clock import Clock
from store.accounts.api_tokens import PREFIX, TokenRecord, find_token, note_token_use
from store.accounts.people import read_person
from store.accounts.sessions import MINUTE, SessionRow, find_session, note_use
from store.board import snapshot

BEARER = "bearer "
ZONE_COOKIE = "zone"


class LinkSignIn:
    """The single user of a console on loopback: whoever opened the link with the token.

    The cookie holds a hash of the token, so that the token itself stays in the terminal. Its name has the port: browsers do not
    keep the cookies of two ports apart.
    """

    def __init__(self, token: str, *, name: str, port: int) -> None:
        self._token = token
        self._name = name
        self._port = port

    def cookie(self, _request: Request) -> str:
        """Name of the cookie."""
        return f"groundswell-{self._port}"

    @property
    def secret(self) -> str:
        """Content of the cookie."""
        return sha256(f"console:{self._token}".encode()).hexdigest()

    def opens(self, token: str) -> bool:
        """Check the token of a link."""
        return compare_digest(token.encode(), self._token.encode())

    def person(self, secret: str) -> Person | None:
        """Return the single user, where the cookie's content is right."""
        return local_person(self._name) if compare_digest(secret.encode(), self.secret.encode()) else None


class PeopleSignIn:
    """People with sessions; `provider` is one of OpenID Connect, if any."""

    def __init__(self, engine: Engine, clock: Clock, *, provider: Provider | None = None) -> None:
        self._engine, self._clock, self.provider = engine, clock, provider

    def cookie(self, request: Request) -> str:
        """Name of the cookie; browsers take one that begins with `__Host-` from TLS and for the whole host only.

        A session that was begun without TLS, as on this machine, is not one with TLS.
        """
        return "__Host-groundswell" if is_secure(request) else "groundswell"

    def person(self, secret: str) -> Person | None:
        """Return the person of a session that lasts; its use is noted once a minute."""
        now = self._clock()
        with snapshot(self._engine) as connection:
            found = find_session(connection, secret, now)
            person = None if found is None else read_person(connection, found.person).person
        if found is not None and _is_stale(found, now):
            _note(self._engine, lambda connection: note_use(connection, secret, now))
        return person


class Identity:
    """Finds the person of a request, by its API token or its cookie."""

    def __init__(self, engine: Engine, clock: Clock, sign_in: LinkSignIn | PeopleSignIn) -> None:
        self._engine, self._clock, self.sign_in = engine, clock, sign_in

    def person(self, request: Request) -> Person | None:
        """Return the person with the time zone to write times in; None where nobody is signed in."""
        sent = request.headers.get("authorization", "")
        if sent:
            found = self._program(sent[len(BEARER) :].strip()) if sent.lower().startswith(BEARER) else None
        else:
            found = self.sign_in.person(request.cookies.get(self.sign_in.cookie(request), ""))
        if found is None:
            return None
        zone = found.time_zone or zone_named(request.cookies.get(ZONE_COOKIE, ""))
        return replace(found, time_zone=zone)

    def _program(self, token: str) -> Person | None:
        if not token.startswith(PREFIX):
            single = self.sign_in if isinstance(self.sign_in, LinkSignIn) else None
            return single.person(single.secret) if single is not None and single.opens(token) else None
        now = self._clock()
        with snapshot(self._engine) as connection:
            found = find_token(connection, token, now)
        if found is None:
            return None
        record, person = found
        if _is_unnoted(record, now):
            _note(self._engine, lambda connection: note_token_use(connection, record.token_id, now))
        return person


def is_secure(request: Request) -> bool:
    """Check whether the browser sent the request by TLS, to the console or to a trusted proxy in front of it."""
    return request.url.scheme == "https"


def _is_stale(session: SessionRow, now: datetime) -> bool:
    return session.seen_at + MINUTE <= now


def _is_unnoted(record: TokenRecord, now: datetime) -> bool:
    return record.used_at is None or record.used_at + MINUTE <= now


def _note(engine: Engine, write: Callable[[Connection], None]) -> None:
    with engine.begin() as connection:
        write(connection)
