"""People and API tokens as JSON."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from console.access import needs
from console.access.needs import Administrator, Anyone
from console.api.answer import answer
from console.pages.page import Pages
from console.parameters import TokenNumber
from models.access import AccessScope, Permission, Role
from store.accounts.administration import (
    give_role,
    give_token,
    invite_person,
    renew_invitation,
    scope_given,
    set_access,
    take_token,
)
from store.accounts.api_tokens import TokenDraft, list_tokens
from store.accounts.people import list_people, read_person
from store.board import snapshot


class ScopeBody(BaseModel):
    """Allowed values by dimension; an empty object allows everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    business_line: tuple[str, ...] | None = None
    region: tuple[str, ...] | None = None
    vendor: tuple[str, ...] | None = None

    def scope(self) -> AccessScope:
        """Return the scope. Raises `PersonInvalid`."""
        given = {name: values for name, values in self.model_dump().items() if values is not None}
        return scope_given(given)


class RoleBody(BaseModel):
    """A role and a scope to give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    scope: ScopeBody = ScopeBody()


class PersonBody(RoleBody):
    """A person to invite."""

    name: str


class AccessBody(BaseModel):
    """Whether a person may sign in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    allowed: bool


class TokenBody(BaseModel):
    """A token to make. Without `scope` it sees what the person who makes it sees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    permissions: tuple[Permission, ...] = (Permission.LOOK,)
    scope: ScopeBody | None = None
    days: Annotated[int, Field(ge=1, le=366)] = 90


def add_people(router: APIRouter, pages: Pages) -> None:
    """Add the routes of people and tokens."""
    _add_people(router, pages)
    _add_changes(router, pages)
    _add_tokens(router, pages)


def _add_people(router: APIRouter, pages: Pages) -> None:
    @router.get("/people", dependencies=[needs(Permission.ADMINISTER)])
    def people() -> Response:
        """List the people who may sign in, as `groundswell people list --json` does."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in list_people(connection)])

    @router.post("/people", status_code=HTTPStatus.CREATED)
    def invite(body: PersonBody, request: Request, person: Administrator) -> Response:
        """Invite a person; the answer has the one-time link, which is not shown again."""
        with pages.engine.begin() as connection:
            found, token = invite_person(
                connection, body.name, body.role, body.scope.scope(), actor=person.name, at=pages.clock()
            )
        link = str(request.base_url.replace(path=f"/invitation/{token}"))
        return answer({**found.as_json(), "link": link}, HTTPStatus.CREATED)


def _add_changes(router: APIRouter, pages: Pages) -> None:
    @router.put("/people/{name}/role")
    def role(name: str, body: RoleBody, person: Administrator) -> Response:
        """Give a person a role and a scope, from the next request on."""
        with pages.engine.begin() as connection:
            scope = body.scope.scope()
            return answer(give_role(connection, name, body.role, scope, actor=person.name, at=pages.clock()).as_json())

    @router.put("/people/{name}/access")
    def access(name: str, body: AccessBody, person: Administrator) -> Response:
        """Take a person's access away, with all sessions, or give it back."""
        with pages.engine.begin() as connection:
            found = set_access(connection, name, allowed=body.allowed, actor=person.name, at=pages.clock())
            return answer(found.as_json())

    @router.post("/people/{name}/link", status_code=HTTPStatus.CREATED)
    def link(name: str, request: Request, person: Administrator) -> Response:
        """Make a new one-time link for a person, whose sessions end."""
        with pages.engine.begin() as connection:
            token = renew_invitation(connection, name, actor=person.name, at=pages.clock())
            found = read_person(connection, name)
        made = str(request.base_url.replace(path=f"/invitation/{token}"))
        return answer({**found.as_json(), "link": made}, HTTPStatus.CREATED)


def _add_tokens(router: APIRouter, pages: Pages) -> None:
    @router.get("/tokens")
    def tokens(person: Anyone) -> Response:
        """List the tokens of the person; an admin sees those of all."""
        with snapshot(pages.engine) as connection:
            mine = None if person.may(Permission.ADMINISTER) else person.name
            return answer([one.as_json() for one in list_tokens(connection, mine)])

    @router.post("/tokens", status_code=HTTPStatus.CREATED)
    def make(body: TokenBody, person: Anyone) -> Response:
        """Make a token that may do and see no more than the person; the answer has it, and it is not shown again."""
        scope = person.scope if body.scope is None else body.scope.scope()
        with pages.engine.begin() as connection:
            now = pages.clock()
            draft = TokenDraft(
                label=body.label, permissions=body.permissions, scope=scope, until=now + timedelta(days=body.days)
            )
            token = give_token(connection, person, draft, at=now)
        return answer({"token": token}, HTTPStatus.CREATED)

    @router.delete("/tokens/{token_id}", status_code=HTTPStatus.NO_CONTENT)
    def revoke(token_id: TokenNumber, person: Anyone) -> Response:
        """Revoke a token of the person; an admin revokes any."""
        with pages.engine.begin() as connection:
            mine = None if person.may(Permission.ADMINISTER) else person.name
            take_token(connection, token_id, actor=person.name, at=pages.clock(), person=mine)
        return Response(status_code=HTTPStatus.NO_CONTENT)
