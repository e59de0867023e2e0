"""Simulator of live counts: hourly volume of many themes with seasonality, drift, incidents, launches and cold starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.spikes.outbreak import negative_binomial
from models.arrays import Floats, Ints

WEEK = 168
HISTORY_WEEKS = 8
MONDAY = 480_096
"""An hour since 1970 at which a Monday begins, UTC."""
DISPERSION = 1.5
DRIFT = 0.1
INCIDENT_HOURS = 6
LAUNCH_DAY = range(HISTORY_WEEKS * WEEK + 72, HISTORY_WEEKS * WEEK + 96)
"""Hours of the tested week's Thursday."""
TOLERANCE = 0.3
DAYTIME = range(7, 21)
"""Hours in which an incident `by_day` begins."""


@dataclass(frozen=True, slots=True)
class World:
    """Hourly counts of themes, shape (themes, hours); hour 0 is `MONDAY`, the last week is the one that is tested.

    starts: hour at which each theme's incident begins, -1 for none. mean: the true usual mean, without incidents. plans:
    multiple that a launch plans for each theme on `LAUNCH_DAY`, 1 for none.
    """

    counts: Ints
    mean: Floats
    starts: Ints
    random: np.random.Generator
    plans: Floats


def simulate(seed: int, rate: float, themes: int, *, weeks: int = 1, times: float = 1.0, by_day: bool = False) -> World:
    """Simulate themes of one usual rate an hour; each has one incident of `times` its volume in the last `weeks`.

    An incident begins at any hour, or `by_day` in one of `DAYTIME`.
    """
    random = np.random.default_rng([seed, int(rate * 10)])
    mean = usual_means(random, rate, themes, HISTORY_WEEKS + weeks)
    hours = np.arange(mean.shape[1])
    starts = random.integers(HISTORY_WEEKS * WEEK, len(hours) - INCIDENT_HOURS, themes)
    if by_day:
        starts = starts // 24 * 24 + DAYTIME.start + starts % len(DAYTIME)
        starts = np.minimum(starts, len(hours) - INCIDENT_HOURS)
    inside = (hours >= starts[:, None]) & (hours < starts[:, None] + INCIDENT_HOURS)
    counts = negative_binomial(random, np.where(inside, times * mean, mean), DISPERSION)
    return World(counts, mean, starts, random, np.ones(themes))


def simulate_launch(seed: int, rate: float, themes: int, *, times: float) -> World:
    """Simulate a launch on one day, planned to lift half of the themes 2 to 8 times, and incidents of a quarter.

    The true lift differs from the plan by a lognormal factor, in 90 % of cases by at most `TOLERANCE`. An incident
    lasts six hours of the launch day and multiplies what the theme has then, planned or not.
    """
    random = np.random.default_rng([seed, int(rate * 10), 1])
    mean = usual_means(random, rate, themes, HISTORY_WEEKS + 1)
    hours = np.arange(mean.shape[1])
    plans = np.where(random.random(themes) < 0.5, random.uniform(2.0, 8.0, themes), 1.0)
    lifts = plans * np.where(plans > 1.0, np.exp(random.normal(0.0, np.log1p(TOLERANCE) / 1.645, themes)), 1.0)
    begun = random.integers(LAUNCH_DAY.start, LAUNCH_DAY.stop - INCIDENT_HOURS, themes)
    starts = np.where(random.random(themes) < 0.25, begun, -1)
    inside = (hours >= starts[:, None]) & (hours < starts[:, None] + INCIDENT_HOURS) & (starts[:, None] >= 0)
    launched = (hours >= LAUNCH_DAY.start) & (hours < LAUNCH_DAY.stop)
    lifted = mean * np.where(launched, lifts[:, None], 1.0) * np.where(inside, times, 1.0)
    return World(negative_binomial(random, lifted, DISPERSION), mean, starts, random, plans)


def usual_means(random: np.random.Generator, rate: float, themes: int, weeks: int) -> Floats:
    """Draw the true usual mean of each theme by the hour: its profile, and a level that drifts from week to week."""
    hours = np.arange(weeks * WEEK)
    mean = rate * _profile(random, themes)[:, hours % WEEK]
    steps = random.normal(0.0, DRIFT, (themes, weeks))
    return np.asarray(mean * np.exp(np.cumsum(steps, axis=1) - steps.sum(axis=1, keepdims=True))[:, hours // WEEK])


def _profile(random: np.random.Generator, themes: int) -> Floats:
    """Draw hour-of-week profiles with a log mean of 0: a day's wave and a week's, with depth and phase by theme."""
    hour = np.arange(WEEK)
    depth, week_depth = random.uniform(0.4, 0.6, (themes, 1)), random.uniform(0.1, 0.3, (themes, 1))
    phase = random.normal(15.0, 1.0, (themes, 1))
    wave = depth * np.cos(2 * np.pi * (hour - phase) / 24) + week_depth * np.cos(2 * np.pi * (hour - 60.0) / WEEK)
    return np.asarray(np.exp(wave))
