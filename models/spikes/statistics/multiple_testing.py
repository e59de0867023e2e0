"""Multiple testing: how the p-values of several tests are combined or adjusted."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats


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
    """Adjust p-values by Benjamini-Hochberg.

    Parameters
    ----------
    p_values: shape (listed,), each in [0, 1].
    tests: number of tests, including those with p = 1 that are not listed.

    References
    ----------
    Benjamini and Hochberg 1995, JRSS-B 57.
    """
    if len(p_values) == 0:
        return p_values
    # Not `scipy.stats.false_discovery_control`, which gives the same: its import alone takes half a second.
    order = np.argsort(p_values)
    scaled = p_values[order] * (max(tests, len(p_values)) / np.arange(1, len(p_values) + 1))
    adjusted: Floats = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted


def needed_p(others: Floats, level: float, tests: int) -> float:
    """Find the largest p-value at which one more test would be rejected together with the others at `level`.

    The procedure is Benjamini-Hochberg. `tests` counts all tests of the family, including those with p = 1 that are
    not listed.

    References
    ----------
    Benjamini and Hochberg 1995, JRSS-B 57.
    """
    tests = max(tests, len(others) + 1)
    ranks = np.arange(1, len(others) + 2)
    below = np.searchsorted(np.sort(others), level * ranks / tests, side="right")
    reached = ranks[below >= ranks - 1]
    return float(level * reached.max() / tests)


def family_wise(p_values: Floats) -> Floats:
    """Adjust p-values by Holm's step-down procedure, so that all statements at one level together are right with its confidence.

    Parameters
    ----------
    p_values: shape (tests,), each in [0, 1].

    References
    ----------
    Holm 1979, Scandinavian Journal of Statistics 6.
    """
    order = np.argsort(p_values, kind="stable")
    scaled = p_values[order] * np.arange(len(p_values), 0.0, -1.0)
    adjusted: Floats = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted
