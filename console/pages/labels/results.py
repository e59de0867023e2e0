"""What labels say: of one queue, and of the themes and labellers over all queues."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from console.labels.access import Adjudicator, QueueNumber
from console.labels.opinions import value_texts
from console.labels.precision import themes_measured
from console.pages.page import Pages
from models.access import Person
from models.labelling.queue import QueueKind
from models.labelling.report import LabelReport
from pipelines.labelling.draw import QueueRequest, create_queue
from pipelines.labelling.labellers import calibration_scores, labeller_results
from pipelines.labelling.results import QuestionResults, next_best, queue_results
from store.board import now_of, snapshot
from store.board.theme_choices import named_themes
from store.labels.errors import LabelInvalid
from store.labels.queues import read_queue

FEW_CASES = 20
"""Cases below which a figure is marked: its interval is wide, and one case changes it by 5 percentage points or more."""

NEXT_BEST = 20


def add_results(router: APIRouter, pages: Pages) -> None:
    """Add the results of a queue, those of all queues, and the queue of the cases that are best labelled next."""

    @router.get("/queues/{queue_id}/results")
    def of_queue(queue_id: QueueNumber, person: Adjudicator) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            found = queue_results(connection, queue_id, person)
            values = {one.question.name: tuple(one.values) for one in found.questions}
            return pages.write(
                connection, "label_results.html", now_of(connection), person=person, found=found, queue=found.queue, few=FEW_CASES,
                texts=value_texts(connection, found.queue.asked, values, person.scope),
                names=_names(connection, person, found.themes, found.questions),
                scores=calibration_scores(connection, queue_id, person),
            )  # fmt: skip

    @router.get("/results")
    def of_all(person: Adjudicator) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            report = None if now is None else themes_measured(connection, now, person)
            return pages.write(
                connection, "label_quality.html", now, person=person, report=report, few=FEW_CASES,
                labellers=labeller_results(connection, person), names=_names(connection, person, report, ()),
            )  # fmt: skip

    @router.post("/queues/{queue_id}/next-best")
    def draw(queue_id: QueueNumber, person: Adjudicator) -> Response:
        """Draw a queue of the cases whose labels would tell most about the themes, with the questions of this one."""
        with pages.engine.begin() as connection:
            best = [one.ticket_id for one in next_best(connection, queue_id, person, NEXT_BEST)]
            if not best:
                raise LabelInvalid(
                    f"label queue {queue_id} has no settled theme yet, so that no case is better than another; label it first"
                )
            queue = read_queue(connection, queue_id)
            # The title of a queue of one theme names it.
            after = f"queue {queue_id}" if queue.kind is QueueKind.THEME else queue.title
            request = QueueRequest(
                kind=QueueKind.LISTED, tickets=tuple(best), size=len(best), title=f"Next best after {after}",
                set_name=queue.label_set.name, questions=queue.questions, per_case=queue.per_case, labellers=queue.labellers,
            )  # fmt: skip
            made = create_queue(connection, request, person, pages.clock())
        return RedirectResponse(f"/labels/queues/{made.queue_id}", HTTPStatus.SEE_OTHER)


def _names(
    connection: Connection, person: Person, report: LabelReport | None, questions: Collection[QuestionResults]
) -> dict[str, str]:
    """Name the themes of figures, by their numbers as text."""
    themes = {int(one.group) for on in questions for one in on.agreement if one.by == "theme" and one.group}
    themes |= {one.theme_id for on in questions for one in on.accuracy if one.theme_id is not None}
    if report is not None:
        themes |= {one.theme_id for one in report.precision if one.theme_id is not None}
        themes |= {one.theme_id for one in report.coverage if one.theme_id is not None}
    return {str(one.theme_id): one.name for one in named_themes(connection, sorted(themes), person.scope)}
