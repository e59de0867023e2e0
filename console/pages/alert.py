"""Alerts: their list, and for each why it was sent, the message, how far its delivery is, and what people said of it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.form import VoteFields
from console.list_filters import AlertFilters
from console.pages.page import Pages
from console.paging import turning
from console.parameters import AlertNumber
from console.shown_messages import quoted_tickets, shown_messages
from console.votes import alert_subject, vote, vote_token
from models.access import Permission, Person
from pipelines.past.decision_path import PathRules, path_of_alert
from store.alerts import Alert, acknowledge, reopen, resolve
from store.board import now_of, snapshot
from store.board.alerts import KINDS, SORTS, STATES, alert_audiences, alert_list
from store.board.theme_names import theme_names
from store.feedback import votes_about
from store.notifications import read_messages
from store.sop_links import sops_of_themes

MOVES: dict[str, Callable[..., Alert]] = {"acknowledge": acknowledge, "resolve": resolve, "reopen": reopen}
"""What a person does with an alert, by the last part of the address."""


def alert_routes(pages: Pages, rules: Callable[[], PathRules]) -> APIRouter:
    """Make the routes of alerts; `rules` are those of decisions now."""
    router = APIRouter(prefix="/alerts", default_response_class=HTMLResponse)
    _add_list(router, pages)
    _add_page(router, pages, rules)
    for name, move in MOVES.items():
        _add_move(router, pages, name, move)
    _add_votes(router, pages)
    return router


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("")
    def listed(
        filters: Annotated[AlertFilters, Query()], person: Annotated[Person, needs(Permission.LOOK)]
    ) -> HTMLResponse:
        query = filters.query()
        with snapshot(pages.engine) as connection:
            found = alert_list(connection, query)
            return pages.write(
                connection, "alerts.html", now_of(connection), person=person, found=found, query=query,
                turning=turning("/alerts", filters.chosen(), found), states=STATES, kinds=KINDS, sorts=tuple(SORTS),
                audiences=alert_audiences(connection),
            )  # fmt: skip


def _add_page(router: APIRouter, pages: Pages, rules: Callable[[], PathRules]) -> None:
    @router.get("/{alert_id}")
    def show(alert_id: AlertNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            path = path_of_alert(connection, rules(), alert_id)
            incident_id = None if path.alert is None else path.alert.incident_id
            messages = shown_messages(connection, read_messages(connection, alert_id, incident_id))
            subject = f"alert:{alert_id}"
            answer = pages.write(
                connection, "alert.html", now_of(connection), person=person, path=path, messages=messages,
                theme_name=theme_names(connection, [path.theme_id]).name(path.theme_id),
                votes=votes_about(connection, subject),
                own_token=vote_token(person, subject),
                procedures=sops_of_themes(connection, [path.theme_id]).get(path.theme_id, []),
            )  # fmt: skip
        pages.looks.note(person, f"alert {alert_id}", quoted_tickets(messages))
        return answer


def _add_move(router: APIRouter, pages: Pages, name: str, move: Callable[..., Alert]) -> None:
    @router.post(f"/{{alert_id}}/{name}", name=f"{name} an alert")
    def moved(alert_id: AlertNumber, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        with pages.engine.begin() as connection:
            move(connection, alert_id, actor=person.name, at=pages.clock())
        return _back(alert_id)

    @router.get(f"/{{alert_id}}/{name}", dependencies=[needs(Permission.LOOK)])
    def back(alert_id: AlertNumber) -> Response:
        # A reload after the form asks for its address.
        return _back(alert_id)


def _add_votes(router: APIRouter, pages: Pages) -> None:
    @router.post("/{alert_id}/feedback")
    def voted(
        alert_id: AlertNumber, fields: Annotated[VoteFields, Form()], person: Annotated[Person, needs(Permission.RATE)]
    ) -> Response:
        with pages.engine.begin() as connection:
            vote(connection, person, alert_subject(connection, alert_id), fields.verdict, pages.clock())
        return _back(alert_id, "feedback")

    @router.get("/{alert_id}/feedback", dependencies=[needs(Permission.LOOK)])
    def back(alert_id: AlertNumber) -> Response:
        return _back(alert_id, "feedback")


def _back(alert_id: int, place: str = "") -> RedirectResponse:
    return RedirectResponse(f"/alerts/{alert_id}{f'#{place}' if place else ''}", HTTPStatus.SEE_OTHER)
