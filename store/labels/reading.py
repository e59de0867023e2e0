"""Reading labels: no function here gives a person a label that `visibility` keeps from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from models.access import Person
from models.labelling.case_label import CaseLabel
from store.labels.cases import LabelCase, read_cases
from store.labels.visibility import LabelSight, sight_of
from store.schema import label_adjudications, label_cases, labels, tickets
from store.scoped import in_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputedCase:
    """A closed case whose labellers disagree, with the questions that nobody has adjudicated."""

    case: LabelCase
    questions: tuple[str, ...]


def read_labels(
    connection: Connection,
    person: Person,
    *,
    queue_id: int | None = None,
    case_id: int | None = None,
    closed_only: bool = False,
) -> list[CaseLabel]:
    """Read the labels within a person's scope that the person may see, of a queue, of a case or of all; by time and case.

    `closed_only` leaves out what they said themselves of cases that are open.
    """
    query = (
        select(labels, label_cases.c.ticket_id, label_cases.c.queue_id)
        .join(label_cases, label_cases.c.id == labels.c.case_id)
        .join(tickets, tickets.c.id == label_cases.c.ticket_id)
        .where(in_scope(person.scope), sight_of(connection, person).labels(), *of_cases(queue_id, case_id))
        .order_by(labels.c.at, labels.c.case_id, labels.c.labeller, labels.c.question)
    )
    if closed_only:
        query = query.where(label_cases.c.closed_at.is_not(None))
    return [
        CaseLabel(
            ticket_id=row.ticket_id, question=row.question, value=row.value, labeller=row.labeller, at=row.at,
            blind=row.blind, seconds=row.seconds, queue_id=row.queue_id,
        )
        for row in connection.execute(query)
    ]  # fmt: skip


def read_label_mark(connection: Connection) -> tuple[object, ...]:
    """Read what changes whenever a label or a decision is stored, or taken away."""
    counts = [select(func.count(), func.max(table.c.at)) for table in (labels, label_adjudications)]
    return tuple(value for query in counts for value in connection.execute(query).one())


def read_disputes(connection: Connection, person: Person, queue_id: int | None = None) -> list[DisputedCase]:
    """Read the disputed cases whose labels the person may see, by queue and position."""
    sight = sight_of(connection, person)
    settled = exists(
        select(label_adjudications.c.case_id).where(
            label_adjudications.c.case_id == labels.c.case_id, label_adjudications.c.question == labels.c.question
        )
    )
    query = (
        select(labels.c.case_id, labels.c.question)
        .join(label_cases, label_cases.c.id == labels.c.case_id)
        .where(sight.others(), ~settled, *of_cases(queue_id, None))
        .group_by(labels.c.case_id, labels.c.question)
        .having(func.count(labels.c.value.distinct()) > 1)
    )
    disputed: dict[int, list[str]] = {}
    for row in connection.execute(query):
        disputed.setdefault(row.case_id, []).append(row.question)
    if not disputed:
        return []
    cases = read_cases(connection, person, queue_id)
    return [
        DisputedCase(case=one, questions=tuple(sorted(disputed[one.case_id])))
        for one in cases
        if one.case_id in disputed
    ]


def count_hidden(connection: Connection, person: Person, queue_id: int | None = None) -> int:
    """Count the closed cases within a person's scope that have labels and whose labels they may not see yet."""
    sight = sight_of(connection, person)
    labelled = exists(select(labels.c.case_id).where(labels.c.case_id == label_cases.c.id))
    query = (
        select(func.count())
        .select_from(label_cases.join(tickets, tickets.c.id == label_cases.c.ticket_id))
        .where(
            in_scope(person.scope),
            label_cases.c.closed_at.is_not(None),
            labelled,
            ~sight.others(),
            *of_cases(queue_id, None),
        )
    )
    return connection.execute(query).scalar_one()


def sees_others(connection: Connection, case: LabelCase, sight: LabelSight) -> bool:
    """Check whether a person may see what others said of a case."""
    query = select(label_cases.c.id).where(and_(label_cases.c.id == case.case_id, sight.others()))
    return connection.execute(query).first() is not None


def of_cases(queue_id: int | None, case_id: int | None) -> Sequence[ColumnElement[Any]]:
    """Return the conditions on `label_cases` for those of a queue, and for one case; None: any."""
    found: list[ColumnElement[Any]] = []
    if queue_id is not None:
        found.append(label_cases.c.queue_id == queue_id)
    if case_id is not None:
        found.append(label_cases.c.id == case_id)
    return found
