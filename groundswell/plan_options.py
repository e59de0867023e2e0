"""Options of the commands that plan: lines, scopes, times and years as they are typed, and the drafts of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from groundswell.planning import Draft
    from groundswell.session import Session
    from stream.calendars.planned_row import PlannedRow


def years_of(text: str | None, this_year: int) -> range:
    """Return the years that were typed as FROM[-TO]. Raises `UsageError`."""
    from groundswell.errors import UsageError

    first, _, last = (text or f"{this_year}-{this_year + 1}").partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        found = range(0)
    if not found or len(found) > 50:
        raise UsageError(f"received --years {text!r}; valid is a year, or two as in 2026-2028, at most 50 years")
    return found


def drafts_of_rows(rows: Sequence[PlannedRow], kind: str, time: datetime | None, source: str | None) -> list[Draft]:
    """Make drafts of a file's launches; `kind`, `time` and `source` are those of launches that do not say."""
    from groundswell.planning import Draft

    return [
        Draft(
            "launch", row.launch_id, row.data if "kind" in row.data or _is_like(row.data) else {"kind": kind, **row.data},
            row.time or time, source or row.source, row.where,
        )
        for row in rows
    ]  # fmt: skip


def _is_like(data: dict[str, Any]) -> bool:
    return any(isinstance(line, dict) and line.get("like") for line in data.get("expected") or ())


def lines_of(
    themes: Sequence[str], abouts: Sequence[str], everything: float | None, like: str | None
) -> list[dict[str, Any]] | None:
    """Return the lines of a plan that were typed; None where there are none. Raises `UsageError`."""
    lines: list[dict[str, Any]] = []
    for text in themes:
        name, lift = _pair("--theme", text, "ID=LIFT, as in 12=4")
        lines.append({"theme": name, "lift": lift})
    for text in abouts:
        name, lift = _pair("--about", text, "TEXT=LIFT, as in 'coins are missing=4'")
        lines.append({"about": name, "lift": lift})
    if everything is not None:
        lines.append({"all": True, "lift": everything})
    if like is not None:
        name, lift = _pair("--like", like, "ID or ID=FACTOR") if "=" in like else (like, 1.0)
        lines.append({"like": name, "lift": lift})
    return lines or None


def _pair(option: str, text: str, valid: str) -> tuple[str, float]:
    from groundswell.errors import UsageError

    name, _, lift = text.rpartition("=")
    try:
        if name.strip():
            return name.strip(), float(lift)
    except ValueError:
        pass
    raise UsageError(f"received {option} {text!r}; valid is {valid}")


def scope_of(given: list[str] | None) -> dict[str, str] | None:
    """Return the segment that was typed as DIMENSION=VALUE; None where nothing was. Raises `UsageError`."""
    from groundswell.errors import UsageError
    from stream.calendars.planned_row import parse_scope

    if given is None:
        return None
    try:
        return parse_scope(";".join(given))
    except ValueError as error:
        raise UsageError(str(error)) from error


def time_of(session: Session, option: str, text: str | None) -> datetime | None:
    """Return a time that was typed, a day in the zone of spike detection; None where nothing was. Raises `UsageError`."""
    from zoneinfo import ZoneInfo

    from groundswell.errors import UsageError
    from stream.calendars.planned_row import when

    if text is None:
        return None
    try:
        return when(text, ZoneInfo(session.settings.mining.spikes.timezone))
    except ValueError as error:
        raise UsageError(
            f"received {option} {text!r}; valid is a time such as 2026-11-27T08:00:00Z, or a day"
        ) from error


def instant_of(session: Session, option: str, text: str | None) -> str | None:
    """Return a time that was typed in RFC 3339. Raises `UsageError`."""
    found = time_of(session, option, text)
    return None if found is None else found.isoformat()
