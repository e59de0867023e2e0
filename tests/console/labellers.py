"""People who label on one console, each by a cookie with their name, and queues for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine

from console.app import create_app
from console.parts import ConsoleParts
from console.settings import ConsoleSettings
from models.access import EVERYTHING, AccessScope, Person, Role, permissions_of
from models.labelling.queue import QueueKind
from pipelines.labelling.draw import QueueRequest, create_queue
from pipelines.settings import MiningSettings
from tests.console.conftest import Client, wall_clock


def someone(name: str, role: Role = Role.LABELLER, scope: AccessScope = EVERYTHING) -> Person:
    """Return a person with the permissions of a role."""
    return Person(name=name, role=role, permissions=permissions_of(role), scope=scope, time_zone="UTC")


LENA, MONA, ADA = someone("lena"), someone("mona"), someone("ada", Role.SPECIALIST)
"""Two labellers, and who adjudicates."""


class ByCookie:
    """A way to sign in that takes the cookie's content for the name of one of some people."""

    provider = None

    def __init__(self, *people: Person) -> None:
        self._people = {one.name: one for one in people}

    def cookie(self, _request: object) -> str:
        """Name of the cookie."""
        return "someone"

    def person(self, secret: str) -> Person | None:
        """Return the person of that name."""
        return self._people.get(secret)


def labelling_app(engine: Engine, *people: Person) -> FastAPI:
    """Return a console that several people use."""
    sign_in: Any = ByCookie(*people)
    settings = ConsoleSettings(port=0, refresh_seconds=0.05)
    return create_app(
        engine, clock=wall_clock, settings=settings, mining=MiningSettings(), parts=ConsoleParts(sign_in=sign_in)
    )


def prepared(name: str) -> Callable[[Any, str], None]:
    """Return what gives a browser's context the cookie of a person."""

    def prepare(context: Any, address: str) -> None:
        context.add_cookies([{"name": "someone", "value": name, "url": address}])

    return prepare


class LabellingClient(Client):
    """A client that is signed in by the cookie of a person."""

    def __init__(self, app: FastAPI, name: str) -> None:
        super().__init__(app, token=None)
        self._name = name

    async def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        # A cookie in the headers would be left out where a redirect is followed.
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        given = {
            "follow_redirects": True,
            "headers": {"sec-fetch-site": "same-origin"},
            "cookies": {"someone": self._name},
        }
        async with httpx.AsyncClient(transport=transport, base_url=self._base_url, **given) as client:
            return await client.request(method, path, **options)


def draw_queue(engine: Engine, **request: Any) -> int:
    """Draw a queue as the adjudicator, by default of three listed tickets that ask for theme and tone; return its number."""
    given = {
        "kind": QueueKind.LISTED,
        "tickets": ("T-1-0", "T-2-0", "T-3-0"),
        "questions": ("theme", "tone"),
        "title": "Audit",
    }
    with engine.begin() as connection:
        return create_queue(connection, QueueRequest(**{**given, **request}), ADA, wall_clock()).queue_id
