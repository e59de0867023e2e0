"""The monitor of a launch: a plain verdict first, then all that it is founded on; also for a wall screen."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse

from alerts.chart.timeline import chart_of
from console.access import needs
from console.launch_chart import volume_chart
from console.pages.page import Pages
from console.zone import zone_of
from models.access import Permission, Person
from models.redaction import quoted
from models.spikes.settings import SpikeSettings
from pipelines.launches.monitor import LaunchMonitor, monitor_launch
from store.board import SpikeRow, now_of, snapshot
from store.demand import count_demand


def add_monitor(router: APIRouter, pages: Pages, settings: SpikeSettings) -> None:
    """Add the route of the monitor; `settings` are those that launches are mined with."""

    @router.get("/{launch_id:path}")
    def show(
        launch_id: str,
        person: Annotated[Person, needs(Permission.LOOK)],
        wall: bool = False,  # noqa: FBT001, FBT002 - a flag in a URL
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            found = monitor_launch(connection, launch_id, settings, pages.clock())
            if found is None:
                raise HTTPException(HTTPStatus.NOT_FOUND, missing(launch_id))
            launch = found.page.launch
            return pages.write(
                connection,
                "launch_wall.html" if wall else "launch.html",
                now_of(connection),
                person=person,
                monitor=found,
                page=found.page,
                launch=launch,
                chart=volume_chart(found.volume, person.time_zone),
                own_lifts={row["theme_id"]: row["own_lift"] for row in found.review["themes"]},
                cells=_cells(found),
                signalled={one.theme_id for one in _against_plan(found)},
                envelope=chart_of(
                    found.series, spikes=_against_plan(found), until=launch.end, zone=zone_of(person.time_zone)
                ),
                no_demand=count_demand(connection, launch.start, launch.end),
            )


def missing(launch_id: str) -> str:
    """Say that there is no such launch."""
    return f"Received the launch {quoted(launch_id, 100)}, which does not exist; the launches page shows those that do."


def _against_plan(monitor: LaunchMonitor) -> list[SpikeRow]:
    """Return the spikes against the plan that are open, once the launch is over all of them: they alone are shown in red."""
    own, over = monitor.page.launch.launch_id, monitor.state == "over"
    return [one for one in monitor.page.spikes if one.launch_id == own and (over or one.end is None)]


def _cells(monitor: LaunchMonitor) -> dict[str, int]:
    """Count what a wall screen shows in one number each."""
    verdicts = [position.verdict.name for row, position in monitor.rows if row.theme_id in monitor.meant]
    return {
        "above": verdicts.count("ABOVE"), "below": verdicts.count("BELOW"), "new": len(monitor.page.newcomers),
        "spikes": sum(one.end is None for one in monitor.page.spikes), "rising": len(monitor.rising),
    }  # fmt: skip
