"""The error budget: how the accepted number of false alerts a week becomes the error level of each family."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.spikes.episodes.episode import Finding

LOOKS_PER_WEEK = 336.0
"""Independent looks that the tests of a week's 2,016 epochs are worth, since their windows overlap."""
GROWTH_LOOKS_PER_WEEK = 30.0
"""Independent looks that the 168 hourly tests of slow growth in a week are worth, over windows of days."""
MISSING_LOOKS_PER_WEEK = 100.0
"""Independent looks that the 168 hourly tests of missing volume in a week are worth, most of them over long windows."""
_MAX_RATE = 0.05
"""Largest false-discovery rate of an epoch's tests, however many false alerts are accepted: calm series are tested all
the time, an incident only while it lasts."""
_TOTALS, _SEGMENTS, _ALL, _GROWTH, _MISSING, _INCOMPLETE = 0.5, 0.3, 0.05, 0.05, 0.09, 0.01
"""Shares of the budget: totals of themes, their segments, all tickets together, slow growth of themes, missing volume, and the
silence of sources."""


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
