"""The board and saved views of it as JSON."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from console.api.answer import answer
from console.board_view import BoardFilters, BoardOrder, view_of, view_of_search
from console.form import SavedViewForm
from console.pages.board import BoardReader
from console.pages.page import Pages
from models.theme import Theme
from models.times import rfc3339
from store.board import Board, Day, Now, ThemeRow, board, every_row, matching_themes, now_of, snapshot
from store.listings import list_themes
from store.saved_views import SavedView, delete_view, save_view, saved_views_of


def add_board(router: APIRouter, pages: Pages) -> None:
    """Add the routes of the board and its saved views."""

    @router.get("/board")
    def show(
        person: BoardReader, filters: Annotated[BoardFilters, Depends()], order: Annotated[BoardOrder, Depends()]
    ) -> Response:
        """Show a page of the board: the rows of `/themes` with the same filters, order and groups, and the sums of its groups.

        A person with a limited scope gets themes with tickets of the scope, and figures that are counted from those alone.
        """
        query = view_of(filters, order).query
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            shown = board(connection, now, query, person.scope)
        return answer(_board(shown, now, query.page))

    _add_listing(router, pages)
    _add_views(router, pages)


def _add_listing(router: APIRouter, pages: Pages) -> None:
    @router.get("/themes")
    def themes(
        person: BoardReader,
        filters: Annotated[BoardFilters, Depends()],
        members: bool = False,  # noqa: FBT001, FBT002 - a flag in a URL
    ) -> Response:
        """List the themes, as `groundswell themes list --json` does; `members` adds the ids of their tickets.

        With filters, those of the board, it lists the themes that the board shows. A person with a limited scope gets these in any
        case: themes with tickets of the scope, with the names and figures that they have there, and no ids of tickets.
        """
        query = filters.query()
        with snapshot(pages.engine) as connection:
            if not person.scope.is_everything:
                rows = every_row(connection, now_of(connection), query, person.scope)
                return answer([_scoped(row.theme) for row in rows])
            listed = list_themes(connection, members=members)
            if filters.given:
                shown = set(matching_themes(connection, now_of(connection), query))
                listed = [one for one in listed if one["id"] in shown]
            return answer(listed)


def _scoped(theme: Theme) -> dict[str, Any]:
    issue = theme.known_issue
    about = {"title": issue.title, "jira": issue.jira, "workaround": issue.workaround} if issue else None
    return {
        "id": theme.theme_id, "name": theme.name, "state": theme.state, "status": theme.status, "size": theme.size,
        "first_seen": None, "last_seen": None, "keywords": list(theme.keywords), "known_issue": about, "owner": theme.owner,
        "merged_into": None, "name_pinned": False, "pending": [],
    }  # fmt: skip


def _add_views(router: APIRouter, pages: Pages) -> None:
    @router.get("/board/views")
    def views(person: BoardReader) -> Response:
        """List the views of the board that you saved; `query` is what stands after the `?` of its address."""
        with snapshot(pages.engine) as connection:
            return answer([_view(one) for one in saved_views_of(connection, person.name)])

    @router.post("/board/views", status_code=HTTPStatus.CREATED)
    def save(person: BoardReader, body: SavedViewForm) -> Response:
        """Save a view of the board, or replace yours of the same name."""
        with pages.engine.begin() as connection:
            saved = save_view(
                connection,
                person=person.name,
                name=body.redacted,
                query=view_of_search(body.query).search,
                at=pages.clock(),
            )
        return answer(_view(saved), HTTPStatus.CREATED)

    @router.delete("/board/views/{view_id}", status_code=HTTPStatus.NO_CONTENT)
    def delete(view_id: int, person: BoardReader) -> Response:
        """Delete a view of the board that you saved."""
        with pages.engine.begin() as connection:
            delete_view(connection, view_id, person=person.name, at=pages.clock())
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _view(one: SavedView) -> dict[str, Any]:
    return {"id": one.view_id, "name": one.name, "query": one.query}


def _board(shown: Board, now: Now | None, page: int) -> dict[str, Any]:
    groups = [
        {
            "key": part.group.key,
            "name": part.group.name,
            "themes": part.group.themes,
            **_day(part.group.day),
            "size": part.group.size,
            "spiking": part.group.spiking,
            "rows": [_row(row) for row in part.rows],
        }
        for part in shown.groups
    ]
    return {
        "at": None if now is None else rfc3339(now.time),
        "page": page,
        "pages": shown.pages,
        "matching": shown.matching,
        "quiet_themes": shown.quiet_themes,
        "spiking": shown.spiking,
        "all_tickets": _day(shown.all_tickets),
        "unthemed": shown.unthemed,
        "partial": shown.partial,
        "totals": {str(status): count for status, count in shown.totals.items()},
        "groups": groups,
        "quiet": [_row(row) for row in shown.quiet],
    }


def _day(day: Day) -> dict[str, Any]:
    return {"observed": day.observed, "expected": day.expected, "ratio": day.ratio}


def _row(row: ThemeRow) -> dict[str, Any]:
    theme, issue = row.theme, row.theme.known_issue
    return {
        "id": theme.theme_id,
        "name": theme.name,
        "state": theme.state,
        "status": theme.status,
        **_day(row.day),
        "low": None if row.expected is None else row.expected.low,
        "high": None if row.expected is None else row.expected.high,
        "growth": row.growth,
        "spike_open": row.severity is not None,
        "hours": [hour.observed for hour in row.spark],
        "size": theme.size,
        "stands_out": [
            {"dimension": one.dimension, "value": one.value, "share": one.share, "of_all": one.usual}
            for one in row.stands_out
        ],
        "owner": theme.owner,
        "known_issue": None
        if issue is None
        else {"id": issue.issue_id, "title": issue.title, "jira": issue.jira, "state": issue.state},
        "pending": [{"id": one.decision_id, "kind": one.kind, "actor": one.actor} for one in row.pending],
    }
