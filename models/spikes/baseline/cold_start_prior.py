"""Cold start: the volume of a theme in its first day, from the first days of themes that began before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints

FIRST_HOURS = 24
"""Length of a theme's first day."""
_MIN_THEMES = 8
_MIN_SHAPE, _MAX_SHAPE = 0.25, 10.0


@dataclass(frozen=True, slots=True)
class ColdStartPrior:
    """Gamma distribution of a new theme's rate: it is worth `shape` tickets in `shape / rate` usual hours.

    rate: mean, tickets a usual hour. shape: above 0; the relative variance is 1 / shape.
    """

    rate: float
    shape: float

    def level(self, seen: Floats, hours: Floats) -> tuple[Floats, Floats]:
        """Return the posterior mean rate of themes with `seen` tickets in `hours` usual hours, and its relative variance."""
        known = seen + self.shape
        return known / (hours + self.shape / self.rate), 1.0 / known


def cold_start_prior(totals: Floats, usual: Floats, first: Ints) -> ColdStartPrior | None:
    """Learn the prior from past first days by moments, less the Poisson noise of their counts.

    A new theme is then tested with a negative binomial of this Gamma: it signals when it has far more tickets than
    nearly all past themes had.

    Parameters
    ----------
    totals: shape (themes, hours): tickets of each theme.
    usual: shape (hours,): usual volume of each hour, mean about 1.
    first: shape (themes,): position of the hour of each theme's first ticket. Themes that began in the first two days
        of the record, or whose first day is not over, do not count.

    Returns
    -------
    None for fewer than 8 themes.
    """
    n_hours = totals.shape[1]
    begun = np.flatnonzero((first >= 2 * FIRST_HOURS) & (first + FIRST_HOURS <= n_hours))
    if len(begun) < _MIN_THEMES:
        return None
    seen = np.array([totals[at, first[at] : first[at] + FIRST_HOURS].sum() for at in begun])
    hours = np.array([usual[first[at] : first[at] + FIRST_HOURS].sum() for at in begun])
    rate = max(float(seen.sum() / max(hours.sum(), 1e-9)), 1e-3)
    noise = float(np.mean(rate / np.maximum(hours, 1e-9)))
    spread = max(float(np.mean((seen / np.maximum(hours, 1e-9) - rate) ** 2)) - noise, 0.0)
    shape = rate**2 / max(spread, rate**2 / _MAX_SHAPE)
    return ColdStartPrior(rate, float(np.clip(shape, _MIN_SHAPE, _MAX_SHAPE)))
