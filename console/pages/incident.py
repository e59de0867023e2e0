"""Incidents: their list, and each with its timeline, signals, alerts, messages and evidence. Messages about one link to its page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from console.access import needs
from console.list_filters import IncidentFilters
from console.pages.page import Pages
from console.paging import turning
from console.parameters import IncidentNumber
from console.shown_messages import quoted_tickets, shown_messages
from console.votes import vote_token
from console.zone import zone_of
from models.access import Permission, Person
from store.board import Now, now_of, snapshot
from store.board.incidents import STATES, incident_list, incident_owners, incident_page
from store.decisions import incident_decisions
from store.feedback import votes_about
from store.notifications import read_messages_of_incident


def incident_routes(pages: Pages) -> APIRouter:
    """Make the routes of incidents."""
    router = APIRouter(prefix="/incidents", default_response_class=HTMLResponse)
    _add_list(router, pages)

    @router.get("/{incident_id}")
    def show(incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        subject = f"incident:{incident_id}"
        with snapshot(pages.engine) as connection:
            page = incident_page(connection, incident_id)
            messages = shown_messages(connection, read_messages_of_incident(connection, incident_id))
            answer = pages.write(
                connection, "incident.html", now_of(connection), person=person, page=page, messages=messages,
                decided=incident_decisions(connection, incident_id), votes=votes_about(connection, subject),
                own_token=vote_token(person, subject),
            )  # fmt: skip
        pages.looks.note(person, f"incident {incident_id}", len(page.quotes) + quoted_tickets(messages))
        return answer

    return router


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("")
    def listed(
        filters: Annotated[IncidentFilters, Query()], person: Annotated[Person, needs(Permission.LOOK)]
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            query = filters.query(start_of_day(now, person))
            found = incident_list(connection, query)
            return pages.write(
                connection, "incidents.html", now, person=person, found=found, query=query, ended_today=filters.ended_today,
                turning=turning("/incidents", filters.chosen(), found), states=STATES, owners=incident_owners(connection),
            )  # fmt: skip


def start_of_day(now: Now | None, person: Person) -> datetime | None:
    """Return when the day of the newest ticket began in the viewer's zone; None without a ticket."""
    if now is None:
        return None
    local = now.time.astimezone(zone_of(person.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
