"""Newborn themes: what a theme may have in its first day, from the first days of themes that were born before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints

FIRST_HOURS = 24
"""Length of what counts as a theme's first day."""
_LEAST_BIRTHS = 8
_LEAST_SHAPE, _MOST_SHAPE = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class ColdStartPrior:
    """Gamma distribution of a newborn theme's rate: `shape` tickets are known of it in `shape / rate` usual hours.

    rate: mean, tickets a usual hour. shape: above 0; the relative variance is 1 / shape.
    """

    rate: float
    shape: float

    def level(self, seen: Floats, hours: Floats) -> tuple[Floats, Floats]:
        """Posterior mean rate of themes with so many tickets in so many usual hours, and its relative variance."""
        known = seen + self.shape
        return known / (hours + self.shape / self.rate), 1.0 / known


def cold_start_prior(totals: Floats, usual: Floats, first: Ints) -> ColdStartPrior | None:
    """Learn the prior from past births by moments, the Poisson noise of their counts taken off; None for fewer than 8.

    A negative binomial with this Gamma is what a newborn theme is then judged by: it stands out when it has far
    more than nearly all of them had.

    Parameters
    ----------
    totals: shape (themes, hours): tickets of each theme.
    usual: shape (hours,): usual volume of each hour, mean about 1.
    first: shape (themes,): place of the hour of each theme's first ticket; births in the first two days of
        the record, or whose first day is not over, say nothing.
    """
    n_hours = totals.shape[1]
    born = np.flatnonzero((first >= 2 * FIRST_HOURS) & (first + FIRST_HOURS <= n_hours))
    if len(born) < _LEAST_BIRTHS:
        return None
    seen = np.array([totals[at, first[at] : first[at] + FIRST_HOURS].sum() for at in born])
    hours = np.array([usual[first[at] : first[at] + FIRST_HOURS].sum() for at in born])
    rate = max(float(seen.sum() / max(hours.sum(), 1e-9)), 1e-3)
    noise = float(np.mean(rate / np.maximum(hours, 1e-9)))
    spread = max(float(np.mean((seen / np.maximum(hours, 1e-9) - rate) ** 2)) - noise, 0.0)
    shape = rate**2 / max(spread, rate**2 / _MOST_SHAPE)
    return ColdStartPrior(rate, float(np.clip(shape, _LEAST_SHAPE, _MOST_SHAPE)))
