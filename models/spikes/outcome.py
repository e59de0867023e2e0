"""Outcomes: which tests an epoch made, what each showed and at which level, and which signals came of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.arrays import Floats, Ints
from models.segment import Segment
from models.spike import SpikeKind


class Family(StrEnum):
    """Families of tests; each has a share of the error budget of its own."""

    ENVELOPE = "envelope"
    TOTAL = "total"
    SEGMENT = "segment"
    ALL = "all"
    GROWTH = "growth"
    POOLED = "pooled"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class FamilyOutcome:
    """One family of tests that share an error level.

    theme_ids, p_values, rates: one entry per test; `rates` are adjusted p-values, and a test signals where its rate is
    at most `level`. segments: the number of each test's segment in the counts; `segment` instead where all tests of
    the family share one. tests: number of tests in the family, including those not listed (p = 1). budget: expected
    false alerts a week from which `level` follows; 0 where it has none, as against a launch's plan. judged: False for
    series that could not signal, having an episode already.
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

    def needed_budget(self, theme_id: int) -> float | None:
        """Return the false alerts a week at which a theme's strongest test would just signal.

        Against a plan, whose level does not follow from the budget, it is 0 where the test signals. None where the
        family has no test of the theme.
        """
        rates = self.rates[self.theme_ids == theme_id]
        if not len(rates) or (not self.budget and rates.min() > self.level):
            return None
        return float(rates.min()) / self.level * self.budget


@dataclass(frozen=True, slots=True)
class Candidate:
    """A series whose test signals: it may open an episode of its theme.

    theme_ids: the similar themes whose sum signals, `theme_id` among them; empty for a theme on its own.
    """

    theme_id: int
    segment: Segment
    start: int
    p_value: float
    q_value: float
    kind: SpikeKind = SpikeKind.SPIKE
    launch_id: str | None = None
    theme_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Growth:
    """A theme that has grown: the evidence, and its counts from bucket `start` to now against the settled level."""

    theme_id: int
    p_value: float
    q_value: float
    start: int
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class SuppressedSignal:
    """A signal that opened nothing.

    observed: tickets since its start. severity: its own; `least`: the severity that it needed, twice that of the
    episode that ended lately, 0 where there was none.
    """

    observed: int
    severity: float
    least: float
    p_value: float
