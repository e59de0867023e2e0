"""Fitting the baseline: everything that is learned from the hours before the guard gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.bucket import BUCKETS_PER_HOUR
from models.spikes.baseline.baseline import Baseline
from models.spikes.baseline.cold_start_prior import FIRST_HOURS, cold_start_prior
from models.spikes.baseline.dispersion import BLOCK, around, dispersion_of, left_by_profile
from models.spikes.baseline.history import History
from models.spikes.baseline.learnable_hours import is_shift, learnable_hours, shape_hours
from models.spikes.baseline.level import (
    WeightedHours,
    following_level,
    pool_rate,
    raise_known_issues,
    settled_level,
)  # fmt: skip
from models.spikes.baseline.seasonal_profile import (
    DAY,
    WEEK,
    fit_day,
    fit_nested_profile,
    fit_profile,
    hours_of_week,
    sum_by,
)
from models.spikes.baseline.segment_mix import hour_mix
from models.spikes.inputs import DetectionInputs
from models.spikes.settings import SpikeSettings
from models.spikes.statistics.outlying import anscombe, outlier_weights
from models.theme import ALL_TICKETS

_CAP_TICKETS = 5
"""A block with fewer tickets is never weighted down as too high, and one in which fewer are expected never as too low:
the residual is too coarse there."""
_DAY_STRENGTH = 10.0
_ROUNDS = 3
"""Rounds of capping: the first takes every theme for Poisson, and so caps too much."""


class _Levels(NamedTuple):
    """Levels of themes, settled and of the day before, with their relative variances, each of shape (themes,)."""

    level: Floats
    level_variance: Floats
    settled: Floats
    settled_variance: Floats
    day_before: Floats
    day_before_variance: Floats


def fit_baseline(inputs: DetectionInputs, settings: SpikeSettings) -> Baseline:
    """Learn the usual level, profile, dispersion and mix of every theme from the counts before the guard gap.

    The level is a weighted Gamma-Poisson rate: hours count half at `half_life_hours`, blocks far above expectation
    or below it are weighted down [1], hours of episodes and launches are left out, and the pool's rate counts as one ticket. The level
    of a theme in its first day comes from the first days of past themes (`cold_start_prior`). An episode longer than
    `shift_hours` is a new level: the time before it is left out instead. The time before the stream's first event, or
    before a theme's first ticket, is unknown.

    References
    ----------
    [1] Farrington et al. 1996, JRSS-A 159; Noufaily et al. 2013, Statistics in Medicine 32.
    """
    edge = inputs.end_bucket // BUCKETS_PER_HOUR - settings.guard_hours
    theme_ids = np.array([ALL_TICKETS, *sorted(one for one in inputs.themes if one != ALL_TICKETS)], dtype=np.int64)
    position = {int(theme): at for at, theme in enumerate(theme_ids)}
    history = History.of(inputs.counts, theme_ids, edge, settings.history_hours)
    hours = history.hours
    allowed = learnable_hours(hours, position, inputs, settings)
    shaping = shape_hours(allowed, hours, position, inputs, settings)
    profile, data = _weighted(history, allowed, shaping, edge, settings)
    squares = (data.weights**2 * data.totals).sum(axis=1)
    first = _first_hours(inputs, theme_ids, int(hours[0]) if len(hours) else edge)
    levels = _levels(data, hours, edge, first, settings)
    levels = _with_shifts(levels, data, hours, position, inputs, settings)
    sums, all_sums = history.weighted_sums(data.weights)
    day_hours = hours_of_week(hours, settings.timezone) % DAY
    now = edge + settings.guard_hours
    found = Baseline(
        theme_ids=theme_ids,
        dispersion=data.dispersion,
        profile=profile,
        theme_sums=data.tickets,
        sums=sums,
        all_sums=all_sums,
        # Decayed tickets carry more information than their sum shows: n_eff = (sum w)^2 / sum w^2.
        gain=np.where(squares > 0, data.tickets / np.maximum(squares, 1e-12), 1.0),
        hour_mix=hour_mix(history.cells_of_all(), allowed[0], day_hours, history.n_segments, history.everything),
        history_hours=len(hours),
        age_hours=now - np.maximum(first, first[0]),
        position=position,
        share_strength=settings.share_strength,
        timezone=settings.timezone,
        level=levels.level,
        level_variance=levels.level_variance,
        settled=levels.settled,
        settled_variance=levels.settled_variance,
        day_before=levels.day_before,
        day_before_variance=levels.day_before_variance,
    )
    raise_known_issues(found, inputs.counts, inputs.themes)
    return found


def _first_hours(inputs: DetectionInputs, theme_ids: Ints, start: int) -> Ints:
    """Return the hour of each theme's first ticket; that of all tickets is the first of the history."""
    first = [inputs.themes[int(theme)].first_seen // BUCKETS_PER_HOUR for theme in theme_ids[1:]]
    return np.array([start, *first], dtype=np.int64)


def _levels(data: WeightedHours, hours: Ints, edge: int, first: Ints, settings: SpikeSettings) -> _Levels:
    """Estimate the level, the settled level and that of the day before of each theme, and their relative variances.

    first: shape (themes,): hour of each theme's first ticket.
    """
    prior = pool_rate(data.tickets, data.exposure, settings)
    level, variance = following_level(data, edge - 1 - hours, prior, settings, guard=settings.guard_hours)
    before = following_level(data, edge - 1 - hours, prior, settings, guard=DAY)
    cold_start = cold_start_prior(data.totals[1:], data.usual[0], first[1:] - first[0]) if len(hours) else None
    young = first > edge + settings.guard_hours - FIRST_HOURS
    young[0] = False  # all tickets
    if cold_start is not None and young.any():
        level[young], variance[young] = cold_start.level(data.tickets[young], data.exposure[young])
    settled, settled_variance = settled_level(data, hours < edge + settings.guard_hours - WEEK, prior)
    return _Levels(level, variance, settled, settled_variance, *before)


def _with_shifts(
    levels: _Levels,
    data: WeightedHours,
    hours: Ints,
    position: Mapping[int, int],
    inputs: DetectionInputs,
    settings: SpikeSettings,
) -> _Levels:
    """Estimate the level of all tickets as if each theme had always had the level that was accepted for it.

    The hours before such a shift no longer count for its theme; in those of all tickets, the theme's tickets are
    replaced by what it has now. Otherwise its new volume would be found again as a rise of all tickets.
    """
    shifts = [one for one in inputs.episodes if one.theme_id != ALL_TICKETS and is_shift(one, settings)]
    starts = {theme: one.start // BUCKETS_PER_HOUR for one in shifts for theme in one.themes if theme in position}
    before = {position[theme]: hours < start for theme, start in starts.items()}
    if not any(one.any() for one in before.values()):
        return levels
    in_all = data.totals[0].copy()
    for at, old in sorted(before.items()):
        in_all[old] += levels.level[at] * data.usual[at, old] - data.totals[at, old]
    row = replace(
        data,
        totals=np.maximum(in_all, 0.0)[None],
        weights=data.weights[:1],
        usual=data.usual[:1],
        dispersion=data.dispersion[:1],
    )
    prior = pool_rate(data.tickets, data.exposure, settings)
    age = (hours[-1] - hours) if len(hours) else hours
    level, variance = following_level(row, age, prior, settings, guard=settings.guard_hours)
    return levels._replace(
        level=np.concatenate([level, levels.level[1:]]),
        level_variance=np.concatenate([variance, levels.level_variance[1:]]),
    )


def _weighted(
    history: History, allowed: Mask, shaping: Mask, edge: int, settings: SpikeSettings
) -> tuple[Floats, WeightedHours]:
    """Fit profiles, weights of the hours and dispersion, again and again with outlying blocks weighted down.

    shaping: hours from which a theme learns its profile alone, see `shape_hours`.
    """
    week_hours = hours_of_week(history.hours, settings.timezone)
    totals = history.totals(len(allowed))
    weights = allowed.astype(np.float64)
    usual = _profiles(totals, weights, week_hours, settings)[:, week_hours]
    blocks = np.arange(len(week_hours)) // BLOCK
    n_blocks = len(week_hours) // BLOCK + 1
    seen, exposure = sum_by(totals * weights, blocks, n_blocks), sum_by(usual * weights, blocks, n_blocks)
    dispersion, capped = np.ones(len(totals)), np.ones(seen.shape)
    high = local = uncertainty = capped
    for at in range(_ROUNDS):
        level = (capped * seen).sum(axis=1) / np.maximum((capped * exposure).sum(axis=1), 1e-9)
        mean = np.maximum(exposure * level[:, None], 1e-9)
        high = _high_capped(seen, mean, dispersion)
        capped = np.minimum(high, _low_capped(seen, local if at else mean, dispersion))
        local, uncertainty = around(seen, mean, capped, dispersion)
        uncertainty = uncertainty * left_by_profile(mean, settings)
        dispersion = dispersion_of(seen, local, uncertainty, capped)
        # What is unusual for all tickets must not hide in their own profile, as three holidays on one weekday would.
        of_all = _profile_of_all(totals, weights * capped[:, blocks], week_hours)[:, week_hours]
        exposure[0] = sum_by(of_all * weights[:1], blocks, n_blocks)
    # Days on which all tickets had more or less are no guide to the level, but they do happen: of the noise only blocks in which
    # a theme itself was high are left out.
    noise = dispersion_of(seen, local, uncertainty, high)
    weights *= capped[:, blocks]
    profile = _profiles(*_with_shape(totals, weights, usual, shaping), week_hours, settings)
    decay = 2.0 ** (-(edge - 1 - history.hours) / settings.half_life_hours)
    return profile, WeightedHours(totals, weights * decay, profile[:, week_hours], noise)


def _with_shape(totals: Floats, weights: Floats, usual: Floats, shaping: Mask) -> tuple[Floats, Floats]:
    """Add the hours of an earlier level at the present one, with as many tickets as there were: tickets and weights of hours."""
    totals, weights = totals.copy(), weights.copy()
    for at in np.flatnonzero(shaping.any(axis=1)):
        old, new = shaping[at], weights[at] > 0
        before = totals[at, old].sum() / max(float(usual[at, old].sum()), 1e-9)
        now = (weights[at] * totals[at])[new].sum() / max(float((weights[at] * usual[at])[new].sum()), 1e-9)
        if before > 0 and now > 0:
            totals[at, old] *= now / before
            weights[at, old] = before / now
    return totals, weights


def _high_capped(seen: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Compute the weights of blocks by how far they are above the level of the whole history; shape (themes, blocks)."""
    above = np.maximum(anscombe(seen, mean, dispersion[:, None]), 0.0)
    return np.where(seen >= _CAP_TICKETS, outlier_weights(above), 1.0)


def _low_capped(seen: Floats, local: Floats, dispersion: Floats) -> Floats:
    """Compute the weights of blocks by how far they are below the level of the days around them, `local`; shape (themes, blocks).

    A theme that has fallen to a lower level must be followed there, and a day on which it had less must not. A block that is
    unusual for all tickets, as on a holiday, is so for every theme, even where its few tickets do not show it.
    """
    around_it = anscombe(seen, local, dispersion[:, None])
    low = np.where(local >= _CAP_TICKETS, outlier_weights(np.minimum(around_it, 0.0)), 1.0)
    common = np.where(np.maximum(seen[0], local[0]) >= _CAP_TICKETS, outlier_weights(around_it[0]), 1.0)
    return np.minimum(low, common)


def _profiles(totals: Floats, weights: Floats, week_hours: Ints, settings: SpikeSettings) -> Floats:
    """Fit the profiles of all themes, each shrunk to that of all tickets, which is shrunk to one day's."""
    week = _profile_of_all(totals, weights, week_hours)
    if len(totals) == 1:
        return week
    parent = np.broadcast_to(week, (len(totals) - 1, WEEK))
    rest = fit_nested_profile(totals[1:], weights[1:], week_hours, parent, settings.profile_strength)
    return np.concatenate([week, rest])


def _profile_of_all(totals: Floats, weights: Floats, week_hours: Ints) -> Floats:
    """Fit the profile of all tickets, the first row; shape (1, 168)."""
    day = fit_day(totals[:1], weights[:1], week_hours, _DAY_STRENGTH)
    return fit_profile(totals[:1], weights[:1], week_hours, day, _DAY_STRENGTH)
