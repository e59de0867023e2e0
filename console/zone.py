"""Times in the viewer's zone: which zone that is, and how a time is written in it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from models.times import rfc3339

LONGEST_NAME = 64


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


@pass_context
def clock(context: Context, time: datetime) -> str:
    """Write a time in the viewer's zone, as text."""
    return clock_text(time, _zone(context))


@pass_context
def when(context: Context, time: datetime) -> Markup:
    """Write a time in the viewer's zone, as a `<time>` element with UTC on hover."""
    utc = f"{time.astimezone(UTC):%a %-d %b %Y %H:%M} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        rfc3339(time), utc, clock_text(time, _zone(context))
    )


def _zone(context: Context) -> str | None:
    person = context.get("person")
    return None if person is None else person.time_zone
