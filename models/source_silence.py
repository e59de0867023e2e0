"""The silence of a source: how it is counted, and in which words people read of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.formats import counted, utc_clock, utc_minute
from models.segment import Segment

SOURCE = "source"
"""The dimension under which tickets are counted by the source that they come from, of all tickets alone."""
MOST_SOURCES = 50
"""Sources that are counted; of systems that name each of their parts a source of its own, those that came first."""


def segment_of_source(source: str) -> Segment:
    """Return the segment in which the tickets of a source are counted."""
    return Segment(((SOURCE, source),))


def source_of(segment: Segment) -> str | None:
    """Return the source that a segment stands for; None for other segments.

    >>> source_of(segment_of_source("/zendesk/acme"))
    '/zendesk/acme'
    """
    pairs = segment.pairs
    return pairs[0][1] if len(pairs) == 1 and pairs[0][0] == SOURCE else None


def silence_sentence(source: str, start: datetime, now: datetime, expected: float) -> str:
    """Write since when a source is silent, and its usual gap between two tickets.

    expected: tickets that were expected from `start` to `now`, above 0.

    >>> from datetime import UTC
    >>> day = datetime(2026, 11, 3, tzinfo=UTC)
    >>> silence_sentence("/zendesk/acme", day.replace(hour=10, minute=5), day.replace(hour=11), 27.0)
    'incomplete data: zendesk/acme has sent nothing since 10:05 UTC; usual gap 2 minutes'
    """
    since = utc_clock(start) if start.date() == now.date() else utc_minute(start)
    return f"incomplete data: {source.strip('/')} has sent nothing since {since}; usual gap {_gap((now - start) / max(expected, 1e-6))}"


def ended_sentence(source: str, start: datetime, end: datetime, expected: float, came: int) -> str:
    """Write how long a source was silent, and how many of the expected tickets came in when it was back.

    >>> from datetime import UTC
    >>> day = datetime(2026, 11, 3, tzinfo=UTC)
    >>> ended_sentence("/zendesk/acme", day.replace(hour=10), day.replace(hour=12), 61.2, 58)
    'incomplete data: zendesk/acme sent nothing from 10:00 UTC on; until 12:00 UTC 61 tickets were expected, and 58 came in at its end'
    """
    until = utc_clock(end) if start.date() == end.date() else utc_minute(end)
    since = utc_clock(start) if start.date() == end.date() else utc_minute(start)
    came_in = f"{came:,} came in at its end" if came else "none came in afterwards"
    were = f"{counted(round(expected), 'ticket')} {'was' if round(expected) == 1 else 'were'} expected"
    return f"incomplete data: {source.strip('/')} sent nothing from {since} on; until {until} {were}, and {came_in}"


def _gap(gap: timedelta) -> str:
    """Write a gap between two tickets: `less than a minute`, `2 minutes`, `3 hours`, `4 days`."""
    minutes = gap / timedelta(minutes=1)
    if minutes < 1:
        return "less than a minute"
    if minutes < 90:
        return counted(round(minutes), "minute")
    return counted(round(minutes / 60), "hour") if minutes < 2880 else counted(round(minutes / 1440), "day")
