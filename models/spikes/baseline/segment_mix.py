"""The mix of segments: how each segment's share of all tickets varies over the day."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.spikes.baseline.seasonal_profile import DAY, smooth

_HOUR_STRENGTH = 10.0
"""Tickets in an hour of the day that a segment's overall share counts as in its share at that hour."""


def hour_mix(
    cells: tuple[Ints, Ints, Ints], allowed: Mask, day_hours: Ints, n_segments: int, everything: int
) -> Floats:
    """Estimate each segment's share by hour of the day relative to its share at all hours, shape (segments, 24).

    Only hours since a segment's first ticket count, so that one that was rolled out yesterday at noon does not look
    like a segment of afternoons. Counts are integers; the ratio is shrunk to 1 and neighbouring hours are smoothed.

    Parameters
    ----------
    cells: segment number, column of the hour and tickets of each cell of all tickets.
    allowed, day_hours: shape (hours,): whether an hour counts, and its hour of the day.
    everything: number of the segment everything, -1 for none.
    """
    n_hours = len(day_hours)
    used = allowed[cells[1]]
    segments, columns, tickets = (each[used] for each in cells)
    seen = np.zeros((n_segments, DAY), dtype=np.int64)
    np.add.at(seen, (segments, day_hours[columns]), tickets)
    first = np.full(n_segments, n_hours, dtype=np.int64)
    np.minimum.at(first, segments, columns)
    by_hour = np.zeros((n_hours + 1, DAY), dtype=np.int64)
    total = segments == everything
    np.add.at(by_hour, (columns[total], day_hours[columns[total]]), tickets[total])
    since = np.cumsum(by_hour[::-1], axis=0)[::-1][first]
    share = seen.sum(axis=1, keepdims=True) / np.maximum(since.sum(axis=1, keepdims=True), 1)
    observed, expected = smooth(seen.astype(np.float64)), smooth(since * share)
    ratio: Floats = (observed + _HOUR_STRENGTH) / (expected + _HOUR_STRENGTH)
    return ratio
