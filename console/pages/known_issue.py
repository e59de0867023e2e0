"""Known issues: their list, and for each what agents need: state, workaround, what to say, the tickets and why they are attached."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.form import DetachFields
from console.pages.page import Pages
from console.parameters import IssueNumber
from models.access import Permission, Person
from store.board import now_of, snapshot
from store.known_issue_decisions import attach_tickets
from store.known_issue_records import known_issue, known_issues_of


def known_issue_routes(pages: Pages) -> APIRouter:
    """Make the routes of known issues."""
    router = APIRouter(prefix="/known-issues", default_response_class=HTMLResponse)

    @router.get("")
    def listed(person: Annotated[Person, needs(Permission.LOOK)], closed: bool = False) -> HTMLResponse:  # noqa: FBT001, FBT002 (a flag in a URL)
        with snapshot(pages.engine) as connection:
            issues = known_issues_of(connection, closed=closed)
            return pages.write(
                connection, "known_issues.html", now_of(connection), person=person, issues=issues, closed=closed
            )

    @router.get("/{issue_id}")
    def show(issue_id: IssueNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            return pages.write(
                connection,
                "known_issue.html",
                now_of(connection),
                person=person,
                found=known_issue(connection, issue_id),
            )

    @router.post("/{issue_id}/detach")
    def detach(
        issue_id: IssueNumber,
        fields: Annotated[DetachFields, Form()],
        person: Annotated[Person, needs(Permission.DECIDE)],
    ) -> Response:
        with pages.engine.begin() as connection:
            attach_tickets(connection, issue_id, [fields.ticket], detach=True, actor=person.name, at=pages.clock())
        return RedirectResponse(f"/known-issues/{issue_id}#tickets", HTTPStatus.SEE_OTHER)

    @router.get("/{issue_id}/detach", dependencies=[needs(Permission.LOOK)])
    def back(issue_id: IssueNumber) -> Response:
        # A reload after the form asks for its address.
        return RedirectResponse(f"/known-issues/{issue_id}#tickets", HTTPStatus.SEE_OTHER)

    return router
