"""Incidents: their list, and for each its timeline, signals, alerts and evidence. Each message about one links to its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.access import needs
from console.pages.page import Pages
from console.parameters import IncidentNumber
from models.access import Permission, Person
from store.board import incident_page, incident_rows, now_of, snapshot


def incident_routes(pages: Pages) -> APIRouter:
    """Make the routes of incidents."""
    router = APIRouter(prefix="/incidents", default_response_class=HTMLResponse)

    @router.get("")
    def listed(person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            rows = incident_rows(connection)
            return pages.write(connection, "incidents.html", now_of(connection), person=person, rows=rows)

    @router.get("/{incident_id}")
    def show(incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            page = incident_page(connection, incident_id)
            answer = pages.write(connection, "incident.html", now_of(connection), person=person, page=page)
        pages.looks.note(person, f"incident {incident_id}", len(page.quotes))
        return answer

    return router
