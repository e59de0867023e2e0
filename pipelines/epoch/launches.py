"""Launches in an epoch: the review of how volume responded to a launch, written when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.bucket import start_of
from models.launch import Launch
from models.spikes import LaunchEffect
from models.spikes.launches.response import PHASES, PastLaunch, phases_of
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext, EpochWindow
from pipelines.epoch.detection import Detection
from pipelines.launches.effects import counted_scope, meant_most
from pipelines.launches.review import AFTERWARDS
from store.reviews import StoredReview, count_windows, write_review

REVIEWED_FOR = timedelta(days=49)
"""A launch that ended earlier is not reviewed: the counts that say what was usual then are not in the state any more."""
FIRST_DAYS = timedelta(days=2)
"""A launch so soon after the first ticket has no usual volume to be compared with."""
THEMES = 60
"""Themes that a review keeps in addition to the planned ones: those with most tickets."""
LEAST_TICKETS = 5.0


def running_at(window: EpochWindow, bucket: int) -> str | None:
    """Return a note that names the launches that ran when something else began; None where none did."""
    time = start_of(bucket)
    titles = [launch.title for launch in window.launches if launch.start <= time < launch.end]
    return f"it began while {' and '.join(titles)} ran, whose plan does not account for it" if titles else None


def review_ended(context: EpochContext) -> None:
    """Write how volume responded to the launches that are over: at their end, and once more a day later."""
    if not any(_is_due(context, launch) for launch in context.window.launches):
        return
    detection = Detection(context.state, context.window)
    for launch, plan in zip(context.window.launches, detection.launches, strict=True):
        if _is_due(context, launch):
            review = _review(context, detection, launch, plan)
            context.state.plans.reviews[launch.launch_id] = review
            write_review(context.connection, review)


def _is_due(context: EpochContext, launch: Launch) -> bool:
    end, record_start = context.window.end, context.state.record_start
    if launch.end > end or launch.end < end - REVIEWED_FOR:
        return False
    if record_start is None or launch.start < record_start + FIRST_DAYS:
        return False
    known = context.state.plans.reviews.get(launch.launch_id)
    if known is None or (known.start, known.end) != (launch.start, launch.end):
        return True
    final = launch.end + AFTERWARDS
    return known.until < final <= end


def _review(context: EpochContext, detection: Detection, launch: Launch, plan: LaunchEffect) -> StoredReview:
    segment, number = counted_scope(context.state, launch.scope)
    phases = phases_of(plan.start, plan.end)
    known_by = [(first, min(last, context.window.bucket)) for _, first, last in phases]
    windows = [(first, max(first, last)) for first, last in known_by]
    old = [theme for theme, fact in detection.facts.items() if fact.first_seen < plan.start]
    themes, usual, _ = detection.forecast([ALL_TICKETS, *sorted(old)], segment, windows)
    tickets = count_windows(context.connection, number, windows)
    planned = (
        frozenset(theme for group in plan.expected for theme in meant_most(group)) if launch.lifts else frozenset()
    )
    seen = {}
    for at, theme in enumerate(themes):
        figures = np.zeros((len(PHASES), 2))
        for place, (phase, _, _) in enumerate(phases):
            figures[phase] = tickets[place].get(theme, 0), round(float(usual[at, place]), 4)
        seen[theme] = figures
    chosen = {ALL_TICKETS, *_largest(seen), *(planned & seen.keys())}
    past = PastLaunch(
        launch.launch_id, launch.kind, plan.start, plan.end, planned, plan.lift_all is not None,
        {theme: seen[theme] for theme in sorted(chosen) if theme in seen},
    )  # fmt: skip
    return StoredReview(past, launch.start, launch.end, segment, context.window.end)


def _largest(seen: Mapping[int, NDArray[np.float64]]) -> list[int]:
    """Return the themes with most tickets, seen or expected."""
    weight = {theme: float(figures.max(axis=1).sum()) for theme, figures in seen.items()}
    kept = [theme for theme in seen if weight[theme] >= LEAST_TICKETS]
    return sorted(kept, key=lambda theme: (-weight[theme], theme))[:THEMES]
