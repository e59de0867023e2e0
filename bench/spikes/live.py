"""Simulator of live counts: hourly volume of many themes with rhythm, drift, incidents, launches and cold starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.spikes.outbreak import negative_binomial

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WEEK = 168
HISTORY_WEEKS = 8
MONDAY = 480_096
"""An hour since 1970 at which a Monday begins, UTC."""
DISPERSION = 1.5
DRIFT = 0.1
INCIDENT_HOURS = 6


@dataclass(frozen=True, slots=True)
class World:
    """Hourly counts of themes, shape (themes, hours); hour 0 is `MONDAY`, the last week is the one that is judged.

    starts: hour at which each theme's incident begins. mean: the true usual mean, without incidents.
    """

    counts: Ints
    mean: Floats
    starts: Ints
    random: np.random.Generator


def simulate(seed: int, rate: float, themes: int, *, weeks: int = 1, times: float = 1.0) -> World:
    """Themes of one usual rate an hour; each has one incident of `times` its volume in the last `weeks`."""
    random = np.random.default_rng([seed, int(rate * 10)])
    hours = np.arange((HISTORY_WEEKS + weeks) * WEEK)
    mean = rate * _rhythm(random, themes)[:, hours % WEEK]
    steps = random.normal(0.0, DRIFT, (themes, HISTORY_WEEKS + weeks))
    mean *= np.exp(np.cumsum(steps, axis=1) - steps.sum(axis=1, keepdims=True))[:, hours // WEEK]
    starts = random.integers(HISTORY_WEEKS * WEEK, len(hours) - INCIDENT_HOURS, themes)
    inside = (hours >= starts[:, None]) & (hours < starts[:, None] + INCIDENT_HOURS)
    counts = negative_binomial(random, np.where(inside, times * mean, mean), DISPERSION)
    return World(counts, mean, starts, random)


def _rhythm(random: np.random.Generator, themes: int) -> Floats:
    """Hour-of-week profiles with a log mean of 0: a day's wave and a week's, each theme with its own depth and phase."""
    hour = np.arange(WEEK)
    depth, week_depth = random.uniform(0.4, 0.6, (themes, 1)), random.uniform(0.1, 0.3, (themes, 1))
    phase = random.normal(15.0, 1.0, (themes, 1))
    wave = depth * np.cos(2 * np.pi * (hour - phase) / 24) + week_depth * np.cos(2 * np.pi * (hour - 60.0) / WEEK)
    return np.asarray(np.exp(wave))
