"""The correlation of days: how much tickets that a group gets on one day depend on each other."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from models.arrays import Floats, Ints

_LEAST_DAYS = 5
_PERMUTATIONS = 20


def day_correlation(
    groups: Sequence[Hashable],
    strata: Sequence[Hashable],
    days: Sequence[Hashable],
    values: Sequence[float],
    generator: np.random.Generator,
) -> float:
    """Estimate the intraclass correlation of tickets that a group gets on one day, 0 to 1.

    Residuals from the mean of a group in a stratum are summed by group and day, without what the groups share on the day, which
    does not make them differ. How many times the sum of the squares is what it is on average where values are permuted within
    groups and strata, so that days mean nothing, is the design effect 1 + (m - 1) rho of m tickets a day. It is 0 with fewer than
    five days.

    Parameters
    ----------
    groups, strata, days, values: of each ticket, shape (tickets,). generator: of twenty permutations.

    References
    ----------
    Kish 1965, Survey Sampling, chapter 5; Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses.
    """
    if len(set(days)) < _LEAST_DAYS:
        return 0.0
    cell = _numbered(list(zip(groups, strata, strict=True)))
    day = _numbered(days)
    cluster = _numbered(list(zip(groups, day.tolist(), strict=True)))
    found = np.asarray(values, dtype=np.float64)
    residual = found - (np.bincount(cell, weights=found) / np.bincount(cell))[cell]
    by_cell = np.argsort(cell, kind="stable")
    permuted = np.empty(len(residual))
    squares = []
    for _ in range(_PERMUTATIONS):
        permuted[by_cell] = residual[np.lexsort((generator.random(len(cell)), cell))]
        squares.append(_squares(permuted, day, cluster))
    usual, sizes = float(np.mean(squares)), np.bincount(cluster)
    others = float((sizes.astype(np.float64) ** 2).sum() / len(cell)) - 1.0
    if usual <= 0.0 or others <= 0.0:
        return 0.0
    return min(max((_squares(residual, day, cluster) / usual - 1.0) / others, 0.0), 1.0)


def daily_correlation(tickets: Floats, hits: Floats) -> float:
    """Estimate the intraclass correlation of tickets that a group gets on one day from daily sums, 0 to 1.

    It is a moment estimator: the squares of daily deviations from a group's rate, less what they are on average where days mean
    nothing, over what a correlation of 1 would add. A mix that changes from day to day is in it, so that it is rather too large than
    too small. It is 0 with fewer than five days.

    Parameters
    ----------
    tickets, hits: of each group on each day, and those of them with the outcome, shape (groups, days).

    References
    ----------
    Ridout, Demetrio and Firth 1999, "Estimating intraclass correlation for binary data", Biometrics 55, 137 to 148.
    """
    if tickets.shape[1] < _LEAST_DAYS:
        return 0.0
    totals = np.maximum(tickets.sum(axis=1), 1.0)
    rate = hits.sum(axis=1) / totals
    spread = rate * (1.0 - rate)
    usual = spread * (totals - (tickets**2).sum(axis=1) / totals)
    more = spread * (tickets * (tickets - 1.0)).sum(axis=1)
    if more.sum() <= 0.0:
        return 0.0
    squares = ((hits - rate[:, None] * tickets) ** 2).sum()
    return min(max(float((squares - usual.sum()) / more.sum()), 0.0), 1.0)


def _squares(residual: Floats, day: Ints, cluster: Ints) -> float:
    """Add up the squared sums by group and day of what the groups do not share on the day."""
    shared = np.bincount(day, weights=residual) / np.bincount(day)
    return float((np.bincount(cluster, weights=residual - shared[day]) ** 2).sum())


def _numbered(keys: Sequence[Hashable]) -> Ints:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
