"""Slow growth: themes that rise slowly, tested by the hour over the last days against the level from before them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes.baseline.seasonal_profile import DAY, hours_of_week
from models.spikes.context import DetectionContext
from models.spikes.counts import positions_of
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.outcome import Family, FamilyOutcome, Growth
from models.spikes.statistics.count_tails import upper_tail
from models.spikes.statistics.cusum import shift_p_values
from models.spikes.statistics.multiple_testing import false_discovery_rates, simes
from models.theme import ALL_TICKETS

DAYS = 7
WINDOW_DAYS = (1, 3, 7)
SHIFTS = (1.5, 2.0, 4.0)
_CAUTION = 2.0
"""Standard deviations of the level by which the CUSUM's mean is raised: it ignores the uncertainty of the level itself."""
LEAST_AGE_HOURS = 14 * DAY
"""A theme must have had a level before the tested days."""
_COMMON_STRENGTH = 50.0 / DAYS
"""Expected tickets of a day by which the volume of the other themes is shrunk to usual."""


@dataclass(frozen=True, slots=True)
class _Record:
    """Hourly counts of some themes over the tested days, against their settled level.

    hours: consecutive hours. themes: ids. counts, usual: shape (themes, hours). dispersion, variance: shape (themes,),
    `variance` is the relative one of the level.
    """

    hours: Ints
    themes: Ints
    counts: Floats
    usual: Floats
    dispersion: Floats
    variance: Floats

    def window_tail(self, hours: int) -> Floats:
        """Test the newest hours, shape (themes,)."""
        seen, mean = self.counts[:, -hours:].sum(axis=1), np.maximum(self.usual[:, -hours:].sum(axis=1), 1e-9)
        tail = upper_tail(seen, mean, self.dispersion * mean + self.variance * mean**2)
        return np.where(seen > mean, tail, 1.0)

    def p_values(self) -> tuple[Floats, Ints]:
        """Test all windows and the CUSUM: combined p-values, and the position of the hour in which a rise began."""
        tails = np.stack([self.window_tail(days * DAY) for days in WINDOW_DAYS], axis=1)
        raised = self.usual * (1.0 + _CAUTION * np.sqrt(self.variance))[:, None]
        shifts, starts = shift_p_values(self.counts, raised, self.dispersion, SHIFTS)
        return simes(np.concatenate([tails, shifts[:, None]], axis=1)), starts

    def lasting(self) -> Mask:
        """Mark themes whose last day is above usual by a standard deviation: a rise that is over must not signal."""
        seen, mean = self.counts[:, -DAY:].sum(axis=1), self.usual[:, -DAY:].sum(axis=1)
        return np.asarray(seen > mean + np.sqrt(self.dispersion * mean + self.variance * mean**2))


def growing_themes(context: DetectionContext, busy: Iterable[int], budget: ErrorBudget) -> list[Growth]:
    """Test at full hours whether the total of a theme has grown over the last days; nothing is tested at other times.

    Windows of 1, 3 and 7 days are tested with the exact tail, and the CUSUM of three shifts over the same days finds a
    rise that began at any hour of them. Both compare with the level that was learned before those days, raised where
    all other themes have more on a day too. Themes with an episode or a launch in these days are left out, since their
    counts reflect it.

    Parameters
    ----------
    busy: themes that have an open episode.
    """
    if context.end % BUCKETS_PER_HOUR or len(context.baseline.theme_ids) < 2:
        return []
    tested = _tested_themes(context, set(busy))
    if not tested.any():
        return []
    record = _record(context, tested)
    p_values, starts = record.p_values()
    rates = false_discovery_rates(p_values, len(p_values))
    context.outcomes.append(FamilyOutcome(
        Family.GROWTH, record.themes, p_values, rates, budget.growth, len(p_values), segment=EVERYTHING,
        budget=budget.false_alerts_per_week,
    ))  # fmt: skip
    found = []
    for at in np.flatnonzero((rates <= budget.growth) & record.lasting()):
        first = min(int(starts[at]), len(record.hours) - 1)
        seen, mean = int(record.counts[at, first:].sum()), float(record.usual[at, first:].sum())
        if seen >= context.settings.min_tickets and seen > mean:
            start = int(record.hours[first]) * BUCKETS_PER_HOUR
            found.append(Growth(int(record.themes[at]), float(p_values[at]), float(rates[at]), start, seen, mean))
    return found


def _tested_themes(context: DetectionContext, busy: set[int]) -> Mask:
    """Mark the themes with a settled level, and with days without episode or launch."""
    since = context.end - DAYS * BUCKETS_PER_DAY
    ids = context.baseline.theme_ids
    disturbed = busy | context.known_issues | {ALL_TICKETS}
    disturbed |= {theme for one in context.episodes if one.end is None or one.end > since for theme in one.themes}
    for launch in context.launches:
        if launch.start < context.end and launch.end > since:
            disturbed |= {int(theme) for theme in ids if theme and context.is_lifted(int(theme), launch)}
    free = np.array([int(theme) not in disturbed for theme in ids], dtype=bool)
    return free & (context.baseline.age_hours >= LEAST_AGE_HOURS)


def _record(context: DetectionContext, tested: Mask) -> _Record:
    baseline = context.baseline
    hours = np.arange(context.end // BUCKETS_PER_HOUR - DAYS * DAY, context.end // BUCKETS_PER_HOUR)
    counts = _totals(context, hours)
    usual = baseline.settled[:, None] * baseline.profile[:, hours_of_week(hours, baseline.timezone)]
    usual = usual * _common_rise(counts, usual, tested)
    return _Record(
        hours,
        baseline.theme_ids[tested],
        counts[tested],
        usual[tested],
        baseline.dispersion[tested],
        baseline.settled_variance[tested],
    )


def _totals(context: DetectionContext, hours: Ints) -> Floats:
    """Count the tickets of every theme by the hour, shape (themes, hours)."""
    row_themes, row_segments = context.counts.index()
    everything = context.counts.segment_id(EVERYTHING)
    cells = context.counts.hourly(int(hours[0]), int(hours[-1]) + 1)
    of_total = row_segments[cells.rows] == (-1 if everything is None else everything)
    at = positions_of(row_themes[cells.rows[of_total]], context.baseline.theme_ids)
    known = at >= 0
    out = np.zeros((len(context.baseline.theme_ids), len(hours)))
    slots = cells.slots[of_total][known] - int(hours[0])
    np.add.at(out, (at[known], slots), cells.counts[of_total][known].astype(float))
    return out


def _common_rise(counts: Floats, usual: Floats, tested: Mask) -> Floats:
    """Measure how much the other themes rose on each day, at least 1, repeated for its hours: shape (themes, hours)."""
    seen = np.where(tested[:, None], counts, 0.0).reshape(len(counts), DAYS, DAY).sum(axis=2)
    mean = np.where(tested[:, None], usual, 0.0).reshape(len(counts), DAYS, DAY).sum(axis=2)
    rise = (seen.sum(axis=0) - seen + _COMMON_STRENGTH) / (mean.sum(axis=0) - mean + _COMMON_STRENGTH)
    return np.repeat(np.maximum(rise, 1.0), DAY, axis=1)
