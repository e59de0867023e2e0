"""The metrics by name: what each measures, in which unit, which direction is better, and whose definition it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ServiceMetric(StrEnum):
    """A figure of service; the values are the keys of `kpis --json`."""

    CREATED = "created"
    RESOLVED = "resolved"
    BACKLOG_OPENING = "backlog_opening"
    BACKLOG_CLOSING = "backlog_closing"
    BACKLOG_AGE = "backlog_age"
    FIRST_REPLY_MEDIAN = "first_reply_median"
    FIRST_REPLY_P90 = "first_reply_p90"
    FIRST_RESOLUTION_MEDIAN = "first_resolution_median"
    FIRST_RESOLUTION_P90 = "first_resolution_p90"
    FULL_RESOLUTION_MEDIAN = "full_resolution_median"
    FULL_RESOLUTION_P90 = "full_resolution_p90"
    REOPEN_RATE = "reopen_rate"
    ESCALATION_RATE = "escalation_rate"
    TRANSFER_RATE = "transfer_rate"
    CSAT = "csat"
    CONTAINMENT = "containment"
    ONE_TOUCH_RATE = "one_touch_rate"
    COST_PER_RESOLUTION = "cost_per_resolution"


class MetricUnit(StrEnum):
    """What a figure is counted in."""

    TICKETS = "tickets"
    SECONDS = "seconds"
    SHARE = "share"
    MONEY = "money"


class BetterDirection(StrEnum):
    """In which direction a figure is better."""

    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """What a metric means: its title on pages, unit, better direction and formula, and the definition that it follows."""

    title: str
    unit: MetricUnit
    better: BetterDirection
    formula: str
    source: str


_ZENDESK = "Zendesk Explore, metrics of tickets"
_HDI = "HDI, Metric of the Month"


def _count(title: str, better: BetterDirection, formula: str, source: str) -> MetricDefinition:
    return MetricDefinition(title, MetricUnit.TICKETS, better, formula, source)


def _time(title: str, formula: str, source: str = _ZENDESK) -> MetricDefinition:
    return MetricDefinition(title, MetricUnit.SECONDS, BetterDirection.LOWER, formula, source)


def _share(title: str, better: BetterDirection, formula: str, source: str) -> MetricDefinition:
    return MetricDefinition(title, MetricUnit.SHARE, better, formula, source)


_REPLY = "time from creation to the first public answer, of tickets created in the period; one that has none counts as waiting"
_FIRST = (
    "time from creation to the first solution, of tickets created in the period; one that is not solved counts as open"
)
_FULL = "time from creation to the last solution, of tickets created in the period; one that is open now counts as open"
_HOW = "Kaplan and Meier's estimate"

DEFINITIONS: Mapping[ServiceMetric, MetricDefinition] = {
    ServiceMetric.CREATED: _count(
        "Tickets created", BetterDirection.NEITHER, "tickets created in the period, without merged, deleted and spam ones",
        f"{_HDI}: ticket volume; {_ZENDESK}: created tickets",
    ),
    ServiceMetric.RESOLVED: _count(
        "Tickets resolved", BetterDirection.NEITHER, "tickets that were solved for the first time in the period",
        f"{_ZENDESK}: solved tickets",
    ),
    ServiceMetric.BACKLOG_OPENING: _count(
        "Backlog at the start", BetterDirection.LOWER, "tickets that were created before and not solved at the start of the period",
        f"{_HDI}: backlog; {_ZENDESK}: unsolved tickets",
    ),
    ServiceMetric.BACKLOG_CLOSING: _count(
        "Backlog at the end", BetterDirection.LOWER, "tickets that were created before and not solved at the end of the period",
        f"{_HDI}: backlog; {_ZENDESK}: unsolved tickets",
    ),
    ServiceMetric.BACKLOG_AGE: _time(
        "Age of the backlog, median", "median time from the creation of the tickets in the closing backlog to the end of the period",
        f"{_ZENDESK}: unsolved tickets age",
    ),
    ServiceMetric.FIRST_REPLY_MEDIAN: _time(
        "First reply time, median", f"{_HOW} of the median {_REPLY}", f"{_ZENDESK}: first reply time",
    ),
    ServiceMetric.FIRST_REPLY_P90: _time(
        "First reply time, 90th percentile", f"{_HOW} of the 90th percentile of the {_REPLY}", f"{_ZENDESK}: first reply time",
    ),
    ServiceMetric.FIRST_RESOLUTION_MEDIAN: _time(
        "First resolution time, median", f"{_HOW} of the median {_FIRST}",
        f"{_ZENDESK}: first resolution time; {_HDI}: mean time to resolve",
    ),
    ServiceMetric.FIRST_RESOLUTION_P90: _time(
        "First resolution time, 90th percentile", f"{_HOW} of the 90th percentile of the {_FIRST}",
        f"{_ZENDESK}: first resolution time",
    ),
    ServiceMetric.FULL_RESOLUTION_MEDIAN: _time(
        "Full resolution time, median", f"{_HOW} of the median {_FULL}", f"{_ZENDESK}: full resolution time",
    ),
    ServiceMetric.FULL_RESOLUTION_P90: _time(
        "Full resolution time, 90th percentile", f"{_HOW} of the 90th percentile of the {_FULL}", f"{_ZENDESK}: full resolution time",
    ),
    ServiceMetric.REOPEN_RATE: _share(
        "Reopened", BetterDirection.LOWER, "tickets reopened at least once / tickets first solved in the period",
        f"{_ZENDESK}: reopened tickets; {_HDI}: ticket reopen rate",
    ),
    ServiceMetric.ESCALATION_RATE: _share(
        "Escalated", BetterDirection.LOWER, "tickets ever escalated / tickets created in the period", f"{_HDI}: escalation rate",
    ),
    ServiceMetric.TRANSFER_RATE: _share(
        "Transferred", BetterDirection.LOWER,
        "tickets whose handler, vendor or team changed at least once / tickets created in the period",
        f"{_ZENDESK}: group stations above one; {_HDI}: ticket transfers",
    ),
    ServiceMetric.CSAT: _share(
        "Satisfied", BetterDirection.HIGHER, "ratings of 4 and 5 / all ratings whose last one was given in the period",
        f"{_ZENDESK}: satisfaction score; {_HDI}: customer satisfaction",
    ),
    ServiceMetric.CONTAINMENT: _share(
        "Contained by AI", BetterDirection.HIGHER,
        "tickets solved by AI without a person / tickets created in the period that AI handled first and that were solved or taken by "
        "a person; times Kaplan and Meier's estimate of the share that is not reopened within the days of the setting",
        "the share that self-service resolves; Zendesk: automated resolutions, which also wait before they count",
    ),
    ServiceMetric.ONE_TOUCH_RATE: _share(
        "One touch", BetterDirection.HIGHER,
        "tickets with at most one public answer until their first solution / tickets first solved in the period",
        f"{_ZENDESK}: one-touch tickets; {_HDI}: first contact resolution",
    ),
    ServiceMetric.COST_PER_RESOLUTION: MetricDefinition(
        "Cost per resolution", MetricUnit.MONEY, BetterDirection.LOWER,
        "cost of the tickets first solved in the period by the table of costs / tickets first solved in the period",
        f"{_HDI}: cost per ticket",
    ),
}  # fmt: skip
"""Every metric's definition, in the order of listings."""
