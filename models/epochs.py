"""Epochs: fixed slices of event time that are mined one after another.

Epoch `n` of `seconds` seconds covers the instants from `n * seconds` (inclusive) to `(n + 1) * seconds` (exclusive), counted from
1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from datetime import UTC, datetime


def epoch_of(time: datetime, seconds: float) -> int:
    """Return the epoch that holds a timezone-aware time.

    It is also the first epoch that is still open when event time has come so far: all before it have ended.
    """
    return int(time.timestamp() // seconds)


def last_ended(time: datetime, seconds: float) -> int:
    """Return the last epoch that has ended at a time."""
    return epoch_of(time, seconds) - 1


def last_before(time: datetime, seconds: float) -> int:
    """Return the last epoch that holds an instant before a time."""
    return int(-(-time.timestamp() // seconds)) - 1


def epoch_start(epoch: int, seconds: float) -> datetime:
    """Return the first instant of an epoch, in UTC."""
    return datetime.fromtimestamp(epoch * seconds, UTC)


def epoch_end(epoch: int, seconds: float) -> datetime:
    """Return the first instant after an epoch, in UTC."""
    return epoch_start(epoch + 1, seconds)
