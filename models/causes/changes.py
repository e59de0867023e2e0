"""Recorded causes: changes, launches and earlier spikes that fit the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from models.causes.cause import Cause, CauseKind
from models.causes.missing import MissingVolume
from models.causes.sentences import called, figures, named, since, titled, where_expected
from models.causes.similar_incidents import PastSpike, similar_incidents
from models.causes.target import ScopeEvidence, Target
from models.change import Change
from models.formats import percent, utc_minute, utc_range
from models.launch import Launch
from models.segment import Segment

MOST_TIME_BEFORE = timedelta(hours=24)
MOST_TIME_AFTER = timedelta(minutes=15)
"""An onset is known only to within its first tickets, so a change may seem to come a little after it."""
HALF_LIFE = timedelta(hours=4)
"""Time before the onset at which a change counts half."""
LEAST_SCORE = 0.25
MOST_CHANGES = 3
_QUIET = frozenset({"holiday"})
"""Kinds of launches that reduce the number of tickets; the others increase it."""


def of_changes(target: Target, changes: Iterable[Change]) -> list[tuple[Cause, Change]]:
    """Rank changes by the similarity of their scope and their proximity in time, best first, at most three."""
    causes = []
    for change in changes:
        before = target.start - change.time
        incident = change.kind == CauseKind.INCIDENT
        latest = target.uncertainty + (timedelta(0) if incident else MOST_TIME_AFTER)
        if not -latest <= before <= MOST_TIME_BEFORE:
            continue
        evidence = target.evidence(change.scope)
        score = 0.0 if evidence is None else evidence.similarity**2 * 0.5 ** (max(before, timedelta(0)) / HALF_LIFE)
        if evidence is None or score < LEAST_SCORE:
            continue
        when = since(change.time, target.start, target.uncertainty, target.direction.onset)
        content = figures(target.direction, evidence.contribution, evidence.observed, evidence.expected)
        reason = f"{titled(called(change))} was recorded {when}; its scope, {named(change.scope)}, holds {content}."
        kind = CauseKind.INCIDENT if incident else CauseKind.CHANGE
        causes.append((_cause(kind, change.scope, change.change_id, evidence, score, reason), change))
    return sorted(causes, key=lambda each: (-each[0].score, each[1].change_id))[:MOST_CHANGES]


def of_launches(target: Target, launches: Iterable[Launch]) -> list[Cause]:
    """Rank launches that run at the onset by the similarity of their scope; for missing volume only holidays."""
    causes = []
    for launch in launches:
        if not launch.start - MOST_TIME_AFTER <= target.start < launch.end:
            continue
        evidence = target.evidence(launch.scope)
        score = 0.0 if evidence is None else evidence.similarity**2
        if evidence is None or score < LEAST_SCORE or (target.direction.sign < 0 and launch.kind not in _QUIET):
            continue
        reason = (
            f"{launch.title} ({launch.kind}) runs from {utc_range(launch.start, launch.end)}; "
            f"its scope, {named(launch.scope)}, holds {percent(evidence.contribution)} of {target.direction.subject}."
        )
        causes.append(_cause(CauseKind.LAUNCH, launch.scope, launch.launch_id, evidence, score, reason))
    return sorted(causes, key=lambda cause: (-cause.score, cause.change_id))


def of_plan(target: Target, launch: Launch, missing: MissingVolume) -> Cause:
    """Name the launch whose plan led to expect the missing volume."""
    evidence = target.figures(missing.segment, 1.0)
    reason = (
        f"The plan of {launch.title} ({launch.kind}) led to expect it, {named(missing.segment)}: "
        f"{where_expected(evidence.observed, evidence.expected)} since {utc_minute(launch.start)}."
    )
    return _cause(CauseKind.LAUNCH, missing.segment, launch.launch_id, evidence, 1.0, reason)


def of_past(target: Target, past: Iterable[PastSpike], arrivals: Sequence[datetime]) -> list[Cause]:
    """Name the most similar earlier spike, if one is similar enough."""
    found = similar_incidents(past, target.found_segments, target.start, arrivals, target.direction)
    if found is None:
        return []
    evidence = target.figures(found.segment, 1.0)
    return [_cause(CauseKind.INCIDENT, found.segment, found.spike.name, evidence, found.score, found.reason)]


def _cause(
    kind: CauseKind, scope: Segment, change_id: str, evidence: ScopeEvidence, score: float, reason: str
) -> Cause:
    return Cause(
        kind, scope, change_id, evidence.contribution, evidence.relative_risk, evidence.interval, score, reason
    )
