"""The monitor of a launch: a plain verdict first, then all that it is founded on; also for a wall screen."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from alerts.chart.timeline import chart_of
from console.access import needs
from console.launch_chart import volume_chart
from console.launch_monitors import MonitorReader
from console.pages.page import Pages
from console.zone import written_in, zone_of
from models.access import Permission, Person
from models.redaction import quoted
from pipelines.launches.monitor import LaunchMonitor
from store.board import SpikeRow, now_of, snapshot
from store.demand import count_demand


def add_monitor(router: APIRouter, pages: Pages, monitors: MonitorReader) -> None:
    """Add the route of the monitor."""

    @router.get("/{launch_id:path}")
    def show(
        launch_id: str,
        person: Annotated[Person, needs(Permission.LOOK)],
        wall: bool = False,  # noqa: FBT001, FBT002 - a flag in a URL
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            found = monitors.read(connection, launch_id)
            if found is None:
                raise HTTPException(HTTPStatus.NOT_FOUND, missing(launch_id))
            form = "launch_wall" if wall else "launch"

            def write() -> str:
                return _body(pages, connection, found, person, form)

            return pages.write(
                connection,
                f"{form}.html",
                now_of(connection),
                person=person,
                launch=found.page.launch,
                state=found.state,
                body=monitors.written(connection, launch_id, form, person.time_zone, write),
            )


def _body(pages: Pages, connection: Connection, monitor: LaunchMonitor, person: Person, form: str) -> str:
    """Write what is brought up to date while the page is open; of the person only the time zone may show in it."""
    launch, own = monitor.page.launch, _against_plan(monitor)
    zone = person.time_zone
    template = pages.templates.get_template(f"{form}_monitor.html")
    with written_in(zone):
        return template.render(
            now=now_of(connection),
            person=person,
            monitor=monitor,
            chart=volume_chart(monitor.volume, zone),
            envelope=chart_of(monitor.series, spikes=own, until=launch.end, zone=zone_of(zone)),
            signalled={one.theme_id for one in own},
            own_lifts={row["theme_id"]: row["own_lift"] for row in monitor.review["themes"]},
            lifts_seen={row["theme_id"]: row["lift_seen"] for row in monitor.review["themes"]},
            cells=_cells(monitor),
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
