"""The first page: one glance says whether something needs a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.access import needs
from console.overview import OverviewReader
from console.pages.page import Pages
from models.access import Permission, Person
from store.board import mark_of, now_of, snapshot


def now_routes(pages: Pages, reader: OverviewReader) -> APIRouter:
    """Make the route of the first page."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/")
    def show(person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            freshness = pages.freshness.read(connection, now, mark_of(connection))
            found = reader.read(connection, person.scope, freshness)
            return pages.write(connection, "now.html", now, person=person, found=found)

    return router
