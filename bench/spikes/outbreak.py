"""Outbreaks of the published simulators: the number of cases, and their distribution over steps."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats, Ints


def cases(random: np.random.Generator, mean: float, *, least: int = 2) -> int:
    """Draw a Poisson number of cases of this mean, again until it is at least `least`.

    A mean so small that this would take too long gives `least`.
    """
    for _ in range(1_000):
        drawn = int(random.poisson(mean))
        if drawn >= least:
            return drawn
    return least


def spread(random: np.random.Generator, size: int, width: float) -> Ints:
    """Draw cases by step from the start: case times are lognormal(0, 0.5), a step is a bin of this width."""
    steps = np.floor(random.lognormal(0.0, 0.5, size) / width).astype(np.int64)
    return np.bincount(steps)


def negative_binomial(random: np.random.Generator, mean: Floats, dispersion: float) -> Ints:
    """Draw counts with variance dispersion x mean; Poisson at a dispersion of 1."""
    if dispersion <= 1.0:
        return random.poisson(mean)
    return random.poisson(random.gamma(np.maximum(mean, 1e-12) / (dispersion - 1.0), dispersion - 1.0))
