"""Counts per bucket, theme and segment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Select, delete, func, select

from models.bucket import BUCKETS_PER_DAY
from models.segment import Segment
from store.records import chunks
from store.schema import assignments, counts, segments, tickets
from store.upsert import add_to, insert_new

if TYPE_CHECKING:
    from models.arrays import Ints


def read_segments(connection: Connection) -> dict[str, int]:
    """Read the ids of the segments that have been counted, by key."""
    return {
        key: number for number, key in connection.execute(select(segments.c.id, segments.c.key).order_by(segments.c.id))
    }


def write_segments(connection: Connection, fresh: Mapping[str, int]) -> None:
    """Store new segments."""
    insert_new(connection, segments, [{"id": number, "key": key} for key, number in fresh.items()])


def add_counts(connection: Connection, deltas: Sequence[tuple[int, int, int, int]]) -> None:
    """Add (theme, segment id, bucket, n); n may be negative."""
    rows = [
        {"theme_id": theme, "segment_id": segment, "bucket": bucket, "n": n}
        for theme, segment, bucket, n in deltas
        if n
    ]
    add_to(connection, counts, rows, ["theme_id", "segment_id", "bucket"], "n")


def drop_counts(connection: Connection, theme_id: int) -> None:
    """Delete the counts of a theme whose tickets all went to another."""
    connection.execute(delete(counts).where(counts.c.theme_id == theme_id))


def read_counts(
    connection: Connection, from_bucket: int, themes: Collection[int] | None = None
) -> Iterator[tuple[int, int, str, int]]:
    """Read counts from a bucket on, as (bucket, theme, segment key, n), in a fixed order; of all themes, or of some."""
    keys = {number: key for key, number in read_segments(connection).items()}
    query = (
        select(counts.c.bucket, counts.c.theme_id, counts.c.segment_id, counts.c.n)
        .where(counts.c.bucket >= from_bucket, counts.c.n != 0)
        .order_by(counts.c.bucket, counts.c.theme_id, counts.c.segment_id)
    )
    parts = [query] if themes is None else [query.where(counts.c.theme_id.in_(part)) for part in chunks(sorted(themes))]
    for one in parts:
        for bucket, theme, segment, n in connection.execute(one):
            yield bucket, theme, keys[segment], n


def read_cells(
    connection: Connection, start: int | None = None, end: int | None = None, segment_id: int | None = None
) -> Iterator[tuple[int, int, int, int]]:
    """Read counts of the buckets in [start, end), of all segments or of one, as (theme, segment id, bucket, n), in a fixed order."""
    for row in connection.execute(_cells(start, end, segment_id)):
        yield row[0], row[1], row[2], row[3]


def read_cell_array(
    connection: Connection, start: int | None = None, end: int | None = None, segment_id: int | None = None
) -> Ints:
    """Read what `read_cells` yields into an array of shape (n, 4)."""
    import numpy as np

    found = connection.execute(_cells(start, end, segment_id))
    # The driver's own tuples: a row of SQLAlchemy for each takes as long as the query.
    rows = found.cursor.fetchall()
    return np.fromiter(chain.from_iterable(rows), np.int64, 4 * len(rows)).reshape(-1, 4)


def _cells(start: int | None, end: int | None, segment_id: int | None) -> Select[int, int, int, int]:
    query = (
        select(counts.c.theme_id, counts.c.segment_id, counts.c.bucket, counts.c.n)
        .where(counts.c.n != 0)
        .order_by(counts.c.bucket, counts.c.theme_id, counts.c.segment_id)
    )
    if start is not None:
        query = query.where(counts.c.bucket >= start)
    if end is not None:
        query = query.where(counts.c.bucket < end)
    if segment_id is not None:
        query = query.where(counts.c.segment_id == segment_id)
    return query


def daily_counts(
    connection: Connection, segment_ids: Collection[int], start: int, end: int, theme_id: int | None = None
) -> Iterator[tuple[int, int, int, int]]:
    """Read counts by day of the buckets in [start, end), of some segments, of all themes or of one, as (theme, segment id, day, n).

    Days are numbered from 1970-01-01 UTC; the order is fixed.
    """
    day = counts.c.bucket // BUCKETS_PER_DAY
    query = (
        select(counts.c.theme_id, counts.c.segment_id, day, func.sum(counts.c.n))
        .where(counts.c.segment_id.in_(sorted(segment_ids)), counts.c.bucket >= start, counts.c.bucket < end)
        .group_by(counts.c.theme_id, counts.c.segment_id, day)
        .order_by(counts.c.theme_id, counts.c.segment_id, day)
    )
    if theme_id is not None:
        query = query.where(counts.c.theme_id == theme_id)
    for row in connection.execute(query):
        yield row[0], row[1], int(row[2]), int(row[3])


def count_series(connection: Connection, theme_id: int, segment_id: int, start: int, end: int) -> int:
    """Return the tickets of one series in the buckets [start, end)."""
    query = select(func.coalesce(func.sum(counts.c.n), 0)).where(
        counts.c.theme_id == theme_id,
        counts.c.segment_id == segment_id,
        counts.c.bucket >= start,
        counts.c.bucket < end,
    )
    return int(connection.execute(query).scalar_one())


def read_theme_counts(connection: Connection, theme_id: int) -> list[tuple[int, int, int]]:
    """Read counts of one theme, as (segment id, bucket, n)."""
    query = select(counts.c.segment_id, counts.c.bucket, counts.c.n).where(counts.c.theme_id == theme_id)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def recount_totals(connection: Connection) -> dict[int, int]:
    """Count the tickets by theme from the tickets themselves (0: all tickets): what the counts must add up to."""
    query = (
        select(assignments.c.theme_id, func.count())
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(tickets.c.counted)
        .group_by(assignments.c.theme_id)
    )
    found: dict[int | None, int] = {row[0]: row[1] for row in connection.execute(query)}
    return {0: sum(found.values()), **{theme: n for theme, n in found.items() if theme is not None}}


def counted_totals(connection: Connection) -> dict[int, int]:
    """Sum the counts by theme of the segment that holds every ticket (0: all tickets)."""
    everything = select(segments.c.id).where(segments.c.key == Segment().key).scalar_subquery()
    query = (
        select(counts.c.theme_id, func.sum(counts.c.n))
        .where(counts.c.segment_id == everything)
        .group_by(counts.c.theme_id)
    )
    return {theme: int(n) for theme, n in connection.execute(query) if n}
