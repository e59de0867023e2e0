"""Expected bands: in which range a daily figure usually lies, from the weeks before each day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import pi, sqrt
from typing import Protocol

import numpy as np

from models.arrays import Floats, Ints

_HUBER = 3.0
"""Standard deviations beyond which an earlier day counts only as much as one at this distance: past incidents are not usual days."""
_ROUNDS = 3
_NEWTON = 60
_MOST_SERIAL = 0.8


class SeriesKind(StrEnum):
    """What a daily figure is, which decides how it varies."""

    COUNT = "count"
    SHARE = "share"
    DURATION = "duration"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class DailyFigure:
    """A figure by day.

    Parameters
    ----------
    kind: what it is.
    value: oldest day first, NaN where there is none, shape (days,).
    number: cases of a share, shape (days,); not used for others.
    error: standard error of the logarithm of a duration, shape (days,); not used for others.
    """

    kind: SeriesKind
    value: Floats
    number: Floats | None = None
    error: Floats | None = None


@dataclass(frozen=True, slots=True)
class BandRules:
    """How a band is learned.

    season: days after which days are alike, 7 for a week; 1 where a step is a week.
    window: steps before a week from which it is learned.
    least: observed steps that it needs.
    confidence: share of usual days that lie inside, 0.5 to 1 (exclusive).
    """

    season: int = 7
    window: int = 56
    least: int = 14
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class ExpectedBand:
    """The expected value and range of each day, NaN where too few days before are known; shape (days,) each.

    learned: observed days that each is learned from.
    """

    middle: Floats
    low: Floats
    high: Floats
    learned: Ints

    def last(self, days: int) -> ExpectedBand:
        """Return that of the last days."""
        return ExpectedBand(self.middle[-days:], self.low[-days:], self.high[-days:], self.learned[-days:])


def expected_band(figure: DailyFigure, rules: BandRules | None = None, shown: int | None = None) -> ExpectedBand:
    """Return the range in which each day's figure lies if it is a usual day, from the weeks before it alone.

    The days are divided into weeks that end with the last day; those of a week are learned from all days before that week. With `shown`
    only the range of so many last days is computed.

    The figure is a level, an effect of the day of the week, a deviation of the day and sampling error, on a scale on which the latter
    has a known variance: the square root of a count, the arcsine of a share's root, the logarithm of a duration. The variance of days
    is the excess over sampling error (that is over-dispersion: a negative binomial count, a beta-binomial share), the effects of the
    days of the week are shrunk to their mean as far as chance explains them, and the range is of Student's t distribution,
    so that it is wide where few weeks are known. Past days that are far off count less.
    A stock, as the backlog, is compared with a week before it: its range is that of usual changes over a week.

    References
    ----------
    Scales: Anscombe 1948, Biometrika 35. Variances: Paule and Mandel 1982, Journal of Research of the National Bureau of Standards 87.
    Shrinkage: Robinson 1991, Statistical Science 6. Past outliers: Huber 1964, Annals of Mathematical Statistics 35.
    """
    rules = rules or BandRules()
    learn: Callable[[Floats, Floats, BandRules], _Learned | None] = (
        _learn_stock if figure.kind is SeriesKind.STOCK else _learn_level
    )
    days = len(figure.value)
    middle, low, high = (np.full(days, np.nan) for _ in range(3))
    learned = np.zeros(days, dtype=np.int64)
    scaled, variance = _scaled(figure)
    first = 0 if shown is None else max(days - shown, 0)
    for start in range(days - rules.season, first - rules.season, -rules.season):
        known = learn(scaled[: max(start, 0)], variance, rules)
        if known is None:
            continue
        for day in range(max(start, first), start + rules.season):
            at, half = known.expect(day, float(variance[day]))
            middle[day], low[day], high[day] = _back(figure, np.array([at, at - half, at + half]), day)
            learned[day] = known.learned
    return ExpectedBand(middle, low, high, learned)


def _scaled(figure: DailyFigure) -> tuple[Floats, Floats]:
    """Return the figure on its scale and the variance of its sampling error there."""
    value = figure.value
    if figure.kind is SeriesKind.COUNT:
        return np.sqrt(value + 0.375), np.full(len(value), 0.25)
    if figure.kind is SeriesKind.STOCK:
        return np.log(value + 1.0), np.zeros(len(value))
    if figure.kind is SeriesKind.SHARE:
        number = _given(figure.number, "number")
        share = (value * number + 0.375) / (number + 0.75)
        return np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))), 1.0 / (4.0 * number + 2.0)
    error = _given(figure.error, "error")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(value), np.where(np.isfinite(error), error, 1.0) ** 2


def _given(values: Floats | None, name: str) -> Floats:
    if values is None:
        raise ValueError(f"received a daily figure without {name}; valid is one value for each day")
    return values


def _back(figure: DailyFigure, scaled: Floats, day: int) -> Floats:
    """Return values of the scale as figures of a day."""
    if figure.kind is SeriesKind.COUNT:
        return np.asarray(np.maximum(np.maximum(scaled, 0.0) ** 2 - 0.375, 0.0))
    if figure.kind is SeriesKind.STOCK:
        return np.asarray(np.maximum(np.exp(scaled) - 1.0, 0.0))
    if figure.kind is SeriesKind.SHARE:
        number = max(float(_given(figure.number, "number")[day]), 1.0)
        hits = (number + 0.75) * np.sin(np.clip(scaled, 0.0, pi / 2)) ** 2 - 0.375
        return np.asarray(np.clip(hits / number, 0.0, 1.0))
    return np.asarray(np.exp(scaled))


class _Learned(Protocol):
    """What is learned from the days before a week."""

    @property
    def learned(self) -> int:
        """Return from how many days it is learned."""

    def expect(self, day: int, variance: float) -> tuple[float, float]:
        """Return what is expected of a day with this variance of its sampling error, and half of its range."""


def _learn_level(past: Floats, variance: Floats, rules: BandRules) -> _Level | None:
    steps = np.arange(max(len(past) - rules.window, 0), len(past))
    steps = steps[np.isfinite(past[steps])]
    if len(steps) < rules.least:
        return None
    season = steps % rules.season
    return _fit_level(_limited(past[steps], season), variance[steps], season, rules)


def _limited(values: Floats, season: Ints) -> Floats:
    """Return values of which those far from the median of their day of the week are moved to 3 robust standard deviations from it."""
    medians = np.zeros(len(values))
    shrinks = np.ones(len(values))
    for one in np.unique(season):
        same = season == one
        medians[same] = np.median(values[same])
        shrinks[same] = np.sqrt(max(1.0 - 1.0 / same.sum(), 0.5))
    residual = (values - medians) / shrinks
    off = np.abs(residual[residual != 0.0])
    # The median absolute deviation of a normal distribution is .6745 of its standard deviation; a median of an odd number is a value.
    scale = float(np.median(off)) / 0.6745 if len(off) else 0.0
    return medians + np.clip(residual, -_HUBER * scale, _HUBER * scale) * shrinks if scale > 0 else values


@dataclass(frozen=True, slots=True)
class _Level:
    """A level with effects of the day of the week: these and their shrinkage by position of it, and the variances."""

    mean: float
    mean_variance: float
    effects: Mapping[int, tuple[float, float]]
    season_variance: float
    day_variance: float
    season: int
    quantile: float
    learned: int

    def expect(self, day: int, variance: float) -> tuple[float, float]:
        """Return what is expected of a day with this variance of its sampling error, and half of its range."""
        effect, weight = self.effects.get(day % self.season, (0.0, 0.0))
        of_level = self.season_variance * (1.0 - weight) + (1.0 - weight) ** 2 * self.mean_variance
        return self.mean + weight * effect, self.quantile * sqrt(of_level + self.day_variance + variance)


def _fit_level(values: Floats, variance: Floats, season: Ints, rules: BandRules) -> _Level:
    """Fit a level whose effects of the day of the week are random, after the variance of days and that of these effects."""
    kinds, place = np.unique(season, return_inverse=True)
    freedom = max(len(values) - len(kinds), 1)
    of_days = float(np.var(values))
    for _ in range(_ROUNDS):
        weights = 1.0 / np.maximum(of_days + variance, 1e-12)
        means = np.bincount(place, weights * values) / np.bincount(place, weights)
        of_days = _excess((values - means[place]) ** 2, variance, freedom)
    weights = 1.0 / np.maximum(of_days + variance, 1e-12)
    means = np.bincount(place, weights * values) / np.bincount(place, weights)
    error = _serial_inflation((values - means[place]) * np.sqrt(weights)) / np.bincount(place, weights)
    middle = float(np.average(means, weights=1.0 / error))
    of_seasons = _excess((means - middle) ** 2, error, len(kinds) - 1) if len(kinds) > 1 else 0.0
    between = 1.0 / (of_seasons + error)
    mean = float(between @ means / between.sum())
    shrink = of_seasons * between
    return _Level(
        mean, float(1.0 / between.sum()),
        {int(kind): (float(means[at]) - mean, float(shrink[at])) for at, kind in enumerate(kinds)},
        of_seasons, of_days, rules.season, _quantile(rules.confidence, freedom), len(values),
    )  # fmt: skip


def _excess(squares: Floats, variance: Floats, freedom: int) -> float:
    """Return the variance t for which the sum of squares / (t + variance) is the degrees of freedom; 0 if it is less without t."""
    found = 0.0
    for _ in range(_NEWTON):
        weights = 1.0 / np.maximum(found + variance, 1e-12)
        over = float(squares @ weights) - freedom
        if over <= 1e-9 * freedom:
            break
        # The sum is convex in t, so that no step goes too far.
        found += over / float(squares @ weights**2)
    return found


def _serial_inflation(residuals: Floats) -> float:
    """Return by how much days that follow each other are alike, as the factor of the variance of a mean of them, at least 1."""
    total = float(residuals @ residuals)
    if len(residuals) < 3 or not total:
        return 1.0
    # Residuals of a fit correlate by about minus one over their number more than the days do.
    serial = float(residuals[1:] @ residuals[:-1]) / total + 1.0 / len(residuals)
    serial = min(max(serial, 0.0), _MOST_SERIAL)
    return (1.0 + serial) / (1.0 - serial)


@dataclass(frozen=True, slots=True)
class _Stock:
    """The days before, and half of the range of usual changes over a season."""

    past: Floats
    half: float
    season: int
    learned: int

    def expect(self, day: int, variance: float) -> tuple[float, float]:
        """Return the value of a season before a day, and half of the range of usual changes."""
        return float(self.past[day - self.season]), self.half + variance


def _learn_stock(past: Floats, variance: Floats, rules: BandRules) -> _Stock | None:
    del variance
    lag, recent = rules.season, past[-rules.window :]
    changes = recent[lag:] - recent[:-lag]
    changes = changes[np.isfinite(changes)]
    if len(changes) < rules.least:
        return None
    scale = float(np.median(np.abs(changes))) / 0.6745
    limited = np.clip(changes, -_HUBER * scale, _HUBER * scale) if scale > 0 else changes
    # Changes over a week that overlap have in common what happened in the days of both: so many of them are worth one.
    overlap = 1.0 + 2.0 * sum((1.0 - step / lag) ** 2 for step in range(1, lag))
    # One more than in long series: with it, ranges of three to eight weeks have their coverage in simulations.
    freedom = round(len(changes) / overlap) + 1
    half = _quantile(rules.confidence, freedom) * float(np.sqrt((limited**2).mean()))
    return _Stock(past, half, lag, len(changes))


def _quantile(confidence: float, freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2))
