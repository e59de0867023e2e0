"""Alerts as JSON: searched, described, and dealt with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.form import VoteFields
from console.list_filters import AlertFilters
from console.pages.alert import MOVES
from console.pages.page import Pages
from console.paging import list_json
from console.parameters import AlertNumber
from console.shown_messages import quoted_tickets, shown_messages
from console.votes import alert_subject, vote
from models.access import Permission, Person
from pipelines.past.decision_path import PathRules, path_of_alert
from store.alerts import Alert
from store.board import snapshot
from store.board.alerts import alert_list
from store.feedback import vote_as_json, votes_about
from store.notifications import read_messages


def add_alerts(router: APIRouter, pages: Pages, rules: Callable[[], PathRules]) -> None:
    """Add the routes of alerts; `rules` are those of decisions now."""

    @router.get("/alerts/search", dependencies=[needs(Permission.LOOK)])
    def search(filters: Annotated[AlertFilters, Query()]) -> Response:
        """Search alerts as their page does, 100 at a time: `rows` have the keys of `alerts list --json` and the verdict."""
        with snapshot(pages.engine) as connection:
            return answer(list_json(alert_list(connection, filters.query())))

    @router.get("/alerts/{alert_id}")
    def alert(alert_id: AlertNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> Response:
        """Describe an alert as its page does: the verdict, each stage of the decision, its messages and what people said of it."""
        with snapshot(pages.engine) as connection:
            path = path_of_alert(connection, rules(), alert_id)
            incident_id = None if path.alert is None else path.alert.incident_id
            messages = shown_messages(connection, read_messages(connection, alert_id, incident_id))
            votes = [vote_as_json(one.vote) for one in votes_about(connection, f"alert:{alert_id}")]
        pages.looks.note(person, f"alert {alert_id}", quoted_tickets(messages))
        return answer({**path.as_json(), "messages": [one.as_json() for one in messages], "feedback": votes})

    for name, move in MOVES.items():
        _add_move(router, pages, name, move)

    @router.post("/alerts/{alert_id}/feedback")
    def feedback(
        alert_id: AlertNumber, body: VoteFields, person: Annotated[Person, needs(Permission.RATE)]
    ) -> Response:
        """Say whether an alert was useful, not_useful or for the wrong_team; a later verdict of the same person replaces it."""
        with pages.engine.begin() as connection:
            made = vote(connection, person, alert_subject(connection, alert_id), body.verdict, pages.clock())
        return answer(vote_as_json(made))


def _add_move(router: APIRouter, pages: Pages, name: str, move: Callable[..., Alert]) -> None:
    description = f"{name.capitalize()} an alert; doing it twice changes nothing."

    @router.post(f"/alerts/{{alert_id}}/{name}", name=f"{name} alert", description=description)
    def moved(alert_id: AlertNumber, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        with pages.engine.begin() as connection:
            return answer(move(connection, alert_id, actor=person.name, at=pages.clock()).as_json())
