"""Tails of count distributions, and how p-values of many tests are put together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from models.arrays import Floats

_MOST_SIZE = 1e6
"""Above this size a negative binomial is a Poisson for every count we see."""
_LEAST_P = 1e-300


def upper_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """Mid-p of a count under a negative binomial of this mean and variance: P(X > x) + P(X = x) / 2.

    All arguments broadcast. `mean` must be above 0; a variance at or below the mean is taken as (nearly)
    Poisson. The result lies in [1e-300, 1], is never larger for a larger count, and is exact (a regularised
    incomplete beta function), however small [1].

    References
    ----------
    [1] Johnson, Kemp, Kotz, Univariate Discrete Distributions, 3rd ed., 5.2; mid-p: Lancaster 1961, JASA 56.
    """
    x, mu, var = (np.asarray(value, dtype=np.float64) for value in (observed, mean, variance))
    size = np.minimum(mu * mu / np.maximum(var - mu, mu * mu / _MOST_SIZE), _MOST_SIZE)
    chance = mu / (size + mu)
    at_least = np.where(x > 0, special.betainc(np.maximum(x, 1.0), size, chance), 1.0)
    more = special.betainc(x + 1.0, size, chance)
    tail: Floats = np.clip(0.5 * (at_least + more), _LEAST_P, 1.0)
    return tail


def lower_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """Mid-p of a count under a negative binomial: P(X < x) + P(X = x) / 2; arguments and range as of `upper_tail`."""
    x, mu, var = (np.asarray(value, dtype=np.float64) for value in (observed, mean, variance))
    size = np.minimum(mu * mu / np.maximum(var - mu, mu * mu / _MOST_SIZE), _MOST_SIZE)
    success = size / (size + mu)
    at_most = special.betainc(size, x + 1.0, success)
    fewer = np.where(x > 0, special.betainc(size, np.maximum(x, 1.0), success), 0.0)
    tail: Floats = np.clip(0.5 * (at_most + fewer), _LEAST_P, 1.0)
    return tail


def quantile(probability: float, mean: Floats, variance: Floats) -> Floats:
    """Smallest counts at which negative binomials of this mean and variance reach `probability`."""
    mu = np.maximum(mean, 1e-12)
    size = np.minimum(mu * mu / np.maximum(variance - mu, mu * mu / _MOST_SIZE), _MOST_SIZE)
    success = size / (size + mu)
    high = np.ceil(mu + 20.0 * np.sqrt(np.maximum(variance, mu)) + 20.0)
    low = np.full_like(high, -1.0)
    while bool(np.any(high - low > 1.0)):
        middle = np.floor((low + high) / 2.0)
        reached = special.betainc(size, middle + 1.0, success) >= probability
        high = np.where(reached, middle, high)
        low = np.where(reached, low, np.minimum(middle, high))
    return high


def simes(p_values: Floats) -> Floats:
    """Combine p-values along the last axis; valid for positive dependence, as between nested windows.

    References
    ----------
    Simes 1986, Biometrika 73; Sarkar 1998, Annals of Statistics 26.
    """
    n = p_values.shape[-1]
    ranked = np.sort(p_values, axis=-1) * (n / np.arange(1.0, n + 1.0))
    combined: Floats = np.minimum(ranked.min(axis=-1), 1.0)
    return combined


def false_discovery_rates(p_values: Floats, tests: int) -> Floats:
    """Benjamini-Hochberg adjusted p-values; `tests` counts also those whose p is 1 and not listed.

    References
    ----------
    Benjamini and Hochberg 1995, JRSS-B 57.
    """
    if len(p_values) == 0:
        return p_values
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * (max(tests, len(p_values)) / np.arange(1.0, len(p_values) + 1.0))
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def effective_tests(lengths: Sequence[int]) -> float:
    """How many independent tests the tests of nested trailing windows of these lengths are worth.

    The counts of two windows that end together correlate by the root of the ratio of their lengths; the number
    is (sum of roots of the eigenvalues)^2 over their sum.

    References
    ----------
    Galwey 2009, Genetic Epidemiology 33.
    """
    widths = np.asarray(lengths, dtype=np.float64)
    correlation = np.sqrt(np.minimum.outer(widths, widths) / np.maximum.outer(widths, widths))
    eigenvalues = np.maximum(np.linalg.eigvalsh(correlation), 0.0)
    return float(np.sqrt(eigenvalues).sum() ** 2 / eigenvalues.sum())


def calibrated(least: Floats, tests: float) -> Floats:
    """p-value of the least of so many independent p-values (Sidak): 1 - (1 - p)^tests."""
    found: Floats = -np.expm1(tests * np.log1p(-np.minimum(least, 1.0 - 1e-16)))
    return found
