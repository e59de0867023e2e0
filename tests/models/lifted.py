"""Counts of themes that a launch lifts, after four weeks of history."""

from collections.abc import Iterable, Mapping

import numpy as np

from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes import SeriesCounts, SeriesKey
from models.theme import ALL_TICKETS

MONDAY = 480_096
"""A Monday at 00:00 UTC, in hours since 1970: history begins."""
WEEKS = 4 * 168
"""Hours of history."""
BEGIN = (MONDAY + WEEKS) * BUCKETS_PER_HOUR
"""The launch's first bucket."""


def lifted(
    themes: Iterable[int], lifts: Mapping[int, float], *, rate: float, hours: int, seed: int = 3
) -> SeriesCounts:
    """Themes with `rate` tickets an hour, times their lift in the first hours of the launch."""
    counts, random = SeriesCounts(), np.random.default_rng(seed)
    for theme in themes:
        for hour in range(WEEKS + hours):
            mean = rate * (lifts.get(theme, 1.0) if hour >= WEEKS else 1.0)
            for bucket, n in enumerate(random.poisson(mean / BUCKETS_PER_HOUR, BUCKETS_PER_HOUR)):
                for of in (theme, ALL_TICKETS):
                    counts.add((MONDAY + hour) * BUCKETS_PER_HOUR + bucket, SeriesKey(of, EVERYTHING), int(n))
    return counts
