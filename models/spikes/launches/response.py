"""Response: how volume changed under past launches, phase by phase, and what follows for the next launch.

The log of a lift is normal around what is known of its kind, b ~ N(m_kind + m_theme, tau^2). Means and spreads are
shrunk to values that apply before anything was seen, so that one past launch counts a little and five count much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.spikes.launches.effect import LiftCurve, LiftStep
from models.theme import ALL_TICKETS

PHASES = ("before", "hours 0-2", "hours 2-6", "hours 6-24", "day 2", "days 3-7", "later", "after")
"""The phases of a launch: the day before, six phases of its window from its start on, the day after."""

_EDGES = (0, 2 * BUCKETS_PER_HOUR, 6 * BUCKETS_PER_HOUR, BUCKETS_PER_DAY, 2 * BUCKETS_PER_DAY, 7 * BUCKETS_PER_DAY)
_BEFORE, _AFTER = 0, len(PHASES) - 1

_UNKNOWN_KIND = 0.42
"""Standard deviation of the log lift of an unknown kind: between half and twice the usual volume in 90 % of cases."""
_TAU = 0.2
"""Standard deviation of the log lift between launches of a kind, before any was seen; it counts as `_TAU_LAUNCHES`."""
_TAU_LAUNCHES = 2.0
_OWN = 0.25
"""Standard deviation of a theme's log lift around that of all, before any was seen; it counts as `_OWN_THEMES`."""
_OWN_THEMES = 4.0
_PHASE = 0.2
"""Standard deviation of the log lift of a phase around that of the entire launch."""
_SHRINKAGE_TICKETS = 2.0
"""Tickets that are added to both seen and usual volume before their ratio is taken."""
_LEVEL_VARIANCE = 0.01
"""Relative variance of the usual volume that a lift is measured against."""
_LEAST_TICKETS = 5.0
_CLEAR_TICKETS = 15.0
"""Tickets, seen and usual together, from which one launch can show a response of a theme."""
_NOTABLE = float(np.log(1.3))
"""Log lift from which a theme gets a line of its own, if the lift is also twice its standard deviation."""


@dataclass(frozen=True, slots=True)
class PastLaunch:
    """A launch that is over, with the volume under it.

    start, end: buckets. planned: themes that its plan named; planned_all: whether it planned for all. seen: by theme
    (0: all tickets) and phase the tickets inside its scope and what was usual there, shape (phases, 2).
    """

    launch_id: str
    kind: str
    start: int
    end: int
    planned: frozenset[int]
    planned_all: bool
    seen: Mapping[int, Floats]

    def inside(self, theme_id: int) -> Floats:
        """Return the tickets and the usual tickets of a theme inside the window, shape (2,)."""
        found: Floats = _inside(self.seen[theme_id])
        return found

    def rest(self) -> Floats:
        """Return all tickets less those of planned themes, by phase, shape (phases, 2)."""
        named = [self.seen[theme] for theme in sorted(self.planned) if theme in self.seen]
        left: Floats = np.maximum(self.seen[ALL_TICKETS] - sum(named, np.zeros((len(PHASES), 2))), 0.0)
        return left


@dataclass(frozen=True, slots=True)
class LaunchResponse:
    """An expected lift: its mean, and the relative standard deviation of the lifted mean."""

    lift: float
    deviation: float


def phases_of(start: int, end: int) -> list[tuple[int, int, int]]:
    """List the phases of a launch as (number in `PHASES`, first bucket, end bucket); unreached phases are left out.

    >>> phases_of(1000, 1012)
    [(0, 712, 1000), (1, 1000, 1012), (7, 1012, 1300)]
    """
    edges = [*(start + edge for edge in _EDGES), end]
    inside = [(at, a, min(b, end)) for at, (a, b) in enumerate(zip(edges, [*edges[1:-1], end], strict=False), start=1)]
    return [
        (_BEFORE, start - BUCKETS_PER_DAY, start),
        *(one for one in inside if one[1] < one[2]),
        (_AFTER, end, end + BUCKETS_PER_DAY),
    ]


def common_curve(past: Sequence[PastLaunch], start: int, end: int) -> tuple[LiftCurve, float]:
    """Expect the common lift of a launch without a plan: its curve, and the relative deviation of single themes from it.

    Without past launches the lift is 1 and may be anything from half to twice (90 % of cases). The day before is as
    usual until a past launch was seen.
    """
    steps = []
    for phase, first, last in phases_of(start, end):
        known = [one.rest()[phase] for one in past if ALL_TICKETS in one.seen]
        if phase == _BEFORE and not known:
            continue
        response = _shrunk(known, _UNKNOWN_KIND if phase not in (_BEFORE, _AFTER) else _UNKNOWN_KIND / 2)
        steps.append(LiftStep(first, last, response.lift, response.deviation))
    return tuple(steps), _own_deviation(past)


def own_curves(past: Sequence[PastLaunch], start: int, end: int) -> dict[int, LiftCurve]:
    """Expect the curves of themes whose response to launches of a kind clearly differed from that of all tickets."""
    found = {}
    own = _own_deviation(past)
    for theme in sorted({theme for one in past for theme in one.seen} - {ALL_TICKETS}):
        known = [one for one in past if theme in one.seen and ALL_TICKETS in one.seen]
        differences = [_log_ratio(one.inside(theme)) - _log_ratio(_inside(one.rest())) for one in known]
        weight = np.array([1.0 / (_variance(one.inside(theme)) + _TAU**2) for one in known])
        precision = weight.sum() + 1.0 / own**2
        mean, deviation = float(weight @ differences / precision), float(precision**-0.5)
        if abs(mean) > max(_NOTABLE, 2.0 * deviation):
            found[theme] = _theme_curve([one.seen[theme] for one in known], start, end, None)
    return found


def curve_like(past: PastLaunch, theme_id: int, start: int, end: int, factor: float, deviation: float) -> LiftCurve:
    """Carry the curve of a theme under one past launch over to another window; lifts are multiplied by `factor`.

    deviation: relative standard deviation that the plan gives itself.
    """
    curve = _theme_curve([past.seen[theme_id]], start, end, deviation)
    return tuple(LiftStep(one.start, one.end, factor * one.lift, one.deviation) for one in curve)


def responding_themes(past: PastLaunch) -> list[int]:
    """List the themes whose volume a past launch clearly changed: the planned ones, and others; 0 for a plan for all."""
    found = [theme for theme in past.planned if theme in past.seen]
    for theme in past.seen:
        figures = past.inside(theme)
        clear = abs(_log_ratio(figures)) > max(_NOTABLE, 2.0 * _variance(figures) ** 0.5)
        if theme not in (*found, ALL_TICKETS) and figures.sum() >= _CLEAR_TICKETS and clear:
            found.append(theme)
    if past.planned_all and ALL_TICKETS in past.seen:
        found.append(ALL_TICKETS)
    return sorted(found)


def planned_curve(past: Sequence[PastLaunch], lift: float, start: int, end: int, deviation: float) -> LiftCurve:
    """Spread a planned lift over the phases as planned themes of past launches of the kind did; empty without any.

    The mean over the window stays what was planned; the days around it are lifted as much as they were.
    """
    known = []
    for one in past:
        sums = sum((one.seen[theme] for theme in sorted(one.planned) if theme in one.seen), np.zeros((len(PHASES), 2)))
        seen, usual = _inside(sums)
        if seen >= _LEAST_TICKETS and usual > 0:
            known.append((sums, seen / usual))
    if not known:
        return ()
    responses = []
    for phase, first, last in phases_of(start, end):
        around = phase in (_BEFORE, _AFTER)
        figures = [np.array([sums[phase, 0], sums[phase, 1] * (1.0 if around else ratio)]) for sums, ratio in known]
        responses.append((around, first, last, _shrunk(figures, _PHASE if around else _UNKNOWN_KIND)))
    inside = sum((last - first) * one.lift for around, first, last, one in responses if not around) / (end - start)
    return tuple(
        LiftStep(
            first, last, one.lift if around else lift * one.lift / inside,
            one.deviation if around else float(np.hypot(deviation, one.deviation)),
        )
        for around, first, last, one in responses
    )  # fmt: skip


def _theme_curve(known: Sequence[Floats], start: int, end: int, deviation: float | None) -> LiftCurve:
    """Expect the curve of a theme from its figures under past launches: each phase is shrunk to the entire launch."""
    totals = [_inside(figures) for figures in known]
    over_launch = float(np.mean([_log_ratio(one) for one in totals]))
    steps = []
    for phase, first, last in phases_of(start, end):
        around = phase in (_BEFORE, _AFTER)
        response = _shrunk([figures[phase] for figures in known], _PHASE, 0.0 if around else over_launch)
        spread = response.deviation
        if deviation is not None:
            spread = float(np.hypot(deviation, min(response.deviation, _PHASE)))
        steps.append(LiftStep(first, last, response.lift, spread))
    return tuple(steps)


def _shrunk(figures: Iterable[Floats], prior: float, mean: float = 0.0) -> LaunchResponse:
    """Expect the next of several lifts, each given as (seen, usual) tickets.

    The kind's mean log lift is normal around `mean` with standard deviation `prior`. Launches differ by tau around it,
    which is estimated from the seen ones too.
    """
    known = [one for one in figures if one.sum() > 0]
    logs = np.array([_log_ratio(one) for one in known])
    noise = np.array([_variance(one) for one in known])
    weight = 1.0 / (noise + _TAU**2) if known else np.zeros(0)
    precision = float(weight.sum()) + prior**-2
    center = (float(weight @ logs) + mean * prior**-2) / precision
    spread = float(np.maximum((logs - center) ** 2 - noise, 0.0).sum())
    tau = (_TAU_LAUNCHES * _TAU**2 + spread) / (_TAU_LAUNCHES + len(known))
    variance = 1.0 / precision + tau
    return LaunchResponse(float(np.exp(center + variance / 2.0)), float(np.sqrt(np.expm1(variance))))


def _own_deviation(past: Sequence[PastLaunch]) -> float:
    """Estimate how much single themes differ from all tickets, as a standard deviation of log lifts: robust, and shrunk."""
    squares = []
    for one in past:
        if ALL_TICKETS not in one.seen:
            continue
        center = _log_ratio(_inside(one.rest()))
        for theme in sorted(one.seen):
            figures = one.inside(theme)
            if theme not in one.planned | {ALL_TICKETS} and figures[1] >= _LEAST_TICKETS:
                squares.append(max((_log_ratio(figures) - center) ** 2 - _variance(figures), 0.0))
    # The median of squares of a normal is 0.455 of their mean; a few themes with a response of their own do not move it.
    middle = float(np.median(squares)) / 0.455 if squares else 0.0
    return float(np.sqrt((_OWN_THEMES * _OWN**2 + len(squares) * middle) / (_OWN_THEMES + len(squares))))


def _inside(figures: Floats) -> Floats:
    """Add up the phases of the window."""
    found: Floats = figures[1:_AFTER].sum(axis=0)
    return found


def _log_ratio(figures: Floats) -> float:
    return float(np.log((figures[0] + _SHRINKAGE_TICKETS) / (figures[1] + _SHRINKAGE_TICKETS)))


def _variance(figures: Floats) -> float:
    return float(1.0 / (figures[0] + _SHRINKAGE_TICKETS) + _LEVEL_VARIANCE)
