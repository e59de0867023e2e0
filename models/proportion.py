"""Proportions of counts: their intervals of confidence."""

from __future__ import annotations

import math

NORMAL_QUANTILE = 1.959963984540054
"""The quantile of the normal distribution for 95 %."""


def wilson_limits(share: float, number: float, z: float = NORMAL_QUANTILE) -> tuple[float, float]:
    """Return the interval of Wilson of a share of `number` cases, above 0, which need not be whole; `z` is the quantile of the normal.

    It is neither cut at 0 and 1 nor at the share, which rounding can put outside by the last digit.
    """
    square = z * z / number
    center = (share + square / 2) / (1 + square)
    half = z / (1 + square) * math.sqrt(max(share * (1 - share), 0.0) / number + square / (4 * number))
    return center - half, center + half


def wilson_interval(hits: int, number: int) -> tuple[float, float]:
    """Return the interval of 95 % of the proportion `hits` of `number`, each from 0 to 1; (0, 1) of nothing.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference", JASA 22, 209 to 212. SciPy's function for it
    also tests a hypothesis, which takes half of the time of a page of figures.
    """
    if not number:
        return 0.0, 1.0
    low, high = wilson_limits(hits / number, number)
    return 0.0 if hits == 0 else low, 1.0 if hits == number else high


def difference_limits(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float]:
    """Return the interval of the difference of two independent shares, each given with its own interval: (share, low, high).

    Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17, 873 to 890,
    method 10.
    """
    difference = first[0] - second[0]
    below = math.hypot(first[0] - first[1], second[2] - second[0])
    above = math.hypot(first[2] - first[0], second[0] - second[1])
    return difference - below, difference + above
