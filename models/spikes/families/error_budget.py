"""The error budget: how the accepted number of false alerts a week becomes the error level of each family."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.spikes.episodes.episode import Finding

LOOKS_PER_WEEK = 336.0
"""Independent looks that the tests of a week's 2,016 epochs are worth, since their windows overlap."""
GROWTH_LOOKS_PER_WEEK = 30.0
"""Independent looks that the 168 hourly tests of slow growth in a week are worth, over windows of days."""
ALONE_LOOKS_PER_WEEK, POOLED_LOOKS_PER_WEEK = 40.0, 80.0
"""Independent looks that the 168 hourly tests of small themes in a week are worth: of one theme over half a day and a day, and of
groups of themes over 3 hours to a day (simulated at levels of .0003 to .01: 17 to 45, and 40 to 81)."""
MISSING_LOOKS_PER_WEEK = 100.0
"""Independent looks that the 168 hourly tests of missing volume in a week are worth, most of them over long windows."""
_MAX_RATE = 0.05
"""Largest false-discovery rate of an epoch's tests, however many false alerts are accepted: calm series are tested all
the time, an incident only while it lasts."""
_TOTALS, _SEGMENTS, _ALL, _GROWTH, _MISSING, _INCOMPLETE = 0.4, 0.3, 0.05, 0.05, 0.09, 0.01
"""Shares of the budget: totals of themes, their segments, all tickets together, slow growth of themes, missing volume, and the
silence of sources."""
_ALONE, _POOLED, _POOLED_SEGMENTS = 0.05, 0.03, 0.02
"""Shares of the budget: small themes alone over long windows, in groups of similar ones, and the segments of these groups."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Error levels of the families, from the expected number of false alerts a week."""

    false_alerts_per_week: float

    @property
    def totals(self) -> float:
        """Level of the tests of themes' totals."""
        return self._level(_TOTALS, LOOKS_PER_WEEK)

    @property
    def totals_alone(self) -> float:
        """Level of the tests of themes' totals where no segments are counted, whose share goes to the totals."""
        return self._level(_TOTALS + _SEGMENTS, LOOKS_PER_WEEK)

    @property
    def segments(self) -> float:
        """Level of the tests of themes' segments."""
        return self._level(_SEGMENTS, LOOKS_PER_WEEK)

    @property
    def all_tickets(self) -> float:
        """Level of the test of all tickets together."""
        return self._level(_ALL, LOOKS_PER_WEEK)

    @property
    def growth(self) -> float:
        """Level of the hourly tests of slow growth."""
        return self._level(_GROWTH, GROWTH_LOOKS_PER_WEEK)

    @property
    def alone(self) -> float:
        """Level of the hourly tests of small themes over long windows."""
        return self._level(_ALONE, ALONE_LOOKS_PER_WEEK)

    @property
    def pooled(self) -> float:
        """Level of the hourly tests of groups of small themes."""
        return self._level(_POOLED, POOLED_LOOKS_PER_WEEK)

    @property
    def pooled_segments(self) -> float:
        """Level of the hourly tests of the segments of groups of small themes."""
        return self._level(_POOLED_SEGMENTS, POOLED_LOOKS_PER_WEEK)

    @property
    def missing(self) -> float:
        """Level of the hourly tests of missing volume."""
        return self._level(_MISSING, MISSING_LOOKS_PER_WEEK)

    def incomplete(self, looks: int) -> float:
        """Return the level of each test of a source's silence, of which there are `looks` a week."""
        return self._level(_INCOMPLETE, float(looks))

    def _level(self, share: float, looks: float) -> float:
        return min(share * self.false_alerts_per_week / looks, _MAX_RATE)

    def needed(self, finding: Finding, level: float) -> Finding:
        """Return a finding of a family with this level, with the false alerts a week at which it would just signal."""
        return replace(finding, budget=finding.q_value / level * self.false_alerts_per_week)
