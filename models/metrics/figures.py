"""Figures of a period: each metric of a set of tickets, with its interval and how many tickets it is founded on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from models.arrays import Floats, Mask
from models.metrics.business_hours import BusinessClock
from models.metrics.columns import HandlingColumns
from models.metrics.cost import CostTable
from models.metrics.history import HandlerKind
from models.metrics.metric import ServiceMetric
from models.metrics.survival import SurvivalCurve, survival_curve
from models.proportion import wilson_interval

GOOD_RATING = 4
"""The least rating that is satisfied."""


@dataclass(frozen=True, slots=True)
class FigurePeriod:
    """A period [start, end), and the moment until which is known what happened.

    Parameters
    ----------
    start, end: the period; a count belongs to it by when it happened, a duration by when its ticket was created.
    known_until: nothing that happened later is known; tickets that are open then count as open.
    containment: how long a ticket that AI solved must not be reopened.
    """

    start: datetime
    end: datetime
    known_until: datetime
    containment: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        if not self.start < self.end:
            raise ValueError(
                f"received a period from {self.start.isoformat()} to {self.end.isoformat()}; valid is an end after the start"
            )


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric's figure; all are None where it is founded on nothing.

    Parameters
    ----------
    value: in the metric's unit.
    low, high: interval of 95 %; None where there is none, as for counts, or where it is not reached.
    number: how many tickets it is founded on.
    waiting: of these, for how many the thing has not happened yet.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    number: int = 0
    waiting: int = 0


def figures(
    tickets: HandlingColumns,
    period: FigurePeriod,
    clock: BusinessClock | None = None,
    costs: CostTable | None = None,
) -> dict[ServiceMetric, Figure]:
    """Compute all metrics of a set of tickets; without costs the last one is left out.

    Durations are of the calendar, or with a clock in its business hours.
    `tickets` must hold at least those that were created in the period, solved or rated in it, or open at its start.
    """
    computing = _Figures(tickets, period, clock)
    made = dict(computing.counts())
    made.update(computing.durations())
    made.update(computing.shares())
    if costs is not None:
        made[ServiceMetric.COST_PER_RESOLUTION] = computing.cost(costs)
    return {metric: made[metric] for metric in ServiceMetric if metric in made}


class _Figures:
    def __init__(self, tickets: HandlingColumns, period: FigurePeriod, clock: BusinessClock | None) -> None:
        self._tickets = tickets
        self._period = period
        self._clock = clock
        self._start, self._end = period.start.timestamp(), period.end.timestamp()
        self._until = period.known_until.timestamp()
        times = tickets.times
        counted = np.isnan(times["removed_at"])
        self._created = counted & self._inside(times["created_at"])
        self._resolved = counted & self._inside(times["first_resolved_at"])

    def _passed(self, moments: Floats) -> Floats:
        return moments if self._clock is None else self._clock.passed(moments)

    def _inside(self, moments: Floats) -> Mask:
        return (moments >= self._start) & (moments < self._end)

    def counts(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        yield ServiceMetric.CREATED, _counted(self._created)
        yield ServiceMetric.RESOLVED, _counted(self._resolved)
        yield ServiceMetric.BACKLOG_OPENING, _counted(self._tickets.open_at(self._start))
        closing = min(self._end, self._until)
        is_open = self._tickets.open_at(closing)
        yield ServiceMetric.BACKLOG_CLOSING, _counted(is_open)
        created = self._tickets.times["created_at"][is_open]
        age = self._passed(np.full(len(created), closing)) - self._passed(created)
        yield ServiceMetric.BACKLOG_AGE, Figure(float(np.median(age)) if len(age) else None, number=len(age))

    def durations(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        for event, median, ninth in _DURATIONS:
            tickets = self._tickets.where(self._created)
            happened = ~np.isnan(tickets.times[event])
            stop = np.full(len(tickets), self._until)
            if event == "first_reply_at":
                # One that is solved without an answer will get none: it waited until then.
                stop = np.fmin(stop, tickets.times["resolved_at"])
            last = np.where(happened, tickets.times[event], np.fmax(stop, tickets.times["created_at"]))
            seconds = self._passed(last) - self._passed(tickets.times["created_at"])
            curve = survival_curve(seconds, happened)
            for metric, share in ((median, 0.5), (ninth, 0.9)):
                low, high = curve.interval(share)
                yield metric, Figure(curve.quantile(share), low, high, len(tickets), int((~happened).sum()))

    def shares(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        counts, times = self._tickets.counts, self._tickets.times
        yield ServiceMetric.REOPEN_RATE, _share(counts["reopens"] > 0, self._resolved)
        yield ServiceMetric.ESCALATION_RATE, _share(~np.isnan(times["escalated_at"]), self._created)
        yield ServiceMetric.TRANSFER_RATE, _share(counts["transfers"] > 0, self._created)
        rated = self._inside(times["rated_at"]) & np.isnan(times["removed_at"])
        yield ServiceMetric.CSAT, _share(counts["csat"] >= GOOD_RATING, rated)
        yield ServiceMetric.CONTAINMENT, self._containment()
        yield ServiceMetric.ONE_TOUCH_RATE, _share(counts["replies_before_resolution"] <= 1, self._resolved)

    def _containment(self) -> Figure:
        """Return the share that AI solved without a person, times the share of these that is not reopened.

        The second factor is Kaplan and Meier's, since of the tickets of the last days it is not known yet: leaving these out would
        leave out successes only. The interval is by the delta method on the logarithm.
        """
        times = self._tickets.times
        begun = self._created & begun_by_ai(self._tickets)
        alone = begun & alone_by_ai(self._tickets)
        number, wait = int(decided_of(self._tickets, begun, alone).sum()), self._period.containment.total_seconds()
        solved, again = times["first_resolved_at"][alone], times["first_reopened_at"][alone]
        curve = survival_curve(np.fmin(again, self._until) - solved, ~np.isnan(again))
        waiting = int((np.isnan(again) & (solved + wait > self._until)).sum())
        return contained_share(int(alone.sum()), number, curve, wait, waiting)

    def cost(self, costs: CostTable) -> Figure:
        solved = self._tickets.where(self._resolved)
        number = len(solved)
        return Figure(float(costs.of(solved).sum()) / number if number else None, number=number)


_DURATIONS = (
    ("first_reply_at", ServiceMetric.FIRST_REPLY_MEDIAN, ServiceMetric.FIRST_REPLY_P90),
    ("first_resolved_at", ServiceMetric.FIRST_RESOLUTION_MEDIAN, ServiceMetric.FIRST_RESOLUTION_P90),
    ("resolved_at", ServiceMetric.FULL_RESOLUTION_MEDIAN, ServiceMetric.FULL_RESOLUTION_P90),
)


def begun_by_ai(tickets: HandlingColumns) -> Mask:
    """Return which tickets AI handled first."""
    begun: Mask = tickets.names["created_by"] == HandlerKind.AI.value
    return begun


def alone_by_ai(tickets: HandlingColumns) -> Mask:
    """Return which tickets were solved by AI without a person."""
    alone: Mask = (tickets.names["resolved_by"] == HandlerKind.AI.value) & (tickets.counts["had_human"] == 0)
    return alone


def decided_of(tickets: HandlingColumns, begun: Mask, alone: Mask) -> Mask:
    """Return which of the tickets that AI began are solved or were taken by a person."""
    solved = ~np.isnan(tickets.times["first_resolved_at"])
    decided: Mask = alone | (begun & ((tickets.counts["had_human"] > 0) | solved))
    return decided


def contained_share(alone: int, number: int, curve: SurvivalCurve, wait: float, waiting: int) -> Figure:
    """Return the containment.

    Parameters
    ----------
    alone, number: tickets that AI solved without a person, of those that it began and that are decided.
    curve: seconds from their solution to when they were reopened.
    wait: for how many seconds they must stay solved.
    waiting: for how many of them this is not over yet.
    """
    if not number:
        return Figure(None)
    share, kept = alone / number, curve.share_at(wait)
    if not share or not kept:
        return Figure(0.0, *wilson_interval(0, number), number, waiting)
    variance = (1 - share) / (share * number) + curve.variance_at(wait)
    factor = math.exp(1.96 * math.sqrt(variance))
    value = share * kept
    return Figure(value, value / factor, min(1.0, value * factor), number, waiting)


def _counted(chosen: Mask) -> Figure:
    number = int(chosen.sum())
    return Figure(float(number), number=number)


def _share(hits: Mask, of: Mask) -> Figure:
    return share_figure(int((hits & of).sum()), int(of.sum()))


def share_figure(hit: int, number: int) -> Figure:
    """Return a share with the interval of Wilson; its value is None where `number` is 0."""
    return Figure(hit / number, *wilson_interval(hit, number), number) if number else Figure(None)
