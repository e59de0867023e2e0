"""The change of a figure from one period to another, with its interval."""

from __future__ import annotations

import math

from models.metrics.figures import Figure


def figure_change(now: Figure, earlier: Figure) -> tuple[float, float] | None:
    """Return the interval of 95 % of the difference of two independent figures, in their unit; None where one has no interval.

    The interval is recovered from those of the two figures (MOVER: Zou and Donner 2008, "Construction of confidence limits about effect
    measures", Statistics in Medicine 27, 1693 to 1702); for shares with Wilson's intervals it is Newcombe's method 10 (1998).

    >>> figure_change(Figure(0.5, 0.4, 0.6), Figure(0.2, 0.1, 0.3))
    (0.158..., 0.441...)
    """
    if None in (now.value, now.low, now.high, earlier.value, earlier.low, earlier.high):
        return None
    one, low, high = float(now.value or 0), float(now.low or 0), float(now.high or 0)
    other, least, most = float(earlier.value or 0), float(earlier.low or 0), float(earlier.high or 0)
    difference = one - other
    return difference - math.hypot(one - low, most - other), difference + math.hypot(high - one, other - least)
