"""Reviews of launches: how volume responded to them, written when they end and once more a day later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, func, select

from models.bucket import bucket_of
from models.segment import Segment
from models.spikes.launches.response import PastLaunch
from store.records import chunks
from store.schema import counts, reviews
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review's row. `until` is the end of the epoch that wrote the review, `segment` the segment that was counted."""

    past: PastLaunch
    start: datetime
    end: datetime
    segment: Segment
    until: datetime


def read_reviews(connection: Connection) -> dict[str, StoredReview]:
    """Read all reviews by launch, in the order in which the launches ended."""
    found = {}
    for row in connection.execute(select(reviews).order_by(reviews.c.end, reviews.c.launch_id)):
        seen = {int(theme): np.array(figures, dtype=np.float64) for theme, figures in row.seen.items()}
        past = PastLaunch(
            row.launch_id, row.kind, bucket_of(row.start), bucket_of(row.end),
            frozenset(row.planned), row.planned_all, seen,
        )  # fmt: skip
        found[row.launch_id] = StoredReview(past, row.start, row.end, Segment.of(row.segment), row.until)
    return found


def write_review(connection: Connection, review: StoredReview) -> None:
    """Insert a review, or replace that of the same launch."""
    past = review.past
    row = {
        "launch_id": past.launch_id, "kind": past.kind, "start": review.start, "end": review.end,
        "segment": review.segment.as_dict(), "until": review.until, "planned": sorted(past.planned),
        "planned_all": past.planned_all,
        "seen": {str(theme): past.seen[theme].tolist() for theme in sorted(past.seen)},
    }  # fmt: skip
    upsert(connection, reviews, [row], ["launch_id"])


def count_windows(
    connection: Connection, segment_id: int, windows: Sequence[tuple[int, int]], themes: Collection[int] | None = None
) -> list[dict[int, int]]:
    """Count tickets by theme in one segment, for each window of buckets [start, end); of the named themes only where given."""
    found: list[dict[int, int]] = []
    for start, end in windows:
        query = (
            select(counts.c.theme_id, func.sum(counts.c.n))
            .where(counts.c.segment_id == segment_id, counts.c.bucket >= start, counts.c.bucket < end)
            .group_by(counts.c.theme_id)
        )
        # By theme the primary key is used; without a theme all segments of the buckets are read.
        asked = [query] if themes is None else [query.where(counts.c.theme_id.in_(part)) for part in chunks(themes)]
        found.append({theme: int(n) for one in asked for theme, n in connection.execute(one)})
    return found
