"""How numbers and times are written for people: one function for each form, used by alerts, digests, pages and listings.

Times that programs read are RFC 3339 and are not written here.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"  # C0 and C1: escape sequences, bells, cursor movements; line ends and tabs stay
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # directions, which let a text read as another one
    r"|[\u2028\u2029\ud800-\udfff]"
)


def harmless(text: str) -> str:
    """Replace what a terminal would obey by U+FFFD: control characters but line ends and tabs, directions, half surrogate pairs."""
    return _OBEYED.sub("\ufffd", text)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, full-width signs included (OWASP, CSV injection)."""


def spreadsheet_text(text: str) -> str:
    """Return a text for a cell of CSV: one that a spreadsheet would read as a formula begins with an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 ticket`, `1,204 tickets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def ago(length: timedelta) -> str:
    """Write how long ago something was, in its greatest unit: `just now`, `5 minutes ago`, `7 days ago`."""
    minutes = int(length / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * size or (minutes >= size and unit == "hour"):
            return f"{counted(minutes // size, unit)} ago"
    return f"{counted(minutes, 'minute')} ago"


def elapsed(seconds: float) -> str:
    """Write how long something took in its two greatest units: `40 s`, `25 min`, `3 h 20 min`, `2 d 4 h`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
    hours = round(minutes / 60)
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def amount(tickets: float) -> str:
    """Write an expected number of tickets in a sentence: one decimal below 100, `almost none` below 0.05."""
    if tickets < 0.05:
        return "almost none"
    return f"{tickets:,.0f}" if tickets >= 100 else f"{tickets:.1f}"


def figure(value: float) -> str:
    """Write a number that is compared with others: whole from 10 on, one decimal below, thousands separated."""
    if abs(value) >= 10 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}"


def compared(value: float | str | None) -> str:
    """Write what was compared with a threshold: text as it is, a number as `figure` does, nothing for None."""
    return "" if value is None else value if isinstance(value, str) else figure(value)


def percent(share: float) -> str:
    """Write a share in percent without decimals: `83 %`."""
    return f"{share * 100:.0f} %"


def multiple(ratio: float) -> str:
    """Write a ratio in a sentence: `x13.5`, `x120`; beyond a thousand the quotient says nothing more."""
    if ratio >= 1000:
        return "over x1,000"
    return f"x{ratio:.0f}" if ratio >= 100 else f"x{ratio:.1f}"


_FEW_PLANNED = 10.0
"""Planned tickets below which a share of them says little: two more than one and a half are +133 %."""


def plan_error(actual: int, plan: float, *, within: bool) -> str:
    """Write how far an actual is from its plan: `+40 %`, of few planned tickets `+3 tickets`; `as planned` where chance explains it.

    within: whether the actual is within what chance and the plan's tolerance allow.
    """
    difference = actual - plan
    said = f"{difference / plan * 100:+.0f} %" if plan >= _FEW_PLANNED else f"{difference:+.1f} tickets"
    return f"as planned, {said}" if within else said


def utc_clock(time: datetime) -> str:
    """Write a time of day: `13:15 UTC`."""
    return f"{time.astimezone(UTC):%H:%M} UTC"


def utc_minute(time: datetime) -> str:
    """Write a date and time: `2026-11-20 13:15 UTC`."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def utc_range(start: datetime, end: datetime) -> str:
    """Write two times as a range: `2026-11-20 13:15 to 2026-11-20 18:00 UTC`."""
    return f"{start.astimezone(UTC):%Y-%m-%d %H:%M} to {utc_minute(end)}"


def utc_weekday(time: datetime) -> str:
    """Write a time with its day of the week: `Fri 20 Nov 08:05`, in UTC."""
    return f"{time.astimezone(UTC):%a %-d %b %H:%M}"


def local_weekday(time: datetime, zone: tzinfo) -> str:
    """Write a time as `utc_weekday` does, in a zone; in UTC where the zone would take it beyond the calendar."""
    try:
        return f"{time.astimezone(zone):%a %-d %b %H:%M}"
    except OverflowError:
        return utc_weekday(time)


def utc_day(time: datetime) -> str:
    """Write a time in a table: `20 Nov 13:15`, in UTC."""
    return f"{time.astimezone(UTC):%d %b %H:%M}"


def signed_points(value: float) -> str:
    """Write a difference of two shares in percentage points with its sign: `+3.2`, `-0.1`; zero, also after rounding, is `0.0`."""
    text = f"{100 * value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text
