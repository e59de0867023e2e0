"""The hours of a digest's window: what came, and the range that was expected."""

from __future__ import annotations

from collections.abc import Sequence

from models.plan_position import position_of
from store.board import Band, Hour, HourlySeries
from store.digests import DigestRows, DigestWindow


def hours_of(theme_id: int, rows: DigestRows) -> HourlySeries:
    """List the window's hours of a theme; each has the share of it that the window contains, 0 to 1."""
    observed, bands = rows.observed.get(theme_id, {}), rows.bands.get(theme_id, {})
    hours = []
    for hour in rows.window.hours:
        said = bands.get(hour)
        band = None if said is None else Band(said.mean, said.low, said.high, said.launch_id)
        hours.append(Hour(hour, observed.get(hour, 0), _share(rows.window, hour), band))
    return tuple(hours)


def expected_of(hours: Sequence[Hour]) -> float | None:
    """Add up the tickets expected; None where less than half of the hours have a range."""
    ranged = sum(hour.band is not None for hour in hours)
    envelope = position_of(hours).envelope if 2 * ranged >= len(hours) else None
    return None if envelope is None else envelope.mean


def _share(window: DigestWindow, hour: int) -> float:
    start, end = 3600 * hour, 3600 * hour + 3600
    return (min(end, window.end.timestamp()) - max(start, window.start.timestamp())) / 3600
