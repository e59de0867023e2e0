"""The map of themes: those that are similar are near each other, and stay where they are from day to day."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Generic, TypeVar

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from console.access import needs
from console.pages.map_drawing import SIZE, about, draw_map
from console.pages.page import Pages
from console.state_cache import StateCache
from models.access import AccessScope, Permission, Person
from models.redaction import redact
from store.board import mark_of, now_of, snapshot
from store.board.theme_map import MapGrowth, MappedTheme, ThemeMap, map_version, theme_map

Prepared = TypeVar("Prepared")

LISTED = 30
"""Themes that a search found and that are listed below the field."""


class MapDays(IntEnum):
    """Days of tickets that the map may show."""

    ONE = 1
    SEVEN = 7


class MapReader(Generic[Prepared]):
    """Reads maps, prepares them and keeps the newest: until an epoch is mined or a decision made, all see the same.

    `prepare` is given a map and returns what is kept of it. Maps of limited scopes are read anew each time.
    """

    def __init__(self, prepare: Callable[[ThemeMap], Prepared]) -> None:
        self._prepare = prepare
        self._kept = StateCache()

    def read(self, connection: Connection, scope: AccessScope, days: int) -> Prepared:
        """Read the map for a scope, with the tickets of the last `days`."""
        if not scope.is_everything:
            return self._make(connection, scope, days)
        state = (mark_of(connection), map_version(connection))
        return self._kept.get(days, state, lambda: self._make(connection, scope, days))

    def _make(self, connection: Connection, scope: AccessScope, days: int) -> Prepared:
        return self._prepare(theme_map(connection, now_of(connection), scope, 24 * days))


def map_routes(pages: Pages) -> APIRouter:
    """Make the route of the map."""
    reader = MapReader(lambda shown: (shown, draw_map(shown, ())))
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/themes/map")
    def show(
        person: Annotated[Person, needs(Permission.LOOK, narrows=True)],
        q: Annotated[str, Query(max_length=200)] = "",
        days: MapDays = MapDays.ONE,
    ) -> HTMLResponse:
        text = redact(q).text
        with snapshot(pages.engine) as connection:
            shown, drawing = reader.read(connection, person.scope, days)
            found = [one for one in shown.themes if matches(one, text)] if text.strip() else []
            if found:
                drawing = draw_map(shown, {one.theme.theme_id for one in found})
            return pages.write(
                connection,
                "map.html",
                now_of(connection),
                person=person,
                shown=shown,
                drawing=drawing,
                about=about,
                found=found,
                listed=LISTED,
                q=text,
                days=int(days),
                size=SIZE,
                growths=list(MapGrowth),
            )

    return router


def matches(one: MappedTheme, text: str) -> bool:
    """Check whether a theme's name or a keyword contains the text, or the text is its number."""
    sought = " ".join(text.split()).casefold()
    return sought.removeprefix("#") == str(one.theme.theme_id) or any(
        sought in words.casefold() for words in (one.theme.name, *one.theme.keywords)
    )
