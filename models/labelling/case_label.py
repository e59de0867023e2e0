"""What a labeller said of a case, and what was decided about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLabel:
    """One answer of one labeller to one question about one ticket.

    `blind` says whether the labeller could not see what others said; `seconds` is the time from showing the case to the answer, None
    where it is not known; `queue_id` is the queue that the case came from, None for none.
    """

    ticket_id: str
    question: str
    value: str
    labeller: str
    at: datetime
    blind: bool = True
    seconds: float | None = None
    queue_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjudicatedLabel:
    """The value that an adjudicator decided for a question about a ticket: it wins over all labels."""

    ticket_id: str
    question: str
    value: str
    adjudicator: str
    at: datetime


def latest_labels(labels: Iterable[CaseLabel]) -> list[CaseLabel]:
    """Return the newest label of each labeller, ticket and question, ordered by these three: a later one replaces an earlier one.

    Of two at the same time the later in `labels` is kept.
    """
    found: dict[tuple[str, str, str], CaseLabel] = {}
    for one in labels:
        key = (one.ticket_id, one.question, one.labeller)
        if key not in found or one.at >= found[key].at:
            found[key] = one
    return [found[key] for key in sorted(found)]


def settled_values(
    labels: Iterable[CaseLabel], adjudicated: Iterable[AdjudicatedLabel], question: str
) -> dict[str, str]:
    """Return the value of each ticket for a question: the adjudicated one, else the one that all its labellers gave.

    A ticket whose labellers disagree has none until it is adjudicated.
    """
    values = _values(labels, question)
    found = {ticket: next(iter(said)) for ticket, said in values.items() if len(said) == 1}
    found.update({one.ticket_id: one.value for one in adjudicated if one.question == question})
    return dict(sorted(found.items()))


def disputed_tickets(
    labels: Iterable[CaseLabel], adjudicated: Iterable[AdjudicatedLabel]
) -> Mapping[str, tuple[str, ...]]:
    """Return the questions about each ticket that labellers disagree on and nobody has adjudicated, by ticket."""
    settled = {(one.ticket_id, one.question) for one in adjudicated}
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in latest_labels(labels):
        said[one.ticket_id, one.question].add(one.value)
    found: dict[str, tuple[str, ...]] = {}
    for (ticket, question), values in sorted(said.items()):
        if len(values) > 1 and (ticket, question) not in settled:
            found[ticket] = (*found.get(ticket, ()), question)
    return found


def _values(labels: Iterable[CaseLabel], question: str) -> dict[str, set[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for one in latest_labels(labels):
        if one.question == question:
            values[one.ticket_id].add(one.value)
    return values
