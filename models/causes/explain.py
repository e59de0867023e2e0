"""Explain: the segments that hold an excess and what came shortly before it, or that nothing does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp, sqrt

from models.causes.cause import Cause, CauseKind, Explanation
from models.causes.scan import Attributes, Found, Leaves, gain, scan
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
_LEAST_TICKETS = 5
_NORMAL_95 = 1.645


@dataclass(frozen=True, slots=True)
class _Evidence:
    """How an excess lies to a scope: its gain compared with that of the best explanation, and its figures."""

    likeness: float
    contribution: float
    relative_risk: float
    interval: tuple[float, float]


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
) -> Explanation:
    """Explain why a window holds more tickets than expected.

    Segments come from a subset scan over all dimensions. A change is named when its scope is like the excess
    (it gains nearly as much log-likelihood as the best segments do) and it came shortly before the onset;
    likeness squared times nearness must reach 0.25. A launch is named when it runs at the onset and its scope
    is like the excess.

    Parameters
    ----------
    window: attributes of the theme's tickets since `start`.
    reference: attributes of the theme's usual tickets; may be empty.
    expected_total: tickets expected in the window, 0 or more.
    start: onset of the spike, with a time zone.
    background: attributes of tickets of all themes; they fill in where the reference is small.
    dispersion: variance over mean of the theme's counts, 1 or more.

    Returns
    -------
    The causes, and a verdict that also says when none is supported.
    """
    excess = len(window) - expected_total
    if len(window) < _LEAST_TICKETS or excess <= 0:
        return Explanation((), "No supported cause: there are too few tickets above what is expected.")
    leaves = Leaves(window, reference, background, max(expected_total, 0.01), dimensions)
    found = scan(leaves, max(dispersion, 1.0)) if len(reference) + len(background) else []
    segments = [_of_segment(each, excess, leaves) for each in found]
    segments = [cause for cause in segments if cause.contribution > 0.05]
    best = max(_gain_of(leaves, segment) for segment in (EVERYTHING, *(cause.segment for cause in segments)))
    others = _of_changes(leaves, changes, start, excess, best) + _of_launches(leaves, launches, start, excess, best)
    return Explanation((*segments, *others), _verdict(segments, others))


def _of_segment(found: Found, excess: float, leaves: Leaves) -> Cause:
    contribution = min(1.0, max(0.0, (found.observed - found.expected) / excess))
    risk = found.relative_risk
    interval = _interval(found.observed, found.expected, found.support)
    reason = (
        f"{_titled(found.segment)} holds {found.observed} of {leaves.window.shape[1]} tickets, "
        f"{_times(risk)} what is expected there, and explains {contribution:.0%} of the excess."
    )
    return Cause("segment", found.segment, None, contribution, risk, interval, found.score, reason)


def _of_changes(leaves: Leaves, changes: Iterable[Change], start: datetime, excess: float, best: float) -> list[Cause]:
    """Changes by likeness of their scope and nearness in time, best first, at most three."""
    causes = []
    for change in changes:
        before = start - change.time
        if not -MOST_TIME_AFTER <= before <= MOST_TIME_BEFORE:
            continue
        evidence = _evidence(leaves, change.scope, excess, best)
        nearness = 0.5 ** (max(before, timedelta(0)) / HALF_LIFE)
        score = evidence.likeness**2 * nearness
        if score < LEAST_SCORE or not _supported(evidence):
            continue
        reason = (
            f"{change.title} ({change.kind.replace('_', ' ')}) was recorded {_ago(before)}; "
            f"its scope, {change.scope}, holds {evidence.contribution:.0%} of the excess "
            f"at {_times(evidence.relative_risk)} what is expected."
        )
        kind: CauseKind = "incident" if change.kind == "incident" else "change"
        causes.append(
            Cause(
                kind,
                change.scope,
                change.change_id,
                evidence.contribution,
                evidence.relative_risk,
                evidence.interval,
                score,
                reason,
            )
        )
    return sorted(causes, key=lambda cause: (-cause.score, cause.change_id))[:MOST_CHANGES]


def _of_launches(
    leaves: Leaves, launches: Iterable[Launch], start: datetime, excess: float, best: float
) -> list[Cause]:
    causes = []
    for launch in launches:
        if not launch.start - MOST_TIME_AFTER <= start < launch.end:
            continue
        evidence = _evidence(leaves, launch.scope, excess, best)
        score = evidence.likeness**2
        if score < LEAST_SCORE or not _supported(evidence):
            continue
        reason = (
            f"{launch.title} ({launch.kind}) runs from {launch.start:%Y-%m-%d %H:%M} "
            f"to {launch.end:%Y-%m-%d %H:%M} UTC; "
            f"its scope, {launch.scope}, holds {evidence.contribution:.0%} of the excess."
        )
        causes.append(
            Cause(
                "launch",
                launch.scope,
                launch.launch_id,
                evidence.contribution,
                evidence.relative_risk,
                evidence.interval,
                score,
                reason,
            )
        )
    return sorted(causes, key=lambda cause: (-cause.score, cause.change_id))


def _evidence(leaves: Leaves, scope: Segment, excess: float, best: float) -> _Evidence:
    observed, expected, support = leaves.counted(scope)
    gained = _gain_of(leaves, scope)
    # A scope less telling than no scope at all holds its usual part of a rise that is everywhere.
    if observed == 0 or best <= 0 or gained < _gain_of(leaves, EVERYTHING):
        return _Evidence(0.0, 0.0, 0.0, (0.0, 0.0))
    return _Evidence(
        min(1.0, gained / best),
        min(1.0, max(0.0, (observed - expected) / excess)),
        observed / expected,
        _interval(observed, expected, support),
    )


def _supported(evidence: _Evidence) -> bool:
    return evidence.relative_risk >= _LEAST_RISK and evidence.contribution >= _LEAST_CONTRIBUTION


def _gain_of(leaves: Leaves, segment: Segment | None) -> float:
    return float(gain(*leaves.counted(segment or EVERYTHING)))


def _interval(observed: int, expected: float, support: float) -> tuple[float, float]:
    """90 % interval of the relative risk: log-normal, from tickets seen and tickets of reference."""
    spread = exp(_NORMAL_95 * sqrt(1.0 / max(observed, 1) + 1.0 / max(support, 0.5)))
    risk = observed / expected
    return (risk / spread, risk * spread)


def _verdict(segments: Sequence[Cause], others: Sequence[Cause]) -> str:
    explained = min(1.0, sum(cause.contribution for cause in segments))
    recorded = others[0].reason if others else ""
    if explained >= _LEAST_CONTRIBUTION:
        where = " and ".join(str(cause.segment) for cause in segments)
        return f"The excess is in {where}. {recorded}".strip()
    if others:
        return f"No segment explains half of the excess. {recorded}"
    if segments:
        return "External or mixed: the segments found explain less than half of the excess, and no change fits."
    return "No supported cause: the rise is alike in all segments, and no change fits."


def _titled(segment: Segment) -> str:
    text = str(segment)
    return text[:1].upper() + text[1:]


def _times(risk: float) -> str:
    # Where next to nothing is expected the quotient is a matter of the prior, and no figure to quote.
    if risk >= 1000:
        return "more than 1,000 times"
    return f"{risk:.1f} times" if risk < 100 else f"{risk:.0f} times"


def _ago(before: timedelta) -> str:
    minutes = round(before.total_seconds() / 60)
    if minutes < 0:
        return f"{-minutes} minutes after the rise began"
    if minutes < 120:
        return f"{minutes} minutes before the rise began"
    return f"{minutes / 60:.0f} hours before the rise began"
