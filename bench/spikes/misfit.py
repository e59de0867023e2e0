"""Series that no regression fits: weekly counts over-dispersed, autocorrelated, with moving seasons, past outbreaks, few cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.spikes.outbreak import negative_binomial
from models.arrays import Floats, Mask

YEAR = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How the weeks of a family of series come about.

    dispersion: variance over mean, given the mean. low, high: range of the mean, uniform on the log scale.
    trend: standard deviation of the growth over two years, in log units. season: mean amplitude of the yearly wave, which differs
    by year by 30 %, as its peak does by ten days. correlation, sway: of an autoregressive log-intensity, by step and in all.
    outlying: scale of an independent log-intensity, t with four degrees of freedom.
    outbreaks: past outbreaks a year, of 3 to 8 weeks, in the first three quarters.
    """

    dispersion: float = 1.0
    low: float = 1.0
    high: float = 200.0
    trend: float = 0.0
    season: float = 0.0
    correlation: float = 0.0
    sway: float = 0.0
    outlying: float = 0.0
    outbreaks: float = 0.0


FAMILIES = {
    "poisson": Family(),
    "over-dispersed": Family(dispersion=3.0),
    "autocorrelated .7": Family(correlation=0.7, sway=0.3),
    "autocorrelated .9": Family(correlation=0.9, sway=0.2),
    "trend": Family(trend=0.3),
    "moving season": Family(season=0.6),
    "past outbreaks": Family(dispersion=3.0, outbreaks=1.0),
    "few cases": Family(low=0.2, high=2.0),
    "outlying weeks": Family(outlying=0.25),
    "all of them": Family(
        dispersion=2.0, trend=0.3, season=0.6, correlation=0.8, sway=0.2, outbreaks=1.0
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawn:
    """Counts of n series, shape (n, weeks), without the outbreaks that are to be found; mean: what they vary around."""

    counts: Floats
    mean: Floats


def draw(family: Family, seed: int, series: int, weeks: int) -> Drawn:
    """Draw series of a family."""
    random = np.random.default_rng([seed, len(str(family))])
    level = np.exp(random.uniform(np.log(family.low), np.log(family.high), series))
    log = np.log(level)[:, None] + _trend(family, random, series, weeks) + _season(family, random, series, weeks)
    log = log + _sway(family, random, series, weeks)
    if family.outlying:
        log = log + family.outlying * random.standard_t(4, (series, weeks))
    mean = np.exp(np.clip(log, -8.0, 9.0))
    counts = negative_binomial(random, mean, family.dispersion).astype(np.float64)
    for row in range(series):
        for _ in range(int(random.poisson(family.outbreaks * weeks / YEAR))):
            start, length = int(random.integers(0, weeks * 3 // 4)), int(random.integers(3, 9))
            size = np.sqrt(family.dispersion * mean[row, start]) * random.uniform(2, 5)
            counts[row, start : start + length] += random.poisson(size, length)
    return Drawn(counts, mean)


def new_outbreaks(drawn: Drawn, family: Family, first: int, seed: int) -> tuple[Floats, Mask]:
    """Add one outbreak of 3 to 8 weeks to each series from week `first` on; returns the counts, and where the outbreak is.

    Its weeks have three standard deviations of the series, those of its sway included, and one case more.
    """
    random = np.random.default_rng([seed, 7])
    series, weeks = drawn.counts.shape
    extra = np.zeros(drawn.counts.shape)
    for row in range(series):
        start, length = int(random.integers(first, weeks - 8)), int(random.integers(3, 9))
        mean = drawn.mean[row, start]
        deviation = np.sqrt(family.dispersion * mean + (mean * max(family.sway, 1.4 * family.outlying)) ** 2)
        extra[row, start : start + length] = np.maximum(random.poisson(3.0 * deviation + 1.0, length), 1)
    return drawn.counts + extra, extra > 0


def _trend(family: Family, random: np.random.Generator, series: int, weeks: int) -> Floats:
    growth = random.normal(0.0, family.trend, series) if family.trend else np.zeros(series)
    return np.asarray(growth[:, None] * (np.arange(weeks) - weeks) / (2.0 * YEAR))


def _season(family: Family, random: np.random.Generator, series: int, weeks: int) -> Floats:
    if not family.season:
        return np.zeros((series, weeks))
    years = weeks // YEAR + 1
    amplitude = np.abs(random.normal(family.season, family.season / 2, series))
    amplitude = amplitude[:, None] * np.exp(random.normal(0.0, 0.3, (series, years)))
    peak = random.uniform(0, YEAR, series)[:, None] + random.normal(0.0, 1.4, (series, years))
    week, year = np.arange(weeks), np.arange(weeks) // YEAR
    return np.asarray(amplitude[:, year] * np.cos(2 * np.pi * (week - peak[:, year]) / YEAR))


def _sway(family: Family, random: np.random.Generator, series: int, weeks: int) -> Floats:
    found = np.zeros((series, weeks))
    if family.sway:
        found[:, 0] = random.normal(0.0, family.sway, series)
        step = family.sway * np.sqrt(1.0 - family.correlation**2)
        for week in range(1, weeks):
            found[:, week] = family.correlation * found[:, week - 1] + step * random.normal(size=series)
    return found
