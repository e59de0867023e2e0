"""The envelope of a known issue: how much of it is no news."""

from __future__ import annotations


def known_issue_envelope(usual_per_day: float, hours: float, growth: float) -> int:
    """Most tickets that a known issue may bring in `hours` before it alerts again.

    The 99.9 % quantile of a Poisson count whose mean is `growth` times the volume at the time of the flag: a
    flag is set while the issue lasts, so its own volume, and not the baseline from before, is what people
    already know.
    """
    from scipy.stats import poisson

    return int(poisson.ppf(0.999, growth * usual_per_day * hours / 24))
