"""Cases of queues: who has which, so that two people at once do not get the same place, and what they said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from models.access import Permission, Person
from models.times import rfc3339
from store.labels.claim_state import ClaimState
from store.labels.errors import LabelCaseUnknown
from store.labels.queues import LabelQueue
from store.schema import label_cases, label_claims, label_gold, labels, tickets
from store.scoped import in_scope
from store.types import LARGEST_ROW
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCase:
    """A case of a queue.

    theme_id, confidence, handled_by: of the ticket when it was drawn. stratum, probability: of the draw, None where it was not
    chosen by chance. closed_at: the wall clock, None while it wants labels.
    """

    case_id: int
    queue_id: int
    position: int
    ticket_id: str
    theme_id: int | None
    confidence: float
    handled_by: str | None
    stratum: str | None
    probability: float | None
    closed_at: datetime | None

    @property
    def weight(self) -> float | None:
        """The number of tickets that it represents."""
        return None if self.probability is None else 1.0 / self.probability

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does: nothing that would tell a labeller what to say."""
        return {
            "id": self.case_id, "queue_id": self.queue_id, "position": self.position, "ticket_id": self.ticket_id,
            "closed_at": rfc3339(self.closed_at),
        }  # fmt: skip


def read_case(connection: Connection, case_id: int, person: Person) -> LabelCase:
    """Read a case within a person's scope. Raises `LabelCaseUnknown`."""
    if not 0 < case_id <= LARGEST_ROW:
        raise LabelCaseUnknown(case_id)
    row = connection.execute(_cases(person).where(label_cases.c.id == case_id)).one_or_none()
    if row is None:
        raise LabelCaseUnknown(case_id)
    return _case(row)


def read_cases(connection: Connection, person: Person, queue_id: int | None = None) -> list[LabelCase]:
    """Read the cases within a person's scope, of one queue or of all, by queue and position."""
    query = _cases(person).order_by(label_cases.c.queue_id, label_cases.c.position)
    if queue_id is not None:
        query = query.where(label_cases.c.queue_id == queue_id)
    return [_case(row) for row in connection.execute(query)]


def taken_case(connection: Connection, queue: LabelQueue, person: Person) -> LabelCase | None:
    """Read the first open case that a person took and did not finish, also where its time is over."""
    query = _cases(person).join(label_claims, _own_claim(person)).where(_open(queue), label_claims.c.state == "taken")
    row = connection.execute(query.order_by(label_cases.c.position).limit(1)).one_or_none()
    return None if row is None else _case(row)


def last_labelled_case(connection: Connection, queue: LabelQueue, person: Person) -> LabelCase | None:
    """Read the open case that a person labelled last, which they may still label otherwise."""
    query = _cases(person).join(label_claims, _own_claim(person))
    query = query.where(_open(queue), label_claims.c.state == ClaimState.LABELLED.value)
    row = connection.execute(
        query.order_by(label_claims.c.until.desc(), label_cases.c.position.desc()).limit(1)
    ).first()
    return None if row is None else _case(row)


def labelled_cases(connection: Connection, queue_id: int, person: Person, limit: int) -> list[LabelCase]:
    """Read the cases of a queue that a person labelled, open and closed, the one labelled last first."""
    query = _cases(person).join(label_claims, _own_claim(person))
    query = query.where(label_cases.c.queue_id == queue_id, label_claims.c.state == ClaimState.LABELLED.value)
    query = query.order_by(label_claims.c.until.desc(), label_cases.c.position.desc())
    return [_case(row) for row in connection.execute(query.limit(limit))]


def free_case(connection: Connection, queue: LabelQueue, person: Person, now: datetime) -> LabelCase | None:
    """Read the first open case that a person neither labelled nor skipped and that has a place for them.

    A place is held by each other person who labelled the case, or who took it and whose time is not over. A ticket without a text, or
    that no longer counts, is passed over.
    """
    own, other = label_claims.alias("own"), label_claims.alias("other")
    done = exists(select(own.c.case_id).where(own.c.case_id == label_cases.c.id, own.c.labeller == person.name))
    query = _cases(person).where(_open(queue), ~done, _readable())
    if queue.per_case:
        held = or_(
            other.c.state == ClaimState.LABELLED.value,
            and_(other.c.state == ClaimState.TAKEN.value, other.c.until > now),
        )
        places = (
            select(func.count())
            .select_from(other)
            .where(other.c.case_id == label_cases.c.id, held)
            .correlate(label_cases)
            .scalar_subquery()
        )
        query = query.where(places < queue.per_case)
    row = connection.execute(query.order_by(label_cases.c.position).limit(1)).first()
    return None if row is None else _case(row)


def put_claim(
    connection: Connection,
    case_id: int,
    person: Person,
    state: ClaimState,
    *,
    at: datetime,
    until: datetime,
    reason: str | None = None,
) -> None:
    """Note what became of a case that a person took, and until when its place is held; `reason` is why it was skipped, redacted."""
    row = {
        "case_id": case_id, "labeller": person.name, "state": state.value, "taken_at": at, "until": until, "reason": reason,
    }  # fmt: skip
    upsert(connection, label_claims, [row], ("case_id", "labeller"), ("state", "until", "reason"))


def read_claim(connection: Connection, case_id: int, person: Person) -> ClaimState | None:
    """Read what became of a case that a person took; None where they did not."""
    if not 0 < case_id <= LARGEST_ROW:
        return None
    query = select(label_claims.c.state).where(
        label_claims.c.case_id == case_id, label_claims.c.labeller == person.name
    )
    state = connection.execute(query).scalar_one_or_none()
    return None if state is None else ClaimState(state)


def put_labels(
    connection: Connection,
    case: LabelCase,
    labeller: str,
    values: Mapping[str, str],
    *,
    at: datetime,
    seconds: float | None,
    blind: bool,
) -> None:
    """Store what a person says of a case; what they said before is replaced, but for whether it was blind."""
    share = None if seconds is None else seconds / max(1, len(values))
    rows = [
        {
            "case_id": case.case_id, "labeller": labeller, "question": question, "value": value, "seconds": share,
            "blind": blind, "at": at,
        }
        for question, value in values.items()
    ]  # fmt: skip
    upsert(connection, labels, rows, ("case_id", "labeller", "question"), ("value", "seconds", "at"))


def close_full_case(connection: Connection, case_id: int, per_case: int, at: datetime) -> bool:
    """Close an open case if it has all its labellers; return whether it is closed now. `per_case` 0: it never has."""
    if not per_case:
        return False
    query = select(func.count()).where(
        label_claims.c.case_id == case_id, label_claims.c.state == ClaimState.LABELLED.value
    )
    if connection.execute(query).scalar_one() < per_case:
        return False
    waiting = (label_cases.c.id == case_id) & label_cases.c.closed_at.is_(None)
    connection.execute(update(label_cases).where(waiting).values(closed_at=at))
    return True


def knows_labels_of(connection: Connection, ticket: str, person: Person) -> bool:
    """Check whether a person could have seen a label of another, or a gold label, of a ticket by now."""
    other, own, gold = labels.alias("other_labels"), label_claims.alias("own_claims"), label_gold
    said = exists(select(other.c.case_id).where(other.c.case_id == label_cases.c.id, other.c.labeller != person.name))
    took_part = exists(
        select(own.c.case_id).where(
            own.c.case_id == label_cases.c.id, own.c.labeller == person.name, own.c.state == ClaimState.LABELLED.value
        )
    )
    of_ticket = label_cases.c.ticket_id == ticket
    closed = select(label_cases.c.id).where(of_ticket, label_cases.c.closed_at.is_not(None), said)
    if not person.may(Permission.ADJUDICATE):
        closed = closed.where(took_part)
    if connection.execute(closed.limit(1)).first() is not None:
        return True
    shown = select(gold.c.ticket_id).where(gold.c.ticket_id == ticket)
    if not person.may(Permission.ADJUDICATE):
        shown = shown.where(exists(select(label_cases.c.id).where(of_ticket, took_part)))
    return connection.execute(shown.limit(1)).first() is not None


def _cases(person: Person) -> Any:
    return select(label_cases).join(tickets, tickets.c.id == label_cases.c.ticket_id).where(in_scope(person.scope))


def _open(queue: LabelQueue) -> ColumnElement[bool]:
    return and_(label_cases.c.queue_id == queue.queue_id, label_cases.c.closed_at.is_(None))


def _own_claim(person: Person) -> ColumnElement[bool]:
    return and_(label_claims.c.case_id == label_cases.c.id, label_claims.c.labeller == person.name)


def _readable() -> ColumnElement[bool]:
    return and_(tickets.c.counted, tickets.c.erased_at.is_(None), or_(tickets.c.title != "", tickets.c.body != ""))


def _case(row: Row[Any]) -> LabelCase:
    return LabelCase(
        case_id=row.id, queue_id=row.queue_id, position=row.position, ticket_id=row.ticket_id, theme_id=row.theme_id,
        confidence=row.confidence, handled_by=row.handled_by, stratum=row.stratum, probability=row.probability,
        closed_at=row.closed_at,
    )  # fmt: skip
