"""Listings as JSON, with the keys of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from console.access import needs
from console.api.answer import answer
from console.pages.page import Pages
from models.access import Permission, Person
from store.board import snapshot
from store.demand import list_demand
from store.incident_listings import list_incidents
from store.listings import list_alerts, list_changes, list_launches, list_spikes

LISTINGS: tuple[tuple[str, Callable[[Connection], list[dict[str, Any]]]], ...] = (
    ("spikes", list_spikes),
    ("alerts", list_alerts),
    ("incidents", list_incidents),
    ("launches", list_launches),
    ("changes", list_changes),
    ("demand", list_demand),
)
"""By the name of their command."""


def add_listings(router: APIRouter, pages: Pages) -> None:
    """Add one route for each listing."""
    for name, read in LISTINGS:
        _add_listing(router, pages, name, read)


def _add_listing(
    router: APIRouter, pages: Pages, name: str, read: Callable[[Connection], list[dict[str, Any]]]
) -> None:
    description = f"List the {name}, as `groundswell {name} list --json` does."

    @router.get(f"/{name}", name=name, description=description)
    def listing(person: Annotated[Person, needs(Permission.LOOK)]) -> Response:
        with snapshot(pages.engine) as connection:
            rows = read(connection)
        # Of the listings that of demand has texts of tickets.
        pages.looks.note(person, name, sum(bool(row.get("text")) for row in rows))
        return answer(rows)
