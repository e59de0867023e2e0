"""Seasonality of a regular series: level, trend, week, year and known days as columns of a regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints

_EVENT_KNOTS = (*range(0, 60, 6), *range(60, 240, 15))
"""Steps after the earliest start of a planned event at which the slope of its curve may change."""
EVENT_STEPS = 240
"""Steps for which a planned event may have an effect."""


@dataclass(frozen=True, slots=True)
class Seasonality:
    """How time is divided, and what recurs in it.

    week: steps a week, each with a level of its own; 1 when a step is a week or longer. year: steps a year,
    0 for no yearly cycle. harmonics: waves a year. trend: whether the level may grow steadily. growth: standard deviation of
    that growth, in log units a step; None where hardly anything is known of it.
    """

    week: int = 7
    year: float = 0.0
    harmonics: int = 3
    trend: bool = True
    growth: float | None = None

    def design(self, steps: Ints, known: Floats | None = None, event: Ints | None = None) -> tuple[Floats, Floats]:
        """Return the columns of the regression, and the precision of each one's prior.

        Parameters
        ----------
        steps: numbers of the steps, shape (n,); step 0 begins a week.
        known: shape (n, k): 1 on steps of a kind known in advance (holidays, the day after), else 0.
        event: steps since a planned event may begin, -1 outside of it; None for no event. Its curve is
            piecewise linear on the log scale.

        Returns
        -------
        (n, p) and (p,); the first column is the constant.
        """
        scale = max(len(steps) / 2.0, 1.0)
        columns = [np.ones(len(steps))]
        prior = [0.0]
        if self.trend:
            columns.append((steps - steps[-1]) / scale)
            prior.append(1.0 if self.growth is None else (self.growth * scale) ** -2)
        for day in range(1, self.week):
            columns.append((steps % self.week == day).astype(np.float64))
            prior.append(0.5)
        for wave in range(1, self.harmonics + 1 if self.year else 1):
            turn = 2 * np.pi * wave * steps / self.year
            columns += [np.cos(turn), np.sin(turn)]
            prior += [0.5, 0.5]
        if known is not None:
            columns += list(known.T)
            prior += [0.5] * known.shape[1]
        if event is not None:
            columns += _piecewise_linear(event)
            prior += [0.3] * len(_EVENT_KNOTS)
        return np.stack(columns, axis=1), np.array(prior)


def _piecewise_linear(event: Ints) -> list[Floats]:
    edges = (-_EVENT_KNOTS[1], *_EVENT_KNOTS, EVENT_STEPS + 15)
    since = event.astype(np.float64)
    found = []
    for low, knot, high in zip(edges, edges[1:], edges[2:], strict=False):
        hat = np.minimum((since - low) / (knot - low), (high - since) / (high - knot))
        found.append(np.where(event >= 0, np.maximum(hat, 0.0), 0.0))
    return found
