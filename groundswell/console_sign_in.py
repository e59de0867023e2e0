"""How people sign in to the console that a command serves, and what is printed when it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from console.access import LinkSignIn, PeopleSignIn
    from console.settings import ConsoleSettings
    from models.clock import Clock

FIRST_ADMIN = "admin"
"""Name of the person that the first start makes."""


@dataclass(frozen=True)
class Opening:
    """How the console is opened: the path of a link, and what it is for."""

    path: str = ""
    purpose: str = ""

    def sentence(self, address: str) -> str:
        """Say where the console is, once its address is known."""
        if not self.path:
            return f"The console is at {address}; Ctrl-C ends it."
        return f"The console is at {address}{self.path}\n{self.purpose} Ctrl-C ends it."


def console_sign_in(
    engine: Engine, settings: ConsoleSettings, clock: Clock
) -> tuple[LinkSignIn | PeopleSignIn, Opening]:
    """Make what people sign in by, and say how the console is opened.

    Where people sign in and there is none yet, an admin is made, who chooses a password by a link that works once.
    """
    from console.access import LinkSignIn, PeopleSignIn
    from console.access.provider import Provider
    from store.accounts.secrets import new_token

    if settings.sign_in == "link":
        token = new_token() if settings.link_token is None else settings.link_token.get_secret_value()
        link = LinkSignIn(token, name=settings.actor, port=settings.port)
        return link, Opening(
            f"/sign-in?token={token}", "The link is for one user on this machine; it is as good as a password."
        )
    provider = None if settings.provider is None else Provider(settings.provider, clock)
    return PeopleSignIn(engine, clock, provider=provider), _first_admin(engine, clock)


def _first_admin(engine: Engine, clock: Clock) -> Opening:
    from models.access import EVERYTHING, Role
    from store.accounts.invitations import invite
    from store.accounts.people import add_person, list_people
    from store.audit import record

    now = clock()
    with engine.begin() as connection:
        people = list_people(connection)
        if not people:
            add_person(connection, FIRST_ADMIN, Role.ADMIN, EVERYTHING, at=now)
            record(connection, at=now, actor="serve", action="invited", subject=FIRST_ADMIN)
        elif any(one.password is not None or one.subject is not None for one in people):
            return Opening()
        admin = FIRST_ADMIN if not people else next(one.name for one in people if one.role is Role.ADMIN)
        # A start that then finds its port taken must not end the link that the running console printed.
        token = invite(connection, admin, at=now, ends_earlier=False)
    return Opening(f"/invitation/{token}", f"By this link {admin} chooses a password, once, within three days.")
