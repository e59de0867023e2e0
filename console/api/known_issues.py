"""Known issues as JSON."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.pages.page import Pages
from console.parameters import IssueNumber
from models.access import Permission
from store.board import snapshot
from store.known_issue_records import known_issue, known_issues_of


def add_known_issues(router: APIRouter, pages: Pages) -> None:
    """Add the routes of known issues."""

    @router.get("/known-issues", dependencies=[needs(Permission.LOOK)])
    def issues(closed: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the known issues, as `groundswell known-issues list --json` does; `closed` adds the closed ones."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in known_issues_of(connection, closed=closed)])

    @router.get("/known-issues/{issue_id}", dependencies=[needs(Permission.LOOK)])
    def issue(issue_id: IssueNumber) -> Response:
        """Describe one known issue with its tickets and history, as `groundswell known-issues show ID --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(known_issue(connection, issue_id).as_full_json())
