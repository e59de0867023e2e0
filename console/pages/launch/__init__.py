"""The launches: the list, the form that plans one, and the monitor of one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.access import needs
from console.launch_monitors import MonitorReader
from console.pages.launch.monitor import add_monitor
from console.pages.launch.plan import add_planning
from console.pages.page import Pages
from console.planning import Planning
from models.access import Permission, Person
from store.board import launch_rows, now_of, snapshot

__all__ = ["launch_routes"]


def launch_routes(pages: Pages, planning: Planning, monitors: MonitorReader) -> APIRouter:
    """Make the routes of the launches."""
    router = APIRouter(prefix="/launches", default_response_class=HTMLResponse)

    @router.get("")
    def show_all(person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            rows = launch_rows(connection, cancelled=True)
            return pages.write(connection, "launches.html", now, person=person, launches=rows)

    # The form first: the address of a monitor takes everything that is left.
    add_planning(router, pages, planning)
    add_monitor(router, pages, monitors)
    return router
