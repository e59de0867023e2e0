"""A trend: a rise of days or weeks, as it is stored and reported."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.alert import Gate
from models.segment import EVERYTHING, Segment


class TrendOutcome(StrEnum):
    """Why a trend ended."""

    OVER = "over"
    NEW_LEVEL = "new_level"
    THEME_GONE = "theme_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeTrend:
    """A rise of days or weeks of a theme, of a business line or of all tickets; one row for one rise.

    Parameters
    ----------
    theme_id: 0 for all tickets. segment: where; everything but for a business line.
    start, end: edges of days, UTC; `end` is None while it lasts.
    detected_at: when people could know of it: the end of the day whose counts showed it, plus the allowed lateness.
    days: length of the trailing window that showed it.
    observed, expected: tickets since its start, on the days that are counted.
    p_value: of the window that showed it, adjusted for the windows.
    gate: why it is not in digests; None where it is.
    outcome: why it ended; None while it lasts.
    """

    trend_id: int
    theme_id: int
    segment: Segment = EVERYTHING
    start: datetime
    end: datetime | None = None
    detected_at: datetime
    days: int
    observed: int
    expected: float
    p_value: float
    gate: Gate | None = None
    outcome: TrendOutcome | None = None

    @property
    def ratio(self) -> float:
        """Tickets as a multiple of what was expected."""
        return self.observed / max(self.expected, 1e-9)

    def with_(self, **changes: Any) -> VolumeTrend:
        """Copy the trend with some fields replaced."""
        return replace(self, **changes)
