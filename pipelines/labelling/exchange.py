"""Labels in and out of the database: those of other tools, and those that people gave here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.case_label import CaseLabel, latest_labels
from models.labelling.exchange import LabelFormat, write_labels
from models.labelling.queue import QueueKind
from models.redaction import SensitiveKind, quoted, redact, sensitive_spans
from pipelines.labelling.case import check_answers
from pipelines.labelling.draw import MOST_CASES, QueueRequest, create_queue, end_queue
from pipelines.labelling.permission import require
from store.audit import record
from store.labels.cases import LabelCase, close_full_case, put_claim, put_labels, read_cases
from store.labels.claim_state import ClaimState
from store.labels.errors import LabelInvalid, LabelQueueClosed
from store.labels.queues import LabelQueue, read_progress, read_queue
from store.labels.reading import count_hidden, read_labels
from store.labels.sets import DEFAULT_SET

LONGEST_LABELLER = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLabels:
    """What an import stored: the queue, the number of labels and of cases, and the labels of tickets that are not in the queue."""

    queue_id: int
    labels: int
    cases: int
    left_out: int

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels import --json` does."""
        return {"queue": self.queue_id, "labels": self.labels, "cases": self.cases, "left_out": self.left_out}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedLabels:
    """Labels as a text in some format, their number, and the number of closed cases whose labels the person may not see yet."""

    text: str
    labels: int
    hidden: int


def export_labels(
    connection: Connection, person: Person, at: datetime, form: LabelFormat, *, queue_id: int | None = None
) -> ExportedLabels:
    """Write the labels of closed cases that the person may see, of a queue or of all.

    Needs `adjudicate`, and a transaction that writes. Names of labellers that would be a mail address are redacted. Raises
    `LabelQueueUnknown`.
    """
    require(person, Permission.ADJUDICATE)
    if queue_id is not None:
        read_progress(connection, person, queue_id)
    found = read_labels(connection, person, queue_id=queue_id, closed_only=True)
    text = write_labels([replace(one, labeller=redact(one.labeller).text) for one in found], form)
    record(
        connection, at=at, actor=person.name, action="exported labels",
        subject="labels" if queue_id is None else f"label queue {queue_id}", detail={"labels": len(found), "format": form.value},
    )  # fmt: skip
    return ExportedLabels(text=text, labels=len(found), hidden=count_hidden(connection, person, queue_id))


def import_labels(
    connection: Connection,
    labels: Sequence[CaseLabel],
    person: Person,
    at: datetime,
    *,
    queue_id: int | None = None,
    set_name: str = DEFAULT_SET,
) -> ImportedLabels:
    """Store labels of another tool for the open cases of a queue. Needs `adjudicate`, and a transaction that writes.

    Without a queue the tickets of the labels become one of the kind `listed`, which is closed then. Of several labels of one labeller
    for a question the latest counts. A label keeps its time, and whether it was blind.

    Raises
    ------
    LabelInvalid
        There are no labels, or one has no valid question, value or labeller.
    LabelQueueUnknown, LabelQueueClosed, LabelSetUnknown
        There is no such queue or set, or the queue takes no more labels.
    """
    require(person, Permission.ADJUDICATE)
    given = latest_labels(labels)
    if not given:
        raise LabelInvalid("received no labels; give a file with at least one")
    made = queue_id is None
    queue = (
        _queue_of(connection, given, person, at, set_name)
        if queue_id is None
        else _open_queue(connection, queue_id, person)
    )
    cases = {one.ticket_id: one for one in read_cases(connection, person, queue.queue_id) if one.closed_at is None}
    stored, left_out, touched = 0, 0, set()
    for (ticket, labeller), said in _by_case(given).items():
        case = cases.get(ticket)
        if case is None:
            left_out += len(said)
            continue
        _store(connection, queue, case, labeller, said)
        stored += len(said)
        touched.add(case.case_id)
    for case_id in sorted(touched):
        close_full_case(connection, case_id, queue.per_case, at)
    record(
        connection, at=at, actor=person.name, action="imported labels", subject=f"label queue {queue.queue_id}",
        detail={"labels": stored, "cases": len(touched)},
    )  # fmt: skip
    if made:
        end_queue(connection, queue.queue_id, person, at)
    return ImportedLabels(queue_id=queue.queue_id, labels=stored, cases=len(touched), left_out=left_out)


def _queue_of(
    connection: Connection, given: Sequence[CaseLabel], person: Person, at: datetime, set_name: str
) -> LabelQueue:
    tickets = tuple(dict.fromkeys(one.ticket_id for one in given))
    if len(tickets) > MOST_CASES:
        raise LabelInvalid(f"received labels of {len(tickets)} tickets; valid are up to {MOST_CASES:,} in one import")
    questions = tuple(dict.fromkeys(one.question for one in given))
    labellers = Counter(ticket for ticket, _ in {(one.ticket_id, one.labeller) for one in given})
    request = QueueRequest(
        kind=QueueKind.LISTED, title="Imported labels", tickets=tickets, size=MOST_CASES, questions=questions,
        set_name=set_name, per_case=min(50, max(labellers.values())), seed=0,
    )  # fmt: skip
    return create_queue(connection, request, person, at)


def _open_queue(connection: Connection, queue_id: int, person: Person) -> LabelQueue:
    read_progress(connection, person, queue_id)
    queue = read_queue(connection, queue_id, lock=True)
    if queue.closed_at is not None:
        raise LabelQueueClosed(queue_id)
    return queue


def _by_case(given: Sequence[CaseLabel]) -> dict[tuple[str, str], list[CaseLabel]]:
    found: dict[tuple[str, str], list[CaseLabel]] = {}
    for one in given:
        found.setdefault((one.ticket_id, one.labeller), []).append(one)
    return found


def _store(
    connection: Connection, queue: LabelQueue, case: LabelCase, labeller: str, said: Sequence[CaseLabel]
) -> None:
    secrets = {kind for _, _, kind in sensitive_spans(labeller)} - {SensitiveKind.EMAIL.value}
    if len(labeller) > LONGEST_LABELLER or secrets:
        raise LabelInvalid(
            f"received the labeller {quoted(labeller, 60)}; valid is a name of up to {LONGEST_LABELLER} characters, without numbers"
        )
    values = check_answers(connection, queue, {one.question: one.value for one in said}, partly=True)
    known = [one.seconds for one in said if one.seconds is not None]
    put_labels(
        connection, case, labeller, values, at=max(one.at for one in said), seconds=sum(known) if known else None,
        blind=all(one.blind for one in said),
    )  # fmt: skip
    at = max(one.at for one in said)
    imported = Person(name=labeller, permissions=frozenset())
    put_claim(connection, case.case_id, imported, ClaimState.LABELLED, at=at, until=at)
