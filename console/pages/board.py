"""The board of themes."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse

from console.access import needs
from console.pages.page import Pages
from models.access import Permission, Person
from models.redaction import quoted, redact
from models.theme import ThemeStatus
from store.board import STATUSES, BoardQuery, board, launch_rows, now_of, snapshot
from store.demand import count_demand

DAY = timedelta(hours=24)


def board_routes(pages: Pages) -> APIRouter:
    """Make the routes of the board."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/themes")
    def show(
        person: Annotated[Person, needs(Permission.LOOK)],
        q: Annotated[str, Query(max_length=200)] = "",
        status: Annotated[str, Query(max_length=100)] = "",
        owner: Annotated[str, Query(max_length=128)] = "",
        page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    ) -> HTMLResponse:
        query = BoardQuery(redact(q).text, _status_of(status), redact(owner).text, page)
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            running = [row for row in launch_rows(connection) if now and row.start <= now.time < row.end]
            return pages.write(
                connection,
                "board.html",
                now,
                person=person,
                board=board(connection, now, query),
                query=query,
                statuses=STATUSES,
                running=running,
                no_demand=count_demand(connection, None if now is None else now.time - DAY),
            )

    return router


def _status_of(text: str) -> ThemeStatus | None:
    if not text:
        return None
    try:
        return ThemeStatus(text)
    except ValueError:
        sentence = f"Received the status {quoted(text)}; valid are {', '.join(STATUSES)}: choose one in the filter."
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, sentence) from None
