"""The launches, and the monitor of one: actual against envelope."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from console.access import needs
from console.pages.page import Pages
from models.access import Permission, Person
from models.plan_position import PlanPosition, position_of
from models.redaction import quoted
from pipelines.launches.review import review_launch
from pipelines.settings import MiningSettings
from store.board import LaunchTheme, launch_page, launch_rows, now_of, snapshot, total_series
from store.demand import count_demand


def launch_routes(pages: Pages, mining: MiningSettings) -> APIRouter:
    """Make the routes of the launches; `mining` are the settings that they are mined with."""
    router = APIRouter(prefix="/launches", default_response_class=HTMLResponse)

    @router.get("")
    def show_all(person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            return pages.write(connection, "launches.html", now, person=person, launches=launch_rows(connection))

    @router.get("/{launch_id:path}")
    def show(launch_id: str, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            shown = launch_page(connection, now, launch_id)
            if shown is None:
                known = "the launches page shows those that do"
                sentence = f"Received the launch {quoted(launch_id, 100)}, which does not exist; {known}."
                raise HTTPException(HTTPStatus.NOT_FOUND, sentence)
            named = [row for row in shown.themes if row.theme is not None]
            everything = next((row.series for row in shown.themes if row.theme is None), None)
            review = review_launch(connection, launch_id, mining.spikes)
            meant = {row["theme_id"] for row in review["themes"] if row["meant"]}
            series = (
                total_series(row.series for row in named if row.theme_id in meant) if everything is None else everything
            )
            return pages.write(
                connection,
                "launch.html",
                now,
                person=person,
                page=shown,
                rows=_positions(named, meant),
                meant=meant,
                series=series,
                position=position_of(series),
                of_all_tickets=everything is not None,
                past=review["past"],
                common=review["common"],
                own_lifts={row["theme_id"]: row["own_lift"] for row in review["themes"]},
                no_demand=count_demand(connection, shown.launch.start, shown.launch.end),
            )

    return router


def _positions(rows: list[LaunchTheme], meant: Collection[int]) -> list[tuple[LaunchTheme, PlanPosition]]:
    """Give each theme with its position: those that the plan means first, then the furthest above its envelope first."""
    positions = [(row, position_of(row.series)) for row in rows]
    return sorted(positions, key=lambda pair: (pair[0].theme_id not in meant, -pair[1].beyond, pair[0].theme_id))
