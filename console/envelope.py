"""The sum of several hourly series, with their envelopes."""

from __future__ import annotations

from collections.abc import Iterable

from models.count_range import combine_ranges
from store.board import Band, Hour, HourlySeries


def total(parts: Iterable[HourlySeries]) -> HourlySeries:
    """Add up series hour by hour, bands included; an hour without any band has none."""
    by_hour: dict[int, list[Hour]] = {}
    for series in parts:
        for hour in series:
            by_hour.setdefault(hour.hour, []).append(hour)
    return tuple(_sum(by_hour[number]) for number in sorted(by_hour))


def _sum(hours: list[Hour]) -> Hour:
    # A band is that of the entire hour; the share of it that has passed is kept apart, in `Hour.share`.
    bands = [hour.band for hour in hours if hour.band is not None]
    combined = combine_ranges((band, 1.0) for band in bands)
    band = None if combined is None else Band(combined.mean, combined.low, combined.high, bands[0].launch_id)
    return Hour(hours[0].hour, sum(hour.observed for hour in hours), hours[0].share, band)
