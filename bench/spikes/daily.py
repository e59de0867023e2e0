"""Simulator of daily syndromic counts: 16 signals over 7 years of 364 days, with one outbreak in the last year.

References
----------
Noufaily et al. 2019, Bioinformatics 35:3110.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.spikes.outbreak import cases, negative_binomial, spread
from models.arrays import Floats, Ints, Mask

YEARS, WEEKS = 7, 52
DAYS = YEARS * WEEKS * 7
SCORED = slice(2205, 2548)
"""Days 2206 to 2548, counted from 1: the last 49 weeks."""
STRENGTHS = (2, 3, 5, 10)
_HOLIDAYS = (0, 9, 12, 17, 21, 34, 51, 51)
"""Weeks of a year with a bank holiday, on Mondays; the second of week 51 is a Tuesday."""


@dataclass(frozen=True, slots=True)
class Season:
    """A seasonal outbreak each year: its start is uniform in a range of days, its size known on average."""

    first: int
    last: int
    size: float
    sized_as: int


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the published table; `week` is the number of days a week with counts."""

    number: int
    week: int
    k: int
    k2: int
    a: float
    b: float
    g: tuple[float, float, float, float]
    phi: float
    shift: int
    scale: int = 1
    season: Season | None = None

    def log_mean(self, days: Ints) -> Floats:
        """Return h(t) of working days counted from 1."""
        t = (days + self.shift).astype(np.float64)
        g1, g2, g3, g4 = self.g
        h = self.a + self.b * t
        for j in range(1, self.k + 1):
            turn = 2 * np.pi * j * t / (WEEKS * self.week)
            h = h + g1 * np.cos(turn) + g2 * np.sin(turn)
        for j in range(1, self.k2 + 1):
            turn = 2 * np.pi * j * t / self.week
            h = h + g3 * np.cos(turn) + g4 * np.sin(turn)
        return np.asarray(h, dtype=np.float64)


SIGNALS = {
    one.number: one
    for one in (
        Signal(1, 7, 1, 2, 6.0, 0.0, (0.2, 0.2, 0.5, 0.4), 2.0, 29),
        Signal(3, 7, 1, 2, 0.5, 0.0, (1.5, 1.4, 0.5, 0.4), 1.0, -167),
        Signal(4, 7, 0, 2, 5.5, 0.0, (0.0, 0.0, 0.3, 0.25), 1.0, 1),
        Signal(5, 7, 0, 2, 2.0, 0.0, (0.0, 0.0, 0.3, 0.25), 1.0, 1),
        Signal(6, 5, 1, 1, 6.0, 0.0, (0.3, 2.0, 0.3, 0.5), 1.5, -50, 10, Season(1, 20, 3 * 5 * 80, 6)),
        Signal(7, 5, 1, 1, 1.0, 0.0, (0.1, 2.0, 0.05, 0.05), 1.0, -50, 1, Season(1, 20, 3 * 5 * 50, 7)),
        Signal(8, 5, 0, 1, 6.0, 1e-4, (0.0, 0.0, 0.6, 0.9), 1.5, 0, 10),
        Signal(9, 5, 1, 1, 3.0, 0.0, (1.5, 0.1, 0.2, 0.3), 1.0, -150),
        Signal(10, 5, 1, 1, 3.0, 0.0, (0.2, 0.1, 0.05, 0.15), 1.0, -200),
        Signal(11, 5, 1, 1, 5.0, 0.0, (0.2, 0.1, 0.05, 0.1), 1.0, 0),
        Signal(12, 5, 2, 1, 0.5, 0.0, (0.4, 0.0, 0.05, 0.15), 1.0, 0),
        Signal(13, 5, 1, 1, 9.0, 0.0, (0.5, 0.2, 0.2, 0.5), 1.0, 0, 100),
        Signal(14, 7, 1, 2, 2.0, 5e-4, (0.8, 0.8, 0.8, 0.4), 4.0, 57),
        Signal(15, 7, 4, 1, 0.05, 0.0, (0.01, 0.01, 1.8, 0.1), 1.0, -85),
        Signal(16, 7, 1, 2, 3.0, 0.0, (0.8, 0.6, 0.8, 0.4), 4.0, 29, 1, Season(210, 230, 3 * 7 * 150, 7)),
        Signal(17, 7, 0, 2, 6.0, 0.0, (0.0, 0.0, 0.8, 0.4), 4.0, 1),
    )
}
_SIZES = {
    8: Signal(8, 5, 0, 1, 6.0, 0.0, (0.0, 0.0, 0.6, 0.9), 1.5, 0, 10),
    14: SIGNALS[1],
    15: Signal(15, 7, 4, 1, 2.0, 0.0, (0.8, 0.8, 0.8, 0.4), 4.0, 57),
}
"""Signals whose outbreaks have the size of another mean than their own."""


@dataclass(frozen=True, slots=True)
class Run:
    """One simulated series of calendar days.

    counts: shape (2548,). outbreak: cases of the one outbreak in them. season: days on which a seasonal
    outbreak has cases.
    """

    counts: Ints
    outbreak: Ints
    season: Mask


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known in advance, shape (2548,) each: holidays, the next working day, days without service.

    event_day: days since a yearly event may begin, -1 outside the 160 days after it.
    """

    holiday: Mask
    after: Mask
    closed: Mask
    event_day: Ints


def calendar(signal: Signal) -> Calendar:
    """Return the days known in advance."""
    holiday = np.zeros(DAYS, dtype=bool)
    for year in range(YEARS):
        for at, week in enumerate(_HOLIDAYS):
            holiday[year * 364 + week * 7 + int(at == len(_HOLIDAYS) - 1)] = True
    after = np.zeros(DAYS, dtype=bool)
    after[1:] = holiday[:-1]
    after &= ~holiday
    closed = (np.arange(DAYS) % 7 >= signal.week) if signal.week == 5 else np.zeros(DAYS, dtype=bool)
    event_day = np.full(DAYS, -1, dtype=np.int64)
    if signal.season is not None:
        first = _calendar_days(np.array([signal.season.first - 1]), signal.week)[0]
        since = (np.arange(DAYS) - first) % 364
        event_day = np.where(since < 240, since, -1)
    return Calendar(holiday, after, closed, event_day)


def _calendar_days(working: Ints, week: int) -> Ints:
    return working if week == 7 else working // 5 * 7 + working % 5


def simulate(signal: Signal, seed: int, strength: float) -> Run:
    """Simulate one run: counts, an outbreak in the last 49 weeks, a seasonal one each year where the signal has them."""
    random = np.random.default_rng([seed, signal.number, int(strength * 10)])
    total = YEARS * WEEKS * signal.week
    days = np.arange(1, total + 1)
    baseline = negative_binomial(random, np.exp(signal.log_mean(days)), signal.phi)
    counts = np.round(baseline / signal.scale).astype(np.int64)
    sized = _SIZES.get(signal.number, signal)
    deviation = np.sqrt(np.exp(sized.log_mean(days)) * sized.phi)
    season = np.zeros(total, dtype=bool)
    if signal.season is not None:
        by = SIGNALS[signal.season.sized_as]
        scale = np.sqrt(np.exp(by.log_mean(days)) * by.phi)
        for year in range(YEARS):
            start = year * WEEKS * signal.week + int(random.integers(signal.season.first, signal.season.last + 1)) - 1
            extra = spread(random, cases(random, scale[start] * signal.season.size), 0.02)[: total - start]
            counts[start : start + len(extra)] += extra
            season[start : start + len(extra)] |= extra > 0
    start = int(random.integers(total - 49 * signal.week, total))
    drawn = cases(random, deviation[start] * strength * signal.week)
    extra = _weighted(spread(random, drawn, 0.25), start, signal.week)[: total - start]
    outbreak = np.zeros(total, dtype=np.int64)
    outbreak[start : start + len(extra)] = extra
    return _on_the_calendar(signal, counts, outbreak, season)


def _weighted(extra: Ints, start: int, week: int) -> Ints:
    day = (start + 1 + np.arange(len(extra))) % week
    weight = np.ones(len(extra))
    if week == 7:
        weight[(day == 0) | (day == 6)] = 2.0
    else:
        weight[(day == 0) | (day == 2)], weight[day == 1] = 1.1, 1.5
    return np.round(extra * weight).astype(np.int64)


def _on_the_calendar(signal: Signal, counts: Ints, outbreak: Ints, season: Mask) -> Run:
    day_of = _calendar_days(np.arange(len(counts)), signal.week)

    def by_day(values: npt.NDArray[np.generic]) -> Ints:
        out = np.zeros(DAYS, dtype=np.int64)
        out[day_of] = values
        return out

    days = calendar(signal)
    known, extra = by_day(counts), by_day(outbreak)
    if signal.week == 7:
        known = np.where(days.holiday, 2 * known, known)
    else:
        known = np.where(days.holiday, 0, np.where(days.after, np.round(1.5 * known).astype(np.int64), known))
        extra = np.where(days.holiday, 0, extra)
    return Run(known + extra, extra, by_day(season) > 0)
