"""Times as the index stores them: whole milliseconds since 1970, UTC."""

from __future__ import annotations

from datetime import datetime, timedelta


def milliseconds(time: datetime) -> int:
    """Return the whole milliseconds from 1970 to a timezone-aware time."""
    return int(time.timestamp() * 1000)


def length_in_milliseconds(duration: timedelta) -> int:
    """Return the whole milliseconds of a duration."""
    return duration // timedelta(milliseconds=1)
