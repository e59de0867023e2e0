"""The effect of a change, with the assumptions that it rests on and what the data say of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.comparison.change_rules import UnitWeighting
from models.comparison.limits import Interval
from models.comparison.matching import MatchedPair


class Assumption(StrEnum):
    """What must hold for a difference-in-differences to be the effect of a change."""

    PARALLEL_TRENDS = "parallel_trends"
    PLACEBO = "placebo"
    NO_ANTICIPATION = "no_anticipation"
    STABLE_COMPOSITION = "stable_composition"


@dataclass(frozen=True, slots=True)
class AssumptionCheck:
    """What the data say of an assumption.

    value, interval: of the check: for trends the part of the effect that a difference of trends would make if it went on; for the
    placebo and anticipation an effect before the change; for the composition the relative change of volume. p_value: of no
    violation. corrected_p_value: the same, corrected for all checks by Holm's method. contradicted: by the data, at the chance of the
    rules over all checks. sentence: for people. A check that does not contradict is no proof: the interval says how large a violation
    may have been missed (Roth 2022, American Economic Review: Insights 4).
    """

    assumption: Assumption
    value: float
    interval: Interval
    p_value: float
    corrected_p_value: float
    contradicted: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class LeftOutUnit:
    """A unit that was not used, and why, in one sentence."""

    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class PeriodMeans:
    """The means of treated units and of controls in a period; None where there are no tickets."""

    period: int
    treated: float | None
    controls: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEffect:
    """The effect of a change by difference-in-differences.

    value, interval, p_value: the effect on the treated units. freedom: degrees of freedom of its variance: what the number of units is
    worth. treated_means, control_means: before and after the change. expected: mean of the treated units after it, without it.
    beyond_trends: the effect with its interval if the trends of all units before the change had gone on, which is less certain.
    treated, controls: units. pairs: how they were matched; empty where controls were named. series: for a chart. checks: of the
    assumptions. sentences: the result, then what it rests on.
    """

    value: float
    interval: Interval
    p_value: float
    freedom: float
    weighting: UnitWeighting
    treated_means: tuple[float, float]
    control_means: tuple[float, float]
    expected: float
    beyond_trends: tuple[float, Interval]
    treated: tuple[str, ...]
    controls: tuple[str, ...]
    pairs: tuple[MatchedPair, ...]
    left_out: tuple[LeftOutUnit, ...]
    series: tuple[PeriodMeans, ...]
    checks: tuple[AssumptionCheck, ...]
    sentences: tuple[str, ...]

    @property
    def contradicted(self) -> bool:
        """Whether the data contradict any of the assumptions."""
        return any(check.contradicted for check in self.checks)
