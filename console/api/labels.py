"""Labels as JSON: queues, the next case, what is said of it, disputes without names, and what labels say."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from console.api.answer import answer
from console.labels.access import Adjudicator, CaseNumber, Labeller, QueueNumber
from console.labels.fields import LONGEST_NOTE, MOST_SECONDS, QueueFields, SkipFields
from console.pages.page import Pages
from models.access import Person
from pipelines.labelling.adjudicate import adjudicate, case_opinions, list_disputes, make_gold
from pipelines.labelling.case import CaseToLabel, list_queues, next_case, save_labels, show_case, show_queue, skip_case
from pipelines.labelling.draw import create_queue, end_queue
from pipelines.labelling.labellers import calibration_scores, labeller_results
from pipelines.labelling.results import queue_results
from store.board import snapshot
from store.board.conversation import read_conversation

__all__ = ["label_answers"]

Answers = Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=50)]
"""A value for each question."""


class LabelBody(BaseModel):
    """What a labeller says of a case: a value for each question that its queue asks, and the seconds that it took."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answers: Answers
    seconds: Annotated[float | None, Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False)] = None


class AdjudicationBody(BaseModel):
    """What an adjudicator decides of a case: values by question, why, and whether they are gold from now on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    answers: Answers
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    gold: bool = False


def label_answers(pages: Pages) -> APIRouter:
    """Make the routes of labels under `/api`."""
    router = APIRouter(prefix="/api/labels", default_response_class=Response)
    _add_queues(router, pages)
    _add_cases(router, pages)
    _add_adjudication(router, pages)
    _add_results(router, pages)
    return router


def _add_queues(router: APIRouter, pages: Pages) -> None:
    @router.get("/queues")
    def queues(person: Labeller) -> Response:
        """List the queues and how far the person is, as `groundswell labels queue list --json` does."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in list_queues(connection, person)])

    @router.post("/queues", status_code=HTTPStatus.CREATED)
    def draw(body: QueueFields, person: Adjudicator) -> Response:
        """Draw a queue of cases, as `groundswell labels queue create` does."""
        with pages.engine.begin() as connection:
            made = create_queue(connection, body.request(), person, pages.clock())
        return answer(made.as_json(), HTTPStatus.CREATED)

    @router.get("/queues/{queue_id}")
    def queue(queue_id: QueueNumber, person: Labeller) -> Response:
        """Describe a queue and how far the person is."""
        with snapshot(pages.engine) as connection:
            return answer(show_queue(connection, queue_id, person).as_json())

    @router.post("/queues/{queue_id}/next")
    def take(queue_id: QueueNumber, person: Labeller) -> Response:
        """Take the next case: its place is held for 20 minutes. `case` is null where nothing is left for the person."""
        with pages.engine.begin() as connection:
            found = next_case(connection, queue_id, person, pages.clock())
            shown = None if found is None else _case(connection, found, person)
        return answer({"case": None if shown is None else _noted(pages, person, shown)})

    @router.post("/queues/{queue_id}/close")
    def close(queue_id: QueueNumber, person: Adjudicator) -> Response:
        """Close a queue: its cases take no more labels."""
        with pages.engine.begin() as connection:
            end_queue(connection, queue_id, person, pages.clock())
            return answer(show_queue(connection, queue_id, person).as_json())


def _add_cases(router: APIRouter, pages: Pages) -> None:
    @router.get("/cases/{case_id}")
    def case(case_id: CaseNumber, person: Labeller) -> Response:
        """Describe a case with its conversation and what the person said of it."""
        with snapshot(pages.engine) as connection:
            shown = _case(connection, show_case(connection, case_id, person), person)
        return answer(_noted(pages, person, shown))

    @router.put("/cases/{case_id}/labels")
    def save(case_id: CaseNumber, body: LabelBody, person: Labeller) -> Response:
        """Say what the case is; in a calibration the answer compares it with the gold labels."""
        with pages.engine.begin() as connection:
            done = save_labels(connection, case_id, body.answers, person, pages.clock(), seconds=body.seconds)
        return answer(done.as_json())

    @router.post("/cases/{case_id}/skip")
    def skip(case_id: CaseNumber, body: SkipFields, person: Labeller) -> Response:
        """Pass a case over: the person does not get it again."""
        with pages.engine.begin() as connection:
            skip_case(connection, case_id, person, pages.clock(), reason=body.reason)
            return answer(show_case(connection, case_id, person).as_json())


def _add_adjudication(router: APIRouter, pages: Pages) -> None:
    @router.get("/queues/{queue_id}/disputes")
    def disputes(queue_id: QueueNumber, person: Adjudicator) -> Response:
        """List the closed cases whose labellers disagree, as `groundswell labels queue disputes --json` does."""
        with snapshot(pages.engine) as connection:
            show_queue(connection, queue_id, person)
            found = list_disputes(connection, person, queue_id)
            return answer([{**one.case.as_json(), "questions": list(one.questions)} for one in found])

    @router.get("/cases/{case_id}/opinions")
    def opinions(case_id: CaseNumber, person: Labeller) -> Response:
        """Say what labellers, named by letters, said of a case, and what was decided, as far as the person may see it."""
        with snapshot(pages.engine) as connection:
            return answer(case_opinions(connection, case_id, person).as_json())

    @router.post("/cases/{case_id}/adjudication")
    def decide(case_id: CaseNumber, body: AdjudicationBody, person: Adjudicator) -> Response:
        """Decide some questions of a closed case; with `gold`, what is settled of it becomes gold labels."""
        with pages.engine.begin() as connection:
            seen = adjudicate(connection, case_id, body.answers, person, pages.clock(), note=body.note)
            if body.gold:
                make_gold(connection, case_id, person, pages.clock())
        return answer(seen.as_json())


def _add_results(router: APIRouter, pages: Pages) -> None:
    @router.get("/queues/{queue_id}/results")
    def results(queue_id: QueueNumber, person: Adjudicator) -> Response:
        """Say what the labels of a queue say, as `groundswell labels results --queue --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(queue_results(connection, queue_id, person).as_json())

    @router.get("/queues/{queue_id}/scores")
    def scores(queue_id: QueueNumber, person: Labeller) -> Response:
        """Compare the labels of a calibration with gold: the person's own, and, for adjudicators, all once it is closed."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in calibration_scores(connection, queue_id, person)])

    @router.get("/labellers")
    def labellers(person: Adjudicator) -> Response:
        """Say how labellers do over all queues: seconds per case, and drift from gold."""
        with snapshot(pages.engine) as connection:
            return answer(labeller_results(connection, person).as_json())


def _case(connection: Connection, found: CaseToLabel, person: Person) -> dict[str, Any]:
    talk = read_conversation(connection, found.case.ticket_id, person.scope)
    shown = talk is not None and talk.has_text
    return {**found.as_json(), "conversation": talk.as_json() if talk is not None and shown else None}


def _noted(pages: Pages, person: Person, shown: dict[str, Any]) -> dict[str, Any]:
    """Note that the person was shown a text: outside the transaction, since the note has one of its own."""
    pages.looks.note(person, f"label case {shown['id']}", 0 if shown["conversation"] is None else 1)
    return shown
