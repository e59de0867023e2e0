"""Arrivals: when tickets come in a week in which nothing happens, and in a burst."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from groundswell.demo.issue import Issue

# Relative volume of each hour of the day (UTC) and each weekday from Monday, for private users, then for companies.
LEISURE_HOURS = (
    46,
    34,
    27,
    23,
    22,
    24,
    32,
    42,
    54,
    66,
    76,
    82,
    88,
    92,
    96,
    102,
    112,
    124,
    136,
    142,
    138,
    122,
    96,
    68,
)
LEISURE_DAYS = (0.96, 0.95, 0.97, 1.0, 1.06, 1.1, 1.02)
OFFICE_HOURS = (
    8,
    6,
    6,
    8,
    14,
    26,
    50,
    90,
    130,
    150,
    152,
    140,
    128,
    140,
    150,
    142,
    120,
    88,
    56,
    38,
    28,
    20,
    14,
    10,
)
OFFICE_DAYS = (1.25, 1.2, 1.18, 1.12, 1.05, 0.65, 0.55)
OFFICE_USERS = ("merchant", "advertiser")


def hourly_share(issue: Issue, hour: datetime) -> float:
    """Return the hour's volume as a share of the issue's average day; a week's shares sum to about 7."""
    if issue.user_type in OFFICE_USERS:
        return OFFICE_DAYS[hour.weekday()] * OFFICE_HOURS[hour.hour] / sum(OFFICE_HOURS)
    return LEISURE_DAYS[hour.weekday()] * LEISURE_HOURS[hour.hour] / sum(LEISURE_HOURS)


def usual_volume(issue: Issue, per_day: float, start: datetime, end: datetime) -> float:
    """Return the mean number of tickets in [start, end), both on the hour, at `per_day` on an average day."""
    return sum(per_day * hourly_share(issue, hour) for hour in _hours(start, end))


def usual_times(
    generator: np.random.Generator, issue: Issue, per_day: float, start: datetime, end: datetime
) -> list[datetime]:
    """Draw the times of a Poisson process with the issue's profile, in [start, end), both on the hour."""
    times = []
    for hour in _hours(start, end):
        count = generator.poisson(per_day * hourly_share(issue, hour))
        times += [hour + timedelta(milliseconds=int(share * 3_600_000)) for share in generator.random(count)]
    return times


def burst_times(generator: np.random.Generator, count: int, start: datetime, end: datetime) -> list[datetime]:
    """Draw `count` times in [start, end): rising fast to a peak after a third, then falling."""
    shares: NDArray[np.float64] = generator.triangular(0.0, 0.3, 1.0, count)
    length = (end - start).total_seconds() * 1000
    return [start + timedelta(milliseconds=int(share * (length - 1))) for share in shares]


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(hours=1)
