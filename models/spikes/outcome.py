"""Trials: which tests were made in an epoch, what each said, and at which level it was held against chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from models.arrays import Floats, Ints
from models.segment import Segment

Family = Literal["envelope", "total", "segment", "all", "growth", "missing"]


@dataclass(frozen=True, slots=True)
class FamilyOutcome:
    """One family of tests that share an error level.

    theme_ids, p_values, rates: one entry per test; `rates` are Benjamini-Hochberg adjusted p-values, and a test
    signals where its rate is at most `level`. segments: the number of each test's segment in the counts; `segment`
    instead where all tests of the family share one. tests: how many the family counts for, those not listed
    (p = 1) included. budget: expected false alerts a week from which `level` follows; 0 where it has none, as
    against a launch's plan. judged: False for series that were not free to signal, having an episode already.
    """

    family: Family
    theme_ids: Ints
    p_values: Floats
    rates: Floats
    level: float
    tests: int
    segments: Ints | None = None
    segment: Segment | None = None
    budget: float = 0.0
    judged: bool = True
    launch_id: str | None = None

    def asked(self, theme_id: int) -> float | None:
        """False alerts a week at which a theme's strongest test would just signal; None where the family says nothing.

        Against a plan, whose level does not follow from the budget, it is 0 where the test signals.
        """
        rates = self.rates[self.theme_ids == theme_id]
        if not len(rates) or (not self.budget and rates.min() > self.level):
            return None
        return float(rates.min()) / self.level * self.budget


@dataclass(frozen=True, slots=True)
class SuppressedSignal:
    """A signal that opened nothing.

    observed: tickets since its start. severity: its own; `least`: what it would have needed, twice that of the episode
    that ended lately, 0 where there was none.
    """

    observed: int
    severity: float
    least: float
    p_value: float
