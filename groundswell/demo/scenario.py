"""The demo: a usual week, launch day, and the truth about both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import numpy as np

from groundswell.demo.arrival import burst_times, usual_times
from groundswell.demo.attribute import draw_attributes, draw_language
from groundswell.demo.delivery import Pending, arrival_of, deliver
from groundswell.demo.followup import Followup, draw_followups, draw_retraction, mark_spam
from groundswell.demo.issue import Issue, load_issues, load_other
from groundswell.demo.story import AS_PLANNED, INCIDENTS, RELEASE_TIME, StoryIncident, records
from groundswell.demo.wording import Text, write_other, write_text
from models.segment import EVERYTHING, Segment

LAUNCH_DAY = date(2026, 11, 20)
TICKETS_A_DAY = 740.0
OTHER_SHARE, SPAM_SHARE = 0.02, 0.004
"""Of the usual tickets: not about payments, and spam."""

APP_CHANNELS = ("in_app", "im_chat")


@dataclass(frozen=True, slots=True)
class Injected:
    """What was put into launch day on purpose.

    `kind` is `in_plan`, `launch_excess`, `new_theme` or `spike`; `issue` None means all issues of `segment`.
    `tickets` are the ids of the tickets that came on top of the usual ones. `should_signal` says whether
    people should hear of it.
    """

    kind: str
    issue: str | None
    segment: Segment
    start: datetime
    end: datetime
    tickets: tuple[str, ...]
    change_id: str | None
    launch_id: str | None
    should_signal: bool


@dataclass(frozen=True, slots=True)
class Scenario:
    """The demo's events in the order of their arrival, and the truth about them.

    `events` are CloudEvents as dicts; `labels` names the issue of each ticket id, or `other` or `spam`.
    """

    events: Sequence[dict[str, Any]]
    truth: tuple[Injected, ...]
    labels: Mapping[str, str]
    start: datetime
    launch_day: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class _Draft:
    """A ticket before it is written: when, about what, and which incident brought it."""

    time: datetime
    issue: Issue
    kind: str
    incident: int | None = None
    fixed: Segment = EVERYTHING


def generate(
    seed: int = 7, launch_day: date = LAUNCH_DAY, days_before: int = 7, tickets_a_day: float = TICKETS_A_DAY
) -> Scenario:
    """Make the demo's events; the same arguments give the same bytes.

    Parameters
    ----------
    seed
        Start of all random choices.
    launch_day
        The day of the story, in UTC; its tickets and the incidents' come on top of the usual volume.
    days_before
        Usual days before it, at least 1; fewer than 7 leave weekday patterns unlearned.
    tickets_a_day
        Usual tickets of an average day, above 0; the incidents do not scale with it, plans do.
    """
    if days_before < 1 or tickets_a_day <= 0:
        raise ValueError(f"got {days_before} days and {tickets_a_day} tickets a day; both must be above 0")
    rng, generator = Random(seed), np.random.default_rng(seed)
    midnight = datetime.combine(launch_day, time.min, UTC)
    start, end = midnight - timedelta(days=days_before), midnight + timedelta(days=1)
    issues = load_issues()

    drafts = list(_usual(generator, rng, issues, tickets_a_day, start, end))
    for number, incident in enumerate(INCIDENTS):
        drafts += _extra(generator, issues, tickets_a_day, midnight, incident, number)
    for planned in AS_PLANNED:
        drafts += _extra(generator, issues, tickets_a_day, midnight, planned, None)
    drafts.sort(key=lambda draft: draft.time)

    names = [f"T-{100_000 + number}" for number in range(1, len(drafts) + 1)]
    pending = list(_tickets(rng, drafts, names, midnight + RELEASE_TIME))
    pending += [_record(record.time, record.type, record.subject, record.data) for record in records(midnight)]
    return Scenario(
        events=deliver(rng, pending, end),
        truth=tuple(_injected(midnight, number, drafts, names) for number in range(len(INCIDENTS))),
        labels={name: draft.kind for name, draft in zip(names, drafts, strict=True)},
        start=start,
        launch_day=midnight,
        end=end,
    )


def _usual(
    generator: np.random.Generator,
    rng: Random,
    issues: Sequence[Issue],
    tickets_a_day: float,
    start: datetime,
    end: datetime,
) -> Iterator[_Draft]:
    weights = sum(issue.weight for issue in issues)
    for issue in issues:
        for created in usual_times(generator, issue, tickets_a_day * issue.weight / weights, start, end):
            draw = rng.random()
            kind = "spam" if draw < SPAM_SHARE else "other" if draw < SPAM_SHARE + OTHER_SHARE else issue.name
            yield _Draft(created, issue, kind)


def _extra(
    generator: np.random.Generator,
    issues: Sequence[Issue],
    tickets_a_day: float,
    midnight: datetime,
    incident: StoryIncident,
    number: int | None,
) -> Iterator[_Draft]:
    """The tickets that an incident adds to the usual ones; `number` is its place in the truth, if any."""
    weights = sum(issue.weight for issue in issues)
    start, end = midnight + incident.start, midnight + incident.end
    for issue in issues:
        concerned = (
            issue.name == incident.issue
            if incident.issue
            else incident.segment.holds({"business_line": issue.business_line})
        )
        if not concerned:
            continue
        if incident.tickets is None:
            more = tickets_a_day * issue.weight / weights * (incident.lift - 1)
            times = usual_times(generator, issue, more, start, end)
        else:
            times = burst_times(generator, incident.tickets, start, end)
        yield from (_Draft(created, issue, issue.name, number, incident.segment) for created in times)


def _injected(midnight: datetime, number: int, drafts: Sequence[_Draft], names: Sequence[str]) -> Injected:
    incident = INCIDENTS[number]
    return Injected(
        kind=incident.kind,
        issue=incident.issue,
        segment=incident.segment,
        start=midnight + incident.start,
        end=midnight + incident.end,
        tickets=tuple(name for name, draft in zip(names, drafts, strict=True) if draft.incident == number),
        change_id=incident.change_id,
        launch_id=incident.launch_id,
        should_signal=incident.should_signal,
    )


def _tickets(rng: Random, drafts: Sequence[_Draft], names: Sequence[str], released: datetime) -> Iterator[Pending]:
    other = load_other()
    latest: dict[str, str] = {}
    for name, draft in zip(names, drafts, strict=True):
        attributes = draw_attributes(rng, draft.issue, draft.time, draft.fixed.as_dict(), released)
        data = {
            **_words(rng, draft, attributes, other),
            **attributes,
            "tags": [attributes["product"]],
            "custom": {},
        }
        source = "/app/support" if attributes["channel"] in APP_CHANNELS else "/zendesk/acme"
        yield Pending(arrival_of(rng, draft.time), source, "ticket.created", draft.time, name, data)
        for followup in _course(rng, draft, data, latest.get(draft.kind)):
            arrival = arrival_of(rng, followup.time)
            yield Pending(arrival, source, followup.type, followup.time, name, followup.data)
        latest[draft.kind] = name


def _words(
    rng: Random, draft: _Draft, attributes: Mapping[str, Any], other: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    region = attributes["region"]
    if draft.kind in other:
        text = write_other(rng, other[draft.kind], region)
    else:
        text = write_text(rng, draft.issue, region, attributes["channel"], draw_language(rng, region))
    return _as_data(text)


def _as_data(text: Text) -> dict[str, Any]:
    return {"title": text.title, "body": text.body, "language": text.language}


def _course(rng: Random, draft: _Draft, data: dict[str, Any], earlier: str | None) -> Iterator[Followup]:
    if draft.kind == "spam":
        yield mark_spam(rng, draft.time)
        return
    yield from draw_followups(rng, draft.time, data)
    # What was injected stays countable: nobody merges or deletes it.
    if draft.incident is None:
        yield from draw_retraction(rng, draft.time, earlier)


def _record(at: datetime, kind: str, subject: str, data: dict[str, Any]) -> Pending:
    source = "/planning/launches" if kind == "launch.planned" else "/deploy/changes"
    return Pending(at + timedelta(seconds=2), source, kind, at, subject, data)
