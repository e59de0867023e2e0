"""Incidents as JSON."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.pages.page import Pages
from console.parameters import IncidentNumber
from models.access import Permission
from store.board import snapshot
from store.incident_listings import describe_incident


def add_incidents(router: APIRouter, pages: Pages) -> None:
    """Add the routes of incidents."""

    @router.get("/incidents/{incident_id}", dependencies=[needs(Permission.LOOK)])
    def incident(incident_id: IncidentNumber) -> Response:
        """Describe one incident with its signals and its timeline, as `groundswell incidents show ID --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(describe_incident(connection, incident_id))
