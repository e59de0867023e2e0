"""How labellers do: seconds per case, drift from gold, and how a calibration went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.drift import GoldPeriod, LabellerDrift, detect_drift, gold_periods
from models.labelling.effort import LabellingEffort, measure_effort
from models.proportion import wilson_interval
from pipelines.labelling.case import case_feedback
from pipelines.labelling.permission import require
from pipelines.labelling.said import read_said
from store.accounts.people import list_people
from store.labels.cases import read_cases
from store.labels.gold import GoldLabel, read_gold
from store.labels.queues import LabelQueue, read_progress, read_queues
from store.labels.reading import read_labels
from store.survivors import survivors


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellerResults:
    """How labellers do over all queues: seconds per case, and by question the periods against gold, and drift.

    Gold are the gold labels and what was adjudicated.
    """

    effort: list[LabellingEffort]
    periods: Mapping[str, list[GoldPeriod]]
    drift: Mapping[str, list[LabellerDrift]]

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels results --json` and the API do."""
        return {
            "effort": [asdict(one) for one in self.effort],
            "periods": {name: [asdict(one) for one in found] for name, found in self.periods.items()},
            "drift": {name: [asdict(one) for one in found] for name, found in self.drift.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationScore:
    """How many labels of a labeller were those of the gold set, for a question, with Wilson's interval of 95 %."""

    labeller: str
    question: str
    cases: int
    equal: int
    share: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return asdict(self)


def unknown_labellers(connection: Connection, names: Sequence[str]) -> list[str]:
    """Return which of these are no people of the console that may label; none where nobody has a sign-in, as on one machine."""
    known = list_people(connection)
    able = {one.name for one in known if one.disabled_at is None and one.person.may(Permission.LABEL)}
    return [name for name in names if name not in able] if known else []


def labeller_results(connection: Connection, person: Person) -> LabellerResults:
    """Return how the labellers do over all queues. Needs `adjudicate`."""
    require(person, Permission.ADJUDICATE)
    merged = survivors(connection)
    asked = {question.name: question for one in read_queues(connection) for question in one.asked}
    said = read_said(connection, person, merged, None, {name for name, one in asked.items() if one.asks_for_theme})
    gold: dict[str, dict[str, str]] = {name: {} for name in asked}
    for one in read_gold(connection, person):
        gold.setdefault(one.question, {})[one.ticket_id] = one.value
    for decided in said.decided:
        gold.setdefault(decided.question, {})[decided.ticket_id] = decided.value
    periods = {name: gold_periods(said.labels, values, name) for name, values in sorted(gold.items())}
    found = {name: one for name, one in periods.items() if one}
    return LabellerResults(
        effort=measure_effort(said.labels),
        periods=found,
        drift={name: detect_drift(one) for name, one in found.items()},
    )


def calibration_scores(connection: Connection, queue_id: int, person: Person) -> list[CalibrationScore]:
    """Compare the labels of a calibration with gold, by labeller and question: the person's own, and all once the queue is closed.

    Needs `label` or `adjudicate`. Cases whose gold labels the person may not see yet are left out. Raises `LabelQueueUnknown`.
    """
    require(person, Permission.LABEL, Permission.ADJUDICATE)
    (progress,) = read_progress(connection, person, queue_id)
    if not progress.queue.gives_feedback:
        return []
    counts: dict[tuple[str, str], list[int]] = {}
    gold = {(one.ticket_id, one.question): one.value for one in _visible_gold(connection, person, progress.queue)}
    for label in read_labels(connection, person, queue_id=queue_id):
        if label.labeller != person.name and (label.ticket_id, label.question) in gold:
            _count(counts, label.labeller, label.question, label.value == gold[label.ticket_id, label.question])
    for case in read_cases(connection, person, queue_id):
        for one in case_feedback(connection, case.case_id, person):
            _count(counts, person.name, one.question, one.equal)
    return [_score(*key, *numbers) for key, numbers in sorted(counts.items())]


def _visible_gold(connection: Connection, person: Person, queue: LabelQueue) -> list[GoldLabel]:
    return read_gold(connection, person, queue.label_set.name) if queue.closed_at is not None else []


def _count(counts: dict[tuple[str, str], list[int]], labeller: str, question: str, equal: bool) -> None:  # noqa: FBT001
    cell = counts.setdefault((labeller, question), [0, 0])
    cell[0] += 1
    cell[1] += equal


def _score(labeller: str, question: str, cases: int, equal: int) -> CalibrationScore:
    low, high = wilson_interval(equal, cases)
    return CalibrationScore(
        labeller=labeller, question=question, cases=cases, equal=equal, share=equal / cases, low=low, high=high
    )
