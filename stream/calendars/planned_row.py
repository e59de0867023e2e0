"""A launch as a file has it, and the small values in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from models.redaction import quoted


@dataclass
class PlannedRow:
    """A launch as a file has it; `where` is for error messages, `source` and `time` are known of events only."""

    launch_id: str
    data: dict[str, Any]
    where: str
    source: str | None = None
    time: datetime | None = None


def when(text: str, zone: ZoneInfo) -> datetime:
    """Read a time or a day as people write it; without a zone of its own it is in `zone`. Raises ValueError."""
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def parse_scope(text: str) -> dict[str, str]:
    """Read a segment such as `region=BR;platform=ios`. Raises ValueError."""
    found = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        name, equals, value = part.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise ValueError(f"received the scope {quoted(part)}; valid is DIMENSION=VALUE, as in region=BR")
        found[name.strip()] = value.strip()
    return found


def parse_number(text: str) -> float:
    """Read a number. Raises ValueError."""
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"received {quoted(text)} where a number belongs") from None
