"""Benchmark plans that mean a subset of a theme: excesses of the subset found, and false alarms, with and without its test.

usage: python -m bench.spikes.meant [--seeds FIRST END] [--themes 20]

Half of the themes are planned to come sixfold for a day. Of each only a subset is meant, and only it is lifted, by as much as
planned within the tolerance; of every second one three times as much. A ticket of the subset is nearer to the plan's text than
another by two standard deviations, on average. In the last part the text reaches two themes, and means the one that it is not
nearest to: the other one has its usual volume.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.result import save
from bench.spikes import REPORT
from bench.spikes.b4 import BUCKETS, BUDGET, counted, follow
from bench.spikes.launches import BEGIN, LENGTH, TOLERANCE
from bench.spikes.live import DISPERSION, MONDAY, World, simulate
from bench.spikes.outbreak import negative_binomial
from models.spikes import LaunchEffect, SpikeSettings, ThemeLift
from models.spikes.expectation.lift import deviation_of
from models.spikes.launches.nearest_tickets import NearestTickets, nearest_to_text

RATES = (0.3, 1.0)
MEANT = (1.0, 1 / 2, 1 / 3)
LIFT, TIMES = 6.0, 3.0
SEPARATION = 2.0
KNOWN = 100
START = (MONDAY + BEGIN) * BUCKETS


def make_day(
    seed: int, rate: float, themes: int, meant: float
) -> tuple[World, list[tuple[NearestTickets, ...]], set[int]]:
    """Make a world with the launch's day, the tickets nearest to each plan's text, and the themes that exceed their plan."""
    world = simulate(seed, rate, themes)
    random = np.random.default_rng([seed, 3, int(10 * meant)])
    counts, planned = world.counts.copy(), themes // 2
    deviation = deviation_of(TOLERANCE, 0.9)
    exceeding = {theme for theme in range(1, planned + 1) if theme % 2}
    nearest = []
    for theme in range(1, planned + 1):
        usual = world.mean[theme - 1, BEGIN : BEGIN + LENGTH]
        lift = max(LIFT * (1 + deviation * random.normal()), 1.0) * (TIMES if theme in exceeding else 1.0)
        others = negative_binomial(random, (1 - meant) * usual, DISPERSION) if meant < 1 else np.zeros(LENGTH, int)
        own = negative_binomial(random, meant * lift * usual, DISPERSION)
        counts[theme - 1, BEGIN : BEGIN + LENGTH] = others + own
        nearest.append(_nearest(random, (theme,), meant, own, others))
    return World(counts, world.mean, world.starts, world.random, world.plans), nearest, exceeding


def _nearest(
    random: np.random.Generator, themes: tuple[int, ...], meant: float, own: npt.NDArray[Any], others: npt.NDArray[Any]
) -> tuple[NearestTickets, ...]:
    """Draw the tickets nearest to the text, from those known before and those of each hour of the day."""
    known = random.normal(size=KNOWN) + SEPARATION * (random.random(KNOWN) < meant)
    since = [random.normal(size=int(n)) + distance for row, distance in ((own, SEPARATION), (others, 0.0)) for n in row]
    hours = [np.full(int(n), START + hour * BUCKETS) for row in (own, others) for hour, n in enumerate(row)]
    buckets = np.concatenate([np.full(KNOWN, START - 1), *hours])
    cosines = np.concatenate([known, *since])
    found = nearest_to_text(themes, buckets, cosines, START, START + LENGTH * BUCKETS)
    return () if found is None else (found,)


def make_pairs(seed: int, rate: float, themes: int) -> tuple[World, list[ThemeLift], set[int]]:
    """Make a day with plans whose text reaches two themes: the first has its usual volume, and the second is meant."""
    world = simulate(seed, rate, themes)
    random = np.random.default_rng([seed, 4])
    counts, deviation = world.counts.copy(), deviation_of(TOLERANCE, 0.9)
    lifts, exceeding = [], set()
    for other in range(1, themes // 2, 2):
        theme, exceeds = other + 1, other % 4 == 1
        exceeding |= {theme} if exceeds else set()
        lift = max(LIFT * (1 + deviation * random.normal()), 1.0) * (TIMES if exceeds else 1.0)
        day = slice(BEGIN, BEGIN + LENGTH)
        counts[theme - 1, day] = negative_binomial(random, lift * world.mean[theme - 1, day], DISPERSION)
        share = float(world.mean[theme - 1].sum() / world.mean[[other - 1, theme - 1]].sum())
        near = _nearest(random, (other, theme), share, counts[theme - 1, day], counts[other - 1, day])
        lifts.append(ThemeLift(frozenset({other, theme}), LIFT, core=other, nearest=near))
    return World(counts, world.mean, world.starts, world.random, world.plans), lifts, exceeding


def measure_pairs(seeds: Sequence[int], rate: float, themes: int, *, look: bool) -> dict[str, float | None]:
    """Measure as `measure` does, where the text reaches two themes."""
    days = []
    for seed in seeds:
        world, lifts, exceeding = make_pairs(seed, rate, themes)
        days.append((world, [one if look else replace(one, nearest=()) for one in lifts], exceeding))
    return _figures(days, themes)


def measure(seeds: Sequence[int], rate: float, themes: int, meant: float, *, look: bool) -> dict[str, float | None]:
    """Measure the share of exceeding themes that signal by the day's end, after how many hours, and false alarms a day."""
    days = []
    for seed in seeds:
        world, nearest, exceeding = make_day(seed, rate, themes, meant)
        groups = [
            ThemeLift(frozenset({theme}), LIFT, core=theme, nearest=nearest[theme - 1] if look else ())
            for theme in range(1, themes // 2 + 1)
        ]
        days.append((world, groups, exceeding))
    return _figures(days, themes)


def _figures(days: Sequence[tuple[World, Sequence[ThemeLift], set[int]]], themes: int) -> dict[str, float | None]:
    """Follow days with a launch that has these lines, of which some themes exceed their plan."""
    found, hours, false, planned = 0, [], 0, themes // 2
    for world, groups, exceeding in days:
        launch = LaunchEffect("launch", START, START + LENGTH * BUCKETS, tolerance=TOLERANCE, expected=tuple(groups))
        settings = SpikeSettings(false_alerts_per_week=BUDGET * themes)
        opened = follow(counted(world), themes, range(BEGIN, BEGIN + LENGTH), settings, step=BUCKETS, launches=[launch])
        first: dict[int, float] = {}
        for end, episode in opened:
            first.setdefault(episode.theme_id, (end - START) / BUCKETS)
        found += len(exceeding & first.keys())
        hours += [first[theme] for theme in exceeding & first.keys()]
        false += len([theme for theme in first if 0 < theme <= planned and theme not in exceeding])
    exceed = sum(len(exceeding) for _, _, exceeding in days)
    return {
        "found": round(found / exceed, 3), "hours": round(float(np.mean(hours)), 1) if hours else None,
        "false_a_theme_day": round(false / (len(days) * planned - exceed), 4),
    }  # fmt: skip


def main() -> None:
    """Simulate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.start + 4])
    parser.add_argument("--themes", type=int, default=20)
    asked = parser.parse_args()
    seeds, begun = range(*asked.seeds), time.perf_counter()
    figures: dict[str, Any] = {
        "seeds": f"{seeds.start}-{seeds.stop - 1}", "themes": asked.themes, "lift": LIFT, "times": TIMES, "tolerance": TOLERANCE,
    }  # fmt: skip
    for rate in RATES:
        for meant in MEANT:
            for look in (False, True):
                name = f"{rate:g}/h, {meant:.2f} of the theme meant, {'near the text too' if look else 'whole themes'}"
                figures[name] = measure(seeds, rate, asked.themes, meant, look=look)
                print(name, figures[name], flush=True)
        for look in (False, True):
            name = f"{rate:g}/h, the text reaches two themes, {'near the text too' if look else 'whole themes'}"
            figures[name] = measure_pairs(seeds, rate, asked.themes, look=look)
            print(name, figures[name], flush=True)
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    if seeds.start in REPORT:
        save("spikes_meant", figures, show=False)


if __name__ == "__main__":
    main()
