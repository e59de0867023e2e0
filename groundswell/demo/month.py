"""The month: tickets of the weeks before the demo's own, and how all of its tickets were handled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from groundswell.demo.arrival import usual_times
from groundswell.demo.attribute import draw_attributes
from groundswell.demo.course import Case, CourseWriter
from groundswell.demo.desk import Desks
from groundswell.demo.followup import Followup
from groundswell.demo.issue import Issue, load_issues
from groundswell.demo.scenario import APP_CHANNELS, Scenario
from models.times import parse_rfc3339

TICKETS_A_DAY = (270.0, 380.0, 530.0)
"""Usual tickets of an average day in each of the weeks before: the season builds up, by two fifths a week."""

WEEKS = timedelta(days=27)
"""From the first day of the month to launch day."""

_STATED = frozenset({
    "ticket.solved", "ticket.reopened", "ticket.reassigned", "ticket.merged", "ticket.spam", "ticket.deleted",
})  # fmt: skip
"""Types of the scenario's events that the handling of its tickets keeps to."""


@dataclass(frozen=True, slots=True)
class EarlierTicket:
    """A ticket of the weeks before: its attributes, without a text, and what it was about."""

    ticket_id: str
    source: str
    time: datetime
    issue: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HandlingEvent:
    """Something that was done with a ticket."""

    ticket_id: str
    source: str
    event: Followup


@dataclass(frozen=True, slots=True)
class Month:
    """The tickets before the scenario's own, and what was done with both until its end, in order of time."""

    start: datetime
    tickets: Sequence[EarlierTicket]
    handling: Sequence[HandlingEvent]


def generate_month(scenario: Scenario, seed: int = 7, share: float = 1.0) -> Month:
    """Make the month around a scenario, whose own events stay as they are; the same arguments give the same month.

    share: of the usual volume of the weeks before, above 0.
    """
    rng, generator = Random(seed + 1), np.random.default_rng(seed + 1)
    start = scenario.launch_day - WEEKS
    tickets = list(_earlier(generator, rng, share, (start, scenario.start)))
    writer = CourseWriter(rng, Desks(scenario.launch_day), scenario.launch_day)
    cases = [(one.ticket_id, one.source, Case(one.time, one.data, one.issue)) for one in tickets]
    cases += _own_cases(scenario)
    handling = [
        HandlingEvent(ticket_id, source, event)
        for ticket_id, source, case in cases
        for event in writer.draw(case)
        if case.created <= event.time < scenario.end
    ]
    handling.sort(key=lambda one: (one.event.time, one.ticket_id, one.event.type))
    return Month(start, tickets, handling)


def _earlier(
    generator: np.random.Generator, rng: Random, share: float, period: tuple[datetime, datetime]
) -> Iterator[EarlierTicket]:
    start, end = period
    issues = load_issues()
    weights = sum(issue.weight for issue in issues)
    drafts: list[tuple[datetime, Issue]] = []
    for week, volume in enumerate(TICKETS_A_DAY):
        first = start + timedelta(days=7 * week)
        last = min(first + timedelta(days=7), end)
        for issue in issues:
            per_day = share * volume * issue.weight / weights
            drafts += [(time, issue) for time in usual_times(generator, issue, per_day, first, last)]
    drafts.sort(key=lambda draft: draft[0])
    for number, (time, issue) in enumerate(drafts, 1):
        data = draw_attributes(rng, issue, time, {}, end + timedelta(days=365))
        yield EarlierTicket(f"T-{number + 80_000}", _source_of(data), time, issue.name, data)


def _own_cases(scenario: Scenario) -> list[tuple[str, str, Case]]:
    """Return the scenario's tickets with what it says of their handling; spam is handled by nobody."""
    created: dict[str, Mapping[str, Any]] = {}
    stated: dict[str, list[Followup]] = defaultdict(list)
    seen: set[str] = set()
    for event in scenario.events:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        if event["type"] == "ticket.created":
            created[event["subject"]] = event
        elif event["type"] in _STATED:
            time = parse_rfc3339(event["time"])
            stated[event["subject"]].append(Followup(event["type"], time, event["data"]))
    return [
        (
            name,
            event["source"],
            Case(
                parse_rfc3339(event["time"]),
                event["data"],
                scenario.labels[name],
                sorted(stated[name], key=lambda one: one.time),
            ),
        )
        for name, event in created.items()
        if scenario.labels[name] != "spam"
    ]


def _source_of(data: Mapping[str, Any]) -> str:
    return "/app/support" if data["channel"] in APP_CHANNELS else "/zendesk/acme"
