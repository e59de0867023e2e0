"""Times as text: RFC 3339 in UTC, the only form in which times leave the program."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


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
