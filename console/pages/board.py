"""The board of themes."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from alerts.chart.spark import common_top
from console.access import needs
from console.board_csv import board_csv
from console.board_view import TEXT_COLUMNS, BoardFilters, BoardOrder, BoardView, ChartScale, view_of
from console.pages.page import Pages
from models.access import Permission, Person
from models.language.sentences import named_counts
from store.board import STATES, STATUSES, LaunchRow, Now, SortColumn, board, every_row, launch_rows, now_of, snapshot
from store.demand import count_demand
from store.saved_views import saved_views_of
from store.themes import count_unread

DAY = timedelta(hours=24)

SORTABLE = {
    SortColumn.THEME: "Theme",
    SortColumn.DAY: "Last 24 h",
    SortColumn.EXPECTED: "Expected",
    SortColumn.GROWTH: "Growth",
    SortColumn.TREND: "Last 48 h",
    SortColumn.SIZE: "Size",
    SortColumn.OWNER: "Owner",
    SortColumn.ISSUE: "Known issue",
}
"""The columns in their order, with their headings."""

BoardReader = Annotated[Person, needs(Permission.LOOK, narrows=True)]


def board_routes(pages: Pages) -> APIRouter:
    """Make the routes of the board: the page, and the same rows as CSV."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/themes")
    def show(
        person: BoardReader, filters: Annotated[BoardFilters, Depends()], order: Annotated[BoardOrder, Depends()]
    ) -> HTMLResponse:
        view = view_of(filters, order)
        with snapshot(pages.engine) as connection:
            return _write(pages, connection, view, person)

    @router.get("/themes.csv")
    def export(
        person: BoardReader, filters: Annotated[BoardFilters, Depends()], order: Annotated[BoardOrder, Depends()]
    ) -> Response:
        view = view_of(filters, order)
        with snapshot(pages.engine) as connection:
            text = board_csv(every_row(connection, now_of(connection), view.query, person.scope))
        disposition = {"Content-Disposition": 'attachment; filename="themes.csv"'}
        return Response(text, HTTPStatus.OK, disposition, "text/csv; charset=utf-8")

    return router


def _write(pages: Pages, connection: Connection, view: BoardView, person: Person) -> HTMLResponse:
    now = now_of(connection)
    shown = board(connection, now, view.query, person.scope)
    whole = person.scope.is_everything
    demand = count_demand(connection, None if now is None else now.time - DAY).total if whole else 0
    return pages.write(
        connection,
        "board.html",
        now,
        person=person,
        board=shown,
        view=view,
        query=view.query,
        top=common_top(row.spark for row in shown.rows) if view.scale is ChartScale.COMMON else None,
        statuses=STATUSES,
        states=STATES,
        # A person with a limited scope may not see all names, so that an order by them would say what is hidden.
        sortable={name: said for name, said in SORTABLE.items() if whole or name is not SortColumn.THEME},
        text_columns=TEXT_COLUMNS,
        saved=saved_views_of(connection, person.name),
        running=_running(connection, now) if whole else [],
        no_demand=demand,
        unread=named_counts(count_unread(connection)) if whole else [],
        scoped=not whole,
        scope_text=person.scope.in_words(),
    )


def _running(connection: Connection, now: Now | None) -> list[LaunchRow]:
    return [row for row in launch_rows(connection) if now and row.start <= now.time < row.end]
