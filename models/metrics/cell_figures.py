"""Figures from cells: those of `figures`, for whole days, from sums and histograms instead of tickets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.metrics.ai_quality import AiMetric
from models.metrics.cells import COUNTS, DAY, TARGETS
from models.metrics.figures import Figure, FigurePeriod, contained_share, share_figure
from models.metrics.histogram import DurationKind, durations_of, kinds_of, moments_of
from models.metrics.metric import ServiceMetric
from models.metrics.restricted_mean import Durations
from models.metrics.survival import SurvivalCurve, survival_curve


@dataclass(frozen=True, slots=True)
class CellSeries:
    """The cells of one group.

    Parameters
    ----------
    opening: the backlog when the first of the days that were read begins.
    day: days since 1970, ascending, shape (c,); days without tickets are left out.
    counts: by day and name of `COUNTS`, shape (c, len(COUNTS)).
    entry_day, entries, numbers: the histograms' entries, the days of creation to which they belong, and their counts, shape (e,).
    """

    opening: int
    day: Ints
    counts: Ints
    entry_day: Ints
    entries: Ints
    numbers: Ints


def day_of(moment: datetime) -> int:
    """Return the days from 1970 to a midnight in UTC; raise ValueError at other times."""
    day, rest = divmod(moment.timestamp(), DAY)
    if rest:
        raise ValueError(
            f"received {moment.isoformat()}; valid is a midnight in UTC, since cells are sums of whole days"
        )
    return int(day)


def figures_of_cells(cells: CellSeries, period: FigurePeriod) -> dict[ServiceMetric, Figure]:
    """Compute the metrics of a group from its cells.

    Counts and shares are those of `figures`, percentiles are within 2 %. The age of the backlog and the cost per resolution are left
    out: they need the tickets. Nothing that happened after `known_until` may be in the cells. `cells` must hold the days of the period
    from its first one on.
    """
    computing = _CellFigures(cells, period)
    made = dict(computing.counts())
    made.update(computing.durations())
    made.update(computing.shares())
    return {metric: made[metric] for metric in ServiceMetric if metric in made}


def promises_of_cells(cells: CellSeries, period: FigurePeriod) -> dict[str, tuple[int, int]]:
    """Return the promises that were kept and missed in the period by target, without open ones that are due."""
    sums = _CellFigures(cells, period).sums
    return {target: (sums[f"{target}_kept"], sums[f"{target}_missed"]) for target in TARGETS}


def ai_figures_of_cells(cells: CellSeries, period: FigurePeriod) -> dict[AiMetric, Figure]:
    """Compute the figures of AI of a group, but the ratings by who handled a ticket."""
    computing = _CellFigures(cells, period)
    made = dict(computing.waits_for_person())
    made[AiMetric.STAYED_SOLVED], made[AiMetric.CONTAINMENT] = computing.stayed_solved(), computing.containment()
    for metric, hits, of in (
        (AiMetric.BEGUN, "ai_begun", "created"),
        (AiMetric.SOLVED_ALONE, "ai_alone", "ai_decided"),
        (AiMetric.HANDED_OVER, "ai_handed_over", "ai_begun"),
        (AiMetric.ESCALATED, "ai_escalated", "ai_begun"),
    ):
        made[metric] = share_figure(computing.sums[hits], computing.sums[of])
    return {metric: made[metric] for metric in AiMetric if metric in made}


class _CellFigures:
    def __init__(self, cells: CellSeries, period: FigurePeriod) -> None:
        first, last = day_of(period.start), day_of(period.end)
        before, inside = cells.day < first, (cells.day >= first) & (cells.day < last)
        opened, closed = COUNTS.index("opened"), COUNTS.index("closed")
        self._opening = cells.opening + int((cells.counts[before, opened] - cells.counts[before, closed]).sum())
        self._period = period
        self._until = period.known_until.timestamp()
        self.sums = dict(zip(COUNTS, cells.counts[inside].sum(axis=0).tolist(), strict=True))
        chosen = (cells.entry_day >= first) & (cells.entry_day < last)
        self._entries, self._numbers = cells.entries[chosen], cells.numbers[chosen].astype(np.float64)
        self._day = (cells.entry_day[chosen] * DAY).astype(np.float64)
        self._kind = kinds_of(self._entries)

    def counts(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        sums = self.sums
        closing = self._opening + sums["opened"] - sums["closed"]
        for metric, number in (
            (ServiceMetric.CREATED, sums["created"]),
            (ServiceMetric.RESOLVED, sums["resolved"]),
            (ServiceMetric.BACKLOG_OPENING, self._opening),
            (ServiceMetric.BACKLOG_CLOSING, closing),
        ):
            yield metric, Figure(float(number), number=number)

    def durations(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        for kinds, median, ninth in _DURATIONS:
            curve = self._waits(kinds)
            yield median, _quantile(curve, 0.5)
            yield ninth, _quantile(curve, 0.9)

    def waits_for_person(self) -> Iterator[tuple[AiMetric, Figure]]:
        curve = self._waits(PERSON_AFTER_AI)
        yield AiMetric.PERSON_MEDIAN, _quantile(curve, 0.5)
        yield AiMetric.PERSON_P90, _quantile(curve, 0.9)

    def _waits(self, kinds: TimedEvent) -> SurvivalCurve:
        seconds, happened, numbers, _ = _lasting(self._day, self._entries, self._numbers, kinds, self._until)
        return survival_curve(seconds, happened, numbers)

    def shares(self) -> Iterator[tuple[ServiceMetric, Figure]]:
        sums = self.sums
        for metric, hits, of in (
            (ServiceMetric.REOPEN_RATE, "reopened", "resolved"),
            (ServiceMetric.ESCALATION_RATE, "escalated", "created"),
            (ServiceMetric.TRANSFER_RATE, "transferred", "created"),
            (ServiceMetric.CSAT, "satisfied", "rated"),
            (ServiceMetric.ONE_TOUCH_RATE, "one_touch", "resolved"),
        ):
            yield metric, share_figure(sums[hits], sums[of])
        yield ServiceMetric.CONTAINMENT, self.containment()

    def containment(self) -> Figure:
        curve, waiting = self._after_ai()
        wait = self._period.containment.total_seconds()
        return contained_share(self.sums["ai_alone"], self.sums["ai_decided"], curve, wait, waiting)

    def stayed_solved(self) -> Figure:
        curve, waiting = self._after_ai()
        if not curve.number:
            return Figure(None)
        wait = self._period.containment.total_seconds()
        return Figure(curve.share_at(wait), *curve.share_interval(wait), curve.number, waiting)

    def _after_ai(self) -> tuple[SurvivalCurve, int]:
        """Return the curve from AI's solution to a reopening, and of how many it is not known yet whether they stay solved."""
        again, kept = self._kind == DurationKind.REOPENED_AFTER_AI, self._kind == DurationKind.KEPT_SINCE_AI
        since = self._until - (self._day[kept] + moments_of(self._entries[kept]))
        seconds = np.concatenate((durations_of(self._entries[again]), np.maximum(since, 0.0)))
        weights: Floats = np.concatenate((self._numbers[again], self._numbers[kept]))
        happened: Mask = np.arange(len(seconds)) < int(again.sum())
        waiting = int(self._numbers[kept][since < self._period.containment.total_seconds()].sum())
        return survival_curve(seconds, happened, weights), waiting


def _quantile(curve: SurvivalCurve, share: float) -> Figure:
    return Figure(curve.quantile(share), *curve.interval(share), curve.number, curve.number - curve.events)


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """What a duration lasts until, as kinds of entries of histograms.

    Parameters
    ----------
    happened: durations until the event.
    ended: durations until it became known that it will not happen; None where that is never known.
    waiting: moments since when tickets wait for it.
    """

    happened: DurationKind
    ended: DurationKind | None
    waiting: DurationKind


FIRST_REPLY = TimedEvent(DurationKind.FIRST_REPLY, DurationKind.UNANSWERED, DurationKind.WAITING_REPLY)
FIRST_RESOLUTION = TimedEvent(DurationKind.FIRST_RESOLUTION, None, DurationKind.WAITING_FIRST_RESOLUTION)
FULL_RESOLUTION = TimedEvent(DurationKind.FULL_RESOLUTION, None, DurationKind.WAITING_FULL_RESOLUTION)
PERSON_AFTER_AI = TimedEvent(
    DurationKind.PERSON_AFTER_AI, DurationKind.NO_PERSON_AFTER_AI, DurationKind.WAITING_PERSON_AFTER_AI
)

_DURATIONS = (
    (FIRST_REPLY, ServiceMetric.FIRST_REPLY_MEDIAN, ServiceMetric.FIRST_REPLY_P90),
    (FIRST_RESOLUTION, ServiceMetric.FIRST_RESOLUTION_MEDIAN, ServiceMetric.FIRST_RESOLUTION_P90),
    (FULL_RESOLUTION, ServiceMetric.FULL_RESOLUTION_MEDIAN, ServiceMetric.FULL_RESOLUTION_P90),
)


def durations_of_cells(cells: CellSeries, period: FigurePeriod, event: TimedEvent) -> Durations:
    """Return the times to an event of the tickets created in the period, by day of it; they are within 1 %."""
    first, last = day_of(period.start), day_of(period.end)
    chosen = (cells.entry_day >= first) & (cells.entry_day < last)
    day = cells.entry_day[chosen]
    numbers = cells.numbers[chosen].astype(np.float64)
    seconds, happened, numbers, place = _lasting(
        (day * DAY).astype(np.float64), cells.entries[chosen], numbers, event, period.known_until.timestamp()
    )
    return Durations(seconds, happened, numbers, day[place] - first)


def _lasting(
    day: Floats, entries: Ints, numbers: Floats, event: TimedEvent, until: float
) -> tuple[Floats, Mask, Floats, Ints]:
    """Return seconds to an event, whether they ended by it, their numbers, and the positions of their entries."""
    kind = kinds_of(entries)
    happened, waits = kind == event.happened, kind == event.waiting
    left = happened if event.ended is None else happened | (kind == event.ended)
    lasted = durations_of(entries[left])
    # The wait of those that were created in the last minute is half of it, as on average.
    since = day[waits] + moments_of(entries[waits])
    place = np.concatenate((np.flatnonzero(left), np.flatnonzero(waits)))
    return np.concatenate((lasted, np.maximum(until - since, 0.0))), happened[place], numbers[place], place
