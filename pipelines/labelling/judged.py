"""How AI and persons handled cases by what labels say: the newest queue that judged it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.accuracy import HandlingAccuracy
from models.labelling.label_set import LabelQuestion
from models.labelling.queue import QueueCase, QueueKind
from models.labelling.report import judge_handling
from pipelines.labelling.permission import require
from pipelines.labelling.said import case_now, read_said
from store.labels.cases import read_cases
from store.labels.queues import LabelQueue, read_queues
from store.survivors import survivors

DRAWN = frozenset({QueueKind.AUDIT, QueueKind.AI_HANDLED})
"""Kinds of queues whose cases were drawn at random, by theme and handler alone."""


@dataclass(frozen=True, slots=True)
class JudgedHandling:
    """The accuracy of AI and of persons, of all themes and of each, by a question of a queue."""

    queue: LabelQueue
    question: LabelQuestion
    accuracy: Sequence[HandlingAccuracy]


def newest_judgement(connection: Connection, person: Person) -> JudgedHandling | None:
    """Return what the newest queue says that judged cases of AI, of the labels that a person may see; None without one.

    Needs `adjudicate`. Cases of queues that chose disputed or doubtful ones are left out: they are harder than others.
    """
    require(person, Permission.ADJUDICATE)
    for queue in read_queues(connection):
        questions = [one for one in queue.asked if one.correct is not None]
        if queue.kind in DRAWN and questions:
            found = next((one for one in _judged(connection, person, queue, questions) if one.accuracy), None)
            if found is not None:
                return found
    return None


def _judged(
    connection: Connection, person: Person, queue: LabelQueue, questions: Sequence[LabelQuestion]
) -> list[JudgedHandling]:
    merged = survivors(connection)
    cases = [case_now(one, merged) for one in read_cases(connection, person, queue.queue_id)]
    said = read_said(connection, person, merged, queue.queue_id, set())
    handlers = {one.ticket_id: one.handled_by for one in cases}
    drawn = [
        QueueCase(
            ticket_id=one.ticket_id,
            theme_id=one.theme_id,
            confidence=one.confidence,
            stratum=one.stratum,
            weight=one.weight,
        )
        for one in cases
    ]
    return [
        JudgedHandling(queue, one, judge_handling(handlers, drawn, said.settled(one.name), one)) for one in questions
    ]
