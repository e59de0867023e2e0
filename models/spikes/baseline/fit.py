"""The baseline: what each series usually has, learned from counts outside episodes and launches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.cold_start_prior import FIRST_HOURS, cold_start_prior
from models.spikes.baseline.dispersion import BLOCK, DRIFT, around, dispersion_of, left_by_profile
from models.spikes.baseline.seasonal_profile import (
    DAY,
    WEEK,
    fit_day,
    fit_profile,
    fit_rhythm,
    hours_of_week,
    smooth,
    sum_by,
)
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import Episode, ThemeFacts
from models.spikes.launches.effect import LaunchEffect
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.settings import SpikeSettings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_CAP = 2.58
"""Anscombe residual above which a block is weighted down (Noufaily 2013)."""
_CAP_TICKETS = 5
"""Fewer tickets in a block are never weighted down: the residual is too coarse there."""
_PRIOR_TICKETS = 1.0
"""Tickets that the pool's rate counts for in a theme's level: a new theme may be anything, so it is weak."""
_SETTLED_WEEKS = 2.0
"""Weeks between the middle of what the settled level is learned from and that of what it is held against."""
_DAY_STRENGTH = 10.0
_ROUNDS = 3
"""Rounds of capping: the first takes every theme for Poisson, and so caps too much."""
_SHORTEST_HALF_LIFE = 48.0
"""Hours: a level that followed a day alone would take an odd weekday for a change."""
_PRIOR_IN_SEGMENT = 2.0
"""Tickets in a segment that the overall share is worth: where it is rare, having none says nothing."""
_HOUR_STRENGTH = 10.0
"""Tickets in an hour of the day that a segment's overall share counts for in its share at that hour."""
_LEAST_REST = 1e-3


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is usual, in tickets an hour, as of one hour.

    theme_ids: sorted, 0 (all tickets) first; the arrays below have one entry per theme.
    level, level_variance: mean rate an hour, and its relative variance.
    settled, settled_variance: the same, learned from what lies more than a week back: what a slow rise is held
    against.
    dispersion: variance over mean of the counts.
    profile: shape (themes, 168), mean 1.
    theme_sums, sums: weighted tickets of each theme, and of each row of the counts, by which a theme's mix of
    segments is known; all_sums: the same of all tickets, by segment number. gain: effective tickets for each
    weighted one.
    hour_mix: shape (segments, 24): share of all tickets by hour of the day, relative to the segment's usual
    share.
    history_hours: hours between the stream's first event and the guard gap.
    """

    theme_ids: Ints
    level: Floats
    level_variance: Floats
    settled: Floats
    settled_variance: Floats
    dispersion: Floats
    profile: Floats
    theme_sums: Floats
    sums: Floats
    all_sums: Floats
    gain: Floats
    hour_mix: Floats
    history_hours: int
    age_hours: Ints
    place: Mapping[int, int]
    share_strength: float
    timezone: str
    shares: dict[tuple[int, Segment], float] = field(default_factory=dict)

    def usual_share(self, segments: Ints) -> Floats:
        """Share of all tickets in each segment (by number); above 0 even where none was ever seen."""
        known = np.zeros(len(segments))
        inside = segments < len(self.all_sums)
        known[inside] = self.all_sums[segments[inside]]
        share: Floats = (known + 0.5) / (self.theme_sums[0] + 1.0)
        return share

    def share(self, rows: Ints, themes: Ints, segments: Ints, total: Mask) -> tuple[Floats, Floats]:
        """Share of a theme's tickets in each segment, shrunk to the overall mix, and its relative variance.

        The larger of two estimates. One takes the overall mix for `share_strength` tickets of the theme. The
        other takes the ratio to the overall share for a Gamma-Poisson rate around 1 that two tickets of the
        segment are worth: a theme that has none in a segment just rolled out is not known to avoid it.

        `rows`, `themes` (places), `segments` (numbers) and `total` (whether the segment is everything) have
        one entry per series.
        """
        seen = np.zeros(len(rows))
        inside = rows < len(self.sums)
        seen[inside] = self.sums[rows[inside]]
        strength = self.share_strength
        usual = self.usual_share(segments)
        seen = seen * self.gain[themes]
        whole = self.theme_sums[themes] * self.gain[themes]
        by_mix = (seen + strength * usual) / (whole + strength)
        by_ratio = (seen + _PRIOR_IN_SEGMENT) / (whole + _PRIOR_IN_SEGMENT / usual)
        share = np.maximum(by_mix, by_ratio)
        prior = np.where(by_ratio > by_mix, _PRIOR_IN_SEGMENT, strength * usual)
        # The overall mix is itself counted, so for all tickets there is nothing to shrink to.
        alone = themes == 0
        share[alone] = usual[alone]
        weight = np.where(alone, usual * (self.theme_sums[0] + 1.0), seen + prior)
        return np.where(total, 1.0, np.minimum(share, 1.0)), np.where(total, 0.0, 1.0 / weight)

    def hour_factor(self, segments: Ints, windows: Sequence[tuple[int, int]]) -> Floats:
        """Usual share of each segment at the hours of each window, relative to its share at all hours.

        Shape (segments, windows); 1 where a segment was never seen.
        """
        factor = np.ones((len(segments), len(windows)))
        inside = segments < len(self.hour_mix)
        if not windows or not inside.any():
            return factor
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
        factor[inside] = by_segment[segments[inside]]
        return factor

    def hours_in(self, windows: Sequence[tuple[int, int]]) -> Floats:
        """Usual hours' worth of each window of buckets [start, end), shape (themes, windows)."""
        if not windows:
            return np.zeros((len(self.theme_ids), 0))
        hours, overlap = _overlaps(windows)
        profile = self.profile[:, hours_of_week(hours, self.timezone)]
        # einsum without `optimize` stays clear of BLAS, whose sums depend on the number of threads.
        worth: Floats = np.einsum("th,hw->tw", profile, overlap)
        return worth


def _overlaps(windows: Sequence[tuple[int, int]]) -> tuple[Ints, Floats]:
    """Hours that windows of buckets touch, and the part of each hour in each window, shape (hours, windows)."""
    first = min(start for start, _ in windows) // BUCKETS_PER_HOUR
    last = max(end for _, end in windows) // BUCKETS_PER_HOUR + 1
    hours = np.arange(first, last + 1)
    edges = hours[:, None] * BUCKETS_PER_HOUR
    starts = np.array([start for start, _ in windows])
    ends = np.array([end for _, end in windows])
    overlap = np.clip(np.minimum(edges + BUCKETS_PER_HOUR, ends) - np.maximum(edges, starts), 0, None)
    return hours, overlap / BUCKETS_PER_HOUR


def adjusted_share(share: Floats, usual: Floats, factor: Floats) -> Floats:
    """Share of a theme in a segment when the overall share is `factor` times `usual`; arrays broadcast.

    Each ticket of the segment becomes `factor` times as likely and all others so much less, so that a theme
    that is wholly inside a segment stays there, and one with the usual share follows it.
    """
    moved = np.minimum(usual * factor, 1.0 - _LEAST_REST)
    rest = (1.0 - moved) / np.maximum(1.0 - usual, _LEAST_REST)
    inside = share * moved / usual
    adjusted: Floats = inside / np.maximum(inside + (1.0 - share) * rest, 1e-12)
    return adjusted


def fit_baseline(
    counts: SeriesCounts,
    end_bucket: int,
    themes: Mapping[int, ThemeFacts],
    episodes: Iterable[Episode],
    launches: Iterable[LaunchEffect],
    settings: SpikeSettings,
) -> Baseline:
    """Learn the usual level, profile, dispersion and mix of every theme from the counts before the guard gap.

    The level is a weighted Gamma-Poisson rate: hours count half at `half_life_hours`, blocks far above
    expectation are weighted down [1], hours of episodes and launches are left out, and the pool's rate stands
    for one ticket; a theme in its first day is known by the first days of past themes (`cold_start_prior`). An
    episode longer than `shift_hours` is a new level: what lies before it is left out instead. Time before the
    stream's first event, or before a theme's first ticket, says nothing.

    References
    ----------
    [1] Farrington et al. 1996, JRSS-A 159; Noufaily et al. 2013, Statistics in Medicine 32.
    """
    edge = end_bucket // BUCKETS_PER_HOUR - settings.guard_hours
    begin = counts.first_hour(edge - settings.history_hours, edge)
    start = edge if begin is None else begin
    theme_ids = np.array([ALL_TICKETS, *sorted(theme for theme in themes if theme != ALL_TICKETS)], dtype=np.int64)
    place = {int(theme): at for at, theme in enumerate(theme_ids)}
    hours = np.arange(start, edge)
    row_themes, row_segments = counts.index()
    theme_of_row = _places(row_themes, theme_ids)
    cells = counts.hourly(start, edge)
    kept = theme_of_row[cells.rows] >= 0
    rows, column, tickets = cells.rows[kept], cells.slots[kept] - start, cells.counts[kept].astype(np.float64)
    at = theme_of_row[rows]
    everything = counts.segment_id(EVERYTHING)
    totals = np.zeros((len(theme_ids), len(hours)))
    of_total = row_segments[rows] == (-1 if everything is None else everything)
    totals[at[of_total], column[of_total]] = tickets[of_total]
    allowed = _allowed(hours, place, themes, episodes, launches, settings)
    week_hours = hours_of_week(hours, settings.timezone)
    profile, weights, dispersion = _weights(totals, allowed, week_hours, settings)
    decay = 2.0 ** (-(edge - 1 - hours) / settings.half_life_hours)
    weights = weights * decay
    theme_sums = (weights * totals).sum(axis=1)
    squares = (weights**2 * totals).sum(axis=1)
    # Decayed tickets carry more information than their sum says: n_eff = (sum w)^2 / sum w^2.
    gain = np.where(squares > 0, theme_sums / np.maximum(squares, 1e-12), 1.0)
    usual = profile[:, week_hours]
    exposure = (weights * usual).sum(axis=1)
    prior = _pool_rate(theme_sums, exposure, settings)
    level, variance = _followed(
        totals, weights, usual, edge - 1 - hours, dispersion, theme_sums / np.maximum(exposure, 1e-9),
        prior, settings,
    )  # fmt: skip
    first = np.array([start, *(themes[int(t)].first_seen // BUCKETS_PER_HOUR for t in theme_ids[1:])], dtype=np.int64)
    newborn = cold_start_prior(totals[1:], profile[0, week_hours], first[1:] - start) if len(hours) else None
    young = (first > edge + settings.guard_hours - FIRST_HOURS) & (theme_ids != ALL_TICKETS)
    if newborn is not None and young.any():
        level[young], variance[young] = newborn.level(theme_sums[young], exposure[young])
    settled, settled_variance = _settled(
        totals, weights, usual, hours < edge + settings.guard_hours - WEEK, dispersion, prior
    )
    sums = np.bincount(rows, weights[at, column] * tickets, len(row_themes)).astype(np.float64)
    all_sums = np.zeros(len(counts.segments))
    of_all = row_themes == ALL_TICKETS
    all_sums[row_segments[of_all]] = sums[of_all]
    all_rows = row_themes[rows] == ALL_TICKETS
    hour_mix = _hour_mix(
        row_segments[rows[all_rows]], column[all_rows], cells.counts[kept][all_rows],
        allowed[0], week_hours % DAY, len(counts.segments), -1 if everything is None else everything,
    )  # fmt: skip
    found = Baseline(
        theme_ids,
        level,
        variance,
        settled,
        settled_variance,
        dispersion,
        profile,
        theme_sums,
        sums,
        all_sums,
        gain,
        hour_mix,
        len(hours),
        edge + settings.guard_hours - np.maximum(first, start),
        place,
        settings.share_strength,
        settings.timezone,
    )
    return _with_known_issues(found, counts, themes)


def _followed(
    totals: Floats,
    weights: Floats,
    usual: Floats,
    age: Ints,
    dispersion: Floats,
    rate: Floats,
    prior: float,
    settings: SpikeSettings,
) -> tuple[Floats, Floats]:
    """Level that follows the last days as fast as the theme's volume allows, and its relative variance.

    A level that drifts as a random walk is best followed with a weight that decays by root(drift / noise) an hour,
    the steady state of a Kalman filter, where noise is the relative variance of one hour's tickets: half-lives from
    two days (large themes) to `half_life_hours`, by which `weights` decay already.
    """
    drift = DRIFT / WEEK
    slowest = np.log(2.0) / settings.half_life_hours
    fastest = max(np.log(2.0) / _SHORTEST_HALF_LIFE, slowest)
    speed = np.clip(np.sqrt(drift * rate / dispersion), slowest, fastest)
    level, variance = _level(totals, weights * np.exp(-np.outer(speed - slowest, age)), usual, dispersion, prior)
    return level, variance + drift * (0.5 / speed + settings.guard_hours)


def _settled(
    totals: Floats, weights: Floats, usual: Floats, old: Mask, dispersion: Floats, prior: float
) -> tuple[Floats, Floats]:
    """Level and its relative variance from the `old` hours alone, with the drift since their middle."""
    level, variance = _level(totals, weights * old, usual, dispersion, prior)
    return level, variance + _SETTLED_WEEKS * DRIFT


def _level(totals: Floats, weights: Floats, usual: Floats, dispersion: Floats, prior: float) -> tuple[Floats, Floats]:
    """Level by weighted hours and its relative variance, were it the same in all of them."""
    told = weights * totals
    seen, squares = told.sum(axis=1), np.einsum("th,th->t", weights, told)
    gain = np.where(squares > 0, seen / np.maximum(squares, 1e-12), 1.0)
    level = (seen + _PRIOR_TICKETS) / ((weights * usual).sum(axis=1) + _PRIOR_TICKETS / prior)
    return level, dispersion / (gain * seen + _PRIOR_TICKETS)


def _places(row_themes: Ints, theme_ids: Ints) -> Ints:
    """Place of each row's theme among the sorted ids, -1 where it is not among them."""
    near = np.minimum(np.searchsorted(theme_ids, row_themes), len(theme_ids) - 1)
    return np.where(theme_ids[near] == row_themes, near, -1)


def _allowed(
    hours: Ints,
    place: Mapping[int, int],
    themes: Mapping[int, ThemeFacts],
    episodes: Iterable[Episode],
    launches: Iterable[LaunchEffect],
    settings: SpikeSettings,
) -> Mask:
    """Which hours each theme may learn from."""
    allowed = np.ones((len(place), len(hours)), dtype=bool)
    if len(hours) == 0:
        return allowed
    origin = int(hours[0])

    def span(start: int, end: int | None) -> slice:
        last = len(hours) if end is None else -(-end // BUCKETS_PER_HOUR) - origin
        return slice(max(0, start // BUCKETS_PER_HOUR - origin), max(0, last))

    for theme, facts in themes.items():
        if theme in place:
            allowed[place[theme], : max(0, facts.first_seen // BUCKETS_PER_HOUR - origin)] = False
    for launch in launches:
        during = span(*launch.reach)
        named = place.values() if launch.lift_all is not None or launch.common else _named(launch, place)
        for at in {0, *named}:
            allowed[at, during] = False
    for episode in episodes:
        if episode.theme_id not in place or _is_segment_missing(episode):
            continue
        at = place[episode.theme_id]
        if episode.end is not None and is_shift(episode, settings):
            allowed[at, : max(0, episode.start // BUCKETS_PER_HOUR - origin)] = False
        else:
            allowed[at, span(episode.start, episode.end)] = False
    return allowed


def _named(launch: LaunchEffect, place: Mapping[int, int]) -> list[int]:
    return [place[theme] for group in launch.expected for theme in sorted(group.theme_ids) if theme in place]


def _is_segment_missing(episode: Episode) -> bool:
    """A segment of all tickets that fell silent says nothing about all the others."""
    return episode.signal == "missing_volume" and episode.theme_id == ALL_TICKETS


def is_shift(episode: Episode, settings: SpikeSettings) -> bool:
    """Tell whether a closed episode lasted so long that it has become the theme's level."""
    return episode.end is not None and episode.end - episode.start >= settings.shift_hours * BUCKETS_PER_HOUR


def _weights(totals: Floats, allowed: Mask, week_hours: Ints, settings: SpikeSettings) -> tuple[Floats, Floats, Floats]:
    """Profiles, weights of the hours and dispersion, fitted again with outlying blocks weighted down."""
    weights = allowed.astype(np.float64)
    usual = _profiles(totals, weights, week_hours, settings)[:, week_hours]
    blocks = np.arange(len(week_hours)) // BLOCK
    n_blocks = len(week_hours) // BLOCK + 1
    seen, exposure = sum_by(totals * weights, blocks, n_blocks), sum_by(usual * weights, blocks, n_blocks)
    dispersion, capped = np.ones(len(totals)), np.ones(seen.shape)
    for _ in range(_ROUNDS):
        level = (capped * seen).sum(axis=1) / np.maximum((capped * exposure).sum(axis=1), 1e-9)
        mean = np.maximum(exposure * level[:, None], 1e-9)
        residual = 1.5 * (seen ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean)) / np.sqrt(dispersion)[:, None]
        capped = np.where(seen >= _CAP_TICKETS, np.minimum(1.0, (_CAP / np.maximum(residual, _CAP)) ** 2), 1.0)
        local, doubt = around(seen, mean, capped, dispersion)
        dispersion = dispersion_of(seen, local, doubt * left_by_profile(mean, settings), capped)
    weights *= capped[:, blocks]
    return _profiles(totals, weights, week_hours, settings), weights, dispersion


def _profiles(totals: Floats, weights: Floats, week_hours: Ints, settings: SpikeSettings) -> Floats:
    """Profiles of all themes, each shrunk to that of all tickets, which is shrunk to one day's."""
    everything = slice(0, 1)
    day = fit_day(totals[everything], weights[everything], week_hours, _DAY_STRENGTH)
    week = fit_profile(totals[everything], weights[everything], week_hours, day, _DAY_STRENGTH)
    if len(totals) == 1:
        return week
    parent = np.broadcast_to(week, (len(totals) - 1, WEEK))
    rest = fit_rhythm(totals[1:], weights[1:], week_hours, parent, settings.profile_strength)
    return np.concatenate([week, rest])


def _hour_mix(
    segments: Ints, columns: Ints, tickets: Ints, allowed: Mask, day_hours: Ints, n_segments: int, everything: int
) -> Floats:
    """Share of each segment by hour of the day relative to its share at all hours, shape (segments, 24).

    Only hours since a segment's first ticket count, so that one rolled out yesterday at noon is not taken for
    one of afternoons. Counts are whole numbers; the ratio is shrunk to 1 and neighbouring hours are smoothed.
    """
    n_hours = len(day_hours)
    used = allowed[columns]
    segments, columns, tickets = segments[used], columns[used], tickets[used]
    seen = np.zeros((n_segments, DAY), dtype=np.int64)
    np.add.at(seen, (segments, day_hours[columns]), tickets)
    first = np.full(n_segments, n_hours, dtype=np.int64)
    np.minimum.at(first, segments, columns)
    by_hour = np.zeros((n_hours + 1, DAY), dtype=np.int64)
    whole = segments == everything
    np.add.at(by_hour, (columns[whole], day_hours[columns[whole]]), tickets[whole])
    since = np.cumsum(by_hour[::-1], axis=0)[::-1][first]
    share = seen.sum(axis=1, keepdims=True) / np.maximum(since.sum(axis=1, keepdims=True), 1)
    observed, expected = smooth(seen.astype(np.float64)), smooth(since * share)
    ratio: Floats = (observed + _HOUR_STRENGTH) / (expected + _HOUR_STRENGTH)
    return ratio


def _pool_rate(theme_sums: Floats, exposure: Floats, settings: SpikeSettings) -> float:
    """Tickets an hour at the upper quartile of themes: a theme without history likely stays under."""
    known = exposure[1:] > min(24.0, settings.warmup_hours)
    if not known.any():
        return max(float(theme_sums[0] / max(exposure[0], 1e-9)) / 20.0, 1e-3)
    return max(float(np.quantile(theme_sums[1:][known] / exposure[1:][known], 0.75)), 1e-3)


def _with_known_issues(found: Baseline, counts: SeriesCounts, themes: Mapping[int, ThemeFacts]) -> Baseline:
    """Raise the level of known issues to what they had in the day before they were flagged."""
    for theme in sorted(themes):
        since = themes[theme].known_issue_since
        if since is None or theme not in found.place:
            continue
        at = found.place[theme]
        window = (since - 24 * BUCKETS_PER_HOUR, since)
        hours = float(found.hours_in([window])[at, 0])
        tickets = known_issue_tickets(counts, theme, since)
        rate = (tickets + _PRIOR_TICKETS) / (hours + _PRIOR_TICKETS / float(found.level[at]))
        if rate > found.level[at]:
            found.level[at] = rate
            found.level_variance[at] = found.dispersion[at] / (tickets + _PRIOR_TICKETS) + 0.25**2
    return found


def known_issue_tickets(counts: SeriesCounts, theme: int, since: int) -> int:
    """Tickets of a theme in the day before it was flagged, by the hour so that they outlast buckets."""
    row = counts.row(SeriesKey(theme, EVERYTHING))
    if row is None:
        return 0
    last = since // BUCKETS_PER_HOUR
    cells = counts.hourly(last - 24, last)
    return int(cells.counts[cells.rows == row].sum())
