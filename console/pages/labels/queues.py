"""Queues of cases: those that wait for the person, how far each is, and the form that draws one."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.form import fault_of
from console.labels.access import Adjudicator, CaseAsked, Labeller, QueueNumber
from console.labels.address import address_of_next, labelled_before
from console.labels.fields import QueueFields
from console.pages.page import Pages
from models.access import Permission, Person
from models.redaction import redact_value
from pipelines.labelling.adjudicate import list_disputes
from pipelines.labelling.case import list_queues, next_case, show_queue
from pipelines.labelling.draw import create_queue, end_queue
from pipelines.labelling.labellers import calibration_scores
from store.board import now_of, snapshot
from store.errors import ThemeUnknown
from store.labels.cases import labelled_cases
from store.labels.errors import LabelInvalid, LabelSetUnknown
from store.labels.queues import LabelQueueProgress
from store.labels.sets import list_label_sets

OWN_SHOWN = 100
"""Newest cases of a person that the page of a queue lists."""


def add_queues(router: APIRouter, pages: Pages) -> None:
    """Add the list, the form, and the page of one queue."""

    @router.get("")
    def listed(person: Labeller) -> HTMLResponse:
        return _list(pages, person)

    _add_form(router, pages)
    _add_one(router, pages)

    @router.get("/sets")
    def sets(person: Labeller) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            found = list_label_sets(connection)
            return pages.write(connection, "label_sets.html", now_of(connection), person=person, sets=found)


def _add_form(router: APIRouter, pages: Pages) -> None:
    @router.get("/new")
    def form(
        person: Adjudicator,
        theme: Annotated[int | None, Query(ge=1)] = None,
        kind: Annotated[str, Query(max_length=20)] = "",
    ) -> HTMLResponse:
        """Show the form, with a theme or a kind that a link names."""
        given = {"theme": theme, "kind": "theme" if theme else kind or "audit"}
        return _form(pages, person, {**QueueFields().model_dump(), **given})

    @router.post("/new")
    def draw(fields: Annotated[QueueFields, Form()], person: Adjudicator) -> Response:
        try:
            with pages.engine.begin() as connection:
                made = create_queue(connection, fields.request(), person, pages.clock())
        except (LabelInvalid, LabelSetUnknown, ThemeUnknown) as error:
            return _form(pages, person, redact_value(fields.model_dump(mode="json")), fault=fault_of(error))
        return RedirectResponse(f"/labels/queues/{made.queue_id}", HTTPStatus.SEE_OTHER)


def _add_one(router: APIRouter, pages: Pages) -> None:
    @router.get("/queues/{queue_id}")
    def show(queue_id: QueueNumber, person: Labeller, saved: CaseAsked = None, *, done: bool = False) -> HTMLResponse:
        return _show(pages, person, queue_id, saved=saved, done=done)

    @router.post("/queues/{queue_id}/next")
    def take(queue_id: QueueNumber, person: Labeller) -> Response:
        with pages.engine.begin() as connection:
            found = next_case(connection, queue_id, person, pages.clock())
        return RedirectResponse(address_of_next(found, queue_id), HTTPStatus.SEE_OTHER)

    @router.get("/queues/{queue_id}/next")
    def back(queue_id: QueueNumber, _person: Labeller) -> Response:
        return RedirectResponse(f"/labels/queues/{queue_id}", HTTPStatus.SEE_OTHER)

    @router.post("/queues/{queue_id}/close")
    def close(queue_id: QueueNumber, person: Adjudicator) -> Response:
        with pages.engine.begin() as connection:
            end_queue(connection, queue_id, person, pages.clock())
        return RedirectResponse(f"/labels/queues/{queue_id}", HTTPStatus.SEE_OTHER)


def _list(pages: Pages, person: Person) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        found = list_queues(connection, person)
        disputes = list_disputes(connection, person) if person.may(Permission.ADJUDICATE) else []
        disputed: dict[int, int] = {}
        for one in disputes:
            disputed[one.case.queue_id] = disputed.get(one.case.queue_id, 0) + 1
        return pages.write(
            connection, "labels.html", now_of(connection), person=person, mine=[one for one in found if waits(one, person)],
            queues=found, disputed=disputed,
        )  # fmt: skip


def waits(progress: LabelQueueProgress, person: Person) -> bool:
    """Tell whether a queue is open and has cases for the person."""
    return progress.queue.closed_at is None and progress.left > 0 and progress.queue.admits(person)


def _show(pages: Pages, person: Person, queue_id: int, *, saved: int | None, done: bool) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        progress = show_queue(connection, queue_id, person)
        scores = [one for one in calibration_scores(connection, queue_id, person) if one.labeller == person.name]
        adjudicates = person.may(Permission.ADJUDICATE)
        return pages.write(
            connection, "label_queue.html", now_of(connection), person=person, progress=progress, queue=progress.queue,
            own=labelled_cases(connection, queue_id, person, OWN_SHOWN),
            saved=labelled_before(connection, saved, person), done=done, waits=waits(progress, person),
            scores=scores, asked={one.name: one for one in progress.queue.asked},
            disputes=len(list_disputes(connection, person, queue_id)) if adjudicates else 0,
        )  # fmt: skip


def _form(pages: Pages, person: Person, sent: dict[str, object], *, fault: str | None = None) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        return pages.write(
            connection, "label_queue_form.html", now_of(connection), person=person, sent=sent, fault=fault,
            sets=[one.label_set for one in list_label_sets(connection)],
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip
