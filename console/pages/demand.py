"""What is not customer demand: figures by kind, and the newest of these tickets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.access import needs
from console.pages.page import Pages
from models.access import Permission, Person
from models.demand.figures import demand_name
from models.times import parse_rfc3339
from store.board import now_of, snapshot
from store.demand import count_demand, list_demand

MOST_LISTED = 200


def demand_routes(pages: Pages) -> APIRouter:
    """Make the routes of the page about demand."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/demand")
    def show(person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            figures = count_demand(connection)
            rows = [{**row, "time": parse_rfc3339(row["time"])} for row in list_demand(connection, limit=MOST_LISTED)]
            answer = pages.write(
                connection,
                "demand.html",
                now_of(connection),
                person=person,
                figures=figures,
                rows=rows,
                name_of=demand_name,
            )
        pages.looks.note(person, "demand", sum(bool(row["text"]) for row in rows))
        return answer

    return router
