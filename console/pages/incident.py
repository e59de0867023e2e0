"""Incidents: their list, and for each its timeline, signals, alerts and evidence. Each message about one links to its page."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.pages.page import Pages
from store.board import incident_page, incident_rows, now_of, snapshot


def incident_routes(pages: Pages) -> APIRouter:
    """Make the routes of incidents."""
    router = APIRouter(prefix="/incidents", default_response_class=HTMLResponse)

    @router.get("")
    def listed() -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            rows = incident_rows(connection)
            return pages.write(connection, "incidents.html", now_of(connection), rows=rows)

    @router.get("/{incident_id}")
    def show(incident_id: int) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            page = incident_page(connection, incident_id)
            return pages.write(connection, "incident.html", now_of(connection), page=page)

    return router
