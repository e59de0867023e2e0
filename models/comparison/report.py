"""The report of a comparison: what a command, an API or a page shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from models.comparison.case_mix import CommonCaseMix
from models.comparison.limits import Interval
from models.comparison.reversals import SimpsonReversal


class Measure(StrEnum):
    """What is compared."""

    RATE = "rate"
    MEAN = "mean"
    MEDIAN = "median"


class Verdict(StrEnum):
    """What a comparison says of a group, with the confidence of the comparison for all groups together."""

    HIGHER = "higher"
    LOWER = "lower"
    NOT_SHOWN = "not_shown"
    TOO_SMALL = "too_small"
    REFERENCE = "reference"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class SampleCheck:
    """Whether the sample of a group is large enough to judge its adjusted figure, and why not.

    effective: tickets of a simple random sample that would be as precise as the weighted one (Kish 1965, Survey Sampling). expected:
    for a rate, how many of them are expected with the rarer of success and failure, at the rate of all groups; for a median, how many
    are resolved; None for a mean.
    """

    effective: float
    expected: float | None
    reason: str = ""

    @property
    def enough(self) -> bool:
        """Whether the sample is judged; `reason` says why it is not."""
        return not self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedDifference:
    """An adjusted figure against the reference, before other statements are known.

    reference: adjusted figure that it is compared with. difference, ratio: to it; the ratio is None where the reference is 0 or the
    figures are not positive. interval, ratio_interval: of one comparison. simultaneous: of the difference, for all comparisons of the
    report together (Bonferroni). p_value: of one comparison.
    """

    reference: float
    difference: float
    interval: Interval
    simultaneous: Interval
    ratio: float | None
    ratio_interval: Interval | None
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference(TestedDifference):
    """An adjusted figure against the reference, among all statements of the report.

    adjusted_p_value: for all comparisons together (Holm 1979). q_value: false discovery rate (Benjamini and Hochberg 1995).
    """

    adjusted_p_value: float
    q_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFigures:
    """What was computed of one group.

    tickets: all of the group. comparable_tickets: those in strata that are compared. unadjusted: figure of all its tickets.
    unadjusted_comparable: figure of its comparable tickets, on its own case mix. adjusted: figure on the common case mix, with its
    interval; None where the group is not compared or, for a median, where less than half is resolved.
    """

    group: str
    tickets: int
    comparable_tickets: int
    unadjusted: float | None
    unadjusted_comparable: float | None = None
    adjusted: float | None = None
    interval: Interval | None = None
    sample: SampleCheck | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult(GroupFigures):
    """What a comparison found of one group.

    against: None for the reference, a group that is not compared, and one that is too small.
    """

    against: GroupDifference | None = None
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMixReport:
    """A comparison of groups on the same case mix.

    reference: name of the group that the others are compared with; None where each is compared with all others. comparisons: how many
    statements are made together. groups: by name. reversals: pairs of groups whose unadjusted order is misleading, the surest first.
    sentences: what a reader must know before the figures.
    """

    measure: Measure
    reference: str | None
    confidence: float
    comparisons: int
    mix: CommonCaseMix
    groups: tuple[GroupResult, ...]
    reversals: tuple[SimpsonReversal, ...]
    sentences: tuple[str, ...]
