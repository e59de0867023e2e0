"""The person's own page: time zone, API tokens, and signing out."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access.needs import Anyone
from console.form import TokenFields, ZoneFields, fault_of
from console.pages.page import Pages
from console.parameters import TokenNumber
from console.zone import zone_named
from models.access import Permission, Person
from store.accounts.administration import PersonInvalid, give_token, parse_scope, take_token
from store.accounts.api_tokens import TokenDraft, list_tokens
from store.accounts.people import PersonUnknown, change_person
from store.audit import record
from store.board import now_of, snapshot
from store.errors import StoreError


def account_routes(pages: Pages) -> APIRouter:
    """Make the routes of the person's own page."""
    router = APIRouter(prefix="/account", default_response_class=HTMLResponse)

    @router.get("")
    def show(person: Anyone) -> HTMLResponse:
        return _written(pages, person)

    @router.post("/zone")
    def choose_zone(sent: Annotated[ZoneFields, Form()], person: Anyone) -> Response:
        zone = zone_named(sent.zone)
        if sent.zone and zone is None:
            fault = PersonInvalid(
                "received no time zone of the IANA database; valid is a name such as Europe/Berlin, or none"
            )
            return _written(pages, person, fault=fault)
        try:
            with pages.engine.begin() as connection:
                change_person(connection, person.name, {"time_zone": zone})
                detail = {"time_zone": zone}
                record(
                    connection, at=pages.clock(), actor=person.name, action="chose a time zone", subject=person.name, detail=detail
                )  # fmt: skip
        except PersonUnknown:
            return _written(
                pages,
                person,
                fault=PersonInvalid("the single user has no settings; the browser's zone holds"),
            )
        return RedirectResponse("/account", HTTPStatus.SEE_OTHER)

    _add_tokens(router, pages)
    return router


def _add_tokens(router: APIRouter, pages: Pages) -> None:
    @router.post("/tokens")
    def add_token(sent: Annotated[TokenFields, Form()], person: Anyone) -> HTMLResponse:
        try:
            with pages.engine.begin() as connection:
                now = pages.clock()
                draft = TokenDraft(
                    label=sent.label.strip(),
                    permissions=sent.permissions or (Permission.LOOK,),
                    scope=parse_scope(sent.scope) if sent.scope else person.scope,
                    until=now + timedelta(days=sent.days),
                )
                token = give_token(connection, person, draft, at=now)
        except StoreError as error:
            return _written(pages, person, fault=error)
        return _written(pages, person, token=token)

    @router.post("/tokens/{token_id}/revoke")
    def revoke(token_id: TokenNumber, person: Anyone) -> Response:
        with pages.engine.begin() as connection:
            mine = None if person.may(Permission.ADMINISTER) else person.name
            take_token(connection, token_id, actor=person.name, at=pages.clock(), person=mine)
        return RedirectResponse("/account", HTTPStatus.SEE_OTHER)


def _written(
    pages: Pages, person: Person, *, token: str | None = None, fault: StoreError | None = None
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        return pages.write(
            connection,
            "account.html",
            now_of(connection),
            person=person,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            tokens=list_tokens(connection, None if person.may(Permission.ADMINISTER) else person.name),
            token=token,
            permissions=[one for one in Permission if person.may(one)],
            fault=None if fault is None else fault_of(fault),
        )
