"""Adjudication: what is disputed, who said what, and the value that wins; and the gold labels that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

from sqlalchemy import Connection

from models.access import Permission, Person
from models.labelling.case_label import CaseLabel
from models.times import rfc3339
from pipelines.labelling.case import check_answers
from pipelines.labelling.permission import require
from store.labels.adjudications import CaseAdjudication, put_adjudication, read_adjudications
from store.labels.cases import LabelCase, read_case
from store.labels.errors import LabelCaseOpen, LabellingRefused, LabelsHidden
from store.labels.gold import GoldLabel, drop_gold, put_gold, read_gold
from store.labels.queues import LabelQueue, read_queue
from store.labels.reading import DisputedCase, read_disputes, read_labels, sees_others
from store.labels.sets import DEFAULT_SET
from store.labels.visibility import sight_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpinions:
    """What was said of a case, as far as the person may see it: labels by labeller, and what was adjudicated.

    complete: whether that is all. disputed: questions that labellers disagree on and that are not adjudicated.
    """

    case: LabelCase
    queue: LabelQueue
    labels: tuple[CaseLabel, ...]
    adjudicated: tuple[CaseAdjudication, ...]
    complete: bool

    @property
    def disputed(self) -> tuple[str, ...]:
        """The questions with different values and no adjudicated one, in the order of the queue."""
        values: dict[str, set[str]] = {}
        for one in self.labels:
            values.setdefault(one.question, set()).add(one.value)
        settled = {one.label.question for one in self.adjudicated}
        return tuple(name for name in self.queue.questions if len(values.get(name, ())) > 1 and name not in settled)

    @property
    def letters(self) -> dict[str, str]:
        """A letter for each labeller of the case, in an order that does not tell who it is."""
        names = {one.labeller for one in self.labels}
        by_chance = sorted(names, key=lambda name: sha256(f"{self.case.case_id}:{name}".encode()).digest())
        return {name: _letter(place) for place, name in enumerate(by_chance)}

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does: labellers are letters, so that who adjudicates judges the case and not the person."""
        letters = self.letters
        return {
            **self.case.as_json(), "complete": self.complete, "disputed": list(self.disputed),
            "labels": [
                {"question": one.question, "value": one.value, "labeller": letters[one.labeller], "blind": one.blind}
                for one in sorted(self.labels, key=lambda one: (letters[one.labeller], one.question))
            ],
            "adjudicated": [
                {"question": one.label.question, "value": one.label.value, "adjudicator": one.label.adjudicator,
                 "at": rfc3339(one.label.at), "note": one.note}
                for one in self.adjudicated
            ],
        }  # fmt: skip


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else f"A{place}"


def list_disputes(connection: Connection, person: Person, queue_id: int | None = None) -> list[DisputedCase]:
    """List the closed cases whose labellers disagree, of a queue or of all. Needs `adjudicate`.

    Cases of tickets that the person may still label are left out.
    """
    require(person, Permission.ADJUDICATE)
    return read_disputes(connection, person, queue_id)


def case_opinions(connection: Connection, case_id: int, person: Person) -> CaseOpinions:
    """Return what was said of a case, as far as the person may see it. Needs `label` or `adjudicate`. Raises `LabelCaseUnknown`."""
    require(person, Permission.ADJUDICATE, Permission.LABEL)
    case = read_case(connection, case_id, person)
    return CaseOpinions(
        case=case, queue=read_queue(connection, case.queue_id),
        labels=tuple(read_labels(connection, person, case_id=case_id)),
        adjudicated=tuple(read_adjudications(connection, person, case_id=case_id)),
        complete=sees_others(connection, case, sight_of(connection, person)),
    )  # fmt: skip


def adjudicate(
    connection: Connection, case_id: int, answers: Mapping[str, str], person: Person, at: datetime, *, note: str = ""
) -> CaseOpinions:
    """Decide the value of some questions of a closed case; it wins over all labels and replaces an earlier decision.

    `note` says why; it is redacted. Needs `adjudicate`, and a transaction that writes.

    Raises
    ------
    LabelCaseUnknown, LabelCaseOpen
        There is no such case in the person's scope, or it still waits for labels.
    LabelsHidden
        The person may still label the ticket in another queue.
    LabellingRefused
        The person labelled the case: another one adjudicates it.
    LabelInvalid
        An answer is not valid.
    """
    require(person, Permission.ADJUDICATE)
    seen = case_opinions(connection, case_id, person)
    if seen.case.closed_at is None:
        raise LabelCaseOpen(case_id)
    if not seen.complete:
        queues = sight_of(connection, person).queues_to_label(connection, [seen.case.ticket_id])
        raise LabelsHidden(case_id, queues)
    if any(one.labeller == person.name for one in seen.labels):
        raise LabellingRefused(f"you labelled case {case_id}, so that somebody else adjudicates it")
    values = check_answers(connection, seen.queue, answers, partly=True)
    put_adjudication(connection, case_id, values, note=note, actor=person.name, at=at)
    return case_opinions(connection, case_id, person)


def list_gold(connection: Connection, person: Person, set_name: str | None = None) -> list[GoldLabel]:
    """List the gold labels of a set or of all, but those of tickets that the person may still label. Needs `adjudicate`."""
    require(person, Permission.ADJUDICATE)
    return read_gold(connection, person, set_name)


def make_gold(connection: Connection, case_id: int, person: Person, at: datetime, *, note: str | None = None) -> int:
    """Make gold labels of what is settled about a case: what was adjudicated, else what all its labellers said.

    Return the number of questions. `note` replaces that of the adjudication. Needs `adjudicate`, and a transaction that writes.
    Raises as `adjudicate` does, but that who labelled the case may do it where nothing of it is disputed.
    """
    require(person, Permission.ADJUDICATE)
    seen = case_opinions(connection, case_id, person)
    if seen.case.closed_at is None:
        raise LabelCaseOpen(case_id)
    if not seen.complete:
        raise LabelsHidden(case_id, sight_of(connection, person).queues_to_label(connection, [seen.case.ticket_id]))
    said: dict[str, set[str]] = {}
    for one in seen.labels:
        said.setdefault(one.question, set()).add(one.value)
    values = {name: next(iter(given)) for name, given in said.items() if len(given) == 1}
    values.update({one.label.question: one.label.value for one in seen.adjudicated})
    if values:
        why = note if note is not None else " ".join(one.note for one in seen.adjudicated if one.note)
        name = seen.queue.label_set.name
        put_gold(connection, name, seen.case.ticket_id, values, note=why, actor=person.name, at=at)
    return len(values)


def remove_gold(
    connection: Connection, ticket: str, person: Person, at: datetime, *, set_name: str = DEFAULT_SET
) -> int:
    """Take the gold labels of a ticket in the person's scope away; return how many there were. Needs `adjudicate`."""
    require(person, Permission.ADJUDICATE)
    if not any(one.ticket_id == ticket for one in read_gold(connection, person, set_name)):
        return 0
    return drop_gold(connection, set_name, ticket, actor=person.name, at=at)
