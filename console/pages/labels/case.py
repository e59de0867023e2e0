"""One case: shown with its conversation, questions and procedure, saved, skipped, and compared with gold in a calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from console.form import fault_of
from console.labels.access import CaseAsked, CaseNumber, Labeller
from console.labels.address import address_of_next, labelled_before
from console.labels.desk import desk_procedures, desk_questions, themes_among
from console.labels.fields import REASONS, CaseFields, ShownForm, SkipForm, answers_of
from console.labels.opinions import value_texts
from console.pages.page import Pages
from models.access import Person
from models.redaction import redact
from pipelines.labelling.case import (
    CaseToLabel,
    case_feedback,
    next_case,
    save_labels,
    show_case,
    show_queue,
    skip_case,
)
from store.board import now_of, snapshot
from store.board.conversation import read_conversation
from store.labels.cases import labelled_cases
from store.labels.errors import LabelCaseClosed, LabelInvalid, LabellingRefused, LabelQueueClosed

LOOKED_BACK = 500
"""Newest cases of a person that the way back leads through."""


@dataclass(frozen=True, slots=True)
class SentCase:
    """What was sent with a case: answers, the words that look for a theme, the case that was saved before, and what was wrong."""

    answers: Mapping[str, str]
    search: str = ""
    saved: int | None = None
    fault: str | None = None
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY


ThemeSought = Annotated[str, Query(max_length=100)]


def add_cases(router: APIRouter, pages: Pages) -> None:
    """Add the page of a case and what is done with it."""

    @router.get("/cases/{case_id}")
    def show(
        case_id: CaseNumber, request: Request, person: Labeller, q: ThemeSought = "", saved: CaseAsked = None
    ) -> HTMLResponse:
        """Show a case; `q` looks for a theme, and answers in the address stay ticked meanwhile."""
        shown = ShownForm.model_validate(dict(request.query_params))
        answers = {} if shown.wrong_person(person) else answers_of(request.query_params)
        sent = SentCase(answers, search=redact(q).text.strip(), saved=saved)
        return _write(pages, person, case_id, sent)

    @router.post("/cases/{case_id}")
    def save(case_id: CaseNumber, fields: Annotated[CaseFields, Form()], person: Labeller) -> Response:
        return _save(pages, person, case_id, fields)

    @router.post("/cases/{case_id}/skip")
    def skip(case_id: CaseNumber, fields: Annotated[SkipForm, Form()], person: Labeller) -> Response:
        if fault := fields.wrong_person(person):
            return _refuse(pages, person, case_id, fault)
        with pages.engine.begin() as connection:
            skip_case(connection, case_id, person, pages.clock(), reason=fields.reason)
            queue = show_case(connection, case_id, person).queue.queue_id
            address = _next_address(connection, pages, person, queue)
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)

    @router.get("/cases/{case_id}/skip")
    def back(case_id: CaseNumber, _person: Labeller) -> Response:
        # A reload after a refused form asks for its address.
        return RedirectResponse(f"/labels/cases/{case_id}", HTTPStatus.SEE_OTHER)

    @router.get("/cases/{case_id}/feedback")
    def feedback(case_id: CaseNumber, person: Labeller) -> HTMLResponse:
        return _feedback(pages, person, case_id)


def _save(pages: Pages, person: Person, case_id: int, fields: CaseFields) -> Response:
    if fault := fields.wrong_person(person):
        return _refuse(pages, person, case_id, fault)
    answers = fields.answers()
    try:
        with pages.engine.begin() as connection:
            done = save_labels(connection, case_id, answers, person, pages.clock(), seconds=fields.spent)
            queue, compared = done.case.queue_id, bool(done.feedback)
            address = "" if compared else _next_address(connection, pages, person, queue, saved=case_id)
    except LabelInvalid as error:
        return _write(pages, person, case_id, SentCase(answers, fault=fault_of(error)))
    except (LabelCaseClosed, LabellingRefused, LabelQueueClosed) as error:
        # A form that was sent twice is answered as it was the first time.
        repeated = _repeated(pages, person, case_id, answers)
        sent = SentCase(answers, fault=fault_of(error), status=HTTPStatus.CONFLICT)
        return repeated or _write(pages, person, case_id, sent)
    return RedirectResponse(address or f"/labels/cases/{case_id}/feedback", HTTPStatus.SEE_OTHER)


def _refuse(pages: Pages, person: Person, case_id: int, fault: str) -> Response:
    """Show the case without what another person answered; the status keeps their answers in the browser, for them."""
    return _write(pages, person, case_id, SentCase({}, fault=fault, status=HTTPStatus.FORBIDDEN))


def _repeated(pages: Pages, person: Person, case_id: int, answers: Mapping[str, str]) -> Response | None:
    with pages.engine.begin() as connection:
        shown = show_case(connection, case_id, person)
        if not shown.own or dict(shown.own) != dict(answers):
            return None
        if shown.queue.gives_feedback:
            return RedirectResponse(f"/labels/cases/{case_id}/feedback", HTTPStatus.SEE_OTHER)
        if shown.queue.closed_at is not None:
            return RedirectResponse(f"/labels/queues/{shown.queue.queue_id}", HTTPStatus.SEE_OTHER)
        address = _next_address(connection, pages, person, shown.queue.queue_id, saved=case_id)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _next_address(connection: Connection, pages: Pages, person: Person, queue_id: int, saved: int | None = None) -> str:
    """Take the next case, and return its address; that of the queue where nothing is left."""
    return address_of_next(next_case(connection, queue_id, person, pages.clock()), queue_id, saved=saved)


def _write(pages: Pages, person: Person, case_id: int, sent: SentCase) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        shown = show_case(connection, case_id, person)
        talk = read_conversation(connection, shown.case.ticket_id, person.scope)
        questions = desk_questions(
            connection,
            shown.queue.asked,
            shown.case.ticket_id,
            person.scope,
            chosen={**shown.own, **sent.answers},
            search=sent.search,
        )
        asks = any(one.asks_for_theme for one in questions)
        chosen = {int(one.chosen) for one in questions if one.asks_for_theme and one.chosen.isdecimal()}
        # Next to a case whose theme is asked for, the procedures of all themes that are offered: the assigned one stays unknown.
        assigned = [] if shown.case.theme_id is None else [shown.case.theme_id]
        themes = themes_among(questions) if asks else assigned
        answer = pages.write(
            connection, "label_case.html", now_of(connection), person=person, case=shown.case, own=shown.own, queue=shown.queue,
            final=shown.final, takes_labels=shown.takes_labels,
            goes_on=shown.queue.closed_at is None and shown.queue.admits(person), talk=talk,
            questions=questions, asks=asks, search=sent.search, fault=sent.fault, reasons=REASONS,
            saved=labelled_before(connection, sent.saved, person),
            sops=desk_procedures(connection, themes, chosen, person.scope, pages.clock().date()),
            progress=show_queue(connection, shown.queue.queue_id, person), before=_before(connection, person, shown),
            status=sent.status if sent.fault else HTTPStatus.OK,
        )  # fmt: skip
    pages.looks.note(person, f"label case {case_id}", 0 if talk is None or not talk.has_text else 1)
    return answer


def _before(connection: Connection, person: Person, shown: CaseToLabel) -> int | None:
    """Return the case of the queue that the person labelled before this one, among the newest `LOOKED_BACK`."""
    labelled = [one.case_id for one in labelled_cases(connection, shown.queue.queue_id, person, LOOKED_BACK)]
    own = shown.case.case_id
    earlier = labelled[labelled.index(own) + 1 :] if own in labelled else labelled
    return earlier[0] if earlier else None


def _feedback(pages: Pages, person: Person, case_id: int) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        shown = show_case(connection, case_id, person)
        talk = read_conversation(connection, shown.case.ticket_id, person.scope)
        compared = case_feedback(connection, case_id, person)
        values = {one.question: (one.own, one.gold) for one in compared}
        answer = pages.write(
            connection, "label_feedback.html", now_of(connection), person=person, case=shown.case, queue=shown.queue,
            talk=talk,
            compared=compared, texts=value_texts(connection, shown.queue.asked, values, person.scope),
            asked={one.name: one for one in shown.queue.asked},
            progress=show_queue(connection, shown.queue.queue_id, person),
        )  # fmt: skip
    pages.looks.note(person, f"label case {case_id}", 0 if talk is None or not talk.has_text else 1)
    return answer
