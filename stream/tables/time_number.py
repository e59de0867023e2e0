"""Times that are written as numbers: seconds and parts of them since 1970, dates without marks, days of a spreadsheet."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from stream.tables.time_text import TimeText

NUMBER = re.compile(r"(\d+)(?:[.,](\d+))?")
EPOCH_UNITS = {9: 1, 10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""Units per second of a count since 1970, by its digits: from 2001 to 2286 seconds have ten, milliseconds thirteen."""

SERIALS = (36_526, 73_050)
"""Days since 1899-12-30 of the years 2000 to 2099: what spreadsheets keep a date as."""

LATEST_COUNT = 2_200_000_000
"""Seconds, in 2039. Later counts of milliseconds and smaller units are refused: they have the digits of card numbers, the first of
which is 2200. A card number in a column of times would be stored as a time from which it can be read."""

SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 (a spreadsheet's dates have no zone)
COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class NumberUnclear(ValueError):
    """A number that can be read as several times, or as none; the message says why."""


def from_number(text: str) -> TimeText | None:
    """Read a number as a time; None where the text is no number. Raises `NumberUnclear`, with a sentence's part."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    whole, part = found.groups()
    digits = len(whole)
    if digits == 5 and SERIALS[0] <= int(whole) < SERIALS[1]:
        return _serial(whole, part)
    if (digits in COMPACT and not part) or digits == 17:
        return _compact(whole)
    if _is_count(whole) and not (digits == 9 and int(whole) < 946_684_800):
        return _since_1970(whole, part)
    if digits == 4:
        raise NumberUnclear("which is a year at most; valid are a date, or a date and a time of day")
    raise NumberUnclear(
        "a number that is no time; valid are seconds (10 digits) or milliseconds (13) since 1970, or a date such as 20261101"
    )


def since_1970(text: str) -> TimeText | None:
    """Read a number as a count since 1970 whatever date it may look like; None where it cannot be one."""
    found = NUMBER.fullmatch(text)
    return _counted(*found.groups()) if found and _is_count(found[1]) else None


def _is_count(whole: str) -> bool:
    unit = EPOCH_UNITS.get(len(whole))
    return unit is not None and (unit == 1 or int(whole) < LATEST_COUNT * unit)


def _since_1970(whole: str, part: str | None) -> TimeText:
    hour = _strictly(whole, "%Y%m%d%H") if len(whole) == 10 else None
    # Only in these years can seconds look like a date with an hour: from 2033 on.
    if hour is not None and 2000 <= hour.year < 2100:
        raise NumberUnclear(
            "which can be a date with an hour or seconds since 1970; set [time] format in the mapping (%Y%m%d%H or %s)"
        )
    return _counted(whole, part)


def _counted(whole: str, part: str | None) -> TimeText:
    unit = EPOCH_UNITS[len(whole)]
    seconds, rest = divmod(int(whole), unit)
    micros = rest * 1_000_000 // unit + (int(part.ljust(6, "0")[:6]) if part and unit == 1 else 0)
    time = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micros)
    return TimeText(time.replace(tzinfo=None), "UTC")


def _serial(whole: str, part: str | None) -> TimeText:
    # A spreadsheet's number has about 15 digits: below a millisecond is rounding.
    millis = round(int(part or 0) / 10 ** len(part or "") * 86_400_000)
    time = SERIAL_ZERO + timedelta(days=int(whole), milliseconds=millis)
    return TimeText(time, dated=not part)


def _compact(whole: str) -> TimeText:
    parsed = _strictly(whole[:14], COMPACT[min(len(whole), 14)])
    if parsed is None or not 2000 <= parsed.year < 2100:
        raise NumberUnclear("a number that is no date; valid is, for example, 20261101 or 202611011230")
    millis = int(whole[14:] or 0)
    return TimeText(parsed + timedelta(milliseconds=millis), dated=len(whole) == 8)


def _strictly(text: str, form: str) -> datetime | None:
    try:
        parsed = datetime.strptime(text, form)  # noqa: DTZ007 (the zone comes later)
    except ValueError:
        return None
    # `strptime` takes 2026111 for the 1st or 11th: only what it writes back is what was written.
    return parsed if parsed.strftime(form) == text else None
