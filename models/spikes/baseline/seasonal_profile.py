"""The hour-of-week profile: the distribution of a usual week's volume over its 168 hours."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from models.arrays import Floats, Ints

WEEK = 168
DAY = 24
_MOST_RUNS = 64
"""Number of runs of increasing groups up to which each run is added at once; above, columns are sorted by group."""
_HALF_HOUR = 1800
_MONDAY = 72
"""Hour 0 is 1970-01-01T00:00Z, a Thursday: 72 hours into the week."""


def hours_of_week(hours: Ints, timezone: str = "UTC") -> Ints:
    """Return the hour of the local week, 0 (Monday 00:00) to 167, of hours counted from 1970-01-01T00:00Z.

    The hours are those of UTC. Where the offset of the zone is no whole number of hours (India is +05:30, Nepal +05:45), an hour covers
    the end of one local hour and the start of the next: it counts as the local hour at its middle, which contains most of it. Hours
    that count as the same local hour are then a week apart to the minute, except across a change of clocks by half an hour.
    """
    if timezone == "UTC":
        return (hours + _MONDAY) % WEEK
    zone = ZoneInfo(timezone)
    offsets = [_offset_hours(int(hour), zone) for hour in hours]
    return (hours + np.array(offsets, dtype=np.int64) + _MONDAY) % WEEK


def _offset_hours(hour: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(hour * 3600 + _HALF_HOUR, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else int((offset.total_seconds() + _HALF_HOUR) // 3600)


def sum_by(values: Floats, group: Ints, groups: int) -> Floats:
    """Sum the columns of `values`, shape (n, hours), by group: shape (n, groups)."""
    out = np.zeros((values.shape[0], groups))
    if values.shape[1] == 0:
        return out
    edges = np.flatnonzero(np.diff(group) <= 0) + 1
    if len(edges) <= _MOST_RUNS:
        # Within a run, such as a week's hours, no group occurs twice, so the run is added at once.
        for first, last in zip([0, *edges], [*edges, len(group)], strict=True):
            out[:, group[first:last]] += values[:, first:last]
        return out
    rising = bool(np.all(np.diff(group) >= 0))
    order = np.arange(len(group)) if rising else np.argsort(group, kind="stable")
    present, starts = np.unique(group[order], return_index=True)
    out[:, present] = np.add.reduceat(values if rising else values[:, order], starts, axis=1)
    return out


def fit_profile(counts: Floats, weights: Floats, week_hours: Ints, parent: Floats, strength: float) -> Floats:
    """Fit the hour-of-week profile of each row, shrunk to its parent's.

    The ratio of seen to expected tickets in an hour of the week has a Gamma prior around 1 that counts as `strength`
    tickets; neighbouring hours are smoothed, since the volume of a support queue has no sharp edges.

    Parameters
    ----------
    counts, weights: shape (n, hours): tickets and the weight of each hour, 0 where an hour is left out.
    week_hours: shape (hours,): hour of the week of each column.
    parent: shape (n, 168), mean 1.
    strength: above 0; with a larger one the profile is closer to the parent.

    Returns
    -------
    shape (n, 168), each row with mean 1.
    """
    return _step(*_folded(counts, weights, week_hours), parent, np.arange(WEEK), strength)


def fit_nested_profile(counts: Floats, weights: Floats, week_hours: Ints, parent: Floats, strength: float) -> Floats:
    """Fit the profile of each row, shrunk to its parent's in three steps: hour of the day, weekday, hour of the week.

    Eight weeks of a small theme carry little information on each of 168 hours, and much more on 24 hours of the day
    and seven weekdays. So a theme gets a daily profile of its own long before a weekly one. Arguments and result are
    as for `fit_profile`; `strength` applies to an hour of the day, twice that to a weekday, and five times that to an
    hour of the week.
    """
    hours = np.arange(WEEK)
    seen, usual = _folded(counts, weights, week_hours)
    by_day = _step(seen, usual, parent, hours % DAY, strength)
    by_weekday = _step(seen, usual, by_day, hours // DAY, 2.0 * strength)
    return _step(seen, usual, by_weekday, hours, 5.0 * strength)


def _folded(counts: Floats, weights: Floats, week_hours: Ints) -> tuple[Floats, Floats]:
    """Add up weighted tickets, and weights, by hour of the week: all that a profile depends on; shape (n, 168) each."""
    return sum_by(counts * weights, week_hours, WEEK), sum_by(weights, week_hours, WEEK)


def _step(seen: Floats, hours: Floats, parent: Floats, group: Ints, strength: float) -> Floats:
    """Multiply the parent's profile by a factor for each group of hours; hours of the day and week are smoothed."""
    groups = int(group.max()) + 1
    exposure = hours * parent
    tickets, mass = seen.sum(axis=1, keepdims=True), exposure.sum(axis=1, keepdims=True)
    level = np.where(mass > 0, tickets / np.maximum(mass, 1e-12), 0.0)
    observed = sum_by(seen, group, groups)
    expected = sum_by(exposure, group, groups) * level
    if groups >= DAY:
        observed, expected = smooth(observed), smooth(expected)
    profile = parent * ((observed + strength) / (expected + strength))[:, group]
    return np.asarray(profile / profile.mean(axis=1, keepdims=True))


def fit_day(counts: Floats, weights: Floats, week_hours: Ints, strength: float) -> Floats:
    """Fit the profile of the hour of the day, the same on all days: the parent of the hour-of-week profile."""
    seen, weighted = _folded(counts, weights, week_hours)
    day_hours = np.arange(WEEK) % DAY
    observed = smooth(sum_by(seen, day_hours, DAY))
    hours = smooth(sum_by(weighted, day_hours, DAY))
    total = hours.sum(axis=1, keepdims=True)
    level = np.where(total > 0, observed.sum(axis=1, keepdims=True) / np.maximum(total, 1e-12), 0.0)
    profile = (observed + strength) / (hours * level + strength)
    return np.tile(profile / profile.mean(axis=1, keepdims=True), (1, WEEK // DAY))


def smooth(values: Floats) -> Floats:
    """Smooth each row over neighbouring columns; the last column is a neighbour of the first."""
    return 0.5 * values + 0.25 * (np.roll(values, 1, axis=1) + np.roll(values, -1, axis=1))
