"""Windows of digests: local days and weeks, their titles, and the folders of their files."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.digest.language import ReaderDates
from store.digests import DigestKind, DigestWindow

DAY = timedelta(days=1)

EARLIEST_DAY, LATEST_DAY = date(1971, 1, 4), date(8999, 12, 31)
"""The days that a window may begin and end on: around them, a time zone and the windows before still have times."""

REVIEWS = "review"
"""The folder, inside that of a window, of its business reviews."""


def local_day(at: datetime, timezone: str) -> DigestWindow:
    """Return the local day that `at` (timezone-aware) is in, in UTC.

    It has 23 or 25 hours where the clock changes. Where a change leaves out midnight, the day starts at the change.
    """
    return _local_days(at, timezone, 1)


def local_week(at: datetime, timezone: str) -> DigestWindow:
    """Return the local week, from Monday (ISO 8601), that `at` (timezone-aware) is in, in UTC."""
    zone = ZoneInfo(timezone)
    local = at.astimezone(zone)
    return _local_days(local - local.weekday() * DAY, timezone, 7)


def _local_days(at: datetime, timezone: str, days: int) -> DigestWindow:
    zone = ZoneInfo(timezone)
    date = at.astimezone(zone).date()
    start, end = (datetime.combine(day, time.min, zone).astimezone(UTC) for day in (date, date + days * DAY))
    return DigestWindow(start, end)


def whole_day(window: DigestWindow) -> bool:
    """Return whether the window is one day of UTC."""
    return window.span == DAY and window.start == window.start.replace(hour=0, minute=0, second=0, microsecond=0)


def window_title(window: DigestWindow, dates: ReaderDates, kind: DigestKind = DigestKind.DAILY) -> str:
    """Write `Friday 20 November 2026` for a local day, `Week from ... to ...` for a local week, else both ends."""
    if window == local_day(window.start, dates.timezone):
        return dates.day(window.start)
    if kind is DigestKind.WEEKLY and window == local_week(window.start, dates.timezone):
        return f"Week from {dates.day(window.start)} to {dates.day(window.end - timedelta(microseconds=1))}"
    return dates.span(window.start, window.end)


def window_folder(window: DigestWindow) -> str:
    """Name the folder of a window's files: `2026-11-20` for a day of UTC, else both ends."""
    if whole_day(window):
        return f"{window.start:%Y-%m-%d}"
    return f"{window.start:%Y-%m-%dT%H%M}-{window.end:%Y-%m-%dT%H%M}"
