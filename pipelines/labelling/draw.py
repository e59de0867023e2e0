"""Drawing a queue of cases from the tickets of the database."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection

from models.access import Permission, Person
from models.formats import harmless
from models.labelling.case_label import disputed_tickets
from models.labelling.label_set import LabelSet
from models.labelling.queue import (
    QueueCandidate,
    QueueCase,
    QueueKind,
    choose_ai_handled,
    choose_audit,
    choose_disputed,
    choose_theme,
    choose_uncertain,
)
from models.redaction import quoted
from pipelines.labelling.permission import require
from store.labelling import read_candidates
from store.labels.adjudications import read_adjudications
from store.labels.errors import LabelInvalid, LabelQueueUnknown
from store.labels.gold import gold_tickets
from store.labels.queues import LabelQueue, LabelQueueDraft, close_queue, insert_queue, read_progress
from store.labels.reading import read_labels
from store.labels.sets import DEFAULT_SET, stored_label_set
from store.survivors import surviving_theme

MOST_CASES = 10_000
MOST_LABELLERS = 50
LARGEST_SEED = 2**53 - 1
"""The largest whole number that JSON and JavaScript keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRequest:
    """A queue that is asked for.

    kind: how its cases are chosen. size: number of cases, at most. title: "" for one made of the kind. set_name: label set.
    questions: names of those that are asked, () for all. per_case: labellers that each case gets; 0: each one, as in a calibration.
    theme_id: for the kind theme. baseline: for the kind ai_handled, half of the cases of persons. since, until: tickets created from
    then on, and before. labellers: names of those who may label it, None for whoever may label. tickets: for the kind listed, and
    for a calibration with some of the gold tickets only. seed: the same one chooses the same cases; None for a new one.
    """

    kind: QueueKind
    size: int = 200
    title: str = ""
    set_name: str = DEFAULT_SET
    questions: tuple[str, ...] = ()
    per_case: int = 2
    theme_id: int | None = None
    baseline: bool = False
    since: datetime | None = None
    until: datetime | None = None
    labellers: tuple[str, ...] | None = None
    tickets: tuple[str, ...] = ()
    seed: int | None = None


def create_queue(connection: Connection, request: QueueRequest, person: Person, at: datetime) -> LabelQueue:
    """Draw a queue from the tickets of the person's scope that have a text, and store it. Needs `adjudicate`.

    Raises
    ------
    LabelInvalid
        The request cannot be drawn; the text says what is valid.
    LabelSetUnknown, ThemeUnknown
        There is no such set or theme.
    """
    require(person, Permission.ADJUDICATE)
    _check(request)
    label_set = stored_label_set(connection, request.set_name, actor=person.name, at=at)
    questions = asked_questions(label_set, request.questions)
    theme = None if request.theme_id is None else surviving_theme(connection, request.theme_id)
    candidates = read_candidates(connection, person.scope, since=request.since, until=request.until, readable=True)
    seed = secrets.randbelow(LARGEST_SEED) if request.seed is None else request.seed
    cases = _choose(connection, request, candidates, person, theme, np.random.default_rng(seed))
    if not cases:
        raise LabelInvalid(_nothing_found(request, len(candidates)))
    draft = LabelQueueDraft(
        title=request.title or _title(request, theme), kind=request.kind, label_set=label_set, questions=questions,
        per_case=0 if request.kind is QueueKind.CALIBRATION else request.per_case, seed=seed, candidates=len(candidates),
        theme_id=theme, baseline=request.baseline, scope=person.scope, since=request.since, until=request.until,
        labellers=request.labellers,
    )  # fmt: skip
    handlers = {one.ticket_id: one.handled_by for one in candidates}
    return insert_queue(connection, draft, cases, handlers, actor=person.name, at=at)


def end_queue(connection: Connection, queue_id: int, person: Person, at: datetime) -> bool:
    """Close a queue: its cases take no more labels. Return whether it was open. Needs `adjudicate`. Raises `LabelQueueUnknown`."""
    require(person, Permission.ADJUDICATE)
    (progress,) = read_progress(connection, person, queue_id)
    if not progress.queue.scope.within(person.scope):
        raise LabelQueueUnknown(queue_id)
    return close_queue(connection, queue_id, actor=person.name, at=at)


def asked_questions(label_set: LabelSet, names: Collection[str]) -> tuple[str, ...]:
    """Return the names in the order of the set, or all of the set's. Raises `LabelInvalid`."""
    known = tuple(one.name for one in label_set.questions)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LabelInvalid(f"received the question {quoted(unknown[0], 60)}; valid are {', '.join(known)}")
    return tuple(name for name in known if not names or name in names)


def _check(request: QueueRequest) -> None:
    if not 1 <= request.size <= MOST_CASES:
        raise LabelInvalid(f"received {request.size} cases; valid are 1 to {MOST_CASES:,}")
    if not 0 <= request.per_case <= MOST_LABELLERS:
        raise LabelInvalid(
            f"received {request.per_case} labellers for a case; valid are 0 (each one) to {MOST_LABELLERS}"
        )
    if request.seed is not None and not 0 <= request.seed <= LARGEST_SEED:
        raise LabelInvalid(f"received the seed {request.seed}; valid are 0 to {LARGEST_SEED}")
    if request.kind is QueueKind.THEME and request.theme_id is None:
        raise LabelInvalid("a queue of the kind theme needs the number of its theme")
    if request.kind is QueueKind.LISTED and not request.tickets:
        raise LabelInvalid("a queue of the kind listed needs the ids of its tickets")
    if request.since is not None and request.until is not None and request.since >= request.until:
        raise LabelInvalid("received a period that ends before it begins; give an end after its start")
    wrong = next((one for one in request.labellers or () if not one or len(one) > 128 or harmless(one) != one), None)
    if wrong is not None:
        raise LabelInvalid(f"received the labeller {quoted(wrong, 60)}; valid is the name of a person of the console")
    if request.labellers is not None and not request.labellers:
        raise LabelInvalid(
            "received a queue without labellers; name at least one, or leave it open to whoever may label"
        )


def _choose(
    connection: Connection,
    request: QueueRequest,
    candidates: Sequence[QueueCandidate],
    person: Person,
    theme: int | None,
    chance: np.random.Generator,
) -> list[QueueCase]:
    size, kind = request.size, request.kind
    if kind is QueueKind.AUDIT:
        return choose_audit(candidates, size, chance)
    if kind is QueueKind.UNCERTAIN:
        return choose_uncertain(candidates, size, chance)
    if kind is QueueKind.AI_HANDLED:
        return choose_ai_handled(candidates, size, chance, baseline=request.baseline)
    if kind is QueueKind.THEME and theme is not None:
        return choose_theme(candidates, theme, size, chance)
    if kind is QueueKind.DISPUTED:
        decided = [one.label for one in read_adjudications(connection, person)]
        return choose_disputed(candidates, disputed_tickets(read_labels(connection, person), decided), size, chance)
    wanted: Collection[str] = request.tickets
    if kind is QueueKind.CALIBRATION:
        gold = gold_tickets(connection, request.set_name, person.scope)
        wanted = [one for one in gold if not request.tickets or one in request.tickets]
    return _listed(candidates, wanted, chance if kind is QueueKind.CALIBRATION else None, size)


def _listed(
    candidates: Sequence[QueueCandidate], wanted: Collection[str], chance: np.random.Generator | None, size: int
) -> list[QueueCase]:
    by_id = {one.ticket_id: one for one in candidates}
    found = [by_id[ticket] for ticket in dict.fromkeys(wanted) if ticket in by_id]
    if chance is not None:
        found = [found[index] for index in chance.permutation(len(found))]
    return [
        QueueCase(ticket_id=one.ticket_id, theme_id=one.theme_id, confidence=one.confidence) for one in found[:size]
    ]


def _title(request: QueueRequest, theme: int | None) -> str:
    names = {
        QueueKind.AUDIT: "Random audit", QueueKind.UNCERTAIN: "Uncertain cases", QueueKind.DISPUTED: "Disputed cases",
        QueueKind.THEME: f"Theme {theme}", QueueKind.AI_HANDLED: "AI-handled cases", QueueKind.CALIBRATION: "Calibration",
        QueueKind.LISTED: "Listed cases",
    }  # fmt: skip
    return names[request.kind]


def _nothing_found(request: QueueRequest, candidates: int) -> str:
    if request.kind is QueueKind.CALIBRATION:
        return f"the label set {request.set_name} has no gold labels of tickets with a text; give some first"
    what = "disputed cases" if request.kind is QueueKind.DISPUTED else "tickets with a text"
    return f"there are no {what} to draw from ({candidates} tickets looked at); choose another kind, theme or period"
