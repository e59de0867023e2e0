"""The common lift of a launch as its review and the monitor show it: the multiple that all themes have under a plan for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR, bucket_of
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes.expectation.lift import deviation_of
from models.spikes.launches.common_lift import common_factor, learned_lift_of
from models.spikes.launches.learned_lift import LearnedLift
from models.theme import ALL_TICKETS
from store.board.now import Now
from store.counts import read_segments
from store.epochs import read_planned
from store.reviews import StoredReview, count_windows
from store.schema import bands, themes

_SHARE_DAYS = 7
"""Days before a launch from which a theme's usual share of the scope is computed."""
_MOST_THEMES = 300
"""Themes that the common lift is learned from while a launch runs: those with most expected tickets, which are nearly all of them."""
_SETTLED = timedelta(days=2)
"""Age at the launch's start from which a theme has a usual volume that can be lifted."""


@dataclass(frozen=True, slots=True)
class LaunchCommonLift:
    """A common lift, planned and learned, and by theme the lift that it has beyond the common one."""

    learned: LearnedLift
    own: Mapping[int, float]

    def as_json(self) -> dict[str, Any]:
        """Write the common lift as listings show it."""
        return {
            "planned": self.learned.planned, "lift": round(self.learned.lift, 2), "low": round(self.learned.low, 2),
            "high": round(self.learned.high, 2),
        }  # fmt: skip


def common_of(
    connection: Connection,
    now: Now | None,
    launch: Launch,
    review: StoredReview | None,
    *,
    tolerance_coverage: float,
) -> LaunchCommonLift | None:
    """Return the common lift in the scope of a launch, over its complete hours so far; by its review once there is one.

    `tolerance_coverage` is the probability that the true lift is within the launch's tolerance, as in `SpikeSettings`. None where the
    plan does not lift all themes, or nothing of them is known: the launch has not begun, or its scope is not counted.
    """
    planned = next((one.lift for one in launch.lifts if one.everything), None)
    if planned is None or now is None:
        return None
    figures = _so_far(connection, now, launch, planned) if review is None else _reviewed(review)
    named = _named(connection, launch, review)
    ids = [ALL_TICKETS, *sorted(figures.keys() - {ALL_TICKETS})]
    seen, usual = (np.array([figures.get(theme, (0.0, 0.0))[at] for theme in ids])[:, None] for at in (0, 1))
    compared = np.array([theme != ALL_TICKETS and theme not in named for theme in ids], dtype=bool)
    if usual[compared].sum() <= 0:
        return None
    deviation = deviation_of(launch.tolerance, tolerance_coverage)
    factor, variance = common_factor(seen, planned * usual, planned * usual, np.ones(len(ids)), compared, deviation)
    own = {
        theme: float(seen[at, 0] / (planned * factor[at, 0] * usual[at, 0]))
        for at, theme in enumerate(ids)
        if compared[at] and usual[at, 0] > 0
    }
    return LaunchCommonLift(learned_lift_of(launch.launch_id, planned, float(factor[0, 0]), float(variance[0, 0])), own)


def _reviewed(review: StoredReview) -> dict[int, tuple[float, float]]:
    """Return tickets and usual tickets of each theme in the scope, as the review holds them."""
    found = {}
    for theme in review.past.seen:
        seen, usual = review.past.inside(theme)
        found[theme] = float(seen), float(usual)
    return found


def _so_far(connection: Connection, now: Now, launch: Launch, planned: float) -> dict[int, tuple[float, float]]:
    """Return the same over the complete hours so far: usual volume is what was expected when each hour began, without the lift."""
    first = -(-bucket_of(launch.start) // BUCKETS_PER_HOUR)
    last = min(bucket_of(launch.end) // BUCKETS_PER_HOUR, now.hour if now.share(now.hour) < 1.0 else now.hour + 1)
    segments = read_segments(connection)
    number, everywhere = segments.get(launch.scope.key), segments.get(EVERYTHING.key)
    if last <= first or number is None or everywhere is None:
        return {}
    query = (
        select(bands.c.theme_id, func.sum(bands.c.mean))
        .join(themes, themes.c.id == bands.c.theme_id)
        .where(
            bands.c.launch_id == launch.launch_id, bands.c.hour >= first, bands.c.hour < last,
            themes.c.first_seen < launch.start - _SETTLED,
        )
        .group_by(bands.c.theme_id)
        .order_by(func.sum(bands.c.mean).desc(), bands.c.theme_id)
        .limit(_MOST_THEMES)
    )  # fmt: skip
    means = {int(theme): float(mean) for theme, mean in connection.execute(query)}
    window = (first * BUCKETS_PER_HOUR, last * BUCKETS_PER_HOUR)
    before = (window[0] - _SHARE_DAYS * BUCKETS_PER_DAY, window[0])
    seen, inside = count_windows(connection, number, [window, before], means.keys())
    (total,) = count_windows(connection, everywhere, [before], means.keys())
    found = {}
    for theme, mean in means.items():
        share = inside.get(theme, 0) / max(total.get(theme, 0), 1)
        found[theme] = float(seen.get(theme, 0)), share * mean / (1.0 + share * (planned - 1.0))
    return found


def _named(connection: Connection, launch: Launch, review: StoredReview | None) -> set[int]:
    """Return the themes for which the plan has a line of their own."""
    if review is not None:
        return set(review.past.planned)
    return {theme for group in read_planned(connection, launch.launch_id) for theme in group}
