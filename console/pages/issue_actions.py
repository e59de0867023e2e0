"""What people decide about known issues: new ones, what is known, fixes, themes and tickets."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from console.access import needs
from console.form import fault_of
from console.issue_form import (
    DETAILS,
    FixFields,
    IssueFields,
    JoinFields,
    NewIssueFields,
    TicketFields,
    attach_from,
    fix_from,
    join_from,
    open_from,
    update_from,
)
from console.notification import NotificationParts
from console.pages.known_issue import shown_issue
from console.pages.page import Pages
from console.paging import SearchText
from console.parameters import IssueNumber
from models.access import Permission, Person
from models.known_issues import open_states
from models.redaction import redact_value
from store.board import now_of, snapshot
from store.board.known_issues import find_themes, other_issues
from store.board.theme_names import theme_names
from store.errors import ThemeUnknown
from store.known_issue_decisions import KnownIssueInvalid, stored_or_pending
from store.types import LARGEST_ID

REFUSALS = (KnownIssueInvalid, ThemeUnknown)


def issue_action_routes(pages: Pages, notification: NotificationParts) -> APIRouter:
    """Make the routes of decisions about known issues; `notification` says when one is stale."""
    router = APIRouter(prefix="/known-issues", default_response_class=HTMLResponse)
    _add_new(router, pages)
    _add_details(router, pages, notification)
    _add_fix(router, pages, notification)
    _add_themes(router, pages, notification)
    for name, detach in (("attach", False), ("detach", True)):
        _add_tickets(router, pages, notification, name, detach=detach)
    for name, place in (
        ("update", "details"),
        ("fix", "details"),
        ("themes", "themes"),
        ("attach", "tickets"),
        ("detach", "tickets"),
    ):
        _add_back(router, name, place)
    return router


def known_details(connection: Connection, issue_id: int) -> dict[str, Any]:
    """Read what is known about an issue, as its form has it. Raises `KnownIssueUnknown`."""
    found = stored_or_pending(connection, issue_id)
    if found is None:
        return {}
    at = found.fix_expected_at
    return {
        **{name: getattr(found, name) for name in DETAILS}, "fix_expected_at": None if at is None else at.isoformat(),
        "state": found.state.value,
    }  # fmt: skip


def _add_new(router: APIRouter, pages: Pages) -> None:
    @router.get("/new")
    def form(
        person: Annotated[Person, needs(Permission.DECIDE)], q: SearchText = "",
        theme: Annotated[list[Annotated[int, Query(ge=1, le=LARGEST_ID)]] | None, Query(max_length=100)] = None,
    ) -> HTMLResponse:  # fmt: skip
        return _new_shown(pages, person, NewIssueFields(theme=theme or []), q.strip())

    @router.post("/new")
    def add(fields: Annotated[NewIssueFields, Form()], person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        try:
            with pages.engine.begin() as connection:
                made = open_from(connection, fields, person, pages.clock())
        except REFUSALS as error:
            return _new_shown(pages, person, fields, "", fault=fault_of(error))
        # A theme that belongs to a known issue already keeps it: then that is the issue of the decision.
        settled = pages.effects.settle(pages.engine, made)
        return _to((settled.outcome or {}).get("issue") or made.issue_id or made.decision_id)


def _new_shown(
    pages: Pages, person: Person, fields: NewIssueFields, text: str, *, fault: str | None = None
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        chosen = theme_names(connection, fields.theme)
        found = (
            []
            if fields.theme and not text
            else [one for one in find_themes(connection, text) if one[0] not in fields.theme]
        )
        return pages.write(
            connection, "known_issue_new.html", now_of(connection), person=person, sent=redact_value(fields.model_dump()), text=text,
            found=found, names=chosen, belonging=other_issues(connection, [chosen.theme(one) for one in fields.theme]), fault=fault,
            states=[one.value for one in open_states()], status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip


def _add_details(router: APIRouter, pages: Pages, notification: NotificationParts) -> None:
    @router.post("/{issue_id}/update")
    def update(
        issue_id: IssueNumber,
        fields: Annotated[IssueFields, Form()],
        person: Annotated[Person, needs(Permission.DECIDE)],
    ) -> Response:
        def decide(connection: Connection) -> object:
            known = known_details(connection, issue_id)
            return update_from(connection, issue_id, fields, known, person, pages.clock())

        return _decided(pages, notification, issue_id, person, decide)


def _add_fix(router: APIRouter, pages: Pages, notification: NotificationParts) -> None:
    @router.post("/{issue_id}/fix")
    def fix(
        issue_id: IssueNumber, fields: Annotated[FixFields, Form()], person: Annotated[Person, needs(Permission.DECIDE)]
    ) -> Response:
        def decide(connection: Connection) -> object:
            return fix_from(connection, issue_id, fields, person, pages.clock())

        return _decided(pages, notification, issue_id, person, decide)


def _add_themes(router: APIRouter, pages: Pages, notification: NotificationParts) -> None:
    @router.post("/{issue_id}/themes")
    def join(
        issue_id: IssueNumber,
        fields: Annotated[JoinFields, Form()],
        person: Annotated[Person, needs(Permission.DECIDE)],
    ) -> Response:
        def decide(connection: Connection) -> object:
            return join_from(connection, issue_id, fields, person, pages.clock())

        return _decided(pages, notification, issue_id, person, decide, place="themes")


def _add_tickets(router: APIRouter, pages: Pages, notification: NotificationParts, name: str, *, detach: bool) -> None:
    @router.post(f"/{{issue_id}}/{name}", name=f"{name} tickets")
    def place(
        issue_id: IssueNumber,
        fields: Annotated[TicketFields, Form()],
        person: Annotated[Person, needs(Permission.DECIDE)],
    ) -> Response:
        def decide(connection: Connection) -> object:
            return attach_from(connection, issue_id, fields, person, pages.clock(), detach=detach)

        return _decided(pages, notification, issue_id, person, decide, place="tickets")


def _add_back(router: APIRouter, name: str, place: str) -> None:
    @router.get(f"/{{issue_id}}/{name}", dependencies=[needs(Permission.LOOK)], name=f"back from {name}")
    def back(issue_id: IssueNumber) -> Response:
        # A reload after the form asks for its address.
        return _to(issue_id, place)


def _decided(
    pages: Pages, notification: NotificationParts, issue_id: int, person: Person, decide: Callable[[Connection], object], *,
    place: str = "",
) -> Response:  # fmt: skip
    try:
        with pages.engine.begin() as connection:
            decide(connection)
    except REFUSALS as error:
        return shown_issue(pages, notification, issue_id, person, fault=fault_of(error))
    pages.effects.take()
    return _to(issue_id, place)


def _to(issue_id: int, place: str = "") -> RedirectResponse:
    return RedirectResponse(f"/known-issues/{issue_id}{f'#{place}' if place else ''}", HTTPStatus.SEE_OTHER)
