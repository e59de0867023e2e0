"""Known issues: their list, and for each what agents need: state, workaround, what to say, the tickets and why they are attached."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from console.access import needs
from console.list_filters import IssueFilters
from console.notification import NotificationParts
from console.pages.page import Pages
from console.paging import turning
from console.parameters import IssueNumber
from models.access import AccessScope, Permission, Person
from store.board import Now, now_of, snapshot
from store.board.known_issues import (
    STATES,
    IssueTheme,
    IssueVolume,
    StaleRule,
    issue_list,
    issue_owners,
    issue_themes,
    issue_volume,
    other_issues,
    scoped_issue_themes,
    stale_sentences,
)
from store.known_issue_decisions import opening_decisions
from store.known_issue_records import KnownIssueRecord, known_issue
from store.known_issues import KnownIssueUnknown
from store.scoped import in_scope
from store.sop_links import sops_named, sops_of_issue
from store.sops import StoredSop


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePage:
    """All that the page of a known issue shows to a person.

    Parameters
    ----------
    themes: those that the person may see. volume: since the flag; None for a limited scope. stale: why nobody seems to follow it.
    others: further known issues that its themes belong to, by theme.
    """

    found: KnownIssueRecord
    themes: tuple[IssueTheme, ...]
    volume: IssueVolume | None
    stale: tuple[str, ...]
    others: dict[int, list[int]]


def known_issue_routes(pages: Pages, notification: NotificationParts) -> APIRouter:
    """Make the routes of known issues; `notification` says when one is stale."""
    router = APIRouter(prefix="/known-issues", default_response_class=HTMLResponse)

    @router.get("")
    def listed(
        filters: Annotated[IssueFilters, Query()], person: Annotated[Person, needs(Permission.LOOK, narrows=True)]
    ) -> HTMLResponse:
        query = filters.query()
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            found = issue_list(connection, now, query, stale_rule(notification), person.scope)
            whole = person.scope.is_everything
            return pages.write(
                connection, "known_issues.html", now, person=person, found=found, query=query, states=STATES,
                turning=turning("/known-issues", filters.chosen(), found), owners=issue_owners(connection) if whole else (),
                coming=opening_decisions(connection) if whole and query.page == 1 else (),
            )  # fmt: skip

    @router.get("/{issue_id}")
    def show(issue_id: IssueNumber, person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> HTMLResponse:
        return shown_issue(pages, notification, issue_id, person)

    return router


def shown_issue(
    pages: Pages, notification: NotificationParts, issue_id: int, person: Person, *, fault: str | None = None
) -> HTMLResponse:
    """Write the page of a known issue; `fault` is why what was asked for is not possible."""
    with snapshot(pages.engine) as connection:
        now = now_of(connection)
        page = issue_page(connection, now, notification, issue_id, person.scope)
        answer = pages.write(
            connection, "known_issue.html", now, person=person, page=page, found=page.found, fault=fault,
            procedures=procedures_of(connection, page),
            states=[one for one in STATES if one not in ("fixed", "regressed")],
        )  # fmt: skip
    pages.looks.note(person, f"known issue {issue_id}", sum(bool(one.quote) for one in page.found.tickets))
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK
    return answer


def issue_page(
    connection: Connection, now: Now | None, notification: NotificationParts, issue_id: int, scope: AccessScope
) -> IssuePage:
    """Read a known issue as people of a scope may see it. Raises `KnownIssueUnknown`, also where none of its themes has a ticket there.

    History and figures are founded on all tickets of its themes, so that a limited scope has neither.
    """
    whole = scope.is_everything
    if not whole and not scoped_issue_themes(connection, scope, issue_themes(connection, [issue_id])).get(issue_id):
        raise KnownIssueUnknown(issue_id)
    found = known_issue(connection, issue_id, only=None if whole else in_scope(scope))
    own = issue_themes(connection, [issue_id])
    themes = scoped_issue_themes(connection, scope, own).get(issue_id, ())
    volume = (
        issue_volume(connection, now, themes, found.issue.opened_at) if whole and now is not None and themes else None
    )
    stale = stale_sentences(found.issue, own.get(issue_id, ()), now, stale_rule(notification)) if whole and own else ()
    others = other_issues(connection, [one.theme_id for one in themes], issue_id) if whole else {}
    return IssuePage(found=found, themes=themes, volume=volume, stale=stale, others=others)


def procedures_of(connection: Connection, page: IssuePage) -> list[StoredSop]:
    """Read the procedures that are linked to a known issue, or named in its text for agents, by slug."""
    issue = page.found.issue
    found = [*sops_of_issue(connection, issue.issue_id), *sops_named(connection, issue.sop)]
    return list({one.slug: one for one in found}.values())


def stale_rule(notification: NotificationParts) -> StaleRule:
    """Return when a known issue is stale."""
    owners = (
        {one.name for one in notification.ownership.audiences} if notification.alerts.ownership is not None else None
    )
    return StaleRule(notification.alerts.known_issue_stale_after, None if owners is None else frozenset(owners))
