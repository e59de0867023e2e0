"""Targets of figures: how much at most or at least, for which tickets, and whether a figure meets its target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from models.formats import elapsed
from models.metrics.figures import Figure
from models.metrics.metric import DEFINITIONS, BetterDirection, MetricUnit, ServiceMetric

COMPLIANCE = "compliance"
"""The share of promises of service levels that were kept, as a metric of targets."""


class TargetStatus(StrEnum):
    """How a figure is against its target."""

    MET = "met"
    MISSED = "missed"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTarget:
    """A target of a metric.

    Parameters
    ----------
    metric: value of a `ServiceMetric`, or `COMPLIANCE`.
    limit: in the unit of the metric: seconds, share, tickets or money.
    is_most: whether the figure must be at most the limit; else at least.
    match: values allowed by column; a target is for rows that are known to have one of them in each.
    """

    metric: str
    limit: float
    is_most: bool
    match: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_for(self, attributes: Mapping[str, str]) -> bool:
        """Check whether it is for tickets of which these attributes are known."""
        return all(attributes.get(name) in allowed for name, allowed in self.match.items())

    def status(self, figure: Figure) -> TargetStatus | None:
        """Judge a figure; None where it has no value.

        Where the interval of 95 % holds the limit, the sample does not say whether the target is met: that is unclear.
        """
        if figure.value is None:
            return None
        low, high = figure.low, figure.high
        if low is not None and low < self.limit and (high is None or high > self.limit):
            return TargetStatus.UNCLEAR
        is_good = figure.value <= self.limit if self.is_most else figure.value >= self.limit
        return TargetStatus.MET if is_good else TargetStatus.MISSED

    def in_words(self) -> str:
        """Write it: `at most 30 min`, `at least 85 %`."""
        unit = unit_of(self.metric)
        if unit is MetricUnit.SECONDS:
            said = elapsed(self.limit)
        elif unit is MetricUnit.SHARE:
            said = f"{100 * self.limit:.4g} %"
        else:
            said = f"{self.limit:,.4g}" if self.limit < 1000 else f"{self.limit:,.0f}"
        return f"{'at most' if self.is_most else 'at least'} {said}"


def target_of(targets: Sequence[FigureTarget], metric: str, attributes: Mapping[str, str]) -> FigureTarget | None:
    """Return the first target of a metric that is for tickets with these attributes; None without one."""
    return next((one for one in targets if one.metric == metric and one.is_for(attributes)), None)


def unit_of(metric: str) -> MetricUnit:
    """Return the unit of a metric of targets."""
    return MetricUnit.SHARE if metric == COMPLIANCE else DEFINITIONS[ServiceMetric(metric)].unit


def better_of(metric: str) -> BetterDirection:
    """Return which direction of a metric of targets is better."""
    return BetterDirection.HIGHER if metric == COMPLIANCE else DEFINITIONS[ServiceMetric(metric)].better
