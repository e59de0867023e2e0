"""Recorded: changes, launches and earlier spikes that go with what is sought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from models.causes.cause import Cause, CauseKind
from models.causes.missing import MissingVolume
from models.causes.sentences import called, figures, named, percent, since, titled, where_expected
from models.causes.similar_incidents import PastSpike, similar_incidents
from models.causes.target import ScopeEvidence, Target
from models.change import Change
from models.launch import Launch
from models.segment import Segment

MOST_TIME_BEFORE = timedelta(hours=24)
MOST_TIME_AFTER = timedelta(minutes=15)
"""An onset is known to within its first tickets, so a change may seem to come a little after it."""
HALF_LIFE = timedelta(hours=4)
"""Time before the onset at which a change counts half."""
LEAST_SCORE = 0.25
MOST_CHANGES = 3
_QUIET = frozenset({"holiday"})
"""Kinds of launches that keep tickets away; the others bring some."""


def of_changes(sought: Target, changes: Iterable[Change]) -> list[tuple[Cause, Change]]:
    """Changes by likeness of their scope and nearness in time, best first, at most three."""
    causes = []
    for change in changes:
        before = sought.start - change.time
        latest = sought.doubt + (timedelta(0) if change.kind == "incident" else MOST_TIME_AFTER)
        if not -latest <= before <= MOST_TIME_BEFORE:
            continue
        evidence = sought.evidence(change.scope)
        score = 0.0 if evidence is None else evidence.likeness**2 * 0.5 ** (max(before, timedelta(0)) / HALF_LIFE)
        if evidence is None or score < LEAST_SCORE:
            continue
        when = since(change.time, sought.start, sought.doubt, sought.direction.onset)
        told = figures(sought.direction, evidence.contribution, evidence.observed, evidence.expected)
        reason = f"{titled(called(change))} was recorded {when}; its scope, {named(change.scope)}, holds {told}."
        kind: CauseKind = "incident" if change.kind == "incident" else "change"
        causes.append((_cause(kind, change.scope, change.change_id, evidence, score, reason), change))
    return sorted(causes, key=lambda each: (-each[0].score, each[1].change_id))[:MOST_CHANGES]


def of_launches(sought: Target, launches: Iterable[Launch]) -> list[Cause]:
    """Launches that run at the onset, by likeness of their scope, best first; for what is missing only holidays."""
    causes = []
    for launch in launches:
        if not launch.start - MOST_TIME_AFTER <= sought.start < launch.end:
            continue
        evidence = sought.evidence(launch.scope)
        score = 0.0 if evidence is None else evidence.likeness**2
        if evidence is None or score < LEAST_SCORE or (sought.direction.sign < 0 and launch.kind not in _QUIET):
            continue
        reason = (
            f"{launch.title} ({launch.kind}) runs from {launch.start:%Y-%m-%d %H:%M} to {launch.end:%Y-%m-%d %H:%M} UTC; "
            f"its scope, {named(launch.scope)}, holds {percent(evidence.contribution)} of {sought.direction.subject}."
        )
        causes.append(_cause("launch", launch.scope, launch.launch_id, evidence, score, reason))
    return sorted(causes, key=lambda cause: (-cause.score, cause.change_id))


def of_plan(sought: Target, launch: Launch, silence: MissingVolume) -> Cause:
    """The launch whose plan led to expect what is missing."""
    evidence = sought.figures(silence.segment, 1.0)
    reason = (
        f"The plan of {launch.title} ({launch.kind}) led to expect it, {named(silence.segment)}: "
        f"{where_expected(evidence.observed, evidence.expected)} since {launch.start:%Y-%m-%d %H:%M} UTC."
    )
    return _cause("launch", silence.segment, launch.launch_id, evidence, 1.0, reason)


def of_past(sought: Target, past: Iterable[PastSpike], arrivals: Sequence[datetime]) -> list[Cause]:
    """The earlier spike most like this one, if one is."""
    found = similar_incidents(past, sought.targets, sought.start, arrivals, sought.direction)
    if found is None:
        return []
    evidence = sought.figures(found.segment, 1.0)
    return [_cause("incident", found.segment, found.spike.name, evidence, found.score, found.reason)]


def _cause(
    kind: CauseKind, scope: Segment, change_id: str, evidence: ScopeEvidence, score: float, reason: str
) -> Cause:
    return Cause(
        kind, scope, change_id, evidence.contribution, evidence.relative_risk, evidence.interval, score, reason
    )
