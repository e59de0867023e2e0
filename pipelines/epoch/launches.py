"""Launches in the chain: envelopes learned from past launches, what did not come, reviews at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from models.bucket import bucket_of, start_of
from models.launch import Launch
from models.segment import EVERYTHING, Segment
from models.spikes import ALL_TICKETS, Episode, LaunchEffect, ThemeFacts, ThemeLift
from models.spikes.expectation.lift import deviation_of
from models.spikes.launches.effect import Course
from models.spikes.launches.response import (
    PHASES,
    PastLaunch,
    answered,
    common_course,
    course_like,
    own_courses,
    phases_of,
    planned_course,
)  # fmt: skip
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import meant, survivor
from pipelines.state import MinerState
from store.reviews import StoredReview, count_windows, write_review

AFTERWARDS = timedelta(days=1)
"""A launch is looked back at when it ends, and again once the day after it is known."""
LOOK_BACK = timedelta(days=49)
"""A launch that ended earlier is not looked back at: the counts that say what was usual then are no longer at hand."""
SETTLED = timedelta(days=8)
"""So long after its end no tested window and no episode can reach a launch."""
FIRST_DAYS = timedelta(days=2)
"""A launch so soon after the first ticket has nothing usual to be held against."""
THEMES = 60
"""Themes that a review keeps, besides the planned ones: those with most tickets."""
LEAST_TICKETS = 5.0


def effects(memory: MinerState, moment: EpochWindow) -> list[LaunchEffect]:
    """The launches as the detector sees them, in the order of the moment's launches."""
    return [_effect(memory, moment, launch) for launch in moment.launches]


def _effect(memory: MinerState, moment: EpochWindow, launch: Launch) -> LaunchEffect:
    start, end = bucket_of(launch.start), max(bucket_of(launch.start) + 1, bucket_of(launch.end))
    past = [] if launch.end + SETTLED < moment.end else _past(memory, launch)
    deviation = deviation_of(launch.tolerance, memory.detector.settings.tolerance_coverage)
    expected: list[ThemeLift] = []
    plain = LaunchEffect(launch.launch_id, start, end, launch.scope, launch.tolerance)
    if not launch.lifts:
        if not past and launch.kind != "holiday":
            return plain
        common, own = common_course(past, start, end)
        for theme, course in own_courses(past, start, end).items():
            inside = [step for step in course if step.start >= start and step.end <= end]
            mean = sum(step.lift * (step.end - step.start) for step in inside) / (end - start)
            expected.append(ThemeLift(frozenset({survivor(memory, theme)}), mean, course))
        return LaunchEffect(
            launch.launch_id, start, end, launch.scope, launch.tolerance, tuple(expected), common=common, own=own
        )
    groups, near = memory.planned.get(launch.launch_id, []), memory.near.get(launch.launch_id, [])
    lift_all: float | None = None
    course_all: Course = ()
    for at, one in enumerate(launch.lifts):
        if one.like is not None:
            like = _as_before(memory, moment, one.like, one.lift, start, end, deviation)
            expected += like.expected
            lift_all, course_all = (like.lift_all, like.course_all) if lift_all is None else (lift_all, course_all)
        elif one.everything:
            lift_all, course_all = (one.lift, ()) if lift_all is None else (lift_all, course_all)
        elif at < len(groups) and groups[at]:
            themes = [survivor(memory, theme) for theme in groups[at]]
            course = planned_course(past, one.lift, start, end, deviation)
            nearest = near[at] if at < len(near) else None
            expected.append(ThemeLift(frozenset(themes), one.lift, course, themes[0], nearest))
    return LaunchEffect(
        launch.launch_id, start, end, launch.scope, launch.tolerance, tuple(expected), lift_all, course_all
    )


def _past(memory: MinerState, launch: Launch) -> list[PastLaunch]:
    """Launches of the same kind that were over before this one began."""
    return [
        one.past
        for one in memory.reviews.values()
        if one.past.kind == launch.kind and one.past.launch_id != launch.launch_id and one.end <= launch.start
    ]


def _as_before(
    memory: MinerState, moment: EpochWindow, like: str, factor: float, start: int, end: int, deviation: float
) -> LaunchEffect:
    """What a past launch did, carried over to a window; what was planned for it while nobody has looked back at it."""
    review = memory.reviews.get(like)
    expected: list[ThemeLift] = []
    lift_all: float | None = None
    course_all: Course = ()
    if review is not None:
        for theme in answered(review.past):
            course = course_like(review.past, theme, start, end, factor, deviation)
            seen, usual = review.past.whole(theme)
            lift = max(factor * (seen + 1.0) / (usual + 1.0), 1e-3)
            if theme == ALL_TICKETS:
                lift_all, course_all = lift, course
            else:
                expected.append(ThemeLift(frozenset({survivor(memory, theme)}), lift, course))
        return LaunchEffect(like, start, end, expected=tuple(expected), lift_all=lift_all, course_all=course_all)
    other = next((one for one in moment.launches if one.launch_id == like), None)
    for at, one in enumerate(other.lifts if other is not None else ()):
        if one.everything:
            lift_all = factor * one.lift
        elif other is not None and (themes := meant(memory, other, at)):
            expected.append(ThemeLift(frozenset(themes), factor * one.lift, core=themes[0]))
    return LaunchEffect(like, start, end, expected=tuple(expected), lift_all=lift_all)


def running_at(moment: EpochWindow, bucket: int) -> str | None:
    """A note that names the launches that ran when something else began; None where none did."""
    time = start_of(bucket)
    titles = [launch.title for launch in moment.launches if launch.start <= time < launch.end]
    return f"it began while {' and '.join(titles)} ran, whose plan does not account for it" if titles else None


# -- what did not come
# -------------------------------------------------------------------------------------------------


def meant_most(group: ThemeLift) -> list[int]:
    """The theme that a line of a plan means most, or all that it names."""
    return sorted(group.theme_ids) if group.core is None else [group.core]


def looked_at(memory: MinerState, scope: Segment) -> tuple[Segment, int]:
    """The launch's scope and its number where it is counted, else everything."""
    number = memory.segments.get(scope.key)
    return (scope, number) if number is not None else (EVERYTHING, memory.segments.get(EVERYTHING.key, -1))


# -- looking back
# -------------------------------------------------------------------------------------------------


def review_ended(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    facts: Mapping[int, ThemeFacts],
    episodes: Sequence[Episode],
) -> None:
    """Write how volume answered the launches that are over: at their end, and once more a day later."""
    if not any(_is_due(memory, moment, launch) for launch in moment.launches):
        return
    plans = effects(memory, moment)
    for launch, plan in zip(moment.launches, plans, strict=True):
        if _is_due(memory, moment, launch):
            review = _look_back(connection, memory, moment, launch, plan, facts, episodes, plans)
            memory.reviews[launch.launch_id] = review
            write_review(connection, review)


def _is_due(memory: MinerState, moment: EpochWindow, launch: Launch) -> bool:
    if launch.end > moment.end or launch.end < moment.end - LOOK_BACK:
        return False
    if memory.record_start is None or launch.start < memory.record_start + FIRST_DAYS:
        return False
    known = memory.reviews.get(launch.launch_id)
    if known is None or (known.start, known.end) != (launch.start, launch.end):
        return True
    final = launch.end + AFTERWARDS
    return known.until < final <= moment.end


def _look_back(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    launch: Launch,
    plan: LaunchEffect,
    facts: Mapping[int, ThemeFacts],
    episodes: Sequence[Episode],
    plans: Sequence[LaunchEffect],
) -> StoredReview:
    segment, number = looked_at(memory, launch.scope)
    phases = phases_of(plan.start, plan.end)
    known_by = [(first, min(last, moment.bucket)) for _, first, last in phases]
    windows = [(first, max(first, last)) for first, last in known_by]
    old = [theme for theme, fact in facts.items() if fact.first_seen < plan.start]
    themes, usual, _ = memory.detector.forecast(
        [ALL_TICKETS, *sorted(old)], segment, windows, memory.counts,
        end_bucket=moment.bucket, themes=facts, episodes=episodes, launches=plans,
    )  # fmt: skip
    tickets = count_windows(connection, number, windows)
    planned = (
        frozenset(theme for group in plan.expected for theme in meant_most(group)) if launch.lifts else frozenset()
    )
    seen = {}
    for at, theme in enumerate(themes):
        figures = np.zeros((len(PHASES), 2))
        for place, (phase, _, _) in enumerate(phases):
            figures[phase] = tickets[place].get(theme, 0), round(float(usual[at, place]), 4)
        seen[theme] = figures
    weight = {theme: float(figures.max(axis=1).sum()) for theme, figures in seen.items()}
    kept = sorted(
        (theme for theme in seen if weight[theme] >= LEAST_TICKETS), key=lambda theme: (-weight[theme], theme)
    )
    chosen = {ALL_TICKETS, *kept[:THEMES], *(planned & seen.keys())}
    past = PastLaunch(
        launch.launch_id, launch.kind, plan.start, plan.end, planned, plan.lift_all is not None,
        {theme: seen[theme] for theme in sorted(chosen) if theme in seen},
    )  # fmt: skip
    return StoredReview(past, launch.start, launch.end, segment, moment.end)
