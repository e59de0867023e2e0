"""A theme's page, and the form that flags it as a known issue."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.form import KnownIssueFields, known_issue_of
from console.pages.page import Pages
from models.access import Permission, Person
from models.redaction import redact_value
from models.theme import KnownIssue
from store.board import now_of, snapshot, theme_page
from store.decisions import clear_known_issue, flag_known_issue

SPANS = (1, 3, 8, 28)
"""Days of the timeline that the page offers."""

USUAL_SPAN = 8
"""A week, and the same weekday before it."""


def theme_routes(pages: Pages) -> APIRouter:
    """Make the routes of a theme's page."""
    router = APIRouter(prefix="/themes/{theme_id}", default_response_class=HTMLResponse)

    @router.get("")
    def show(
        theme_id: int,
        person: Annotated[Person, needs(Permission.LOOK)],
        days: Annotated[int, Query(ge=1, le=60)] = USUAL_SPAN,
    ) -> HTMLResponse:
        return _written(pages, theme_id, days, person)

    @router.post("/known-issue")
    def flag(
        theme_id: int, fields: Annotated[KnownIssueFields, Form()], person: Annotated[Person, needs(Permission.DECIDE)]
    ) -> Response:
        form = known_issue_of(fields)
        if isinstance(form, str):
            return _written(pages, theme_id, USUAL_SPAN, person, sent=redact_value(fields.model_dump()), fault=form)
        with pages.engine.begin() as connection:
            decision = flag_known_issue(
                connection,
                theme_id,
                KnownIssue(title=form.title, jira=form.jira or None, workaround=form.workaround or None),
                actor=person.name,
                at=pages.clock(),
            )
        return _to_form(decision.theme_id)

    @router.get("/known-issue", dependencies=[needs(Permission.LOOK)])
    def back(theme_id: int) -> Response:
        # A reload after a refused form asks for its address.
        return _to_form(theme_id)

    @router.post("/known-issue/clear")
    def clear(theme_id: int, person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        with pages.engine.begin() as connection:
            decision = clear_known_issue(connection, theme_id, actor=person.name, at=pages.clock())
        return _to_form(decision.theme_id)

    return router


def _written(
    pages: Pages,
    theme_id: int,
    days: int,
    person: Person,
    *,
    sent: dict[str, str] | None = None,
    fault: str | None = None,
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        now = now_of(connection)
        page = theme_page(connection, now, theme_id, days)
        answer = pages.write(
            connection,
            "theme.html",
            now,
            person=person,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            page=page,
            days=days,
            spans=SPANS,
            sent=sent or {},
            fault=fault,
        )
    pages.looks.note(person, f"theme {theme_id}", len(page.quotes))
    return answer


def _to_form(theme_id: int) -> RedirectResponse:
    return RedirectResponse(f"/themes/{theme_id}#known-issue", HTTPStatus.SEE_OTHER)
