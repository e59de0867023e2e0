"""What stored labels say: agreement, precision and coverage of themes, accuracy of AI, and how labellers do.

Everything is made of the labels that the person who asks may see, and `hidden` counts the cases that are left out by that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.accuracy import HandlingAccuracy
from models.labelling.agreement import AgreementFigure, measure_agreement
from models.labelling.case_label import disputed_tickets
from models.labelling.effort import LabellingEffort, measure_effort
from models.labelling.label_set import LabelQuestion
from models.labelling.queue import QueueCandidate, QueueCase, QueueKind
from models.labelling.rating import next_cases
from models.labelling.report import SEED, LabelReport, judge_handling, rate_themes
from pipelines.labelling.permission import require
from pipelines.labelling.said import SaidLabels, case_now, read_said
from store.labelling import read_candidates
from store.labels.cases import LabelCase, read_cases
from store.labels.confidences import read_confidences
from store.labels.queues import LabelQueue, read_progress, read_queues
from store.labels.reading import count_hidden
from store.survivors import survivors

CHOSEN_BY_DESIGN = frozenset({QueueKind.AUDIT, QueueKind.UNCERTAIN, QueueKind.THEME, QueueKind.AI_HANDLED})
"""Kinds of queues whose cases were chosen by theme, confidence and handler alone: precision may be estimated from all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionResults:
    """What the labels say of one question.

    settled: cases with a value, adjudicated or said by all; values: how many have which. disputed: cases whose labellers disagree and
    that are not adjudicated. agreement: Krippendorff's alpha, of all cases, by theme and by labeller. accuracy: AI against persons,
    for a question with a correct value.
    """

    question: LabelQuestion
    settled: int
    disputed: int
    values: Mapping[str, int]
    agreement: list[AgreementFigure]
    accuracy: list[HandlingAccuracy]

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels results --json` and the API do."""
        return {
            "question": self.question.name, "settled": self.settled, "disputed": self.disputed,
            "values": dict(self.values), "agreement": [asdict(one) for one in self.agreement],
            "accuracy": [asdict(one) for one in self.accuracy],
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueResults:
    """What the labels of a queue say.

    cases, closed: those of the person's scope. labelled: closed cases whose labels they may see; hidden: those whose labels they may
    not see yet. themes: the rating of themes where a theme is asked for. effort: seconds per case, of all and by labeller.
    """

    queue: LabelQueue
    cases: int
    closed: int
    labelled: int
    hidden: int
    questions: tuple[QuestionResults, ...]
    themes: LabelReport | None
    effort: list[LabellingEffort]

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels results --json` and the API do."""
        return {
            "queue": self.queue.as_json(), "cases": self.cases, "closed": self.closed, "labelled": self.labelled,
            "hidden": self.hidden, "questions": [one.as_json() for one in self.questions],
            "themes": None if self.themes is None else self.themes.as_json(), "effort": [asdict(one) for one in self.effort],
        }  # fmt: skip


def queue_results(connection: Connection, queue_id: int, person: Person) -> QueueResults:
    """Return what the labels of a queue say. Needs `adjudicate`. Raises `LabelQueueUnknown`."""
    require(person, Permission.ADJUDICATE)
    (progress,) = read_progress(connection, person, queue_id)
    queue, merged = progress.queue, survivors(connection)
    cases = [case_now(one, merged) for one in read_cases(connection, person, queue_id)]
    said = read_said(connection, person, merged, queue_id, {one.name for one in queue.asked if one.asks_for_theme})
    return QueueResults(
        queue=queue.seen_by(person), cases=progress.cases, closed=progress.closed, labelled=len({one.ticket_id for one in said.labels}),
        hidden=count_hidden(connection, person, queue_id),
        questions=tuple(_question(one, cases, said) for one in queue.asked),
        themes=_themes(connection, [queue], cases, said, person), effort=measure_effort(said.labels),
    )  # fmt: skip


def theme_report(connection: Connection, person: Person) -> LabelReport | None:
    """Rate the themes by the labels of all queues whose cases were chosen by design. Needs `adjudicate`.

    None without a settled label of a theme. Coverage is of the newest audit that has some.
    """
    require(person, Permission.ADJUDICATE)
    queues = [one for one in read_queues(connection) if one.kind in CHOSEN_BY_DESIGN]
    ids, merged = {one.queue_id for one in queues}, survivors(connection)
    cases = [case_now(one, merged) for one in read_cases(connection, person) if one.queue_id in ids]
    names = {question.name for one in queues for question in one.asked if question.asks_for_theme}
    said = read_said(connection, person, merged, None, names)
    kept = {one.ticket_id: one for one in sorted(cases, key=lambda one: one.queue_id)}
    return _themes(connection, queues, list(kept.values()), said, person)


def next_best(connection: Connection, queue_id: int, person: Person, size: int = 20) -> list[QueueCandidate]:
    """Choose the tickets whose labels would make the precisions known best, of those that the queue has not settled.

    Needs `adjudicate`; draw them as a queue of the kind `listed`. () where the queue asks for no theme. Raises `LabelQueueUnknown`.
    """
    results = queue_results(connection, queue_id, person)
    scope = results.queue.scope.intersect(person.scope)
    if results.themes is None or scope is None:
        return []
    known = {one.ticket_id for one in read_cases(connection, person, queue_id)}
    candidates = read_candidates(connection, scope, since=results.queue.since, until=results.queue.until, readable=True)
    open_ = [one for one in candidates if one.ticket_id not in known]
    return next_cases(results.themes.precision, open_, size, np.random.default_rng(SEED))


def _question(question: LabelQuestion, cases: Sequence[LabelCase], said: SaidLabels) -> QuestionResults:
    settled = said.settled(question.name)
    disputes = disputed_tickets(said.labels, said.decided)
    disputed = [ticket for ticket, names in disputes.items() if question.name in names]
    themes = {one.ticket_id: str(one.theme_id) for one in cases if one.theme_id is not None}
    handlers = {one.ticket_id: one.handled_by for one in cases}
    drawn = [_drawn(one) for one in cases]
    return QuestionResults(
        question=question, settled=len(settled), disputed=len(disputed), values=dict(sorted(Counter(settled.values()).items())),
        agreement=measure_agreement(said.labels, question, themes, np.random.default_rng(SEED)),
        accuracy=judge_handling(handlers, drawn, settled, question) if question.correct is not None else [],
    )  # fmt: skip


def _themes(
    connection: Connection, queues: Sequence[LabelQueue], cases: Sequence[LabelCase], said: SaidLabels, person: Person
) -> LabelReport | None:
    names = {question.name for one in queues for question in one.asked if question.asks_for_theme}
    settled = {ticket: value for name in sorted(names) for ticket, value in said.settled(name).items()}
    only = queues[0] if len(queues) == 1 else None
    scope = person.scope if only is None else only.scope.intersect(person.scope)
    if scope is None or not any(one.ticket_id in settled for one in cases):
        return None
    confidences = read_confidences(
        connection, scope, since=None if only is None else only.since, until=None if only is None else only.until
    )
    audits = [one.queue_id for one in queues if one.kind is QueueKind.AUDIT]
    newest = max((one.queue_id for one in cases if one.queue_id in audits and one.ticket_id in settled), default=0)
    drawn = [_drawn(one, weighted=one.queue_id == newest) for one in cases]
    return rate_themes(confidences, drawn, settled, np.random.default_rng(SEED))


def _drawn(one: LabelCase, *, weighted: bool = True) -> QueueCase:
    return QueueCase(
        ticket_id=one.ticket_id, theme_id=one.theme_id, confidence=one.confidence, stratum=one.stratum,
        weight=one.weight if weighted else None,
    )  # fmt: skip
