"""Times as text: RFC 3339 in UTC, the only form in which times leave the program."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import overload

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(min|[wdhms])\s*", re.ASCII)


@overload
def rfc3339(time: datetime, timespec: str = "auto") -> str: ...
@overload
def rfc3339(time: None, timespec: str = "auto") -> None: ...
@overload
def rfc3339(time: datetime | None, timespec: str = "auto") -> str | None: ...


def rfc3339(time: datetime | None, timespec: str = "auto") -> str | None:
    """Format a timezone-aware time as RFC 3339 in UTC, for example `2026-11-20T08:00:00Z`; None stays None.

    `timespec` is that of `datetime.isoformat`: `auto` writes microseconds where there are any.
    """
    return None if time is None else time.astimezone(UTC).isoformat(timespec=timespec).removesuffix("+00:00") + "Z"


@overload
def parse_rfc3339(text: str) -> datetime: ...
@overload
def parse_rfc3339(text: None) -> None: ...
@overload
def parse_rfc3339(text: str | None) -> datetime | None: ...


def parse_rfc3339(text: str | None) -> datetime | None:
    """Read a time that `rfc3339` or `datetime.isoformat` wrote; None and an empty text are no time.

    Raises `ValueError` where the text is no time, or a time without a zone.
    """
    if not text:
        return None
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"received the time {text!r} without a zone; write it as 2026-11-20T08:00:00Z")
    return time


def parse_length(text: str) -> timedelta:
    """Read a length of time as people write it: `4h`, `90m`, `1d12h`, `2 w`. Raises `ValueError` where the text is none."""
    plain, at, seconds = text.strip().lower(), 0, 0.0
    while at < len(plain):
        found = _PART.match(plain, at)
        if found is None:
            raise ValueError("valid is a length such as 4h, 90m or 1d12h")
        seconds, at = seconds + float(found[1]) * _UNITS[found[2]], found.end()
    if not seconds:
        raise ValueError("valid is a length such as 4h, 90m or 1d12h")
    try:
        return timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError("valid is a length such as 4h, 90m or 1d12h") from error
