"""One case at a time: taken, labelled, skipped, and, in a calibration, compared with gold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.access import Permission, Person
from models.formats import harmless
from models.redaction import quoted, redact
from pipelines.labelling.permission import require
from store.audit import record
from store.errors import ThemeUnknown
from store.labels.cases import (
    LabelCase,
    close_full_case,
    free_case,
    knows_labels_of,
    last_labelled_case,
    put_claim,
    put_labels,
    read_case,
    read_claim,
    taken_case,
)
from store.labels.claim_state import ClaimState
from store.labels.errors import LabelCaseClosed, LabelInvalid, LabellingRefused, LabelQueueClosed, LabelQueueUnknown
from store.labels.gold import read_gold_of_case
from store.labels.queues import LabelQueue, LabelQueueProgress, read_progress, read_queue
from store.labels.reading import read_labels
from store.labels.visibility import sight_of
from store.survivors import surviving_theme

HELD_FOR = timedelta(minutes=20)
"""How long a case that a person took has a place for them. They may label it later too, as long as it is open."""

LONGEST_REASON = 500

MOST_SECONDS = 86_400.0
"""Time of a case beyond which it is not stored: the page was left open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseToLabel:
    """A case that a person may label.

    own: what the person said of it before, by question. final: the person has labelled it and cannot change that any more.
    takes_labels: the person may label it now. queue: as far as the person may know it.
    """

    case: LabelCase
    queue: LabelQueue
    own: Mapping[str, str]
    final: bool = False
    takes_labels: bool = False

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return {
            **self.case.as_json(), "queue": self.queue.as_json(), "asked": [
                {"name": one.name, **one.as_json()} for one in self.queue.asked
            ], "own": dict(self.own), "final": self.final,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldComparison:
    """What a person said of a question in a calibration, and what the gold label is, with its note."""

    question: str
    own: str
    gold: str
    note: str

    @property
    def equal(self) -> bool:
        """Whether the two are the same."""
        return self.own == self.gold

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return {
            "question": self.question, "own": self.own, "gold": self.gold, "note": self.note, "equal": self.equal,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedCase:
    """What became of a case that was labelled: whether it is closed now, and in a calibration how the labels compare."""

    case: LabelCase
    closed: bool
    feedback: tuple[GoldComparison, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return {
            "id": self.case.case_id, "closed": self.closed, "feedback": [one.as_json() for one in self.feedback],
        }  # fmt: skip


def list_queues(connection: Connection, person: Person, *, open_only: bool = False) -> list[LabelQueueProgress]:
    """List the queues with cases in the person's scope and how far they are, the newest first. Needs `label` or `adjudicate`."""
    require(person, Permission.LABEL, Permission.ADJUDICATE)
    found = read_progress(connection, person, open_only=open_only)
    return [replace(one, queue=one.queue.seen_by(person)) for one in found]


def show_queue(connection: Connection, queue_id: int, person: Person) -> LabelQueueProgress:
    """Return one queue and how far it is. Needs `label` or `adjudicate`. Raises `LabelQueueUnknown`."""
    require(person, Permission.LABEL, Permission.ADJUDICATE)
    (found,) = read_progress(connection, person, queue_id)
    return replace(found, queue=found.queue.seen_by(person))


def next_case(connection: Connection, queue_id: int, person: Person, at: datetime) -> CaseToLabel | None:
    """Take the next case of a queue for a person: the one that they took and did not finish, else the first with a place.

    None where there is none: all are labelled, skipped or held by others. Needs `label`, and a transaction that writes.

    Raises
    ------
    LabelQueueUnknown, LabelQueueClosed
        There is no such queue in the person's scope, or it is closed.
    LabellingRefused
        The queue is for other labellers.
    """
    queue = _open_queue(connection, queue_id, person)
    found = taken_case(connection, queue, person)
    if found is None:
        found = free_case(connection, queue, person, at)
        if found is None:
            _check_scope(connection, queue_id, person)
            return None
        record(
            connection, at=at, actor=person.name, action="took a case to label", subject=f"label case {found.case_id}",
            detail={"queue": queue_id, "ticket": found.ticket_id},
        )  # fmt: skip
    put_claim(connection, found.case_id, person, ClaimState.TAKEN, at=at, until=at + HELD_FOR)
    return _shown(connection, found, queue, person)


def previous_case(connection: Connection, queue_id: int, person: Person) -> CaseToLabel | None:
    """Return the case that the person labelled last and may still label otherwise; None where there is none. Needs `label`.

    A case that has all its labels is closed, and that of a calibration is final. Raises as `next_case` does.
    """
    queue = _open_queue(connection, queue_id, person)
    found = None if queue.gives_feedback else last_labelled_case(connection, queue, person)
    return None if found is None else _shown(connection, found, queue, person)


def show_case(connection: Connection, case_id: int, person: Person) -> CaseToLabel:
    """Return a case with what the person said of it. Needs `label` or `adjudicate`. Raises `LabelCaseUnknown`."""
    require(person, Permission.LABEL, Permission.ADJUDICATE)
    case = read_case(connection, case_id, person)
    return _shown(connection, case, read_queue(connection, case.queue_id), person)


def save_labels(
    connection: Connection,
    case_id: int,
    answers: Mapping[str, str],
    person: Person,
    at: datetime,
    *,
    seconds: float | None = None,
) -> SavedCase:
    """Store what a person says of a case: a value for each question that its queue asks.

    The case closes when it has all its labellers. As long as it is open, the person may say otherwise; not in a calibration, which
    shows the gold labels. `seconds` is the time from showing the case. Needs `label`, and a transaction that writes.

    Raises
    ------
    LabelCaseUnknown, LabelCaseClosed, LabelQueueClosed
        There is no such case in the person's scope, or it takes no more labels.
    LabellingRefused
        The queue is for other labellers, or the person has labelled this case of a calibration.
    LabelInvalid
        A question has no valid answer.
    """
    case, queue = _open_case(connection, case_id, person)
    if queue.gives_feedback and read_claim(connection, case_id, person) is ClaimState.LABELLED:
        raise LabellingRefused(f"you have labelled case {case_id} of this calibration and seen its gold labels; go on")
    values = check_answers(connection, queue, answers)
    known = None if seconds is None or not 0.0 <= seconds <= MOST_SECONDS else seconds
    blind = not knows_labels_of(connection, case.ticket_id, person)
    put_labels(connection, case, person.name, values, at=at, seconds=known, blind=blind)
    put_claim(connection, case_id, person, ClaimState.LABELLED, at=at, until=at)
    closed = close_full_case(connection, case_id, queue.per_case, at)
    record(
        connection, at=at, actor=person.name, action="labelled a case", subject=f"label case {case_id}",
        detail={"queue": queue.queue_id, "ticket": case.ticket_id, "questions": sorted(values)},
    )  # fmt: skip
    return SavedCase(case=case, closed=closed, feedback=case_feedback(connection, case_id, person))


def skip_case(connection: Connection, case_id: int, person: Person, at: datetime, *, reason: str = "") -> None:
    """Pass a case over: the person does not get it again. Needs `label`, and a transaction that writes. Raises as `save_labels` does.

    A case that they have labelled cannot be skipped. `reason` says why; it is redacted.
    """
    case, queue = _open_case(connection, case_id, person)
    if read_claim(connection, case_id, person) is ClaimState.LABELLED:
        raise LabellingRefused(f"you have labelled case {case_id}, so that it cannot be skipped; label it otherwise")
    why = redact(harmless(reason.strip())).text[:LONGEST_REASON] or None
    put_claim(connection, case_id, person, ClaimState.SKIPPED, at=at, until=at, reason=why)
    record(
        connection, at=at, actor=person.name, action="skipped a case", subject=f"label case {case_id}",
        detail={"queue": queue.queue_id, "ticket": case.ticket_id, "why": why},
    )  # fmt: skip


def case_feedback(connection: Connection, case_id: int, person: Person) -> tuple[GoldComparison, ...]:
    """Compare a person's labels of a case of a calibration with gold; () elsewhere, and as long as they may still label the ticket."""
    case = read_case(connection, case_id, person)
    queue = read_queue(connection, case.queue_id)
    if not queue.gives_feedback or read_claim(connection, case_id, person) is not ClaimState.LABELLED:
        return ()
    if sight_of(connection, person).queues_to_label(connection, [case.ticket_id]):
        return ()
    own = _own(connection, case, person)
    gold = {one.question: one for one in read_gold_of_case(connection, queue.label_set.name, case.ticket_id)}
    return tuple(
        GoldComparison(question=name, own=own[name], gold=gold[name].value, note=gold[name].note)
        for name in queue.questions
        if name in own and name in gold
    )


def check_answers(
    connection: Connection, queue: LabelQueue, answers: Mapping[str, str], *, partly: bool = False
) -> dict[str, str]:
    """Return the answers as they are stored, in the order of the questions.

    Numbers of themes are those that hold their tickets now. Raises `LabelInvalid` where one is not valid or, without `partly`, missing.
    """
    unknown = [name for name in answers if name not in queue.questions]
    if unknown:
        raise LabelInvalid(f"received the question {quoted(unknown[0], 60)}; valid are {', '.join(queue.questions)}")
    missing = [name for name in queue.questions if not answers.get(name)]
    if missing and (not partly or len(missing) == len(queue.questions)):
        raise LabelInvalid(f"received no answer to {', '.join(missing)}; answer each question")
    try:
        values = {one.name: one.check(answers[one.name]) for one in queue.asked if answers.get(one.name)}
        themes = [one.name for one in queue.asked if one.asks_for_theme and values.get(one.name, "").isdigit()]
        return values | {name: str(surviving_theme(connection, int(values[name]))) for name in themes}
    except (ValueError, ThemeUnknown) as error:
        raise LabelInvalid(str(error)) from error


def _open_queue(connection: Connection, queue_id: int, person: Person) -> LabelQueue:
    require(person, Permission.LABEL)
    # Who locks the queue counts its places alone.
    queue = read_queue(connection, queue_id, lock=True)
    if not queue.admits(person):
        _check_scope(connection, queue_id, person)
        raise LabellingRefused(f"label queue {queue_id} is for other labellers; choose one of yours")
    if queue.closed_at is not None:
        _check_scope(connection, queue_id, person)
        raise LabelQueueClosed(queue_id)
    return queue


def _open_case(connection: Connection, case_id: int, person: Person) -> tuple[LabelCase, LabelQueue]:
    require(person, Permission.LABEL)
    queue = _open_queue(connection, read_case(connection, case_id, person).queue_id, person)
    # Read again under the lock.
    case = read_case(connection, case_id, person)
    if case.closed_at is not None:
        raise LabelCaseClosed(case_id)
    return case, queue


def _check_scope(connection: Connection, queue_id: int, person: Person) -> None:
    """Raise `LabelQueueUnknown` for a queue without a case in the person's scope: what is refused says no more of it."""
    if not read_progress(connection, person, queue_id):
        raise LabelQueueUnknown(queue_id)


def _shown(connection: Connection, case: LabelCase, queue: LabelQueue, person: Person) -> CaseToLabel:
    own = _own(connection, case, person)
    final = bool(own) and (case.closed_at is not None or queue.gives_feedback)
    waits = case.closed_at is None and queue.closed_at is None and queue.admits(person)
    return CaseToLabel(case=case, queue=queue.seen_by(person), own=own, final=final, takes_labels=waits and not final)


def _own(connection: Connection, case: LabelCase, person: Person) -> dict[str, str]:
    said = read_labels(connection, person, case_id=case.case_id)
    return {one.question: one.value for one in said if one.labeller == person.name}
