"""Common volume: how the volume and the mix of segments of late compare with usual, measured on the other themes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

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
_HUBER_ROUNDS, _ROUNDS = 8, 3
"""Rounds in which the common factor is estimated robustly, and in which outliers are left out of it."""
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

    factor, variance: shape (themes, windows): seen to usual volume of the other themes in each window, and its relative
    variance; one window stands for any. day, recent: the mix of segments over the last day and the last hours;
    `recent_window` are the latter, as buckets.
    """

    factor: Floats
    variance: Floats
    day: Mix
    recent: Mix
    recent_window: BucketWindow

    def first(self, windows: int) -> Volume:
        """Return the volume of the first windows alone."""
        return replace(self, factor=self.factor[:, :windows], variance=self.variance[:, :windows])

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


class VolumeMeter:
    """Measures the common volume over windows; each of them, and each mix of segments, is read once.

    The counts must not change meanwhile.

    Parameters
    ----------
    regular, regular_mix: shape (themes,): themes whose volume, and whose mix of segments, is in its usual state.
    gaps: buckets in which a source was silent: how much less the others have then says nothing of a theme.
    """

    def __init__(
        self, basis: ExpectationBasis, regular: Mask, regular_mix: Mask, gaps: Sequence[BucketWindow] = ()
    ) -> None:
        self._gaps = tuple(gaps)
        self._basis, self._regular, self._regular_mix = basis, regular, regular_mix
        self._totals = basis.totals()
        self._windows: dict[BucketWindow, tuple[_WindowVolume, Mask]] = {}
        self._mixes: dict[int, tuple[Mix, Mix]] = {}

    def over(self, windows: Sequence[BucketWindow]) -> Volume:
        """Measure the volume of the other regular themes: over each window in total, over a day and some hours by segment.

        The mix of segments is that before the end of the last window.
        """
        factor, variance = self._factors(windows)
        end = max(until for _, until in windows)
        if end not in self._mixes:
            strength = self._basis.settings.mix_strength
            recent_strength = strength * _RECENT_BUCKETS / BUCKETS_PER_DAY
            self._mixes[end] = (
                _mix(self._basis, (end - BUCKETS_PER_DAY, end), self._regular_mix, strength),
                _mix(self._basis, (end - _RECENT_BUCKETS, end), self._regular_mix, recent_strength),
            )
        return Volume(factor, variance, *self._mixes[end], (end - _RECENT_BUCKETS, end))

    def _factors(self, windows: Sequence[BucketWindow]) -> tuple[Floats, Floats]:
        """Compare seen with usual volume of the other regular themes in each window.

        A window is drawn to the factor of the next longer one, and the longest to 1: an hour of few tickets says little by
        itself, and one that follows a silence says more than the six hours that include the silence. A theme that is apart
        from the others in a longer window is left out of the shorter ones, which have too few tickets to show it.

        Returns the ratio and its relative variance, each of shape (themes, windows).
        """
        themes, of_all = len(self._regular), float(self._basis.baseline.dispersion[0])
        factors, variances = np.ones((themes, len(windows))), np.zeros((themes, len(windows)))
        longer, uncertainty = np.ones(themes), np.zeros(themes)
        apart = np.zeros(themes, dtype=bool)
        self._measure(windows)
        by_length = sorted(range(len(windows)), key=lambda at: (windows[at][0] - windows[at][1], windows[at]))
        for at in by_length:
            figures, alone = self._window(windows[at])
            apart = apart | alone
            factor = figures.factor(apart, longer)
            if any(start < windows[at][1] and windows[at][0] < end for start, end in self._gaps):
                factor = np.maximum(factor, 1.0)
            longer = factors[:, at] = factor
            uncertainty = variances[:, at] = figures.variance(of_all, uncertainty)
        factors[0], variances[0] = 1.0, 0.0
        return factors, variances

    def _window(self, asked: BucketWindow) -> tuple[_WindowVolume, Mask]:
        """Return the volume of one window, and the themes that rise or fall by themselves in it."""
        return self._windows[since_common(self._basis.launches, asked)]

    def _measure(self, asked: Sequence[BucketWindow]) -> None:
        """Measure the windows that are not known yet, all at once."""
        cut = (since_common(self._basis.launches, window) for window in asked)
        fresh = [window for window in dict.fromkeys(cut) if window not in self._windows]
        if not fresh:
            return
        figures = [self._figures(window) for window in fresh]
        seen, usual = np.stack([one.seen for one in figures]), np.stack([one.usual for one in figures])
        apart, _ = outliers(seen, usual, self._basis.baseline.dispersion)
        self._windows.update(zip(fresh, zip(figures, apart, strict=True), strict=True))

    def _figures(self, window: BucketWindow) -> _WindowVolume:
        seen = self._totals.counted(self._basis.counts.sums(*window)).astype(np.float64)
        return _WindowVolume.of(self._basis, window, seen, self._regular)


@dataclass(frozen=True, slots=True)
class _WindowVolume:
    """Seen and usual tickets of regular themes in one window, 0 for others, and the strength of what is known before.

    seen, usual, strength: shape (themes,). others: usual tickets of all other themes. uncertain: where the calendar's own
    uncertainty is the strength.
    """

    seen: Floats
    usual: Floats
    others: Floats
    strength: Floats
    uncertain: Mask

    @classmethod
    def of(cls, basis: ExpectationBasis, window: BucketWindow, seen: Floats, regular: Mask) -> Self:
        """Compare a window with what is usual of it on its day of the calendar."""
        lift, deviation = calendar_lift(basis.launches, window, basis.baseline)
        usual = basis.baseline.level * basis.baseline.hours_in([window])[:, 0] * lift
        strength = np.full(len(regular), basis.settings.exposure_strength)
        # A holiday's own uncertainty about the common volume is that of the prior: the other themes show how it is today.
        uncertain = deviation**2 * basis.settings.exposure_strength > 1.0
        strength[uncertain] = 1.0 / deviation[uncertain] ** 2
        usual = np.where(regular, usual, 0.0)
        # A sum less one of its terms is not below 0, except for rounding.
        others = np.maximum(usual.sum() - usual, 0.0)
        return cls(np.where(regular, seen, 0.0), usual, others, strength, uncertain)

    def factor(self, apart: Mask, longer: Floats) -> Floats:
        """Compute the ratio of the other themes, drawn to that of a longer window; `apart` themes count as the others."""
        seen = self.seen
        if apart.any():
            together = ~apart
            seen = np.where(apart, self.usual * _ratio(seen[together], self.usual[together]), seen)
        return np.asarray((seen.sum() - seen + self.strength * longer) / (self.others + self.strength))

    def variance(self, dispersion: float, longer: Floats) -> Floats:
        """Compute the relative variance of the ratio; `longer` is that of a longer window, and `dispersion` that of all tickets."""
        total = self.others + self.strength
        drawn = dispersion * self.others / total**2 + (self.strength / total) ** 2 * longer
        return np.where(self.uncertain, 1.0 / total, drawn)


def outliers(seen: Floats, usual: Floats, dispersion: Floats) -> tuple[Mask, Floats]:
    """Mark the themes that are far above or below the common volume of each window, and return the common factor of the others.

    The factor begins as a Huber estimate [1], in which a theme counts for no more than its deviation by chance, so that
    it holds while large themes are silent or many times as large. From there outlying themes are left out.

    Parameters
    ----------
    seen, usual: shape (windows, themes). dispersion: shape (themes,).

    Returns
    -------
    The marks, shape (windows, themes), and the factors, shape (windows,).

    References
    ----------
    [1] Huber 1964, Annals of Mathematical Statistics 35; solved by iteratively reweighted sums.
    """
    factor, apart = _ratios(seen, usual), np.zeros(seen.shape, dtype=bool)
    for _ in range(_HUBER_ROUNDS):
        middle = usual * factor[:, None]
        low, high = _bounds(middle, dispersion)
        away = np.where(
            seen > middle, (seen - middle) / (high - middle + 1e-12), (middle - seen) / (middle - low + 1e-12)
        )
        weights = 1.0 / np.maximum(away, 1.0)
        before, factor = factor, _ratios(weights * seen, weights * usual)
        if (factor == before).all():
            break
    for _ in range(_ROUNDS):
        low, high = _bounds(usual * factor[:, None], dispersion)
        apart = (seen > high) | (seen < low)
        before, factor = factor, _ratios(seen, usual)
        for at in np.flatnonzero(apart.any(axis=1)):
            factor[at] = _ratio(seen[at, ~apart[at]], usual[at, ~apart[at]])
        if (factor == before).all():
            break
    return apart, factor


def _bounds(mean: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Return the counts beyond which a theme is not as the others."""
    spread = OUTLYING * np.sqrt(dispersion * mean)
    return mean - spread, np.maximum(mean + spread, FEW_TICKETS)


def _ratio(seen: Floats, usual: Floats) -> float:
    """Return seen over usual tickets; 1 where none are usual."""
    return float(seen.sum() / usual.sum()) if usual.sum() > 0.0 else 1.0


def _ratios(seen: Floats, usual: Floats) -> Floats:
    """Compute `_ratio` of each row."""
    total = usual.sum(axis=1)
    known = total > 0.0
    return np.where(known, seen.sum(axis=1) / np.where(known, total, 1.0), 1.0)


def _mix(basis: ExpectationBasis, window: BucketWindow, regular: Mask, strength: float) -> Mix:
    """Count the tickets of regular themes by theme and segment."""
    row_segments, sums = basis.counts.index()[1], basis.counts.sums(*window)
    rows = np.flatnonzero(sums)
    at = basis.theme_positions()[rows]
    used = at >= 0
    used[used] = regular[at[used]]
    n_themes, n_segments = len(regular), len(basis.counts.segments)
    flat = at[used] * n_segments + row_segments[rows[used]]
    mix = np.bincount(flat, sums[rows[used]], n_themes * n_segments).astype(np.float64)
    mix = mix.reshape(n_themes, n_segments)
    everything = basis.counts.segment_id(EVERYTHING)
    totals: Floats = mix[:, everything].copy() if everything is not None else np.zeros(n_themes)
    return Mix(mix, totals, mix.sum(axis=0), float(totals.sum()), strength)
