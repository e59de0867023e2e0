"""The baseline: the usual level, profile, dispersion and mix of every theme, as of one hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_HOUR
from models.segment import Segment
from models.spikes.baseline.seasonal_profile import DAY, hours_of_week

_PRIOR_IN_SEGMENT = 2.0
"""Tickets in a segment that the overall share is worth: where the segment is rare, having none is no evidence."""
_MIN_REST = 1e-3
_FEW_HOURS = 10
_KEPT = 256
"""Windows of which figures are kept between epochs: those of the tests and of some dozen episodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What is usual, in tickets an hour, as of one hour.

    theme_ids: sorted, 0 (all tickets) first; the arrays below have one entry per theme.
    level, level_variance: mean rate an hour, and its relative variance.
    settled, settled_variance: the same, learned from hours more than a week back; slow rises are compared with it.
    day_before, day_before_variance: the same, learned from hours more than a day back; windows of up to a day are compared with
    it, since a small theme's rise would hide itself in hours that it has learned already.
    dispersion: variance over mean of the counts.
    profile: shape (themes, 168), mean 1.
    theme_sums, sums: weighted tickets of each theme, and of each row of the counts, from which a theme's mix of
    segments is estimated; all_sums: the same of all tickets, by segment number. gain: effective tickets for each
    weighted one.
    hour_mix: shape (segments, 24): share of all tickets by hour of the day, relative to the segment's usual share.
    history_hours: hours between the stream's first event and the guard gap.
    age_hours: hours since each theme's first ticket.
    position: position of each theme in the arrays.
    left_out: buckets without any usual volume, because their tickets are not read either.
    shares, hours, hour_factors: what `share_of`, `hours_in` and `hour_factor` computed so far, the latter by windows. total_rows: the
    rows of totals, by the number of rows that the counts had then.
    """

    theme_ids: Ints
    level: Floats
    level_variance: Floats
    settled: Floats
    settled_variance: Floats
    day_before: Floats
    day_before_variance: Floats
    dispersion: Floats
    profile: Floats
    theme_sums: Floats
    sums: Floats
    all_sums: Floats
    gain: Floats
    hour_mix: Floats
    history_hours: int
    age_hours: Ints
    position: Mapping[int, int]
    share_strength: float
    timezone: str
    shares: dict[tuple[int, Segment], float] = field(default_factory=dict)
    hours: dict[tuple[BucketWindow, ...], Floats] = field(default_factory=dict)
    hour_factors: dict[tuple[BucketWindow, ...], Floats] = field(default_factory=dict)
    total_rows: dict[int, Ints] = field(default_factory=dict)
    left_out: tuple[BucketWindow, ...] = ()

    def usual_share(self, segments: Ints) -> Floats:
        """Estimate the share of all tickets in each segment (by number); above 0 even where none was ever seen."""
        known = np.zeros(len(segments))
        inside = segments < len(self.all_sums)
        known[inside] = self.all_sums[segments[inside]]
        share: Floats = (known + 0.5) / (self.theme_sums[0] + 1.0)
        return share

    def share(self, rows: Ints, themes: Ints, segments: Ints, total: Mask) -> tuple[Floats, Floats]:
        """Estimate the share of a theme's tickets in each segment, shrunk to the overall mix, and its relative variance.

        The larger of two estimates. In one the overall mix counts as `share_strength` tickets of the theme. In the
        other the ratio to the overall share is a Gamma-Poisson rate around 1 that is worth two tickets of the
        segment: a theme without tickets in a segment that was just rolled out is not known to avoid it.

        `rows`, `themes` (positions), `segments` (numbers) and `total` (whether the segment is everything) have one
        entry per series.
        """
        seen = np.zeros(len(rows))
        inside = rows < len(self.sums)
        seen[inside] = self.sums[rows[inside]]
        strength = self.share_strength
        usual = self.usual_share(segments)
        seen = seen * self.gain[themes]
        in_all = self.theme_sums[themes] * self.gain[themes]
        by_mix = (seen + strength * usual) / (in_all + strength)
        by_ratio = (seen + _PRIOR_IN_SEGMENT) / (in_all + _PRIOR_IN_SEGMENT / usual)
        share = np.maximum(by_mix, by_ratio)
        prior = np.where(by_ratio > by_mix, _PRIOR_IN_SEGMENT, strength * usual)
        # The overall mix is itself counted, so for all tickets there is nothing to shrink to.
        all_tickets = themes == 0
        share[all_tickets] = usual[all_tickets]
        weight = np.where(all_tickets, usual * (self.theme_sums[0] + 1.0), seen + prior)
        return np.where(total, 1.0, np.minimum(share, 1.0)), np.where(total, 0.0, 1.0 / weight)

    def hour_factor(self, segments: Ints, windows: Sequence[BucketWindow]) -> Floats:
        """Estimate the share of each segment at the hours of each window, relative to its share at all hours.

        Shape (segments, windows); 1 where a segment was never seen.
        """
        factor = np.ones((len(segments), len(windows)))
        inside = segments < len(self.hour_mix)
        if not windows or not inside.any():
            return factor
        key = tuple(windows)
        if key not in self.hour_factors:
            _make_room(self.hour_factors)
            self.hour_factors[key] = self._hour_factors(windows)
        factor[inside] = self.hour_factors[key][segments[inside]]
        return factor

    def _hour_factors(self, windows: Sequence[BucketWindow]) -> Floats:
        """Estimate `hour_factor` of all segments that were learned."""
        hours, overlap = _overlaps(windows)
        busy = self.profile[0, hours_of_week(hours, self.timezone)]
        weight = busy[:, None] * (overlap + 1e-9)
        by_hour = np.zeros((DAY, len(windows)))
        np.add.at(by_hour, hours_of_week(hours, self.timezone) % DAY, weight)
        by_hour /= by_hour.sum(axis=0)
        # One hour after the other: the sum does not depend on how many segments there are.
        by_segment = np.zeros((len(self.hour_mix), len(windows)))
        for hour in range(DAY):
            by_segment += self.hour_mix[:, hour, None] * by_hour[hour]
        # A segment without tickets in what was learned has a mix of ones, which the sums above turn into almost 1. Whether such a
        # segment is known at all depends on what was counted since the last restart, so it gets exactly 1 either way.
        by_segment[(self.hour_mix == 1.0).all(axis=1)] = 1.0
        return by_segment

    def hours_in(self, windows: Sequence[BucketWindow]) -> Floats:
        """Convert each window of buckets [start, end) to usual hours, a read-only array of shape (themes, windows)."""
        if not windows:
            return np.zeros((len(self.theme_ids), 0))
        key = tuple(windows)
        if key not in self.hours:
            hours, overlap = _overlaps(windows)
            for first, last in self.left_out:
                inside = [(max(start, first), max(min(end, last), start, first)) for start, end in windows]
                overlap = overlap - _overlap(hours, inside)
            profile = self.profile[:, hours_of_week(hours, self.timezone)]
            # einsum without `optimize` does not use BLAS, whose sums depend on the number of threads.
            usual: Floats = np.einsum("th,hw->tw", profile, overlap)
            usual.flags.writeable = False
            _make_room(self.hours)
            self.hours[key] = usual
        return self.hours[key]


def _make_room(kept: dict[tuple[BucketWindow, ...], Floats]) -> None:
    if len(kept) >= _KEPT:
        kept.clear()


def _overlaps(windows: Sequence[BucketWindow]) -> tuple[Ints, Floats]:
    """Return the hours that windows of buckets touch, and the share of each hour in each window, (hours, windows)."""
    first = min(start for start, _ in windows) // BUCKETS_PER_HOUR
    last = max(end for _, end in windows) // BUCKETS_PER_HOUR + 1
    hours = np.arange(first, last + 1)
    return hours, _overlap(hours, windows)


def _overlap(hours: Ints, windows: Sequence[BucketWindow]) -> Floats:
    """Return the share of each hour in each window, shape (hours, windows)."""
    if len(windows) == 1 and len(hours) <= _FEW_HOURS:
        # By hand: a short window is converted in each epoch, and numpy takes longer for its few hours.
        start, end = windows[0]
        firsts = [hour * BUCKETS_PER_HOUR for hour in hours.tolist()]
        share = [max(min(edge + BUCKETS_PER_HOUR, end) - max(edge, start), 0) for edge in firsts]
        return np.array(share, dtype=np.float64).reshape(-1, 1) / BUCKETS_PER_HOUR
    edges = hours[:, None] * BUCKETS_PER_HOUR
    starts = np.array([start for start, _ in windows])
    ends = np.array([end for _, end in windows])
    overlap = np.clip(np.minimum(edges + BUCKETS_PER_HOUR, ends) - np.maximum(edges, starts), 0, None)
    return np.asarray(overlap / BUCKETS_PER_HOUR)


def adjusted_share(share: Floats, usual: Floats, factor: Floats) -> Floats:
    """Adjust the share of a theme in a segment whose overall share is `factor` times `usual`; arrays broadcast.

    Each ticket of the segment becomes `factor` times as likely and all others correspondingly less, so that a theme
    entirely inside a segment stays there, and one with the usual share follows it.
    """
    moved = np.minimum(usual * factor, 1.0 - _MIN_REST)
    rest = (1.0 - moved) / np.maximum(1.0 - usual, _MIN_REST)
    inside = share * moved / usual
    adjusted: Floats = inside / np.maximum(inside + (1.0 - share) * rest, 1e-12)
    return adjusted
