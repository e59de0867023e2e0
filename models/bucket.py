"""Buckets: fixed slices of event time in which tickets are counted."""

from __future__ import annotations

from datetime import UTC, datetime

BUCKET_SECONDS = 300
"""Five minutes: short enough for a launch-day monitor, long enough that most buckets are cheap and many are empty."""

BUCKETS_PER_HOUR = 3600 // BUCKET_SECONDS
BUCKETS_PER_DAY = 24 * BUCKETS_PER_HOUR


def bucket_of(time: datetime) -> int:
    """Return the number of the bucket that contains `time` (timezone-aware), counted from 1970-01-01T00:00:00Z."""
    return int(time.timestamp() // BUCKET_SECONDS)


def start_of(bucket: int) -> datetime:
    """Return the first instant of a bucket, in UTC; the bucket ends where the next one starts."""
    return datetime.fromtimestamp(bucket * BUCKET_SECONDS, UTC)


def hour_start(hour: int) -> datetime:
    """First instant of an hour counted from 1970, in UTC."""
    return start_of(hour * BUCKETS_PER_HOUR)
