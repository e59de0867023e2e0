"""Response: how volume answered past launches, phase by phase, and what that says of the next one.

The log of a lift is normal around what is known of its kind, b ~ N(m_kind + m_theme, tau^2); means and spreads are shrunk to
values that hold before anything was seen, so that one past launch says a little and five say much.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.spikes.launches.effect import Course, Step
from models.spikes.series import ALL_TICKETS

PHASES = ("before", "hours 0-2", "hours 2-6", "hours 6-24", "day 2", "days 3-7", "later", "after")
"""The parts of a launch: the day before, six parts of its window from its start on, the day after."""

_EDGES = (0, 2 * BUCKETS_PER_HOUR, 6 * BUCKETS_PER_HOUR, BUCKETS_PER_DAY, 2 * BUCKETS_PER_DAY, 7 * BUCKETS_PER_DAY)
_BEFORE, _AFTER = 0, len(PHASES) - 1

_MIND = 0.42
"""Standard deviation of the log lift of a kind of which nothing is known: between half and twice the usual in nine cases of ten."""
_TAU = 0.2
"""Standard deviation of the log lift between launches of a kind, before any was seen; it counts for `_TAU_LAUNCHES`."""
_TAU_LAUNCHES = 2.0
_OWN = 0.25
"""Standard deviation of a theme's log lift around that of all, before any was seen; it counts for `_OWN_THEMES`."""
_OWN_THEMES = 4.0
_PHASE = 0.2
"""Standard deviation of the log lift of a phase around that of the whole launch."""
_COUNTED = 2.0
"""Tickets by which seen and usual volume are drawn together before their ratio is taken."""
_LEVEL = 0.01
"""Relative variance of the usual volume that a lift is measured against."""
_LEAST_TICKETS = 5.0
_CLEAR_TICKETS = 15.0
"""Tickets, seen and usual together, from which a theme can be said to have answered a single launch."""
_NOTABLE = float(np.log(1.3))
"""Log lift from which a theme is planned for by itself, if it is also twice its standard deviation."""


@dataclass(frozen=True, slots=True)
class PastLaunch:
    """A launch that is over, as it was answered.

    start, end: buckets. planned: themes that its plan named; planned_all: whether it planned for all. seen: by theme (0: all
    tickets) and phase the tickets inside its scope and what was usual there, shape (phases, 2).
    """

    launch_id: str
    kind: str
    start: int
    end: int
    planned: frozenset[int]
    planned_all: bool
    seen: Mapping[int, Floats]

    def whole(self, theme_id: int) -> Floats:
        """Tickets and usual tickets of a theme inside the window, shape (2,)."""
        found: Floats = _inside(self.seen[theme_id])
        return found

    def rest(self) -> Floats:
        """All tickets less those of planned themes, by phase, shape (phases, 2)."""
        named = [self.seen[theme] for theme in sorted(self.planned) if theme in self.seen]
        left: Floats = np.maximum(self.seen[ALL_TICKETS] - sum(named, np.zeros((len(PHASES), 2))), 0.0)
        return left


@dataclass(frozen=True, slots=True)
class LaunchResponse:
    """A lift as it is expected: mean, and relative standard deviation of the lifted mean."""

    lift: float
    deviation: float


def phases_of(start: int, end: int) -> list[tuple[int, int, int]]:
    """The phases of a launch as (number in `PHASES`, first bucket, first bucket after it); those that it does not reach are left out.

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


def common_course(past: Sequence[PastLaunch], start: int, end: int) -> tuple[Course, float]:
    """What a launch without a plan brings to all: its course, and by how much themes differ from it (relative deviation).

    Without past launches the lift is 1 and may be anything from half to twice (nine cases of ten). The day before is as usual
    until a past one was seen.
    """
    steps = []
    for phase, first, last in phases_of(start, end):
        told = [one.rest()[phase] for one in past if ALL_TICKETS in one.seen]
        if phase == _BEFORE and not told:
            continue
        answer = _shrunk(told, _MIND if phase not in (_BEFORE, _AFTER) else _MIND / 2)
        steps.append(Step(first, last, answer.lift, answer.deviation))
    return tuple(steps), _own_deviation(past)


def own_courses(past: Sequence[PastLaunch], start: int, end: int) -> dict[int, Course]:
    """Courses of the themes that answered launches of a kind clearly otherwise than all tickets did, by theme."""
    found = {}
    own = _own_deviation(past)
    for theme in sorted({theme for one in past for theme in one.seen} - {ALL_TICKETS}):
        told = [one for one in past if theme in one.seen and ALL_TICKETS in one.seen]
        apart = [_log_ratio(one.whole(theme)) - _log_ratio(_inside(one.rest())) for one in told]
        weight = np.array([1.0 / (_variance(one.whole(theme)) + _TAU**2) for one in told])
        precision = weight.sum() + 1.0 / own**2
        mean, deviation = float(weight @ apart / precision), float(precision**-0.5)
        if abs(mean) > max(_NOTABLE, 2.0 * deviation):
            found[theme] = _theme_course([one.seen[theme] for one in told], start, end, None)
    return found


def course_like(past: PastLaunch, theme_id: int, start: int, end: int, factor: float, deviation: float) -> Course:
    """The course of a theme under one past launch, carried over to another window; lifts are multiplied by `factor`.

    deviation: relative standard deviation that the plan gives itself.
    """
    course = _theme_course([past.seen[theme_id]], start, end, deviation)
    return tuple(Step(one.start, one.end, factor * one.lift, one.deviation) for one in course)


def answered(past: PastLaunch) -> list[int]:
    """The themes whose volume a past launch clearly lifted or lowered: those it planned for, and others; 0 if it was all of them."""
    whole = past.seen.get(ALL_TICKETS)
    found = [theme for theme in past.planned if theme in past.seen]
    for theme in past.seen:
        figures = past.whole(theme)
        clear = abs(_log_ratio(figures)) > max(_NOTABLE, 2.0 * _variance(figures) ** 0.5)
        if theme not in (*found, ALL_TICKETS) and figures.sum() >= _CLEAR_TICKETS and clear:
            found.append(theme)
    if past.planned_all and whole is not None:
        found.append(ALL_TICKETS)
    return sorted(found)


def planned_course(past: Sequence[PastLaunch], lift: float, start: int, end: int, deviation: float) -> Course:
    """How a planned lift spreads over the phases, as planned themes of past launches of the kind did; empty without any.

    The mean over the window stays what was planned; the days around it are lifted as much as they were.
    """
    told = []
    for one in past:
        sums = sum((one.seen[theme] for theme in sorted(one.planned) if theme in one.seen), np.zeros((len(PHASES), 2)))
        seen, usual = _inside(sums)
        if seen >= _LEAST_TICKETS and usual > 0:
            told.append((sums, seen / usual))
    if not told:
        return ()
    answers = []
    for phase, first, last in phases_of(start, end):
        around = phase in (_BEFORE, _AFTER)
        figures = [np.array([sums[phase, 0], sums[phase, 1] * (1.0 if around else ratio)]) for sums, ratio in told]
        answers.append((around, first, last, _shrunk(figures, _PHASE if around else _MIND)))
    inside = sum((last - first) * one.lift for around, first, last, one in answers if not around) / (end - start)
    return tuple(
        Step(
            first, last, one.lift if around else lift * one.lift / inside,
            one.deviation if around else float(np.hypot(deviation, one.deviation)),
        )
        for around, first, last, one in answers
    )  # fmt: skip


def _theme_course(told: Sequence[Floats], start: int, end: int, deviation: float | None) -> Course:
    """The course of a theme from its figures under past launches: each phase shrunk to the whole."""
    wholes = [_inside(figures) for figures in told]
    whole = float(np.mean([_log_ratio(one) for one in wholes]))
    steps = []
    for phase, first, last in phases_of(start, end):
        around = phase in (_BEFORE, _AFTER)
        answer = _shrunk([figures[phase] for figures in told], _PHASE, 0.0 if around else whole)
        spread = answer.deviation if deviation is None else float(np.hypot(deviation, min(answer.deviation, _PHASE)))
        steps.append(Step(first, last, answer.lift, spread))
    return tuple(steps)


def _shrunk(figures: Iterable[Floats], mind: float, mean: float = 0.0) -> LaunchResponse:
    """What to expect of the next of several lifts, each told by (seen, usual) tickets.

    The kind's mean log lift is normal around `mean` with standard deviation `mind`; launches differ by tau around it, which the
    seen ones tell too.
    """
    told = [one for one in figures if one.sum() > 0]
    logs = np.array([_log_ratio(one) for one in told])
    noise = np.array([_variance(one) for one in told])
    weight = 1.0 / (noise + _TAU**2) if told else np.zeros(0)
    precision = float(weight.sum()) + mind**-2
    center = (float(weight @ logs) + mean * mind**-2) / precision
    spread = float(np.maximum((logs - center) ** 2 - noise, 0.0).sum())
    tau = (_TAU_LAUNCHES * _TAU**2 + spread) / (_TAU_LAUNCHES + len(told))
    variance = 1.0 / precision + tau
    return LaunchResponse(float(np.exp(center + variance / 2.0)), float(np.sqrt(np.expm1(variance))))


def _own_deviation(past: Sequence[PastLaunch]) -> float:
    """By how much single themes differ from all tickets, as a standard deviation of log lifts: robust, and shrunk."""
    apart = []
    for one in past:
        if ALL_TICKETS not in one.seen:
            continue
        center = _log_ratio(_inside(one.rest()))
        for theme in sorted(one.seen):
            figures = one.whole(theme)
            if theme not in one.planned | {ALL_TICKETS} and figures[1] >= _LEAST_TICKETS:
                apart.append(max((_log_ratio(figures) - center) ** 2 - _variance(figures), 0.0))
    # The middle of squares of a normal is 0.455 of their mean; a few themes with an answer of their own do not move it.
    middle = float(np.median(apart)) / 0.455 if apart else 0.0
    return float(np.sqrt((_OWN_THEMES * _OWN**2 + len(apart) * middle) / (_OWN_THEMES + len(apart))))


def _inside(figures: Floats) -> Floats:
    """The sums over the phases of the window."""
    found: Floats = figures[1:_AFTER].sum(axis=0)
    return found


def _log_ratio(figures: Floats) -> float:
    return float(np.log((figures[0] + _COUNTED) / (figures[1] + _COUNTED)))


def _variance(figures: Floats) -> float:
    return float(1.0 / (figures[0] + _COUNTED) + _LEVEL)
