"""Drivers: what each theme contributes to the change of a figure between two periods, from cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Floats, Mask
from models.metrics.cell_figures import (
    FIRST_REPLY,
    FULL_RESOLUTION,
    CellSeries,
    TimedEvent,
    day_of,
    durations_of_cells,
)
from models.metrics.cells import COUNTS, TARGETS
from models.metrics.decomposition import Decomposition, MixAndRate, StratumRates
from models.metrics.driver_metric import DriverMetric
from models.metrics.figures import FigurePeriod
from models.metrics.restricted_mean import Durations, RestrictedMean, restricted_mean

LEAST_TICKETS = 20
"""Cases of a theme, in the period that has more of them, from which it is a stratum of its own."""


_TIMES: Mapping[DriverMetric, TimedEvent] = {
    DriverMetric.FIRST_REPLY: FIRST_REPLY,
    DriverMetric.RESOLUTION: FULL_RESOLUTION,
}

_KEPT, _DECIDED = [f"{one}_kept" for one in TARGETS], [f"{one}_{how}" for one in TARGETS for how in ("kept", "missed")]

_SHARES: Mapping[DriverMetric, tuple[Sequence[str], Sequence[str]]] = {
    DriverMetric.SLA: (_KEPT, _DECIDED),
    DriverMetric.FIRST_REPLY_SLA: (["first_reply_kept"], ["first_reply_kept", "first_reply_missed"]),
    DriverMetric.RESOLUTION_SLA: (["resolution_kept"], ["resolution_kept", "resolution_missed"]),
    DriverMetric.CSAT: (["satisfied"], ["rated"]),
    DriverMetric.REOPEN_RATE: (["reopened"], ["resolved"]),
    DriverMetric.ESCALATION_RATE: (["escalated"], ["created"]),
    DriverMetric.TRANSFER_RATE: (["transferred"], ["created"]),
    DriverMetric.ONE_TOUCH_RATE: (["one_touch"], ["resolved"]),
}
"""The counts of cells that are the hits of a share, and those that are its cases."""


@dataclass(frozen=True, slots=True)
class StratumFigures:
    """A stratum's cases and its share or restricted mean in a period; `value` is None without cases."""

    number: int
    value: float | None


@dataclass(frozen=True, slots=True)
class Driver:
    """What a theme, or the themes that are gathered, contribute to a change.

    Parameters
    ----------
    theme: the theme as text, "" for tickets without one; None for the gathered ones.
    before, after: its figures.
    effects: what it contributes.
    borrowed: whether none of its tickets was observed until the horizon, so that its restricted mean is in part that of all tickets.
    """

    theme: str | None
    before: StratumFigures
    after: StratumFigures
    effects: MixAndRate
    borrowed: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it has cases in the period after only."""
        return not self.before.number

    @property
    def is_gone(self) -> bool:
        """Whether it has cases in the period before only."""
        return not self.after.number


@dataclass(frozen=True, slots=True)
class ChangeDrivers:
    """The change of a figure between two periods, and its drivers, the largest first; their totals sum to the change.

    Parameters
    ----------
    before, after: the figure of all tickets; a time's is the mean of the themes' restricted means, weighted by tickets.
    whole: the mix effect, the rate effect and the change.
    drivers: themes, and at the end the gathered ones.
    horizon: seconds of which a time counts at most; None for shares.
    medians: of a time in both periods, None where it is not reached; None for shares.
    """

    metric: DriverMetric
    before: StratumFigures
    after: StratumFigures
    whole: MixAndRate
    drivers: Sequence[Driver]
    horizon: float | None = None
    medians: tuple[float | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class ComparedPeriods:
    """The two periods of a change, both of whole days in UTC."""

    before: FigurePeriod
    after: FigurePeriod


def find_drivers(
    metric: DriverMetric,
    everything: CellSeries,
    themes: Mapping[str, CellSeries],
    periods: ComparedPeriods,
    *,
    horizon: float,
    shown: int = 8,
) -> ChangeDrivers | None:
    """Decompose the change of a figure by theme; None where a period has no case.

    Parameters
    ----------
    everything: the cells of all tickets.
    themes: those of some themes, by theme. Tickets of all others, and themes with fewer than 20 cases in both periods, are one stratum:
        their rates are too uncertain to be distinguished.
    horizon: seconds of which a time counts at most.
    shown: drivers to name. The others' effects are gathered with that stratum's, so that all effects sum to the change.
    """
    strata = _Strata(metric, periods, horizon)
    names = [name for name, cells in themes.items() if strata.is_large(cells)]
    rest = remainder(everything, [themes[name] for name in names], histograms=metric.is_time)
    parts = [*(themes[name] for name in names), rest]
    sides = [strata.side(parts, everything, period) for period in (periods.before, periods.after)]
    if not all(side.rates.number.sum() for side in sides):
        return None
    found = Decomposition(sides[0].rates, sides[1].rates)
    order = np.argsort(-np.abs((found.mix + found.rate)[: len(names)]), kind="stable")
    named, chosen = order[:shown], np.zeros(len(parts), dtype=np.bool_)
    drivers = []
    for at in named.tolist():
        chosen[at] = True
        drivers.append(_driver(names[at], sides, found, np.arange(len(parts)) == at))
    gathered = ~chosen
    if any(side.rates.number[:, gathered].sum() for side in sides):
        drivers.append(_driver(None, sides, found, gathered))
    all_of_them = np.ones(len(parts), dtype=np.bool_)
    return ChangeDrivers(
        metric,
        _figures(sides[0], all_of_them),
        _figures(sides[1], all_of_them),
        found.whole(),
        drivers,
        horizon if metric.is_time else None,
        (sides[0].median, sides[1].median) if metric.is_time else None,
    )


def remainder(everything: CellSeries, parts: Sequence[CellSeries], *, histograms: bool = True) -> CellSeries:
    """Return the cells of all tickets less those of some of them, day by day, but the backlog; histograms only if asked for."""
    counts = everything.counts.copy()
    for part in parts:
        np.subtract.at(counts, np.searchsorted(everything.day, part.day), part.counts)
    if not histograms:
        return replace(everything, counts=counts)
    keys = [(everything.entry_day << 32) + everything.entries]
    numbers = [everything.numbers]
    for part in parts:
        keys.append((part.entry_day << 32) + part.entries)
        numbers.append(-part.numbers)
    unique, place = np.unique(np.concatenate(keys), return_inverse=True)
    sums = np.bincount(place, np.concatenate(numbers), len(unique)).astype(np.int64)
    unique, sums = unique[sums != 0], sums[sums != 0]
    return CellSeries(everything.opening, everything.day, counts, unique >> 32, unique & 0xFFFFFFFF, sums)


@dataclass(frozen=True, slots=True)
class _Side:
    """The strata of a period, which of them borrowed their curve's end, and the median of a time."""

    rates: StratumRates
    borrowed: Mask
    median: float | None = None


class _Strata:
    """Makes the strata of a period from cells."""

    def __init__(self, metric: DriverMetric, periods: ComparedPeriods, horizon: float) -> None:
        self._event = _TIMES.get(metric)
        self._horizon = horizon
        self._periods = periods
        hits, cases = _SHARES.get(metric, ([], ["created"]))
        self._hits, self._cases = ([COUNTS.index(name) for name in names] for names in (hits, cases))

    def is_large(self, cells: CellSeries) -> bool:
        """Return whether a theme has enough cases in a period to be a stratum of its own."""
        periods = (self._periods.before, self._periods.after)
        return max(float(_daily(cells, self._cases, period).sum()) for period in periods) >= LEAST_TICKETS

    def side(self, parts: Sequence[CellSeries], everything: CellSeries, period: FigurePeriod) -> _Side:
        """Return the strata of a period."""
        if self._event is None:
            return self._shares(parts, period)
        return self._means(parts, durations_of_cells(everything, period, self._event), period, self._event)

    def _shares(self, parts: Sequence[CellSeries], period: FigurePeriod) -> _Side:
        hits, cases = (
            np.stack([_daily(part, places, period) for part in parts], axis=1) for places in (self._hits, self._cases)
        )
        hit, number = hits.sum(axis=0), cases.sum(axis=0)
        some = np.maximum(number, 1.0)
        value = np.where(number > 0, hit / some, np.nan)
        # A share of 0 or 1 of few cases is not known without error: one more hit and one more miss (Laplace) give its variance.
        shrunk = (hit + 1.0) / (number + 2.0)
        influence = np.where(number > 0, (hits - cases * np.where(number > 0, value, 0.0)) / some, 0.0)
        rates = StratumRates(cases, value, shrunk * (1.0 - shrunk) / some, influence)
        return _Side(rates, np.zeros(len(parts), dtype=np.bool_))

    def _means(self, parts: Sequence[CellSeries], every: Durations, period: FigurePeriod, event: TimedEvent) -> _Side:
        days, curve = day_of(period.end) - day_of(period.start), every.curve()
        whole = restricted_mean(every, self._horizon, days)
        spread = whole.variance * max(every.numbers.sum(), 1.0)
        means, numbers = [], []
        for part in parts:
            lasting = durations_of_cells(part, period, event)
            numbers.append(np.bincount(lasting.day, lasting.numbers, days).astype(np.float64))
            means.append(restricted_mean(lasting, self._horizon, days, curve) if len(lasting.seconds) else None)
        return _Side(_rates(np.stack(numbers, axis=1), means, spread), _borrowed(means), curve.quantile(0.5))


def _rates(numbers: Floats, means: Sequence[RestrictedMean | None], spread: float) -> StratumRates:
    """Return the strata of restricted means; the variance of few tickets is at least that of as many of all tickets."""
    total = numbers.sum(axis=0)
    nothing = np.zeros(len(numbers))
    return StratumRates(
        numbers,
        np.array([np.nan if one is None else one.value for one in means]),
        np.array([
            0.0 if one is None else max(one.variance, spread / number if number < LEAST_TICKETS else 0.0)
            for one, number in zip(means, total.tolist(), strict=True)
        ]),
        np.stack([nothing if one is None else one.influence for one in means], axis=1),
    )  # fmt: skip


def _borrowed(means: Sequence[RestrictedMean | None]) -> Mask:
    return np.array([one is not None and one.borrowed for one in means])


def _daily(cells: CellSeries, places: Sequence[int], period: FigurePeriod) -> Floats:
    """Return the sum of some counts on each day of a period, shape (days,)."""
    first, last = day_of(period.start), day_of(period.end)
    inside = (cells.day >= first) & (cells.day < last)
    found = np.zeros(last - first)
    found[cells.day[inside] - first] = cells.counts[inside][:, list(places)].sum(axis=1)
    return found


def _driver(theme: str | None, sides: Sequence[_Side], found: Decomposition, members: Mask) -> Driver:
    borrowed = any(bool(side.borrowed[members].any()) for side in sides)
    before, after = (_figures(side, members) for side in sides)
    return Driver(theme, before, after, found.effects(members), borrowed)


def _figures(side: _Side, members: Mask) -> StratumFigures:
    number = side.rates.number.sum(axis=0)[members]
    if not number.sum():
        return StratumFigures(0, None)
    return StratumFigures(round(number.sum()), float(number @ np.nan_to_num(side.rates.value[members]) / number.sum()))
