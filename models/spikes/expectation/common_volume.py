"""Common volume: how the volume and the mix of segments of late compare with usual, measured on the other themes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY
from models.segment import EVERYTHING
from models.spikes.baseline.baseline import Baseline
from models.spikes.expectation.basis import ExpectationBasis
from models.spikes.expectation.lift import calendar_lift, since_common
from models.spikes.expectation.series import SeriesRows
from models.spikes.launches.common_lift import FEW_TICKETS, OUTLYING

_UNSEEN = 0.5
"""Tickets that a segment without any counts as: it may have begun just now."""
_ROUNDS = 3
"""Rounds in which the common factor and the outliers are found."""
_RECENT_BUCKETS = 36
"""Buckets of the newest mix of segments: three hours, within which a rollout reaches the expectation."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Tickets by segment of themes in their usual state, over one window.

    by_theme: shape (themes, segments), rows of zeros for themes that are not in their usual state. totals: shape
    (themes,). in_all, total: their sums over themes. strength: tickets that the mix known before counts as.
    """

    by_theme: Floats
    totals: Floats
    in_all: Floats
    total: float
    strength: float

    def others(self, themes: Ints, segments: Ints) -> tuple[Floats, Floats]:
        """Count the tickets of the themes other than each of `themes`: in each segment, and in total."""
        known = segments < len(self.in_all)
        inside = np.zeros(len(segments))
        inside[known] = self.in_all[segments[known]] - self.by_theme[themes[known], segments[known]]
        return inside, self.total - self.totals[themes]


@dataclass(frozen=True, slots=True)
class Volume:
    """How the common volume of late compares with usual, for each theme without its own tickets.

    factor, variance: shape (themes,): seen to usual volume of the other themes, and its relative variance. day,
    recent: the mix of segments over the last day and the last hours; `recent_window` are the latter, as buckets.
    """

    factor: Floats
    variance: Floats
    day: Mix
    recent: Mix
    recent_window: BucketWindow

    def mix_factor(self, series: SeriesRows, usual: Floats, baseline: Baseline) -> tuple[Floats, Floats]:
        """Measure how each segment's share of the other themes has moved from usual, and the relative variance of that.

        The larger of the last day's and the last hours' factor: a version that is being rolled out has more each
        hour, and one that has begun to shrink may still be in the tested windows. The last hours are compared with
        what is usual at these hours, and shrunk to the day.
        """
        inside, in_total = self.day.others(series.themes, series.segments)
        known = self.day.strength * usual + inside + _UNSEEN
        factor = known / ((self.day.strength + in_total) * usual)
        inside, in_total = self.recent.others(series.themes, series.segments)
        hourly = usual * baseline.hour_factor(series.segments, [self.recent_window])[:, 0]
        newly = self.recent.strength * factor * hourly + inside
        recent = newly / ((self.recent.strength + in_total) * hourly)
        fixed = (series.themes == 0) | series.total
        variance = 1.0 / np.where(recent > factor, newly, known)
        return np.where(fixed, 1.0, np.maximum(factor, recent)), np.where(fixed, 0.0, variance)


def common_volume(basis: ExpectationBasis, window: BucketWindow, regular: Mask, regular_mix: Mask) -> Volume:
    """Measure the volume of the other regular themes: over the window in total, over a day and some hours by segment.

    Parameters
    ----------
    regular, regular_mix: shape (themes,): themes whose volume, and whose mix of segments, is in its usual state.
    """
    factor, variance = _volume_factor(basis, since_common(basis.launches, window), regular)
    end = window[1]
    recent = (end - _RECENT_BUCKETS, end)
    strength = basis.settings.mix_strength
    recent_strength = strength * _RECENT_BUCKETS / BUCKETS_PER_DAY
    return Volume(
        factor,
        variance,
        _mix(basis, (end - BUCKETS_PER_DAY, end), regular_mix, strength),
        _mix(basis, recent, regular_mix, recent_strength),
        recent,
    )


def _volume_factor(basis: ExpectationBasis, window: BucketWindow, regular: Mask) -> tuple[Floats, Floats]:
    """Compare seen with usual volume of the other regular themes: the ratio and its relative variance, (themes,)."""
    baseline = basis.baseline
    totals = basis.series([int(theme) for theme in baseline.theme_ids], EVERYTHING)
    seen = np.where(regular, totals.counted(basis.counts.sums(*window)), 0.0)
    lift, deviation = calendar_lift(basis.launches, window, baseline)
    usual = np.where(regular, baseline.level * baseline.hours_in([window])[:, 0] * lift, 0.0)
    seen = without_outliers(seen, usual, baseline.dispersion)
    others_seen, others_usual = seen.sum() - seen, usual.sum() - usual
    strength = np.full(len(regular), basis.settings.exposure_strength)
    # A holiday's own uncertainty about the common volume is that of the prior: the other themes show how it is today.
    uncertain = deviation**2 * basis.settings.exposure_strength > 1.0
    strength[uncertain] = 1.0 / deviation[uncertain] ** 2
    factor = (others_seen + strength) / (others_usual + strength)
    variance = np.where(uncertain, 1.0 / (others_usual + strength), others_usual / (others_usual + strength) ** 2)
    factor[0], variance[0] = 1.0, 0.0
    return factor, variance


def without_outliers(seen: Floats, usual: Floats, dispersion: Floats) -> Floats:
    """Replace the tickets of themes far above the common volume by it: a theme's own rise is not common.

    seen, usual, dispersion: shape (themes,).
    """
    kept = seen
    for _ in range(_ROUNDS):
        mean = usual * kept.sum() / max(usual.sum(), 1e-9)
        most = np.maximum(mean + OUTLYING * np.sqrt(dispersion * mean), FEW_TICKETS)
        kept = np.where(seen > most, mean, seen)
    return np.asarray(kept)


def _mix(basis: ExpectationBasis, window: BucketWindow, regular: Mask, strength: float) -> Mix:
    """Count the tickets of regular themes by theme and segment."""
    row_themes, row_segments = basis.theme_positions(), basis.counts.index()[1]
    cells = basis.counts.recent(*window)
    at = row_themes[cells.rows]
    used = at >= 0
    used[used] = regular[at[used]]
    n_themes, n_segments = len(regular), len(basis.counts.segments)
    flat = at[used] * n_segments + row_segments[cells.rows[used]]
    mix = np.bincount(flat, cells.counts[used], n_themes * n_segments).astype(np.float64)
    mix = mix.reshape(n_themes, n_segments)
    everything = basis.counts.segment_id(EVERYTHING)
    totals: Floats = mix[:, everything].copy() if everything is not None else np.zeros(n_themes)
    return Mix(mix, totals, mix.sum(axis=0), float(totals.sum()), strength)
