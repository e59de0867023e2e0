"""Levels: the usual rate of each theme, from weighted hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes.baseline.baseline import Baseline
from models.spikes.baseline.dispersion import DRIFT
from models.spikes.baseline.seasonal_profile import WEEK
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import ThemeFacts
from models.spikes.series import SeriesKey
from models.spikes.settings import SpikeSettings

_PRIOR_TICKETS = 1.0
"""Tickets that the pool's rate counts as in a theme's level: a new theme may be anything, so it is weak."""
_SETTLED_WEEKS = 2.0
"""Weeks between the middle of the hours of the settled level and the middle of those that are compared with it."""
_SHORTEST_HALF_LIFE = 48.0
"""Hours: a level that followed a single day would take an odd weekday for a change."""


@dataclass(frozen=True, slots=True)
class WeightedHours:
    """Tickets of themes by the hour, with the weight of each hour.

    totals, weights, usual: shape (themes, hours); `usual` is the profile's value. dispersion: shape (themes,).
    """

    totals: Floats
    weights: Floats
    usual: Floats
    dispersion: Floats

    @property
    def tickets(self) -> Floats:
        """Weighted tickets of each theme."""
        found: Floats = (self.weights * self.totals).sum(axis=1)
        return found

    @property
    def exposure(self) -> Floats:
        """Weighted usual hours of each theme."""
        found: Floats = (self.weights * self.usual).sum(axis=1)
        return found

    def level(self, factor: Floats | Mask, prior: float) -> tuple[Floats, Floats]:
        """Estimate a constant level and its relative variance, with each hour's weight multiplied by `factor`.

        prior: rate that counts as one ticket.
        """
        weights = self.weights * factor
        weighted = weights * self.totals
        seen, squares = weighted.sum(axis=1), np.einsum("th,th->t", weights, weighted)
        gain = np.where(squares > 0, seen / np.maximum(squares, 1e-12), 1.0)
        level = (seen + _PRIOR_TICKETS) / ((weights * self.usual).sum(axis=1) + _PRIOR_TICKETS / prior)
        return level, self.dispersion / (gain * seen + _PRIOR_TICKETS)


def following_level(
    data: WeightedHours, age: Ints, prior: float, settings: SpikeSettings, *, guard: int
) -> tuple[Floats, Floats]:
    """Estimate a level that follows the last days as fast as the theme's volume allows, and its relative variance.

    A level that drifts as a random walk is best followed with a weight that decays by root(drift / noise) an hour,
    the steady state of a Kalman filter, where noise is the relative variance of one hour's tickets: half-lives from
    two days (large themes) to `half_life_hours`, by which the weights decay already.

    Parameters
    ----------
    age: shape (hours,): hours between each hour and the newest one.
    guard: newest hours of the present that the level must not know, at least those that are left out of `data`.
    """
    drift = DRIFT / WEEK
    slowest = np.log(2.0) / settings.half_life_hours
    fastest = max(np.log(2.0) / _SHORTEST_HALF_LIFE, slowest)
    rate = data.tickets / np.maximum(data.exposure, 1e-9)
    speed = np.clip(np.sqrt(drift * rate / data.dispersion), slowest, fastest)
    known = age >= guard - settings.guard_hours
    level, variance = data.level(np.exp(-np.outer(speed - slowest, age)) * known, prior)
    return level, variance + drift * (0.5 / speed + guard)


def settled_level(data: WeightedHours, old: Mask, prior: float) -> tuple[Floats, Floats]:
    """Estimate the level from the `old` hours alone, and its relative variance with the drift since their middle."""
    level, variance = data.level(old, prior)
    return level, variance + _SETTLED_WEEKS * DRIFT


def pool_rate(tickets: Floats, exposure: Floats, settings: SpikeSettings) -> float:
    """Return the upper quartile of the themes' rates an hour: a theme without history is likely below it."""
    known = exposure[1:] > min(24.0, settings.warmup_hours)
    if not known.any():
        return max(float(tickets[0] / max(exposure[0], 1e-9)) / 20.0, 1e-3)
    return max(float(np.quantile(tickets[1:][known] / exposure[1:][known], 0.75)), 1e-3)


def raise_known_issues(found: Baseline, counts: SeriesCounts, themes: Mapping[int, ThemeFacts]) -> None:
    """Raise the level of known issues to their volume in the day before they were flagged, in place."""
    for theme in sorted(themes):
        since = themes[theme].known_issue_since
        if since is None or theme not in found.position:
            continue
        at = found.position[theme]
        window = (since - 24 * BUCKETS_PER_HOUR, since)
        hours = float(found.hours_in([window])[at, 0])
        tickets = known_issue_tickets(counts, theme, since)
        rate = (tickets + _PRIOR_TICKETS) / (hours + _PRIOR_TICKETS / float(found.level[at]))
        if rate > found.level[at]:
            found.level[at] = rate
            found.level_variance[at] = found.dispersion[at] / (tickets + _PRIOR_TICKETS) + 0.25**2


def known_issue_tickets(counts: SeriesCounts, theme: int, since: int) -> int:
    """Count the tickets of a theme in the day before bucket `since`, by the hour, which is kept longer than buckets."""
    row = counts.row(SeriesKey(theme, EVERYTHING))
    if row is None:
        return 0
    last = since // BUCKETS_PER_HOUR
    cells = counts.hourly(last - 24, last)
    return int(cells.counts[cells.rows == row].sum())
