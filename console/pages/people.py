"""People of the console: who may sign in, with which role and scope."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access.needs import Administrator
from console.form import PersonFields, fault_of
from console.pages.page import Pages
from models.access import SCOPE_DIMENSIONS, AccessScope, Person, Role
from models.redaction import redact_value
from store.accounts.administration import (
    give_role,
    invite_person,
    parse_role,
    parse_scope,
    renew_invitation,
    set_access,
    values_without_tickets,
)
from store.accounts.people import list_people, read_person
from store.board import now_of, snapshot
from store.errors import StoreError


def people_routes(pages: Pages, *, invitations: bool) -> APIRouter:
    """Make the routes of people; `invitations` says whether people sign in to this console."""
    router = APIRouter(prefix="/people", default_response_class=HTMLResponse)

    @router.get("")
    def listed(person: Administrator) -> HTMLResponse:
        return _written(pages, person, invitations=invitations)

    @router.post("")
    def add(request: Request, sent: Annotated[PersonFields, Form()], person: Administrator) -> HTMLResponse:
        try:
            with pages.engine.begin() as connection:
                scope = parse_scope(sent.scope)
                found, token = invite_person(
                    connection, sent.name, parse_role(sent.role), scope, actor=person.name, at=pages.clock()
                )
                missing = values_without_tickets(connection, scope)
        except StoreError as error:
            return _written(pages, person, invitations=invitations, fault=error, sent=sent)
        return _written(
            pages, person, invitations=invitations, link=(found.name, _address(request, token)), missing=missing
        )

    @router.post("/{name}/link")
    def renew(name: str, request: Request, person: Administrator) -> HTMLResponse:
        with pages.engine.begin() as connection:
            token = renew_invitation(connection, name, actor=person.name, at=pages.clock())
        return _written(pages, person, invitations=invitations, link=(name, _address(request, token)))

    @router.post("/{name}/role")
    def change(name: str, sent: Annotated[PersonFields, Form()], person: Administrator) -> Response:
        try:
            with pages.engine.begin() as connection:
                read_person(connection, name)
                role, scope = parse_role(sent.role), parse_scope(sent.scope)
                give_role(connection, name, role, scope, actor=person.name, at=pages.clock())
        except StoreError as error:
            return _written(pages, person, invitations=invitations, fault=error)
        return RedirectResponse("/people", HTTPStatus.SEE_OTHER)

    @router.post("/{name}/access")
    def access(name: str, person: Administrator, allowed: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002 - a form's field
        try:
            with pages.engine.begin() as connection:
                set_access(connection, name, allowed=allowed, actor=person.name, at=pages.clock())
        except StoreError as error:
            return _written(pages, person, invitations=invitations, fault=error)
        return RedirectResponse("/people", HTTPStatus.SEE_OTHER)

    return router


def scope_text(scope: AccessScope) -> str:
    """Write a scope as the form takes it: `region=BR,vendor=acme`."""
    return ",".join(f"{name}={value}" for name, values in scope.limits for value in values)


def _address(request: Request, token: str) -> str:
    return str(request.base_url.replace(path=f"/invitation/{token}"))


def _written(
    pages: Pages,
    person: Person,
    *,
    invitations: bool,
    link: tuple[str, str] | None = None,
    missing: list[str] | None = None,
    fault: StoreError | None = None,
    sent: PersonFields | None = None,
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        return pages.write(
            connection,
            "people.html",
            now_of(connection),
            person=person,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            people=list_people(connection),
            roles=tuple(Role),
            dimensions=SCOPE_DIMENSIONS,
            scope_text=scope_text,
            invitations=invitations,
            link=link,
            missing=missing or [],
            fault=None if fault is None else fault_of(fault),
            sent=redact_value((sent or PersonFields()).model_dump()),
        )
