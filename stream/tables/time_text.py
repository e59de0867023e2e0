"""What a time's text says: the fields of the calendar and the clock, by the shape of the text alone."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from stream.tables.month_names import month_number

CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.hH](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?P<half>[AaPp]\.?\s?[Mm]\.?))?|\s?(?P<half_only>[AaPp]\.?\s?[Mm]\.?)|\s?(?:Uhr|h))(?:\s?Uhr)?"
)
ZONE = (
    r"(?:\s?(?P<zone>[+\-\u2212]\d{1,2}(?::?\d{2})?|[A-Za-z]{1,5}(?:\s?[+\-\u2212]\d{1,2}(?::?\d{2})?)?|[A-Z][A-Za-z_]+(?:/[A-Za-z_]+)+)"
    r"(?:\s?\([^()]*\)|\[[^\[\]]*\])?)?"
)
AFTER_DATE = r"(?:\s*[T,:_]?\s*(?:(?:at|um|às|a las|à|alle|kl\.?|om|o|-)\s+)?)"
TAIL = rf"(?:(?:{AFTER_DATE})(?<!\d){CLOCK}{ZONE}|{ZONE.replace('zone>', 'date_zone>')})"
WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"
NAME = r"(?P<name>[^\W\d_]{2,}\.?)"
YEAR = r"(?P<year>\d{4}|'?\d{2})(?:\s?\u0433\.?,?)?"
"""Russian writes the abbreviation of the word for year after it."""

DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"

ISO = re.compile(rf"(?P<year>\d{{4}})(?P<mark>[-/.])\s?(?P<month>\d{{1,2}})(?P=mark)\s?(?P<day>\d{{1,2}})\.?{TAIL}")
NUMERIC = re.compile(rf"{WEEKDAY}(?P<one>\d{{1,2}})(?P<mark>[-/.])\s?(?P<two>\d{{1,2}})(?P=mark)\s?{YEAR}{TAIL}")
NAMED = (
    re.compile(rf"{WEEKDAY}{DAY}[-/.\s]*(?:de\s|of\s)?\s*{NAME},?[-/\s]*(?:de\s|del\s)?\s*{YEAR}{TAIL}"),
    re.compile(rf"{WEEKDAY}{NAME}[-/\s]*{DAY},?[-/\s]+{YEAR}{TAIL}"),
    re.compile(rf"(?P<year>\d{{4}})[-/.\s]{NAME}[-/.\s]{DAY}{TAIL}"),
    re.compile(rf"{WEEKDAY}{NAME}\s+{DAY},?\s+{CLOCK}{ZONE}\s+(?P<year>\d{{4}}){ZONE.replace('zone>', 'date_zone>')}"),
)
ISO_CLOCK = r"[T ](?P<hour>\d{2}):?(?P<minute>\d{2})(?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
BASIC = re.compile(
    rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}})(?:{ISO_CLOCK.replace('[T ]', '[T _-]')})?{ZONE}"
)
WEEK = re.compile(rf"(?P<year>\d{{4}})-?W(?P<week>\d{{2}})-?(?P<weekday>[1-7])(?:{ISO_CLOCK}{ZONE})?")
ORDINAL = re.compile(rf"(?P<year>\d{{4}})-(?P<of_year>\d{{3}})(?:{ISO_CLOCK}{ZONE})?")
CLOCK_FIRST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp]\.?\s?[Mm]\.?)?),?\s+(\S.*)")
HALVES = {
    "午前": "AM", "上午": "AM", "凌晨": "AM", "오전": "AM", "午後": "PM", "下午": "PM", "晚上": "PM", "오후": "PM",
}  # fmt: skip
HALF_FIRST = re.compile(rf"({'|'.join(HALVES)})\s*(\d{{1,2}}:\d{{2}}(?::\d{{2}})?)")

SHAPES = (ISO, NUMERIC, *NAMED, BASIC, WEEK, ORDINAL)
"""Tried in this order, the one that fitted last before all others. No text fits two of them with different results."""

PIVOT = 70
"""Years of two digits below it are of this century, as in POSIX (which has 69)."""


@dataclass(frozen=True, slots=True)
class TimeText:
    """A time as its text says it.

    `local` has no zone. `zone` is the text of the zone, None where the text has none. `dated`: the text has no time of day.
    `swapped` is the other reading where day and month can be exchanged, None where the text says which is which.
    """

    local: datetime
    zone: str | None = None
    dated: bool = False
    swapped: datetime | None = None


def normalized(text: str) -> str:
    """Return the text with plain digits, spaces and marks, and East Asian units as marks."""
    if text.isascii():
        return text
    # ICU writes a narrow no-break space before AM and PM, and mail programs write full-width digits.
    text = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    text = "".join(one for one in text if one not in "\u200e\u200f\u200b\ufeff")
    text = re.sub(r"\s*[年月년월]\s*(?=\d)", "-", text)
    text = re.sub(r"[日일](?:\s*\([^)]*\))?\s*", " ", text)
    text = re.sub(r"\s*[時时点시]\s*(?=\d)|\s*[分분]\s*(?=\d)", ":", text)
    text = re.sub(r"[分秒분초]\s*", " ", text)
    return HALF_FIRST.sub(lambda found: f"{found[2]} {HALVES[found[1]]}", text).strip()


def fitted(shape: re.Pattern[str], text: str) -> TimeText | None:
    """Read a text by one shape; None where it does not fit or names no day of the calendar."""
    found = shape.fullmatch(text)
    if found is None:
        return None
    try:
        return timed(found.groupdict())
    except (ValueError, OverflowError):
        return None


def turned(text: str) -> str | None:
    """Return a text that begins with the time of day with its date first; None where it does not."""
    found = CLOCK_FIRST.fullmatch(text)
    return f"{found[2]} {found[1]}" if found else None


def timed(parts: dict[str, str | None]) -> TimeText:
    """Make a time of the named parts of its text. Raises ValueError where they name no day or time of day."""
    clock = _clock(parts)
    zone = parts.get("zone") or parts.get("date_zone")
    swapped = None
    if (one := parts.get("one")) is not None:
        day, swapped = _numeric(int(one), int(parts["two"] or 0), _year(parts), dotted=parts["mark"] == ".")
    else:
        day = _day(parts)
    local = day + clock
    return TimeText(local, zone, dated=parts.get("hour") is None, swapped=None if swapped is None else swapped + clock)


def _numeric(one: int, two: int, year: int, *, dotted: bool) -> tuple[datetime, datetime | None]:
    # Dots are written between day and month in that order only.
    if dotted or one > 12:
        return datetime(year, two, one), None  # noqa: DTZ001 (the zone comes later)
    if two > 12 or one == two:
        return datetime(year, one, two), None  # noqa: DTZ001
    return datetime(year, two, one), datetime(year, one, two)  # noqa: DTZ001


def _day(parts: dict[str, str | None]) -> datetime:
    year = _year(parts)
    if week := parts.get("week"):
        return datetime.fromisocalendar(year, int(week), int(parts["weekday"] or 1))
    if of_year := parts.get("of_year"):
        day = datetime(year, 1, 1) + timedelta(days=int(of_year) - 1)  # noqa: DTZ001
        if day.year != year:
            raise ValueError("a year has 365 or 366 days")
        return day
    written = parts.get("month")
    month = int(written) if written else month_number(parts.get("name") or "")
    if month is None:
        raise ValueError("the name is that of no month")
    return datetime(year, month, int(parts["day"] or 1))  # noqa: DTZ001


def _year(parts: dict[str, str | None]) -> int:
    year = (parts.get("year") or "").lstrip("'")
    if len(year) == 2:
        return int(year) + (2000 if int(year) < PIVOT else 1900)
    return int(year)


def _clock(parts: dict[str, str | None]) -> timedelta:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or parts.get("half_only") or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    last = hour == 24 and minute == second == 0
    if not last and (hour > 23 or minute > 59 or second > 60):
        raise ValueError("no such time of day")
    fraction = (parts.get("fraction") or "").ljust(6, "0")[:6]
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int(fraction))
