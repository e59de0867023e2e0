"""Benchmark launches: false alarms inside a plan, incidents on top of it, holidays without a plan, and the mixed tails.

usage: python -m bench.spikes.launches [--parts mixture launches for-all holidays] [--seeds FIRST END] [--themes 40]

Each experiment that is run replaces its figures in the results, with the seeds that they were measured with.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.result import save, saved
from bench.spikes import REPORT
from bench.spikes.b4 import BUCKETS, BUDGET, counted, follow
from bench.spikes.live import DISPERSION, HISTORY_WEEKS, INCIDENT_HOURS, MONDAY, WEEK, World, simulate
from bench.spikes.outbreak import negative_binomial
from models.arrays import Floats
from models.spikes import Episode, LaunchEffect, SpikeSettings, ThemeLift
from models.spikes.expectation.lift import deviation_of, deviations
from models.spikes.launches.effect import LiftCurve
from models.spikes.launches.response import PHASES, PastLaunch, common_curve, phases_of, planned_curve
from models.spikes.statistics.count_tails import mixed_tail, upper_tail
from models.theme import ALL_TICKETS

RATES = (5.0,)
LIFTS = (2.0, 4.0, 8.0)
TIMES = (3.0, 5.0)
TOLERANCE = 0.3
BEGIN = HISTORY_WEEKS * WEEK + 24 + 8
"""Hour of the launch: a Tuesday at eight."""
LENGTH = 24
FRONT = ((0, 2, 3.0), (2, 6, 1.5), (6, 24, 0.667))
"""A response that comes early: (from hour, to hour, share of the mean)."""
LIFT_ALL, WRONG = 2.0, (1.0, 1.6, 1 / 1.6)
"""What a plan for all themes states, and the factor by which it is wrong."""
HOLIDAY_OWN, HOLIDAY_COMMON = 0.15, 0.42


@dataclass(frozen=True)
class Day:
    """A world with a day on which something is planned. incident: themes with an incident, which lasts six hours."""

    world: World
    incident: npt.NDArray[np.bool_]
    lift: Floats


def make_day(
    seed: int, rate: float, themes: int, lift: Floats, times: float, shape: Sequence[tuple[int, int, float]]
) -> Day:
    """Lift themes for a day, each by its own multiple, and put an incident on every fourth one."""
    world = simulate(seed, rate, themes)
    random = np.random.default_rng([seed, 77, int(rate * 10), int(times * 10)])
    mean = world.mean.copy()
    for first, last, share in shape:
        mean[:, BEGIN + first : BEGIN + last] *= 1.0 + (lift[:, None] * share - 1.0) * (lift[:, None] != 1.0)
    incident = np.arange(themes) % 4 == 1 if times > 1.0 else np.zeros(themes, dtype=bool)
    starts = BEGIN + random.integers(2, LENGTH - INCIDENT_HOURS, themes)
    hours = np.arange(mean.shape[1])
    during = incident[:, None] & (hours >= starts[:, None]) & (hours < starts[:, None] + INCIDENT_HOURS)
    counts = world.counts.copy()
    drawn = negative_binomial(random, np.where(during, times * mean, mean), DISPERSION)
    counts[:, BEGIN : BEGIN + LENGTH] = drawn[:, BEGIN : BEGIN + LENGTH]
    return Day(World(counts, mean, starts, random, lift), incident, lift)


def measure(day: Day, launches: Sequence[LaunchEffect]) -> dict[str, float]:
    """Count false alarms, and incidents found within six hours, over the day."""
    themes = len(day.lift)
    settings = SpikeSettings(false_alerts_per_week=BUDGET * themes)
    hours = range(BEGIN, BEGIN + LENGTH)
    opened = follow(counted(day.world), themes, hours, settings, step=BUCKETS, launches=launches)
    false, found = 0, set()
    for end, episode in opened:
        theme = episode.theme_id - 1
        if episode.theme_id == ALL_TICKETS or not day.incident[theme] or not _inside(day, end, episode):
            false += 1
        elif end / BUCKETS - MONDAY - day.world.starts[theme] <= INCIDENT_HOURS:
            found.add(theme)
    planned = {int(theme) for theme in np.flatnonzero(day.incident & (day.lift != 1.0))}
    other = {int(theme) for theme in np.flatnonzero(day.incident & (day.lift == 1.0))}
    return {
        "false": false, "series": themes, "planned_incidents": len(planned), "planned_found": len(planned & found),
        "other_incidents": len(other), "other_found": len(other & found),
    }  # fmt: skip


def _inside(day: Day, end: int, episode: Episode) -> bool:
    since = end / BUCKETS - MONDAY - float(day.world.starts[episode.theme_id - 1])
    return 0 < since <= 3 * INCIDENT_HOURS


def rates(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Compute rates over several days."""
    sums = {name: sum(row[name] for row in rows) for name in rows[0]}
    out = {"false_a_series_week": round(7 * sums["false"] / sums["series"], 4)}
    for name in ("planned", "other"):
        if sums[f"{name}_incidents"]:
            out[f"found_{name}"] = round(sums[f"{name}_found"] / sums[f"{name}_incidents"], 3)
    return out


def plan_of(lift: float, planned: int, curve: LiftCurve = ()) -> LaunchEffect:
    """Make a plan for the first themes, each with its own envelope."""
    start = (MONDAY + BEGIN) * BUCKETS
    groups = tuple(ThemeLift(frozenset({theme}), lift, curve) for theme in range(1, planned + 1))
    return LaunchEffect("launch", start, start + LENGTH * BUCKETS, tolerance=TOLERANCE, expected=groups)


def true_lifts(seed: int, themes: int, planned: int, lift: float) -> Floats:
    """Draw true lifts: around the plan, within its tolerance in 90 % of cases, half of the error shared by all."""
    random = np.random.default_rng([seed, 5])
    deviation = deviation_of(TOLERANCE, 0.9)
    error = deviation * (random.normal() + random.normal(size=themes)) / np.sqrt(2)
    return np.where(np.arange(themes) < planned, np.maximum(lift * (1 + error), 0.2), 1.0)


def front_loaded_past(seed: int) -> list[PastLaunch]:
    """Draw three past launches with a response that came early, of 120 usual tickets a day."""
    random = np.random.default_rng([seed, 9])
    found = []
    for number in range(3):
        figures = np.zeros((len(PHASES), 2))
        for phase, first, last in phases_of(0, LENGTH * BUCKETS):
            usual = 120.0 * (last - first) / (LENGTH * BUCKETS)
            share = next(
                (share for begin, end, share in FRONT if begin * BUCKETS == first and first < end * BUCKETS), None
            )
            lift = (
                1.0 if share is None or phase in (0, len(PHASES) - 1) else 4.0 * share * np.exp(0.15 * random.normal())
            )
            figures[phase] = random.poisson(usual * lift), usual
        found.append(
            PastLaunch(
                f"past-{number}", "sale", 0, LENGTH * BUCKETS, frozenset({1}), planned_all=False, seen={1: figures}
            )
        )
    return found


def measure_launches(rate: float, seeds: Sequence[int], themes: int) -> dict[str, dict[str, float]]:
    """Measure ordinary days, planned days with and without the plan, early responses with and without past launches."""
    planned, flat = themes // 2, ((0, LENGTH, 1.0),)
    found = {}
    for times in (1.0, *TIMES):
        days = [make_day(seed, rate, themes, np.ones(themes), times, flat) for seed in seeds]
        found[f"ordinary day x{times:g}"] = rates([measure(day, []) for day in days])
        for lift in LIFTS:
            days = [make_day(s, rate, themes, true_lifts(s, themes, planned, lift), times, flat) for s in seeds]
            found[f"launch x{lift:g}, incidents x{times:g}"] = rates(
                [measure(day, [plan_of(lift, planned)]) for day in days]
            )
            if times == 1.0:
                found[f"launch x{lift:g} that nobody planned"] = rates([measure(day, []) for day in days])
    deviation = deviation_of(TOLERANCE, 0.9)
    days = [make_day(s, rate, themes, true_lifts(s, themes, planned, 4.0), 1.0, FRONT) for s in seeds]
    found["early launch x4, flat envelope"] = rates([measure(day, [plan_of(4.0, planned)]) for day in days])
    start = (MONDAY + BEGIN) * BUCKETS
    learned = [
        plan_of(4.0, planned, planned_curve(front_loaded_past(s), 4.0, start, start + LENGTH * BUCKETS, deviation))
        for s in seeds
    ]
    found["early launch x4, three past ones"] = rates(
        [measure(day, [one]) for day, one in zip(days, learned, strict=True)]
    )
    return found


def measure_plans_for_all(rate: float, seeds: Sequence[int], themes: int) -> dict[str, dict[str, float]]:
    """Measure a plan that lifts all themes alike, right and wrong: as one line for all, and as a line for each theme.

    Themes differ from what all have in common by the plan's tolerance.
    """
    start, flat = (MONDAY + BEGIN) * BUCKETS, ((0, LENGTH, 1.0),)
    plans = {
        "for all": LaunchEffect("launch", start, start + LENGTH * BUCKETS, tolerance=TOLERANCE, lift_all=LIFT_ALL),
        "for each theme": plan_of(LIFT_ALL, themes),
    }
    deviation = np.log1p(TOLERANCE) / deviations(0.9)
    found: dict[str, dict[str, float]] = {}
    for wrong in WRONG:
        for times in (1.0, *TIMES):
            days = []
            for seed in seeds:
                random = np.random.default_rng([seed, 7])
                lift = LIFT_ALL * wrong * np.exp(deviation * random.normal(size=themes))
                days.append(make_day(seed, rate, themes, lift, times, flat))
            for name, plan in plans.items():
                rows = [_measure_all(day, plan) for day in days]
                sums = {key: sum(row[key] for row in rows) for key in rows[0]}
                one = {
                    "alerted_in_all_a_day": round(sums["in_all"] / len(days), 2),
                    "false_a_series_week": round(7 * sums["false"] / sums["series"], 4),
                }
                if sums["incidents"]:
                    one["found"] = round(sums["found"] / sums["incidents"], 3)
                found[f"x{LIFT_ALL:g} {name}, x{LIFT_ALL * wrong:.3g} comes, incidents x{times:g}"] = one
    return found


def _measure_all(day: Day, plan: LaunchEffect) -> dict[str, float]:
    """Do the same as `measure`, with signals of all tickets counted separately."""
    themes = len(day.lift)
    settings = SpikeSettings(false_alerts_per_week=BUDGET * themes)
    hours = range(BEGIN, BEGIN + LENGTH)
    opened = follow(counted(day.world), themes, hours, settings, step=BUCKETS, launches=[plan])
    single = [(end, one) for end, one in opened if one.theme_id != ALL_TICKETS]
    right = [(end, one) for end, one in single if day.incident[one.theme_id - 1] and _inside(day, end, one)]
    hit = {
        one.theme_id
        for end, one in right
        if end / BUCKETS - MONDAY - day.world.starts[one.theme_id - 1] <= INCIDENT_HOURS
    }
    return {
        "in_all": len(opened) - len(single), "false": len(single) - len(right), "series": themes,
        "incidents": int(day.incident.sum()), "found": len(hit),
    }  # fmt: skip


def measure_holidays(rate: float, seeds: Sequence[int], themes: int) -> dict[str, dict[str, float]]:
    """Measure holidays of an unknown kind, with and without the calendar: all themes move together, each a bit differently."""
    start = (MONDAY + BEGIN) * BUCKETS
    common, own = common_curve([], start, start + LENGTH * BUCKETS)
    calendar = [LaunchEffect("holiday", start, start + LENGTH * BUCKETS, common=common, own=own)]
    found = {}
    for times in (1.0, 5.0):
        days = []
        for seed in seeds:
            random = np.random.default_rng([seed, 6])
            lift = np.exp(HOLIDAY_COMMON * random.normal() + HOLIDAY_OWN * random.normal(size=themes))
            days.append(make_day(seed, rate, themes, lift, times, ((0, LENGTH, 1.0),)))
        found[f"holiday, incidents x{times:g}"] = rates([measure(day, calendar) for day in days])
        found[f"holiday without the calendar, incidents x{times:g}"] = rates([measure(day, []) for day in days])
    return found


def mixture(draws: int, seed: int) -> dict[str, dict[str, float]]:
    """Measure the share of counts whose tail is below a level, by matched moments and by an exact mixture over the lift.

    Both should be the level itself. Means are 5 to 200, lifts normal around the plan within its tolerance, counts NB.
    """
    random = np.random.default_rng(seed)
    mean = np.exp(random.uniform(np.log(5), np.log(200), draws))
    deviation = deviation_of(TOLERANCE, 0.9)
    lifted = np.maximum(mean * (1 + deviation * random.normal(size=draws)), 0.05 * mean)
    seen = negative_binomial(random, lifted, DISPERSION)
    matched = upper_tail(seen, mean, DISPERSION * mean + (deviation * mean) ** 2)
    exact = mixed_tail(seen, mean, DISPERSION * mean, deviation * mean)
    return {
        f"level {level:g}": {
            "matched": round(float((matched <= level).mean()), 6), "exact": round(float((exact <= level).mean()), 6),
        }
        for level in (0.05, 0.005, 0.0005)
    }  # fmt: skip


EXPERIMENTS = {"launches": measure_launches, "for-all": measure_plans_for_all, "holidays": measure_holidays}


def main() -> None:
    """Simulate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=["mixture", *EXPERIMENTS], default=["mixture", *EXPERIMENTS])
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.start + 2])
    parser.add_argument("--themes", type=int, default=40)
    parser.add_argument("--rates", nargs="+", type=float, default=list(RATES))
    asked = parser.parse_args()
    seeds, begun = range(*asked.seeds), time.perf_counter()
    reported = seeds.start in REPORT
    figures = saved("spikes_launches") if reported else {}
    conditions = {
        "seeds": f"{seeds.start}-{seeds.stop - 1}", "themes": asked.themes, "budget_a_series_week": BUDGET,
        "tolerance": TOLERANCE,
    }  # fmt: skip
    if "mixture" in asked.parts:
        for name, one in mixture(200_000, seeds.start).items():
            figures[f"share of tails below, {name}"] = {**one, "seeds": str(seeds.start)}
            print(name, one, flush=True)
    for rate in asked.rates:
        for experiment in [one for one in EXPERIMENTS if one in asked.parts]:
            for name, one in EXPERIMENTS[experiment](rate, seeds, asked.themes).items():
                figures[f"{rate:g}/h {name}"] = {**one, **conditions}
                print(rate, name, one, flush=True)
            if reported:
                save("spikes_launches", figures, show=False)
    print(f"{time.perf_counter() - begun:.0f} seconds")


if __name__ == "__main__":
    main()
