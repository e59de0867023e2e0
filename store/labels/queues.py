"""Queues of cases: how each was drawn, whether it is open, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, select, update

from models.access import EVERYTHING, AccessScope, Permission, Person
from models.formats import harmless
from models.labelling.label_set import LabelQuestion, LabelSet
from models.labelling.queue import QueueCase, QueueKind
from models.redaction import redact
from models.times import rfc3339
from store.audit import record
from store.labels.errors import LabelQueueUnknown
from store.labels.sets import read_label_set
from store.records import chunks
from store.schema import label_cases, label_claims, label_queues, tickets
from store.scoped import in_scope
from store.types import LARGEST_ROW

LONGEST_TITLE = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQueueDraft:
    """A queue to store.

    label_set: a stored version. questions: names of those that are asked, in the set's order. per_case: labellers that a case gets,
    0: each labeller. labellers: who may label it, None for whoever may label. candidates: tickets that the cases were drawn from, None
    where whoever reads it may not know.
    """

    title: str
    kind: QueueKind
    label_set: LabelSet
    questions: tuple[str, ...]
    per_case: int
    seed: int
    candidates: int | None
    theme_id: int | None = None
    baseline: bool = False
    scope: AccessScope = EVERYTHING
    since: datetime | None = None
    until: datetime | None = None
    labellers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQueue(LabelQueueDraft):
    """A stored queue. closed_at: the wall clock, None while it is open."""

    queue_id: int
    author: str
    at: datetime
    closed_at: datetime | None

    @property
    def asked(self) -> tuple[LabelQuestion, ...]:
        """The questions that are asked."""
        return tuple(self.label_set.question(name) for name in self.questions)

    @property
    def gives_feedback(self) -> bool:
        """Whether a labeller is shown the gold labels of a case once they have labelled it."""
        return self.kind is QueueKind.CALIBRATION

    def admits(self, person: Person) -> bool:
        """Check whether a person may label its cases as long as it is open."""
        return person.may(Permission.LABEL) and (self.labellers is None or person.name in self.labellers)

    @property
    def is_whole(self) -> bool:
        """Whether whoever reads it sees all its tickets."""
        return self.candidates is not None

    def seen_by(self, person: Person) -> LabelQueue:
        """Return what a person may know of it.

        Who does not adjudicate learns neither the theme that all cases of a queue have nor its title, which names the theme. Who sees a
        part of its tickets learns neither from how many it was drawn nor whom else it is for.
        """
        found = self
        if self.kind is QueueKind.THEME and not person.may(Permission.ADJUDICATE):
            found = replace(found, theme_id=None, title=f"One theme, queue {self.queue_id}")
        if not self.scope.within(person.scope):
            named = None if self.labellers is None else tuple(one for one in self.labellers if one == person.name)
            part = self.scope.intersect(person.scope) or person.scope
            found = replace(found, candidates=None, labellers=named, scope=part)
        return found

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels queue list --json` and the API do."""
        return {
            "id": self.queue_id, "title": self.title, "kind": self.kind.value, "set": self.label_set.name,
            "version": self.label_set.version, "questions": list(self.questions), "theme_id": self.theme_id,
            "baseline": self.baseline, "per_case": self.per_case, "seed": self.seed, "scope": self.scope.as_dict(),
            "since": rfc3339(self.since), "until": rfc3339(self.until),
            "labellers": None if self.labellers is None else list(self.labellers), "candidates": self.candidates,
            "author": self.author, "at": rfc3339(self.at), "closed_at": rfc3339(self.closed_at),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelQueueProgress:
    """How far a queue is, of the cases within a person's scope.

    cases: all. closed: those with all their labels. labelled, skipped: those that the person did. left: open ones that the person did
    neither label nor skip, 0 where the person may not label the queue; others may be first with some of them.
    """

    queue: LabelQueue
    cases: int
    closed: int
    labelled: int
    skipped: int
    left: int

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels queue list --json` and the API do."""
        return {
            **self.queue.as_json(), "cases": self.cases, "closed": self.closed, "labelled": self.labelled,
            "skipped": self.skipped, "left": self.left,
        }  # fmt: skip


def insert_queue(
    connection: Connection,
    draft: LabelQueueDraft,
    cases: Sequence[QueueCase],
    handlers: Mapping[str, str | None],
    *,
    actor: str,
    at: datetime,
) -> LabelQueue:
    """Store a queue and its cases in the caller's transaction, with a line in the audit log; `handlers` is by ticket."""
    title = redact(harmless(draft.title.strip())).text[:LONGEST_TITLE] or draft.kind.value
    values = {
        "title": title, "kind": draft.kind.value, "set_name": draft.label_set.name, "set_version": draft.label_set.version,
        "questions": list(draft.questions), "theme_id": draft.theme_id, "baseline": draft.baseline,
        "per_case": draft.per_case, "seed": draft.seed, "scope": draft.scope.as_dict(), "since": draft.since,
        "until": draft.until, "labellers": None if draft.labellers is None else list(draft.labellers),
        "candidates": draft.candidates, "author": actor, "at": at,
    }  # fmt: skip
    queue_id = connection.execute(insert(label_queues).values(values).returning(label_queues.c.id)).scalar_one()
    rows = [
        {
            "queue_id": queue_id, "position": position, "ticket_id": one.ticket_id, "theme_id": one.theme_id,
            "confidence": one.confidence, "handled_by": handlers.get(one.ticket_id), "stratum": one.stratum,
            "probability": None if one.weight is None else 1.0 / one.weight,
        }
        for position, one in enumerate(cases, start=1)
    ]  # fmt: skip
    for part in chunks(rows):
        connection.execute(insert(label_cases), part)
    record(
        connection, at=at, actor=actor, action="drew a label queue", subject=f"label queue {queue_id}",
        detail={"kind": draft.kind.value, "cases": len(rows), "candidates": draft.candidates, "seed": draft.seed},
    )  # fmt: skip
    return read_queue(connection, queue_id)


def read_queue(connection: Connection, queue_id: int, *, lock: bool = False) -> LabelQueue:
    """Read a queue; with `lock`, others that lock it wait until the transaction ends. Raises `LabelQueueUnknown`."""
    if not 0 < queue_id <= LARGEST_ROW:
        raise LabelQueueUnknown(queue_id)
    query = select(label_queues).where(label_queues.c.id == queue_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise LabelQueueUnknown(queue_id)
    return _queue(row, read_label_set(connection, row.set_name, row.set_version))


def read_queues(connection: Connection, *, open_only: bool = False) -> list[LabelQueue]:
    """Read all queues, the newest first."""
    query = select(label_queues).order_by(label_queues.c.id.desc())
    if open_only:
        query = query.where(label_queues.c.closed_at.is_(None))
    sets: dict[tuple[str, int], LabelSet] = {}
    found = []
    for row in connection.execute(query).all():
        key = (row.set_name, row.set_version)
        if key not in sets:
            sets[key] = read_label_set(connection, *key)
        found.append(_queue(row, sets[key]))
    return found


def close_queue(connection: Connection, queue_id: int, *, actor: str, at: datetime) -> bool:
    """Close a queue and all its cases, which take no more labels; return whether it was open. Raises `LabelQueueUnknown`."""
    queue = read_queue(connection, queue_id, lock=True)
    if queue.closed_at is not None:
        return False
    waiting = (label_cases.c.queue_id == queue_id) & label_cases.c.closed_at.is_(None)
    ended = connection.execute(update(label_cases).where(waiting).values(closed_at=at)).rowcount
    connection.execute(update(label_queues).where(label_queues.c.id == queue_id).values(closed_at=at))
    record(
        connection, at=at, actor=actor, action="closed a label queue", subject=f"label queue {queue_id}",
        detail={"cases": ended},
    )  # fmt: skip
    return True


def read_progress(
    connection: Connection, person: Person, queue_id: int | None = None, *, open_only: bool = False
) -> list[LabelQueueProgress]:
    """Read how far the queues with a case in a person's scope are, or one of them; newest first. Raises `LabelQueueUnknown`."""
    queues = read_queues(connection, open_only=open_only) if queue_id is None else [read_queue(connection, queue_id)]
    mine = and_(label_claims.c.case_id == label_cases.c.id, label_claims.c.labeller == person.name)
    closed, state = label_cases.c.closed_at.is_not(None), label_claims.c.state
    left = and_(label_cases.c.closed_at.is_(None), func.coalesce(state, "taken") == "taken")
    query = (
        select(
            label_cases.c.queue_id,
            func.count().label("cases"),
            *(
                func.sum(case((condition, 1), else_=0)).label(name)
                for name, condition in (
                    ("closed", closed), ("labelled", state == "labelled"), ("skipped", state == "skipped"), ("left", left),
                )
            ),
        )
        .join(tickets, tickets.c.id == label_cases.c.ticket_id)
        .outerjoin(label_claims, mine)
        .where(in_scope(person.scope))
        .group_by(label_cases.c.queue_id)
    )  # fmt: skip
    if queue_id is not None:
        query = query.where(label_cases.c.queue_id == queue_id)
    counts = {row.queue_id: row for row in connection.execute(query)}
    if queue_id is not None and queue_id not in counts and not person.scope.is_everything:
        raise LabelQueueUnknown(queue_id)
    return [
        _progress(one, counts.get(one.queue_id), person)
        for one in queues
        if one.queue_id in counts or person.scope.is_everything
    ]


def _progress(queue: LabelQueue, row: Row[Any] | None, person: Person) -> LabelQueueProgress:
    cases, closed, labelled, skipped, left = (0, 0, 0, 0, 0) if row is None else tuple(map(int, row[1:]))
    return LabelQueueProgress(
        queue=queue, cases=cases, closed=closed, labelled=labelled, skipped=skipped,
        left=left if queue.closed_at is None and queue.admits(person) else 0,
    )  # fmt: skip


def _queue(row: Row[Any], label_set: LabelSet) -> LabelQueue:
    return LabelQueue(
        queue_id=row.id, title=row.title, kind=QueueKind(row.kind), label_set=label_set, questions=tuple(row.questions),
        theme_id=row.theme_id, baseline=row.baseline, per_case=row.per_case, seed=row.seed,
        scope=AccessScope.of(row.scope), since=row.since, until=row.until,
        labellers=None if row.labellers is None else tuple(row.labellers), candidates=row.candidates, author=row.author,
        at=row.at, closed_at=row.closed_at,
    )  # fmt: skip
