"""Reading values of payloads: whatever type a field came with, these return a value of the type that is meant, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from models.event import EARLIEST, LATEST
from stream.connectors.contract import PayloadError, shown
from stream.tables.time_number import LATEST_COUNT

LONGEST_IDENTITY = 256
"""Characters; the events take no longer identities."""

SECONDS_OF_2100 = 4_102_444_800
"""A greater number is a time in milliseconds."""


def text(value: object) -> str:
    """Return a string or a number as text, and an empty string for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def first_text(*values: object) -> str:
    """Return the first value that is text with more than white space in it."""
    return next((found for value in values if (found := text(value)).strip()), "")


def identity(value: object) -> str | None:
    """Return an identity as text: `5158`, `"5158"` and `5158.0` are one ticket."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = "" if isinstance(value, float) else text(value).strip()
    return found if 0 < len(found) <= LONGEST_IDENTITY else None


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def objects(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; what is no object is left out."""
    if isinstance(value, list | tuple):
        yield from (item for item in value if isinstance(item, Mapping))


def enumerated(value: object) -> str:
    """Return an enumeration's value in lower case; a text that is none keeps its case, by which redaction recognizes keys in it."""
    found = text(value).strip()
    plain = all(len(word) < 5 or word.isalpha() for word in re.split(r"[\s_-]+", found))
    return found.lower() if plain and len(found) <= 40 else found


def texts(value: object) -> list[str]:
    """Return the items of a list that are text; a string is a list of words."""
    if isinstance(value, str):
        return value.replace(",", " ").split()
    found = value if isinstance(value, list | tuple) else ()
    return [item for item in map(text, found) if item.strip()]


def simple(value: object, levels: int = 3) -> object:
    """Return what a field's value says: of an object its value or name, of a list each item's, down to three levels."""
    if isinstance(value, Mapping):
        named = (value.get(name) for name in ("value", "displayValue", "name", "displayName", "title", "key"))
        return next((item for item in named if isinstance(item, str | int | float)), None)
    if isinstance(value, list | tuple):
        return [found for item in value if levels and (found := simple(item, levels - 1)) is not None] or None
    return value if isinstance(value, str | int | float) else None


def filled(**values: object) -> dict[str, Any]:
    """Return the values that say something: neither None nor empty."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {}, ())}


def instant(value: object) -> datetime | None:
    """Return a time in UTC: ISO 8601 with any zone (without one it is UTC), or seconds or milliseconds since 1970.

    Also of an object that has it as `iso8601`, `jira` or `epochMillis`. None where it is no time between 2000 and 9000.
    """
    if isinstance(value, Mapping):
        named = (instant(value.get(name)) for name in ("iso8601", "jira", "epochMillis"))
        return next((found for found in named if found is not None), None)
    try:
        found = _parsed(value)
    except (ArithmeticError, OSError, ValueError):
        return None
    return found if found is not None and EARLIEST <= found < LATEST else None


def _parsed(value: object) -> datetime | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) in (10, 13):
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value > SECONDS_OF_2100 and value >= LATEST_COUNT * 1000:
            raise ValueError("milliseconds beyond those of times: the number may be that of a card")
        return datetime.fromtimestamp(value / 1000 if value > SECONDS_OF_2100 else value, UTC)
    if not isinstance(value, str):
        return None
    found = datetime.fromisoformat(value.strip().replace("/", "-").replace(" +", "+").replace(" UTC", "Z"))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def needed_identity(value: object, name: str) -> str:
    """Return an identity, or raise `PayloadError` with the field's name."""
    found = identity(value)
    if found is None:
        raise PayloadError(f"{_received(value, name)}; valid is a text or a number, which identifies the ticket")
    return found


def needed_time(value: object, name: str) -> datetime:
    """Return a time, or raise `PayloadError` with the field's name."""
    found = instant(value)
    if found is None:
        raise PayloadError(f"{_received(value, name)}; valid is a time such as 2026-11-20T08:00:00Z")
    return found


def _received(value: object, name: str) -> str:
    return f"{name} is missing" if value is None else f"received {name} = {shown(value)!r}"


def stamp(time: datetime) -> str:
    """Write a time to the second, as it is part of an id."""
    return f"{time.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def ticket_event(
    source: str,
    subject: str,
    kind: str,
    time: datetime,
    *,
    data: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Make a ticket event, whose id is the ticket, the type and `key`.

    Without a `key`, it is the time to the second: ways in which one event comes differ in fractions of a second. A creation has
    none, because a ticket is created once.
    """
    last = "" if kind == "ticket.created" else f":{stamp(time)}"
    return {
        "specversion": "1.0", "id": f"{subject}:{kind}{last if key is None else f':{key}'}", "source": source, "type": kind,
        "time": time.isoformat(), "subject": subject, "data": dict(data or {}),
    }  # fmt: skip
