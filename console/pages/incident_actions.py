"""What people do with incidents: acknowledge, resolve, merge and split, shown before it is decided, and say what they were worth."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from console.access import needs
from console.form import VoteFields, fault_of
from console.pages.page import Pages
from console.paging import SearchText
from console.parameters import IncidentNumber
from console.votes import incident_subject, vote
from models.access import Permission, Person
from models.redaction import redact
from pipelines.decisions.incidents import check_merge, check_split, decide_merge, decide_split
from pipelines.decisions.preview import DecisionInvalid
from store.alerts import acknowledge, alerts_of_incident, resolve
from store.board import now_of, snapshot
from store.board.incidents import IncidentPage, IncidentRow, incident_page, mergeable_incidents
from store.decisions import INCIDENTS, Decision, read_decision, undo_decision
from store.errors import DecisionUnknown, StoreError
from store.incidents import get_incident
from store.types import LARGEST_ID

MOVES: dict[str, Callable[..., object]] = {"acknowledge": acknowledge, "resolve": resolve}
MOST_ALERTS = 500
MOST_WHY = 2_000

StoredNumber = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class MergeFields(BaseModel):
    """The form that merges an incident into another one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    into: StoredNumber
    why: Annotated[str, Field(max_length=MOST_WHY)] = ""


class SplitFields(BaseModel):
    """The form that makes alerts of an incident, and spikes of it without an alert, an incident of their own: one at least."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    alert: Annotated[list[StoredNumber], Field(max_length=MOST_ALERTS)] = []
    spike: Annotated[list[StoredNumber], Field(max_length=MOST_ALERTS)] = []
    why: Annotated[str, Field(max_length=MOST_WHY)] = ""


class UndoFields(BaseModel):
    """The form that undoes a decision about an incident."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    decision: Annotated[int, Field(ge=1, le=LARGEST_ID)]


@dataclass(frozen=True, slots=True)
class SplitHalves:
    """How an incident would be divided: the alerts that leave, the spikes without an alert that do, and why it cannot be."""

    leaving: frozenset[int]
    spikes: frozenset[int]
    fault: str | None

    @property
    def is_asked(self) -> bool:
        """Whether somebody named anything that leaves."""
        return bool(self.leaving or self.spikes)


def incident_action_routes(pages: Pages) -> APIRouter:
    """Make the routes of what people do with incidents."""
    router = APIRouter(prefix="/incidents/{incident_id}", default_response_class=HTMLResponse)
    for name, move in MOVES.items():
        _add_move(router, pages, name, move)
    _add_votes(router, pages)
    _add_merge(router, pages)
    _add_split(router, pages)
    _add_undo(router, pages)
    return router


def move_all(
    connection: Connection, incident_id: int, move: Callable[..., object], person: Person, pages: Pages
) -> None:
    """Acknowledge or resolve all alerts of an incident. Raises `IncidentUnknown`."""
    get_incident(connection, incident_id)
    for one in alerts_of_incident(connection, incident_id):
        move(connection, one.alert_id, actor=person.name, at=pages.clock())


def undo_of_incident(
    connection: Connection, incident_id: int, decision_id: int, person: Person, pages: Pages
) -> Decision:
    """Undo a decision about an incident. Raises `IncidentUnknown`, `DecisionUnknown`, `DecisionFinal`, `DecisionRestedOn`."""
    get_incident(connection, incident_id)
    if read_decision(connection, decision_id).kind not in INCIDENTS:
        raise DecisionUnknown(decision_id)
    return undo_decision(connection, decision_id, actor=person.name, at=pages.clock())


def plain_why(text: str) -> str | None:
    """Write a person's reason on one line, redacted; None where there is none."""
    return redact(" ".join(text.split())).text or None


def _add_move(router: APIRouter, pages: Pages, name: str, move: Callable[..., object]) -> None:
    @router.post(f"/{name}", name=f"{name} an incident")
    def moved(incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        with pages.engine.begin() as connection:
            move_all(connection, incident_id, move, person, pages)
        return _to(incident_id)

    @router.get(f"/{name}", dependencies=[needs(Permission.LOOK)])
    def back(incident_id: IncidentNumber) -> Response:
        # A reload after the form asks for its address.
        return _to(incident_id)


def _add_votes(router: APIRouter, pages: Pages) -> None:
    @router.post("/feedback")
    def voted(
        incident_id: IncidentNumber,
        fields: Annotated[VoteFields, Form()],
        person: Annotated[Person, needs(Permission.RATE)],
    ) -> Response:
        with pages.engine.begin() as connection:
            vote(connection, person, incident_subject(connection, incident_id), fields.verdict, pages.clock())
        return _to(incident_id, "feedback")

    @router.get("/feedback", dependencies=[needs(Permission.LOOK)])
    def back(incident_id: IncidentNumber) -> Response:
        return _to(incident_id, "feedback")


def _add_merge(router: APIRouter, pages: Pages) -> None:
    @router.get("/merge")
    def look(
        incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.RESPOND)], q: SearchText = "",
        into: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    ) -> HTMLResponse:  # fmt: skip
        return _merge_shown(pages, incident_id, person, q.strip(), into)

    @router.post("/merge")
    def merge(
        incident_id: IncidentNumber,
        fields: Annotated[MergeFields, Form()],
        person: Annotated[Person, needs(Permission.RESPOND)],
    ) -> Response:
        try:
            with pages.engine.begin() as connection:
                decide_merge(
                    connection, [incident_id], fields.into, actor=person.name, at=pages.clock(), why=plain_why(fields.why)
                )  # fmt: skip
        except DecisionInvalid:
            return _merge_shown(pages, incident_id, person, "", fields.into)
        pages.effects.take()
        return _to(fields.into, "decisions")


def _merge_shown(pages: Pages, incident_id: int, person: Person, text: str, into: int | None) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        page, other, fault = incident_page(connection, incident_id), None, None
        if into is not None:
            other, fault = _other(connection, incident_id, into)
        found: tuple[IncidentRow, ...] = () if other else mergeable_incidents(connection, incident_id, text)
        return pages.write(
            connection, "incident_merge.html", now_of(connection), person=person, page=page, other=other, found=found, text=text,
            fault=fault, status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip


def _other(connection: Connection, incident_id: int, into: int) -> tuple[IncidentPage | None, str | None]:
    try:
        check_merge(connection, [incident_id], into)
        return incident_page(connection, into), None
    except StoreError as error:
        return None, fault_of(error)


def _add_split(router: APIRouter, pages: Pages) -> None:
    @router.get("/split")
    def look(
        incident_id: IncidentNumber, person: Annotated[Person, needs(Permission.RESPOND)],
        alert: Annotated[list[StoredNumber] | None, Query(max_length=MOST_ALERTS)] = None,
        spike: Annotated[list[StoredNumber] | None, Query(max_length=MOST_ALERTS)] = None,
    ) -> HTMLResponse:  # fmt: skip
        return _split_shown(pages, incident_id, person, alert or (), spike or ())

    @router.post("/split")
    def split(
        incident_id: IncidentNumber,
        fields: Annotated[SplitFields, Form()],
        person: Annotated[Person, needs(Permission.RESPOND)],
    ) -> Response:
        try:
            with pages.engine.begin() as connection:
                decide_split(
                    connection, incident_id, fields.alert, spike_ids=fields.spike, actor=person.name, at=pages.clock(),
                    why=plain_why(fields.why),
                )  # fmt: skip
        except DecisionInvalid as error:
            return _split_shown(pages, incident_id, person, fields.alert, fields.spike, fault_of(error))
        pages.effects.take()
        return _to(incident_id, "decisions")


def _split_shown(
    pages: Pages,
    incident_id: int,
    person: Person,
    alerts: Collection[int],
    spikes: Collection[int],
    fault: str | None = None,
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        page = incident_page(connection, incident_id)
        if fault is None and (alerts or spikes):
            try:
                check_split(page.row.incident, alerts, spikes)
            except DecisionInvalid as error:
                fault = fault_of(error)
        return pages.write(
            connection, "incident_split.html", now_of(connection), person=person, page=page,
            halves=SplitHalves(frozenset(alerts), frozenset(spikes), fault),
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip


def _add_undo(router: APIRouter, pages: Pages) -> None:
    @router.post("/undo")
    def undo(
        incident_id: IncidentNumber,
        fields: Annotated[UndoFields, Form()],
        person: Annotated[Person, needs(Permission.RESPOND)],
    ) -> Response:
        with pages.engine.begin() as connection:
            undo_of_incident(connection, incident_id, fields.decision, person, pages)
        pages.effects.take()
        return _to(incident_id, "decisions")

    @router.get("/undo", dependencies=[needs(Permission.LOOK)])
    def back(incident_id: IncidentNumber) -> Response:
        return _to(incident_id, "decisions")


def _to(incident_id: int, place: str = "") -> RedirectResponse:
    return RedirectResponse(f"/incidents/{incident_id}{f'#{place}' if place else ''}", HTTPStatus.SEE_OTHER)
