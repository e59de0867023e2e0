"""Proportions of counts: their intervals of confidence."""

from __future__ import annotations


def wilson_interval(hits: int, number: int) -> tuple[float, float]:
    """Return the interval of 95 % of the proportion `hits` of `number`, each from 0 to 1; (0, 1) of nothing.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22, 209 to 212.
    """
    from scipy.stats import binomtest

    if not number:
        return 0.0, 1.0
    interval = binomtest(hits, number).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
