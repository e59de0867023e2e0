"""Disputed cases: what labellers said side by side without their names, and the value that an adjudicator decides."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.form import fault_of
from console.labels.access import Adjudicator, CaseAsked, CaseNumber, QueueNumber
from console.labels.address import decided_before
from console.labels.desk import desk_procedures
from console.labels.fields import AdjudicationFields
from console.labels.opinions import opinions_on
from console.pages.page import Pages
from models.access import Person
from models.redaction import redact
from pipelines.labelling.adjudicate import adjudicate, case_opinions, list_disputes, make_gold
from pipelines.labelling.case import show_case, show_queue
from store.board import now_of, snapshot
from store.board.conversation import read_conversation
from store.board.theme_choices import offered_themes
from store.labels.errors import LabelCaseOpen, LabelInvalid, LabellingRefused, LabelsHidden
from store.labels.visibility import sight_of


def add_adjudication(router: APIRouter, pages: Pages) -> None:
    """Add the list of disputed cases, and the page that decides one."""

    @router.get("/queues/{queue_id}/disputes")
    def disputes(queue_id: QueueNumber, person: Adjudicator, saved: CaseAsked = None) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            progress = show_queue(connection, queue_id, person)
            return pages.write(
                connection, "label_disputes.html", now_of(connection), person=person, queue=progress.queue, progress=progress,
                disputes=list_disputes(connection, person, queue_id), saved=decided_before(connection, saved, person),
            )  # fmt: skip

    @router.get("/cases/{case_id}/adjudicate")
    def show(case_id: CaseNumber, person: Adjudicator, saved: CaseAsked = None) -> HTMLResponse:
        return _write(pages, person, case_id, saved=saved)

    @router.post("/cases/{case_id}/adjudicate")
    def decide(case_id: CaseNumber, fields: Annotated[AdjudicationFields, Form()], person: Adjudicator) -> Response:
        if fault := fields.wrong_person(person):
            return _write(pages, person, case_id, fault=fault, status=HTTPStatus.FORBIDDEN)
        try:
            with pages.engine.begin() as connection:
                seen = adjudicate(connection, case_id, fields.answers(), person, pages.clock(), note=fields.note)
                if fields.gold:
                    make_gold(connection, case_id, person, pages.clock())
                left = [one.case.case_id for one in list_disputes(connection, person, seen.case.queue_id)]
        except LabelInvalid as error:
            return _write(pages, person, case_id, fields=fields, fault=fault_of(error))
        except LabellingRefused as error:
            return _write(pages, person, case_id, fields=fields, fault=fault_of(error), status=HTTPStatus.CONFLICT)
        following = next((one for one in left if one != case_id), None)
        base = f"/labels/cases/{following}/adjudicate" if following else f"/labels/queues/{seen.case.queue_id}/disputes"
        return RedirectResponse(f"{base}?saved={case_id}", HTTPStatus.SEE_OTHER)


def _write(
    pages: Pages,
    person: Person,
    case_id: int,
    *,
    fields: AdjudicationFields | None = None,
    saved: int | None = None,
    fault: str | None = None,
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HTMLResponse:
    sent = fields or AdjudicationFields()
    with snapshot(pages.engine) as connection:
        seen, shown = case_opinions(connection, case_id, person), show_case(connection, case_id, person)
        talk = read_conversation(connection, shown.case.ticket_id, person.scope)
        if seen.case.closed_at is None:
            raise LabelCaseOpen(case_id)
        if not seen.complete:
            raise LabelsHidden(case_id, sight_of(connection, person).queues_to_label(connection, [seen.case.ticket_id]))
        decided = {one.label.question: one.label.value for one in seen.adjudicated}
        offered = [one.theme_id for one in offered_themes(connection, seen.case.ticket_id, person.scope)]
        opinions = opinions_on(
            connection, seen.letters, seen.queue.asked, seen.labels, decided, person.scope, themes=offered
        )
        themes = sorted({
            int(one.value)
            for on in opinions
            if on.question.asks_for_theme
            for one in on.said
            if one.value.isdecimal()
        })  # fmt: skip
        assigned = [] if shown.case.theme_id is None else [shown.case.theme_id]
        answer = pages.write(
            connection, "label_adjudicate.html", now_of(connection), person=person, case=shown.case, queue=shown.queue,
            talk=talk, opinions=opinions,
            sops=desk_procedures(connection, themes or assigned, themes or assigned, person.scope, pages.clock().date()),
            own=any(one.labeller == person.name for one in seen.labels), sent=sent.answers(), note_sent=redact(sent.note).text,
            notes=[one.note for one in seen.adjudicated if one.note], gold=sent.gold,
            saved=decided_before(connection, saved, person), fault=fault, status=status if fault else HTTPStatus.OK,
        )  # fmt: skip
    pages.looks.note(person, f"label case {case_id}", 0 if talk is None or not talk.has_text else 1)
    return answer
