"""Follow-ups: what happens to a ticket after it was opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

REMARKS = {
    "requester": (
        "Any news?",
        "I am still waiting.",
        "It works now, thank you.",
        "Here is the screenshot you asked for.",
        "Hello?",
    ),
    "agent": (
        "We have passed this on to the payments team.",
        "Could you send us a screenshot, please?",
        "I have checked the logs.",
        "We are sorry for the trouble and are looking into it.",
    ),
    "bot": ("Thank you, we have received your message.", "Did this article answer your question?"),
}
MEDIAN_HOURS_TO_SOLVE = {"ai": 0.7, "human": 6.0, "vendor": 9.0}
RATINGS = {"ai": (14, 12, 18, 28, 28), "human": (5, 6, 14, 33, 42), "vendor": (9, 10, 20, 33, 28)}
"""How often 1 to 5 is given, by who handled the ticket."""


@dataclass(frozen=True, slots=True)
class Followup:
    """A later event of a ticket."""

    type: str
    time: datetime
    data: dict[str, Any]


def draw_followups(rng: Random, created: datetime, data: dict[str, Any]) -> Iterator[Followup]:
    """Draw the usual events of a ticket with this `data`: remarks, escalation, solution, rating."""
    yield from _talk(rng, created)
    if not data["escalated"] and rng.random() < 0.06:
        yield _after(rng, "ticket.escalated", created, 1.5, {"escalated": True})
    if rng.random() < 0.03:
        yield _after(rng, "ticket.reassigned", created, 2.0, {"handled_by": "human", "team": f"{data['team']}-l2"})
    if rng.random() < 0.02:
        yield _after(rng, "ticket.updated", created, 1.0, {"priority": "high"})
    if rng.random() < 0.6:
        yield from _ending(rng, created, data["handled_by"])


def draw_retraction(rng: Random, created: datetime, earlier: str | None) -> Iterator[Followup]:
    """Draw, rarely, what takes a ticket or its text away; `earlier` is a ticket on the same issue."""
    draw = rng.random()
    if draw < 0.006 and earlier is not None:
        yield _after(rng, "ticket.merged", created, 1.0, {"into": earlier})
    elif draw < 0.009:
        yield _after(rng, "ticket.redacted", created, 3.0, {})
    elif draw < 0.012:
        deleted = _after(rng, "ticket.deleted", created, 2.0, {})
        yield deleted
        if rng.random() < 0.4:
            yield _after(rng, "ticket.undeleted", deleted.time, 0.5, {})


def mark_spam(rng: Random, created: datetime) -> Followup:
    """Somebody, or a filter, sees that it is spam."""
    return _after(rng, "ticket.spam", created, 0.3, {})


def _talk(rng: Random, created: datetime) -> Iterator[Followup]:
    time = created
    while rng.random() < 0.18:
        role = rng.choice(("requester", "agent", "agent", "bot"))
        remark = _after(rng, "comment.added", time, 1.0, {"body": rng.choice(REMARKS[role]), "author_role": role})
        yield remark
        time = remark.time


def _ending(rng: Random, created: datetime, handler: str) -> Iterator[Followup]:
    solved = _after(rng, "ticket.solved", created, MEDIAN_HOURS_TO_SOLVE[handler], {})
    yield solved
    if rng.random() < 0.3:
        rating = rng.choices((1, 2, 3, 4, 5), weights=RATINGS[handler])[0]
        yield _after(rng, "ticket.rated", solved.time, 0.5, {"csat": rating})
    if rng.random() < 0.04:
        yield _after(rng, "ticket.reopened", solved.time, 5.0, {})


def _after(rng: Random, kind: str, time: datetime, median_hours: float, data: dict[str, Any]) -> Followup:
    """An event some while later: log-normal, as people's waiting times are, and not within a minute."""
    wait = timedelta(milliseconds=int(60_000 + median_hours * rng.lognormvariate(0, 0.8) * 3_600_000))
    return Followup(kind, time + wait, data)
