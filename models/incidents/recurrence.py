"""Recurrence: how often an incident came, and whether it comes at regular times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from models.formats import counted

FEWEST = 3
"""Bursts that a period takes: two have one gap, which says nothing."""
DEVIATION = 0.1
"""Share of the period by which a gap may differ from it."""
LEAST_DEVIATION = timedelta(minutes=10)
"""An onset is known to two buckets."""
SHORTEST_PERIOD = timedelta(minutes=30)


def period_of(onsets: Sequence[datetime]) -> timedelta | None:
    """Return the period of bursts by their onsets, ascending; None where they are too few, or come irregularly.

    Every gap between two bursts must be the median gap within 10 %, or within ten minutes where that is more.
    """
    if len(onsets) < FEWEST:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(onsets)]
    middle = median(gaps)
    allowed = max(DEVIATION * middle, LEAST_DEVIATION.total_seconds())
    if middle < SHORTEST_PERIOD.total_seconds() or any(abs(gap - middle) > allowed for gap in gaps):
        return None
    return timedelta(seconds=middle)


def period_text(period: timedelta) -> str:
    """Write a period: `every 8 h`, `every 2 days`, `every 45 min`, rounded to a tenth of it or finer."""
    minutes = period.total_seconds() / 60
    if minutes < 90:
        return f"every {5 * round(minutes / 5)} min"
    hours = minutes / 60
    if hours >= 23 and abs(hours / 24 - round(hours / 24)) < 0.05:
        days = round(hours / 24)
        return "every day" if days == 1 else f"every {counted(days, 'day')}"
    whole = round(hours)
    return f"every {whole} h" if abs(hours - whole) < 0.1 or hours >= 10 else f"every {hours:.1f} h"


def ordinal(number: int) -> str:
    """Write a position in English: `2nd`, `3rd`, `11th`."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
