"""Explain: the segments that hold an excess and what came shortly before it, or that nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp, inf, sqrt

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.joint import gain
from models.causes.leaves import Attributes, Leaves, tally
from models.causes.likeness import PastSpike, alike
from models.causes.scan import Found, scan
from models.causes.wording import began, called, lasting, named, percent, times, titled
from models.change import Change
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes.series import DIMENSIONS

MOST_TIME_BEFORE = timedelta(hours=24)
MOST_TIME_AFTER = timedelta(minutes=15)
"""An onset is known to within its first tickets, so a change may seem to come a little after it."""
HALF_LIFE = timedelta(hours=4)
"""Time before the onset at which a change counts half."""
LEAST_SCORE = 0.25
MOST_CHANGES = 3
_LEAST_RISK = 1.5
_LEAST_CONTRIBUTION = 0.5
_LEAST_TOLD = 0.05
_LEAST_TICKETS = 5
_NORMAL_95 = 1.645


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How an excess lies to a scope: how telling it is beside what was found, and its figures."""

    likeness: float
    contribution: float
    relative_risk: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Excess:
    """What is to be explained, and the segments found: `targets` are they, or everything where there are none."""

    leaves: Leaves
    total: float
    start: datetime
    segments: tuple[Cause, ...]

    @property
    def targets(self) -> tuple[Segment, ...]:
        return tuple(cause.segment for cause in self.segments if cause.segment is not None) or (EVERYTHING,)


def explain(
    window: Sequence[Attributes],
    reference: Sequence[Attributes],
    expected_total: float,
    *,
    start: datetime,
    background: Sequence[Attributes] = (),
    dispersion: float = 1.0,
    dimensions: Sequence[str] = DIMENSIONS,
    changes: Iterable[Change] = (),
    launches: Iterable[Launch] = (),
    past: Iterable[PastSpike] = (),
    arrivals: Sequence[datetime] = (),
) -> Explanation:
    """Explain why a window holds more tickets than expected.

    Segments come from a subset scan over all dimensions. A change is named when its scope is like one of them (it
    gains nearly as much log-likelihood) and it came shortly before the onset; likeness squared times nearness must
    reach 0.25, and the scope must hold half of what the segment holds. An incident recorded after the onset is taken
    for a sign of the rise and never for its cause. A launch is named when it runs at the onset and its scope is like a
    segment. Of earlier spikes the one most like this one is named, if one is.

    Parameters
    ----------
    window: attributes of the theme's tickets since `start`.
    reference: attributes of the theme's usual tickets; may be empty.
    expected_total: tickets expected in the window, 0 or more.
    start: onset of the spike, with a time zone.
    background: attributes of tickets of all themes; they fill in where the reference is small.
    dispersion: variance over mean of the theme's counts, 1 or more.
    past: the theme's earlier spikes that are over.
    arrivals: times of the window's tickets, for the likeness of its shape to theirs.

    Returns
    -------
    The causes, and a verdict that also says when none is supported.
    """
    total = len(window) - expected_total
    if len(window) < _LEAST_TICKETS or total <= 0:
        return Explanation((), "No supported cause: there are too few tickets above what is expected.")
    leaves = Leaves(
        tally(window, dimensions), tally(reference, dimensions), tally(background, dimensions),
        max(expected_total, 0.01), dimensions,
    )  # fmt: skip
    segments = [_of_segment(each, total) for each in scan(leaves, max(dispersion, 1.0))]
    excess = _Excess(leaves, total, start, tuple(each for each in segments if each.contribution > _LEAST_TOLD))
    ranked = _of_changes(excess, changes)
    segments = [_dated(cause, start, ranked) for cause in excess.segments]
    others = [cause for cause, _ in ranked] + _of_launches(excess, launches)
    similar = _of_past(excess, past, arrivals)
    return Explanation((*segments, *others, *similar), _verdict(segments, others, similar))


def _of_segment(found: Found, excess: float) -> Cause:
    contribution = min(1.0, max(0.0, (found.observed - found.expected) / excess))
    risk = found.relative_risk
    interval = _interval(found.observed, found.expected, found.support)
    return Cause("segment", found.segment, None, contribution, risk, interval, found.score, "")


def _dated(cause: Cause, start: datetime, ranked: Sequence[tuple[Cause, Change]]) -> Cause:
    """A segment with its sentence, which says after which change the rise began."""
    segment, risk = cause.segment or EVERYTHING, cause.relative_risk or 0.0
    near = next((change for of, change in ranked if of.segment is not None and _nested(of.segment, segment)), None)
    when = f", {began(start, near)}" if near is not None else ""
    told = f"{titled(named(segment))}, {times(risk)} the usual, explains {percent(cause.contribution)} of the excess{when}."
    return replace(cause, reason=told)


def _nested(one: Segment, other: Segment) -> bool:
    return one.within(other) or other.within(one)


def _of_changes(excess: _Excess, changes: Iterable[Change]) -> list[tuple[Cause, Change]]:
    """Changes by likeness of their scope and nearness in time, best first, at most three."""
    causes = []
    for change in changes:
        before = excess.start - change.time
        latest = timedelta(0) if change.kind == "incident" else MOST_TIME_AFTER
        if not -latest <= before <= MOST_TIME_BEFORE:
            continue
        evidence = _evidence(excess, change.scope)
        score = evidence.likeness**2 * 0.5 ** (max(before, timedelta(0)) / HALF_LIFE)
        if score < LEAST_SCORE:
            continue
        when = f"{lasting(abs(before))} {'before' if before >= timedelta(0) else 'after'} the rise began"
        reason = (
            f"{titled(called(change))} was recorded {when}; its scope, {named(change.scope)}, holds "
            f"{percent(evidence.contribution)} of the excess at {times(evidence.relative_risk)} the usual."
        )
        kind: CauseKind = "incident" if change.kind == "incident" else "change"
        causes.append((_cause(kind, change.scope, change.change_id, evidence, score, reason), change))
    return sorted(causes, key=lambda each: (-each[0].score, each[1].change_id))[:MOST_CHANGES]


def _of_launches(excess: _Excess, launches: Iterable[Launch]) -> list[Cause]:
    causes = []
    for launch in launches:
        if not launch.start - MOST_TIME_AFTER <= excess.start < launch.end:
            continue
        evidence = _evidence(excess, launch.scope)
        score = evidence.likeness**2
        if score < LEAST_SCORE:
            continue
        reason = (
            f"{launch.title} ({launch.kind}) runs from {launch.start:%Y-%m-%d %H:%M} to {launch.end:%Y-%m-%d %H:%M} UTC; "
            f"its scope, {named(launch.scope)}, holds {percent(evidence.contribution)} of the excess."
        )
        causes.append(_cause("launch", launch.scope, launch.launch_id, evidence, score, reason))
    return sorted(causes, key=lambda cause: (-cause.score, cause.change_id))


def _of_past(excess: _Excess, past: Iterable[PastSpike], arrivals: Sequence[datetime]) -> list[Cause]:
    """The earlier spike most like this one, if one is."""
    found = alike(past, excess.targets, excess.start, arrivals)
    if found is None:
        return []
    evidence = _figures(excess, found.segment, 1.0)
    return [_cause("incident", found.segment, found.spike.name, evidence, found.score, found.reason)]


def _cause(kind: CauseKind, scope: Segment, change_id: str, evidence: _Evidence, score: float, reason: str) -> Cause:
    return Cause(
        kind, scope, change_id, evidence.contribution, evidence.relative_risk, evidence.interval, score, reason
    )


def _evidence(excess: _Excess, scope: Segment) -> _Evidence:
    """How like a scope is to the segment that it is most like; nothing where it does not hold half of it."""
    leaves = excess.leaves
    observed, expected, _ = leaves.counted(scope)
    none = _Evidence(0.0, 0.0, 0.0, (0.0, 0.0))
    if observed < _LEAST_RISK * expected:
        return none
    held = observed - expected
    likeness = 0.0
    for target in excess.targets:
        best, (seen, usual, _) = _gain_of(leaves, target), leaves.counted(target)
        if not scope.compatible(target) or best <= 0 or held < _LEAST_CONTRIBUTION * (seen - usual):
            continue
        # A scope less telling than no scope at all holds its usual part of a rise that is everywhere.
        if not _nested(scope, target) and _gain_of(leaves, scope) < _gain_of(leaves, EVERYTHING):
            continue
        # No more than the segment's own excess speaks for a wider scope: another segment in it has its own cause.
        likeness = max(likeness, 1.0 if scope == target else min(1.0, _gain_of(leaves, scope, seen - usual) / best))
    return _figures(excess, scope, likeness) if likeness else none


def _figures(excess: _Excess, scope: Segment, likeness: float) -> _Evidence:
    observed, expected, support = excess.leaves.counted(scope)
    contribution = min(1.0, max(0.0, (observed - expected) / excess.total))
    return _Evidence(likeness, contribution, observed / expected, _interval(observed, expected, support))


def _gain_of(leaves: Leaves, segment: Segment, most: float = inf) -> float:
    """Gain in log-likelihood of a segment's excess over what is expected, of `most` tickets of it at the most."""
    observed, expected, support = leaves.counted(segment)
    fitted = expected + min(max(observed - expected, 0.0), max(most, 0.0))
    return float(gain(fitted, fitted, expected, support))


def _interval(observed: int, expected: float, support: float) -> tuple[float, float]:
    """90 % interval of the relative risk: log-normal, from tickets seen and tickets of reference."""
    spread = exp(_NORMAL_95 * sqrt(1.0 / max(observed, 1) + 1.0 / max(support, 0.5)))
    risk = observed / expected
    return (risk / spread, risk * spread)


def _verdict(segments: Sequence[Cause], others: Sequence[Cause], similar: Sequence[Cause]) -> str:
    explained = min(1.0, sum(cause.contribution for cause in segments))
    recorded = " ".join(cause.reason for cause in [*others[:1], *similar[:1]])
    if explained >= _LEAST_CONTRIBUTION:
        where = " and ".join(str(cause.segment) for cause in segments)
        return f"The excess is in {where}. {recorded}".strip()
    if others:
        return f"No segment explains half of the excess. {recorded}"
    if segments:
        told = (
            f"External: the segments found explain {percent(explained)} of the excess, less than half, and no recorded "
            "change or launch fits."
        )
        return f"{told} {recorded}".strip()
    return f"No supported cause: the rise is alike in all segments, and no change fits. {recorded}".strip()
