"""Times in the viewer's zone: which zone that is, and how a time is written in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

from models.times import rfc3339

LONGEST_NAME = 64

_viewing: ContextVar[str | None] = ContextVar("zone in which a page is being written", default=None)


@contextmanager
def written_in(name: str | None) -> Iterator[None]:
    """Write the times of what is rendered inside in a zone.

    The zone is no variable of the template, because a macro that one template imports from another does not see those.
    """
    before = _viewing.set(name)
    try:
        yield
    finally:
        _viewing.reset(before)


@lru_cache(maxsize=256)
def zone_named(name: str) -> str | None:
    """Return an IANA name where there is such a zone, else None."""
    if not name or len(name) > LONGEST_NAME or not name.isascii():
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return name


def zone_of(name: str | None) -> tzinfo:
    """Return the zone with an IANA name that is valid; UTC for None."""
    return UTC if name is None else ZoneInfo(name)


def clock_text(time: datetime, name: str | None) -> str:
    """Write a time in a zone, 24-hour: `Fri 20 Nov 14:05`.

    A time at the ends of the calendar, which the zone would take beyond them, is written in UTC.
    """
    try:
        return f"{time.astimezone(zone_of(name)):%a %-d %b %H:%M}"
    except OverflowError:
        return f"{time:%a %-d %b %H:%M}"


def clock(time: datetime) -> str:
    """Write a time in the viewer's zone, as text."""
    return clock_text(time, _viewing.get())


def when(time: datetime) -> Markup:
    """Write a time in the viewer's zone, as a `<time>` element with UTC on hover."""
    utc = f"{time.astimezone(UTC):%a %-d %b %Y %H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(rfc3339(time), utc, clock(time))
