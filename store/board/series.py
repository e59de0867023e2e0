"""Hourly series of themes: tickets, and the band in which they were expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, func, literal_column, select

from models.bucket import BUCKETS_PER_HOUR
from models.count_range import combine_ranges
from store.board.now import Now
from store.records import chunks
from store.schema import bands, counts

HOUR_OF_BUCKET = (counts.c.bucket // literal_column(str(BUCKETS_PER_HOUR), Integer)).label("hour")


@dataclass(frozen=True, slots=True)
class Band:
    """Tickets expected in an hour, computed when it began; `launch_id` names the launch whose envelope it is."""

    mean: float
    low: float
    high: float
    launch_id: str | None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour, counted from 1970. `share` of it has passed (0 to 1).

    `band` is that of the complete hour, None where none was computed.
    """

    hour: int
    observed: int
    share: float
    band: Band | None


HourlySeries = tuple[Hour, ...]


def series_of(
    connection: Connection, now: Now, theme_ids: Collection[int], first: int, last: int
) -> dict[int, HourlySeries]:
    """Read a series per theme, hours `first` to `last`, both included; hours without tickets count 0."""
    return window_series(connection, now, theme_ids, range(first * BUCKETS_PER_HOUR, (last + 1) * BUCKETS_PER_HOUR))


def window_series(
    connection: Connection, now: Now, theme_ids: Collection[int], buckets: range
) -> dict[int, HourlySeries]:
    """Read a series per theme for a range of buckets: of the hours at its ends only the part inside counts.

    Hours without tickets count 0, and hours that have not begun are left out. The `share` of an hour is what of it is inside and has
    passed.
    """
    first, last = buckets.start // BUCKETS_PER_HOUR, min((buckets.stop - 1) // BUCKETS_PER_HOUR, now.hour)
    observed = _observed(connection, now, theme_ids, buckets)
    said = _bands(connection, theme_ids, first, last)
    passed = range(buckets.start, min(buckets.stop, now.bucket + 1))
    shares = [(hour, _share(hour, passed)) for hour in range(first, last + 1)]
    return {
        theme_id: tuple(
            Hour(hour, observed[theme_id].get(hour, 0), share, said[theme_id].get(hour)) for hour, share in shares
        )
        for theme_id in theme_ids
    }


def total_series(parts: Iterable[HourlySeries]) -> HourlySeries:
    """Add up series hour by hour, bands included; an hour without any band has none."""
    by_hour: dict[int, list[Hour]] = {}
    for series in parts:
        for hour in series:
            by_hour.setdefault(hour.hour, []).append(hour)
    return tuple(_sum(by_hour[number]) for number in sorted(by_hour))


def _sum(hours: list[Hour]) -> Hour:
    # A band is that of the entire hour; the share of it that has passed is kept apart, in `Hour.share`.
    known = [hour.band for hour in hours if hour.band is not None]
    combined = combine_ranges((band, 1.0) for band in known)
    band = None if combined is None else Band(combined.mean, combined.low, combined.high, known[0].launch_id)
    return Hour(hours[0].hour, sum(hour.observed for hour in hours), hours[0].share, band)


def window_totals(connection: Connection, now: Now, buckets: range) -> dict[int, int]:
    """Count the tickets of a range of buckets by theme, 0 for all tickets; themes without a ticket are left out."""
    query = (
        select(counts.c.theme_id, func.sum(counts.c.n))
        .where(counts.c.segment_id == now.segment_id, counts.c.bucket.between(buckets.start, buckets.stop - 1))
        .group_by(counts.c.theme_id)
    )
    return {theme_id: int(n) for theme_id, n in connection.execute(query) if n}


def _share(hour: int, passed: range) -> float:
    """Return how much of an hour is in a range of buckets, 0 to 1."""
    start = hour * BUCKETS_PER_HOUR
    inside = min(start + BUCKETS_PER_HOUR, passed.stop) - max(start, passed.start)
    return max(0, inside) / BUCKETS_PER_HOUR


def _observed(
    connection: Connection, now: Now, theme_ids: Collection[int], buckets: range
) -> Mapping[int, dict[int, int]]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, HOUR_OF_BUCKET, func.sum(counts.c.n))
            .where(
                counts.c.theme_id.in_(part),
                counts.c.segment_id == now.segment_id,
                counts.c.bucket.between(buckets.start, buckets.stop - 1),
            )
            .group_by(counts.c.theme_id, HOUR_OF_BUCKET)
        )
        for theme_id, hour, n in connection.execute(query):
            found[theme_id][hour] = int(n)
    return found


def _bands(connection: Connection, theme_ids: Collection[int], first: int, last: int) -> Mapping[int, dict[int, Band]]:
    found: defaultdict[int, dict[int, Band]] = defaultdict(dict)
    for part in chunks(theme_ids):
        columns = (bands.c.theme_id, bands.c.hour, bands.c.mean, bands.c.low, bands.c.high, bands.c.launch_id)
        query = select(*columns).where(bands.c.theme_id.in_(part), bands.c.hour.between(first, last))
        for theme_id, hour, mean, low, high, launch_id in connection.execute(query):
            found[theme_id][hour] = Band(mean, low, high, launch_id)
    return found
