"""The map of themes as JSON."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from console.access import needs
from console.pages.map import MapDays, MapReader
from console.pages.page import Pages
from models.access import Permission, Person
from store.board import snapshot
from store.board.theme_map import MappedFamily, MappedTheme, ThemeMap


class MapThemeAnswer(BaseModel):
    """A theme on the map."""

    id: int
    name: str
    x: float = Field(description="Position, -1 to 1.")
    y: float = Field(description="Position, -1 to 1, downwards.")
    family: int | None = Field(description="Number of its family; null: in none.")
    tickets: int = Field(description="Tickets in the window.")
    expected: float | None = Field(description="Tickets expected in the window; null: not known, or a limited scope.")
    growth: str = Field(description="many-more, more, usual, fewer, many-fewer or unknown.")
    spiking: bool = Field(description="Whether a spike of it is open.")


class MapFamilyAnswer(BaseModel):
    """A family of themes."""

    id: int
    name: str
    themes: int
    tickets: int = Field(description="Tickets of all its themes in the window.")


class MapAnswer(BaseModel):
    """The map of themes."""

    days: int = Field(description="Days of tickets that are counted.")
    themes: list[MapThemeAnswer]
    families: list[MapFamilyAnswer]
    unplaced: list[int] = Field(description="Themes that are younger than the positions.")
    left_out: int = Field(
        description="Themes of a limited scope that are left out: the map has those with the most tickets."
    )


def add_theme_map(router: APIRouter, pages: Pages) -> None:
    """Add the route of the map."""
    reader = MapReader(_answer)

    @router.get("/themes/map", response_model=MapAnswer)
    def theme_map(
        person: Annotated[Person, needs(Permission.LOOK, narrows=True)], days: MapDays = MapDays.ONE
    ) -> Response:
        """Read the map of themes: positions, which stay from day to day, families, and the tickets of the last day or week."""
        with snapshot(pages.engine) as connection:
            return Response(reader.read(connection, person.scope, days), media_type="application/json")


def _answer(shown: ThemeMap) -> bytes:
    return orjson.dumps(
        {
            "days": shown.hours // 24,
            "themes": [_theme(one) for one in shown.themes],
            "families": [_family(one) for one in shown.families],
            "unplaced": [one.theme_id for one in shown.unplaced],
            "left_out": shown.left_out,
        }
    )


def _theme(one: MappedTheme) -> dict[str, object]:
    return {
        "id": one.theme.theme_id, "name": one.theme.name, "x": round(one.x, 4), "y": round(one.y, 4), "family": one.family_id,
        "tickets": one.tickets, "expected": None if one.expected is None else round(one.expected, 2), "growth": one.growth.value,
        "spiking": one.spiking,
    }  # fmt: skip


def _family(one: MappedFamily) -> dict[str, object]:
    return {"id": one.family_id, "name": one.name, "themes": len(one.themes), "tickets": one.tickets}
