"""Growth: themes that rise slowly, judged by the hour over the last days against the level from before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes.baseline.seasonal_profile import DAY, hours_of_week
from models.spikes.context import DetectionContext
from models.spikes.outcome import FamilyOutcome
from models.spikes.series import ALL_TICKETS
from models.spikes.statistics.count_tails import false_discovery_rates, simes, upper_tail
from models.spikes.statistics.cusum import ramp_evidence

DAYS = 7
WINDOW_DAYS = (1, 3, 7)
SHIFTS = (1.5, 2.0, 4.0)
LOOKS_PER_WEEK = 30.0
"""Independent looks that the 168 hourly looks of a week are worth, over windows of days."""
_WARY = 2.0
"""Standard deviations of the level by which the CUSUM's mean is raised: it knows of no doubt about the level itself."""
LEAST_AGE_HOURS = 14 * DAY
"""A theme must have had a level before the days that are judged."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A theme that has grown: evidence, and its counts from `start`, a bucket, to now against the settled level."""

    theme_id: int
    p_value: float
    q_value: float
    start: int
    observed: int
    expected: float


def judge_growth(scene: DetectionContext, busy: Iterable[int], level: float) -> list[Growth]:
    """Themes whose total has grown over the last days, at full hours; none at other times.

    Windows of 1, 3 and 7 days are tested with the exact tail, and the CUSUM of three shifts over the same days
    looks for a rise that began at any hour of them. Both compare with the level that was learned before those
    days, raised where all other themes have more on a day too. Themes with an episode or a launch in these days are left
    out: their counts tell of that.

    Parameters
    ----------
    busy: themes that have an open episode.
    level: false-discovery rate that themes are held to.
    """
    baseline = scene.baseline
    if scene.end % BUCKETS_PER_HOUR or len(baseline.theme_ids) < 2:
        return []
    judged = _judged(scene, set(busy))
    if not judged.any():
        return []
    hours = np.arange(scene.end // BUCKETS_PER_HOUR - DAYS * DAY, scene.end // BUCKETS_PER_HOUR)
    counts = _totals(scene, hours)
    usual = baseline.settled[:, None] * baseline.profile[:, hours_of_week(hours, baseline.timezone)]
    usual = (usual * _common_rise(counts, usual, judged))[judged]
    counts, dispersion = counts[judged], baseline.dispersion[judged]
    variance = baseline.settled_variance[judged]
    tails = np.stack([_window_tail(counts, usual, dispersion, variance, days * DAY) for days in WINDOW_DAYS], axis=1)
    wary = usual * (1.0 + _WARY * np.sqrt(variance))[:, None]
    ramps, starts = ramp_evidence(counts, wary, dispersion, SHIFTS)
    p_values = simes(np.concatenate([tails, ramps[:, None]], axis=1))
    rates = false_discovery_rates(p_values, len(p_values))
    budget = scene.settings.false_alerts_per_week
    scene.trials.append(FamilyOutcome(
        "growth", baseline.theme_ids[judged], p_values, rates, level, len(p_values), segment=EVERYTHING, budget=budget
    ))  # fmt: skip
    found = []
    lasting = _lasts(counts, usual, dispersion, variance)
    for at in np.flatnonzero((rates <= level) & lasting):
        first = min(int(starts[at]), len(hours) - 1)
        seen, mean = int(counts[at, first:].sum()), float(usual[at, first:].sum())
        theme = int(baseline.theme_ids[np.flatnonzero(judged)[at]])
        if seen >= scene.settings.min_tickets and seen > mean:
            start = int(hours[first]) * BUCKETS_PER_HOUR
            found.append(Growth(theme, float(p_values[at]), float(rates[at]), start, seen, mean))
    return found


def _judged(scene: DetectionContext, busy: set[int]) -> npt.NDArray[np.bool_]:
    """Which themes have a settled level and days without episode or launch."""
    since = scene.end - DAYS * BUCKETS_PER_DAY
    disturbed = busy | scene.known_issues | {ALL_TICKETS}
    disturbed |= {one.theme_id for one in scene.episodes if one.end is None or one.end > since}
    for launch in scene.launches:
        if launch.start < scene.end and launch.end > since:
            disturbed |= {
                int(theme) for theme in scene.baseline.theme_ids if theme and scene.is_lifted(int(theme), launch)
            }
    free = np.array([int(theme) not in disturbed for theme in scene.baseline.theme_ids], dtype=bool)
    return free & (scene.baseline.age_hours >= LEAST_AGE_HOURS)


def _totals(scene: DetectionContext, hours: Ints) -> Floats:
    """Tickets of every theme by the hour, shape (themes, hours)."""
    row_themes, row_segments = scene.counts.index()
    everything = scene.counts.segment_id(EVERYTHING)
    cells = scene.counts.hourly(int(hours[0]), int(hours[-1]) + 1)
    of_total = row_segments[cells.rows] == (-1 if everything is None else everything)
    ids, themes = scene.baseline.theme_ids, row_themes[cells.rows[of_total]]
    near = np.minimum(np.searchsorted(ids, themes), len(ids) - 1)
    known = ids[near] == themes
    out = np.zeros((len(ids), len(hours)))
    np.add.at(
        out, (near[known], cells.slots[of_total][known] - int(hours[0])), cells.counts[of_total][known].astype(float)
    )
    return out


def _common_rise(counts: Floats, usual: Floats, judged: npt.NDArray[np.bool_]) -> Floats:
    """By how much the other themes rose on each day, at least 1, spread over its hours: shape (themes, hours)."""
    seen = np.where(judged[:, None], counts, 0.0).reshape(len(counts), DAYS, DAY).sum(axis=2)
    mean = np.where(judged[:, None], usual, 0.0).reshape(len(counts), DAYS, DAY).sum(axis=2)
    strength = 50.0 / DAYS
    rise = (seen.sum(axis=0) - seen + strength) / (mean.sum(axis=0) - mean + strength)
    return np.repeat(np.maximum(rise, 1.0), DAY, axis=1)


def _lasts(counts: Floats, usual: Floats, dispersion: Floats, variance: Floats) -> npt.NDArray[np.bool_]:
    """Whether the last day is itself above usual by a standard deviation: a window of days must not tell of what is over."""
    seen, mean = counts[:, -DAY:].sum(axis=1), usual[:, -DAY:].sum(axis=1)
    return np.asarray(seen > mean + np.sqrt(dispersion * mean + variance * mean**2))


def _window_tail(counts: Floats, usual: Floats, dispersion: Floats, variance: Floats, hours: int) -> Floats:
    seen, mean = counts[:, -hours:].sum(axis=1), np.maximum(usual[:, -hours:].sum(axis=1), 1e-9)
    tail = upper_tail(seen, mean, dispersion * mean + variance * mean**2)
    return np.where(seen > mean, tail, 1.0)
