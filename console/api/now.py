"""The first page as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.overview import OverviewReader, overview_json
from console.pages.page import Pages
from models.access import Permission, Person
from store.board import mark_of, now_of, snapshot


def add_now(router: APIRouter, pages: Pages, reader: OverviewReader) -> None:
    """Add the route of the first page."""

    @router.get("/now")
    def now(person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> Response:
        """Say whether something needs a person, and what.

        `headline.tone` is `act` where something waits for a person, `old` where the tickets are not of now, else `calm`. `freshness`
        compares the newest ticket of each source with how long it is usually silent at this time. `week` has the themes with the most
        tickets of the last seven days, and those with the most beyond what was expected. A person with a limited scope gets what is
        counted within it.
        """
        with snapshot(pages.engine) as connection:
            freshness = pages.freshness.read(connection, now_of(connection), mark_of(connection))
            return answer(overview_json(reader.read(connection, person.scope, freshness)))
