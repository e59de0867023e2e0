"""Incidents as JSON: searched, described, and dealt with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.form import VoteFields
from console.list_filters import IncidentFilters
from console.pages.incident import start_of_day
from console.pages.incident_actions import (
    MOVES,
    MergeFields,
    SplitFields,
    UndoFields,
    move_all,
    plain_why,
    undo_of_incident,
)
from console.pages.page import Pages
from console.paging import list_json
from console.parameters import IncidentNumber
from console.votes import incident_subject, vote
from models.access import Permission, Person
from pipelines.decisions.incidents import decide_merge, decide_split
from store.board import now_of, snapshot
from store.board.incidents import incident_list
from store.feedback import vote_as_json
from store.incident_listings import describe_incident
from store.listings import decision_as_json


def add_incidents(router: APIRouter, pages: Pages) -> None:
    """Add the routes of incidents."""

    @router.get("/incidents/search")
    def search(
        filters: Annotated[IncidentFilters, Query()], person: Annotated[Person, needs(Permission.LOOK)]
    ) -> Response:
        """Search incidents as their page does, 100 at a time; `ended_today` is by the day of the person's time zone."""
        with snapshot(pages.engine) as connection:
            query = filters.query(start_of_day(now_of(connection), person))
            return answer(list_json(incident_list(connection, query)))

    @router.get("/incidents/{incident_id}", dependencies=[needs(Permission.LOOK)])
    def incident(incident_id: IncidentNumber) -> Response:
        """Describe one incident with its signals and its timeline, as `groundswell incidents show ID --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(describe_incident(connection, incident_id))

    for name, move in MOVES.items():
        _add_move(router, pages, name, move)
    _add_decisions(router, pages)

    @router.post("/incidents/{incident_id}/feedback")
    def feedback(
        incident_id: IncidentNumber, body: VoteFields, person: Annotated[Person, needs(Permission.RATE)]
    ) -> Response:
        """Say whether an incident was useful, not_useful or for the wrong_team; a later verdict of the same person replaces it."""
        with pages.engine.begin() as connection:
            made = vote(connection, person, incident_subject(connection, incident_id), body.verdict, pages.clock())
        return answer(vote_as_json(made))


def _add_move(router: APIRouter, pages: Pages, name: str, move: Callable[..., object]) -> None:
    description = f"{name.capitalize()} all alerts of an incident; doing it twice changes nothing."

    @router.post(f"/incidents/{{incident_id}}/{name}", name=f"{name} incident", description=description)
    def moved(incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        with pages.engine.begin() as connection:
            move_all(connection, incident_id, move, person, pages)
            return answer(describe_incident(connection, incident_id))


def _add_decisions(router: APIRouter, pages: Pages) -> None:
    @router.post("/incidents/{incident_id}/merge")
    def merge(
        incident_id: IncidentNumber, body: MergeFields, person: Annotated[Person, needs(Permission.RESPOND)]
    ) -> Response:
        """Merge an incident into another one, as `groundswell incidents merge` does."""
        with pages.engine.begin() as connection:
            made = decide_merge(
                connection, [incident_id], body.into, actor=person.name, at=pages.clock(), why=plain_why(body.why)
            )  # fmt: skip
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))

    @router.post("/incidents/{incident_id}/split")
    def split(
        incident_id: IncidentNumber, body: SplitFields, person: Annotated[Person, needs(Permission.RESPOND)]
    ) -> Response:
        """Make alerts of an incident, and spikes of it without one, an incident of their own, as `groundswell incidents split` does."""
        with pages.engine.begin() as connection:
            made = decide_split(
                connection, incident_id, body.alert, spike_ids=body.spike, actor=person.name, at=pages.clock(),
                why=plain_why(body.why),
            )  # fmt: skip
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))

    @router.post("/incidents/{incident_id}/undo")
    def undo(
        incident_id: IncidentNumber, body: UndoFields, person: Annotated[Person, needs(Permission.RESPOND)]
    ) -> Response:
        """Undo a decision that merged or split an incident; one that is still pending is withdrawn."""
        with pages.engine.begin() as connection:
            made = undo_of_incident(connection, incident_id, body.decision, person, pages)
        return answer(decision_as_json(pages.effects.settle(pages.engine, made)))
