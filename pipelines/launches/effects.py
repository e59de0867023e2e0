"""Launches as the detector sees them: planned lifts, and lifts learned from past launches of the kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from models.bucket import bucket_of
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes import LaunchEffect, ThemeLift
from models.spikes.expectation.lift import deviation_of
from models.spikes.launches.effect import LiftCurve
from models.spikes.launches.response import (
    PastLaunch,
    common_curve,
    curve_like,
    own_curves,
    planned_curve,
    responding_themes,
)  # fmt: skip
from models.theme import ALL_TICKETS
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import meant
from pipelines.state import MinerState

SETTLED = timedelta(days=8)
"""This long after its end no tested window and no episode can reach a launch."""


class _Lines(NamedTuple):
    """The lines of a plan: lifts of themes, and the lift of all other themes with how it changes over time."""

    expected: Sequence[ThemeLift] = ()
    lift_all: float | None = None
    curve_all: LiftCurve = ()


class _Span(NamedTuple):
    """The window of a launch in buckets [start, end), and the relative standard deviation of its lifts."""

    start: int
    end: int
    deviation: float


def effects(state: MinerState, window: EpochWindow) -> list[LaunchEffect]:
    """Return the known launches as the detector sees them, in their order."""
    return [_effect(state, window, launch) for launch in window.launches]


def meant_most(group: ThemeLift) -> list[int]:
    """Return the theme that a line of a plan means most, or all themes that it names."""
    return sorted(group.theme_ids) if group.core is None else [group.core]


def counted_scope(state: MinerState, scope: Segment) -> tuple[Segment, int]:
    """Return the launch's scope and its number where it is counted, and otherwise those of all tickets."""
    number = state.counts.number_of(scope)
    return (scope, number) if number is not None else (EVERYTHING, state.counts.everything)


def _effect(state: MinerState, window: EpochWindow, launch: Launch) -> LaunchEffect:
    start = bucket_of(launch.start)
    deviation = deviation_of(launch.tolerance, state.detector.settings.tolerance_coverage)
    span = _Span(start, max(start + 1, bucket_of(launch.end)), deviation)
    past = [] if launch.end + SETTLED < window.end else _of_same_kind(state, launch)
    if not launch.lifts:
        return _unplanned(state, launch, span, past)
    lines = _planned(state, window, launch, span, past)
    return LaunchEffect(
        launch.launch_id, span.start, span.end, launch.scope, launch.tolerance,
        tuple(lines.expected), lines.lift_all, lines.curve_all,
    )  # fmt: skip


def _unplanned(state: MinerState, launch: Launch, span: _Span, past: Sequence[PastLaunch]) -> LaunchEffect:
    """Expect of a launch without a plan what past launches of its kind did; nothing where there are none and it is no holiday."""
    start, end = span.start, span.end
    if not past and launch.kind != "holiday":
        return LaunchEffect(launch.launch_id, start, end, launch.scope, launch.tolerance)
    expected = []
    common, own = common_curve(past, start, end)
    for theme, curve in own_curves(past, start, end).items():
        inside = [step for step in curve if step.start >= start and step.end <= end]
        mean = sum(step.lift * (step.end - step.start) for step in inside) / (end - start)
        expected.append(ThemeLift(frozenset({state.themes.survivor(theme)}), mean, curve))
    return LaunchEffect(
        launch.launch_id, start, end, launch.scope, launch.tolerance, tuple(expected), common=common, own=own
    )


def _planned(state: MinerState, window: EpochWindow, launch: Launch, span: _Span, past: Sequence[PastLaunch]) -> _Lines:
    """Return the lines of a plan; where several lines lift all themes, the first holds."""
    groups = state.plans.groups_of(launch.launch_id)
    expected: list[ThemeLift] = []
    lift_all: float | None = None
    curve_all: LiftCurve = ()
    for at, one in enumerate(launch.lifts):
        if one.like is not None:
            like = _like(state, window, one.like, one.lift, span)
            expected += like.expected
            lift_all, curve_all = (like.lift_all, like.curve_all) if lift_all is None else (lift_all, curve_all)
        elif one.everything:
            lift_all, curve_all = (one.lift, ()) if lift_all is None else (lift_all, curve_all)
        elif at < len(groups) and groups[at]:
            themes = [state.themes.survivor(theme) for theme in groups[at]]
            curve = planned_curve(past, one.lift, span.start, span.end, span.deviation)
            nearest = state.plans.nearest_of(launch.launch_id, at)
            expected.append(ThemeLift(frozenset(themes), one.lift, curve, themes[0], nearest))
    return _Lines(expected, lift_all, curve_all)


def _of_same_kind(state: MinerState, launch: Launch) -> list[PastLaunch]:
    """Return the launches of the same kind that were over before this one began, in the order in which they ended."""
    # Not in the order in which they were reviewed, which a restart does not know.
    return [
        one.past
        for one in sorted(state.plans.reviews.values(), key=lambda one: (one.end, one.past.launch_id))
        if one.past.kind == launch.kind and one.past.launch_id != launch.launch_id and one.end <= launch.start
    ]


def _like(state: MinerState, window: EpochWindow, like: str, factor: float, span: _Span) -> _Lines:
    """Carry what a past launch did over to a window; before its review, what was planned for it."""
    review = state.plans.reviews.get(like)
    if review is not None:
        return _as_before(state, review.past, factor, span)
    other = window.launch(like)
    expected: list[ThemeLift] = []
    lift_all: float | None = None
    for at, one in enumerate(other.lifts if other is not None else ()):
        if one.everything:
            lift_all = factor * one.lift
        elif other is not None and (themes := meant(state, other, at)):
            expected.append(ThemeLift(frozenset(themes), factor * one.lift, core=themes[0]))
    return _Lines(expected, lift_all)


def _as_before(state: MinerState, past: PastLaunch, factor: float, span: _Span) -> _Lines:
    expected: list[ThemeLift] = []
    lift_all: float | None = None
    curve_all: LiftCurve = ()
    for theme in responding_themes(past):
        curve = curve_like(past, theme, span.start, span.end, factor, span.deviation)
        seen, usual = past.inside(theme)
        lift = max(factor * (seen + 1.0) / (usual + 1.0), 1e-3)
        if theme == ALL_TICKETS:
            lift_all, curve_all = lift, curve
        else:
            expected.append(ThemeLift(frozenset({state.themes.survivor(theme)}), lift, curve))
    return _Lines(expected, lift_all, curve_all)
