"""Known issues as JSON: listed, searched, described, and decided about."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.issue_form import (
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
from console.list_filters import IssueFilters
from console.notification import NotificationParts
from console.pages.issue_actions import known_details
from console.pages.known_issue import issue_page, stale_rule
from console.pages.page import Pages
from console.paging import list_json
from console.parameters import IssueNumber
from models.access import Permission, Person
from store.board import now_of, snapshot
from store.board.known_issues import issue_list
from store.known_issue_records import known_issues_of
from store.listings import decision_as_json


def add_known_issues(router: APIRouter, pages: Pages, notification: NotificationParts) -> None:
    """Add the routes of known issues; `notification` says when one is stale."""

    @router.get("/known-issues", dependencies=[needs(Permission.LOOK)])
    def issues(closed: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the known issues, as `groundswell known-issues list --json` does; `closed` adds the closed ones."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in known_issues_of(connection, closed=closed)])

    @router.get("/known-issues/search")
    def search(
        filters: Annotated[IssueFilters, Query()], person: Annotated[Person, needs(Permission.LOOK, narrows=True)]
    ) -> Response:
        """Search known issues as their page does, 100 at a time, each with its volume of the last 7 days and why it is stale."""
        query = filters.query()
        with snapshot(pages.engine) as connection:
            found = issue_list(connection, now_of(connection), query, stale_rule(notification), person.scope)
            return answer(list_json(found))

    @router.get("/known-issues/{issue_id}")
    def issue(issue_id: IssueNumber, person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> Response:
        """Describe one known issue with its tickets and history, as `groundswell known-issues show ID --json` does, with its volume.

        For a limited scope: its themes and tickets of the scope alone, without history and volume.
        """
        with snapshot(pages.engine) as connection:
            page = issue_page(connection, now_of(connection), notification, issue_id, person.scope)
        pages.looks.note(person, f"known issue {issue_id}", sum(bool(one.quote) for one in page.found.tickets))
        shown = page.found.as_full_json()
        if not person.scope.is_everything:
            named = [{"id": one.theme_id, "name": one.name, "status": one.status} for one in page.themes]
            return answer({**shown, "themes": named, "events": [], "pending": [], "linked": []})
        volume = None if page.volume is None else page.volume.as_json()
        return answer({**shown, "volume": volume, "stale": list(page.stale)})

    _add_decisions(router, pages)


def _add_decisions(router: APIRouter, pages: Pages) -> None:
    clock = pages.clock

    @router.post("/known-issues", status_code=HTTPStatus.CREATED)
    def create(body: NewIssueFields, person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        """Make themes a known issue, as `groundswell known-issues create` does; its number is that of the decision."""
        with pages.engine.begin() as connection:
            made = open_from(connection, body, person, clock())
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)), HTTPStatus.CREATED)

    @router.post("/known-issues/{issue_id}/update")
    def update(
        issue_id: IssueNumber, body: IssueFields, person: Annotated[Person, needs(Permission.DECIDE)]
    ) -> Response:
        """Change what is known about an issue, or its state, as `groundswell known-issues update` does."""
        with pages.engine.begin() as connection:
            known: dict[str, Any] = known_details(connection, issue_id)
            made = update_from(connection, issue_id, body, known, person, clock())
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))

    @router.post("/known-issues/{issue_id}/fix")
    def fix(issue_id: IssueNumber, body: FixFields, person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        """Mark an issue as fixed in a version or from a time on, as `groundswell known-issues fix` does."""
        with pages.engine.begin() as connection:
            made = fix_from(connection, issue_id, body, person, clock())
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))

    @router.post("/known-issues/{issue_id}/themes")
    def join(issue_id: IssueNumber, body: JoinFields, person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        """Let themes belong to a known issue, too."""
        with pages.engine.begin() as connection:
            made = join_from(connection, issue_id, body, person, clock())
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))

    for name, detach in (("attach", False), ("detach", True)):
        _add_tickets(router, pages, name, detach=detach)


def _add_tickets(router: APIRouter, pages: Pages, name: str, *, detach: bool) -> None:
    said = "Take tickets out of a known issue" if detach else "Attach tickets to a known issue"
    description = f"{said}, as `groundswell known-issues {name}` does; ids are given one a line, or with commas."

    @router.post(f"/known-issues/{{issue_id}}/{name}", name=f"{name} tickets of known issue", description=description)
    def place(
        issue_id: IssueNumber, body: TicketFields, person: Annotated[Person, needs(Permission.DECIDE)]
    ) -> Response:
        with pages.engine.begin() as connection:
            made = attach_from(connection, issue_id, body, person, pages.clock(), detach=detach)
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))
