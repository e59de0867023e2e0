"""Benchmark live detection: false alarms a series and week, and incidents found within six hours, by the detector itself.

usage: python -m bench.spikes.b4 [--parts weeks launches discoveries] [--seeds FIRST END] [--themes 200] [--step 1] [--jobs N]

The simulator (`bench/spikes/live.py`): themes of .2 to 20 tickets an hour, negative binomial with variance 1.5 times the mean; an
hour-of-day wave of .4 to .6 and a weekly one of .1 to .3 on the log scale, its phase differing by an hour (sd); a log level that
moves by .1 (sd) each Monday, including the tested week's; eight weeks of history and one tested. Incidents multiply the mean for
six hours, dispersion included. They begin at any hour, or between 7 and 21 o'clock (`by day`): with windows of the true mean at
p < 1e-4 the latter are closest to the known figures (x5 at 1 an hour .95, x3 at 5 an hour .99), at any hour these are .86 and .99,
since a third of the incidents is then in hours of half the volume. Every theme has an incident in the tested week. An incident
is found by an episode that opens within six hours of its begin; what opens in the twelve hours after is no false alarm. Each
experiment that is run replaces its figures in the results, with the seeds and the step that they were measured with.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.result import save, saved
from bench.spikes import REPORT
from bench.spikes.live import (
    DISPERSION,
    HISTORY_WEEKS,
    INCIDENT_HOURS,
    LAUNCH_DAY,
    MONDAY,
    TOLERANCE,
    WEEK,
    World,
    simulate,
    simulate_launch,
)
from bench.spikes.rivals import escalating, mean_and_deviations, signi_trend
from models.arrays import Mask
from models.segment import EVERYTHING
from models.spikes import (
    ALL_TICKETS,
    Detector,
    Episode,
    LaunchEffect,
    SeriesCounts,
    SeriesKey,
    SpikeSettings,
    ThemeFacts,
)
from models.spikes.episodes.episode import EpisodeChange
from models.spikes.inputs import DetectionInputs
from models.spikes.statistics.count_tails import upper_tail

EXPERIMENTS = ("weeks", "launches", "discoveries")
Submitted = dict[str, tuple[Future[Any], dict[str, Any]]]
RATES = (0.2, 1.0, 5.0, 20.0)
TIMES = (2.0, 3.0, 5.0, 10.0)
LAUNCHES = ((1.0, 5.0), (5.0, 3.0))
"""Rates and strengths of the unplanned incidents of a launch day."""
BUCKETS = 12
BUDGET = 0.08
"""Budget of false alarms a series and week; the detector gives about half of them (seed 0)."""
ORACLE_WINDOWS, ORACLE_LEVEL, ORACLE_PAUSE = (1, 2, 3, 6), 1e-4, 12
MAX_ALERTS = 100.0
"""Largest number of false alerts a week that the settings allow."""
RATES_SERIES, RATES_HOURS = 2_000, 48
"""Series and hours of the false-discovery rate; one series in twenty has an incident of five times its volume."""


def counted(world: World) -> SeriesCounts:
    """Convert the world's tickets to the detector's counts: history by the hour, the tested weeks by bucket."""
    counts = SeriesCounts()
    for theme, row in enumerate(world.counts, 1):
        for hour in np.flatnonzero(row).tolist():
            first = (MONDAY + hour) * BUCKETS
            n = int(row[hour])
            if hour < HISTORY_WEEKS * WEEK - 24:
                counts.add(first, SeriesKey(theme, EVERYTHING), n)
                continue
            for bucket, tickets in enumerate(world.random.multinomial(n, np.full(BUCKETS, 1 / BUCKETS))):
                counts.add(first + bucket, SeriesKey(theme, EVERYTHING), int(tickets))
                counts.add(first + bucket, SeriesKey(ALL_TICKETS, EVERYTHING), int(tickets))
    for hour in range(HISTORY_WEEKS * WEEK - 24):
        in_all = int(world.counts[:, hour].sum())
        counts.add((MONDAY + hour) * BUCKETS, SeriesKey(ALL_TICKETS, EVERYTHING), in_all)
    return counts


def follow(
    counts: SeriesCounts,
    themes: int,
    hours: range,
    settings: SpikeSettings,
    *,
    step: int,
    launches: Sequence[LaunchEffect] = (),
) -> list[tuple[int, Episode]]:
    """Run detection every `step` buckets of these hours; return (bucket of detection, episode as it opened) for each."""
    detector = Detector(settings)
    facts = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in range(1, themes + 1)}
    known: dict[tuple[int, int], Episode] = {}
    opened = []
    for end in range((MONDAY + hours.start) * BUCKETS + step, (MONDAY + hours.stop) * BUCKETS + 1, step):
        found = detector.detect(
            DetectionInputs(end, counts, themes=facts, episodes=list(known.values()), launches=launches)
        )
        for one in found:
            before = known.get((one.theme_id, one.start))
            severity = one.severity if before is None else max(before.severity, one.severity)
            episode = Episode(one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, severity)
            known[one.theme_id, one.start] = episode
            if one.change == EpisodeChange.OPENED:
                opened.append((end, episode))
    return opened


def score(world: World, opened: Sequence[tuple[int, Episode]]) -> tuple[int, list[float]]:
    """Count false alarms, and return the delay in hours of each incident found within six hours."""
    false, delays = 0, []
    found: set[int] = set()
    for end, episode in opened:
        if episode.theme_id == ALL_TICKETS:
            false += 1
            continue
        begun = int(world.starts[episode.theme_id - 1])
        since = end / BUCKETS - MONDAY - begun
        if 0 < since <= INCIDENT_HOURS and episode.theme_id not in found:
            found.add(episode.theme_id)
            delays.append(since)
        elif not 0 < since <= 3 * INCIDENT_HOURS:
            false += 1
    return false, delays


def measure(
    rate: float, times: float, seeds: Sequence[int], themes: int, step: int, budget: float, *, by_day: bool = False
) -> dict[str, float | None]:
    """Measure false alarms a series and week, the share of incidents found and the mean delay."""
    false = 0
    delays: list[float] = []
    for seed in seeds:
        world = simulate(seed, rate, themes, times=times, by_day=by_day)
        settings = SpikeSettings(false_alerts_per_week=budget * themes)
        hours = range(HISTORY_WEEKS * WEEK, (HISTORY_WEEKS + 1) * WEEK)
        opened = follow(counted(world), themes, hours, settings, step=step)
        if times == 1.0:
            false += len(opened)
            continue
        more, late = score(world, opened)
        false, delays = false + more, delays + late
    weeks = themes * len(seeds)
    return {
        "false_a_series_week": round(false / weeks, 4),
        "found_6h": round(len(delays) / weeks, 4),
        "mean_delay_hours": round(float(np.mean(delays)), 2) if delays else None,
    }


def measure_launch(
    rate: float, times: float, seeds: Sequence[int], themes: int, step: int, budget: float
) -> dict[str, float]:
    """Measure a launch day: false alarms a series and day, and unplanned incidents of `times` the volume found in six hours."""
    false, calm, found, incidents = 0, 0, 0, 0
    for seed in seeds:
        world = simulate_launch(seed, rate, themes, times=times)
        settings = SpikeSettings(false_alerts_per_week=budget * themes)
        lifts = {theme: float(lift) for theme, lift in enumerate(world.plans, 1) if lift > 1.0}
        first, last = ((MONDAY + hour) * BUCKETS for hour in (LAUNCH_DAY.start, LAUNCH_DAY.stop))
        plan = LaunchEffect.of("launch", first, last, lifts, tolerance=TOLERANCE)
        opened = follow(counted(world), themes, LAUNCH_DAY, settings, step=step, launches=[plan])
        touched = {theme for theme, start in enumerate(world.starts, 1) if start >= 0}
        false += sum(episode.theme_id not in touched for _, episode in opened)
        hit = {
            episode.theme_id
            for end, episode in opened
            if episode.theme_id in touched
            and 0 < end / BUCKETS - MONDAY - world.starts[episode.theme_id - 1] <= INCIDENT_HOURS
        }
        calm, found, incidents = calm + themes - len(touched), found + len(hit), incidents + len(touched)
    return {
        "false_a_series_day": round(false / max(calm, 1), 5),
        "found_6h": round(found / max(incidents, 1), 4),
        "incidents": incidents,
    }


def false_discoveries(rate: float, seed: int, step: int, budget: float) -> dict[str, float]:
    """Measure the share of opened episodes without an incident, over `RATES_SERIES` series of which a twentieth has one."""
    world = simulate(seed, rate, RATES_SERIES, times=5.0)
    calm = simulate(seed + 1, rate, RATES_SERIES)
    first = HISTORY_WEEKS * WEEK
    starts = np.where(np.arange(RATES_SERIES) % 20 == 0, first + world.starts % (RATES_HOURS - INCIDENT_HOURS), -1)
    hours = np.arange(world.counts.shape[1])
    inside = (hours >= starts[:, None]) & (hours < starts[:, None] + INCIDENT_HOURS) & (starts[:, None] >= 0)
    extra = world.random.poisson(np.where(inside, 4.0 * calm.mean, 0.0))
    mixed = World(calm.counts + extra, calm.mean, starts, calm.random, calm.plans)
    settings = SpikeSettings(false_alerts_per_week=min(budget * RATES_SERIES, MAX_ALERTS))
    opened = follow(counted(mixed), RATES_SERIES, range(first, first + RATES_HOURS), settings, step=step)
    false = sum(episode.theme_id == ALL_TICKETS or starts[episode.theme_id - 1] < 0 for _, episode in opened)
    return {"episodes": len(opened), "rate": round(false / max(len(opened), 1), 4)}


def oracle(world: World, hours: slice) -> Mask:
    """Mark the beginning of episodes by exact tails of the true mean over windows, at 1e-4: no estimate can do better."""
    sums, means = (np.cumsum(np.pad(each, ((0, 0), (1, 0))), axis=1) for each in (world.counts, world.mean))
    ends = np.arange(hours.start + 1, hours.stop + 1)
    alarms = np.zeros((len(sums), len(ends)), dtype=bool)
    for width in ORACLE_WINDOWS:
        seen, mean = sums[:, ends] - sums[:, ends - width], means[:, ends] - means[:, ends - width]
        alarms |= upper_tail(seen, mean, DISPERSION * mean) < ORACLE_LEVEL
    begun = np.zeros_like(alarms)
    last = np.full(len(alarms), -ORACLE_PAUSE - 1)
    for at in range(alarms.shape[1]):
        begun[:, at] = alarms[:, at] & (at - last > ORACLE_PAUSE)
        last = np.where(alarms[:, at], at, last)
    return begun


def rivals(
    rate: float, times: float, seeds: Sequence[int], themes: int, *, by_day: bool = False
) -> dict[str, dict[str, float]]:
    """Measure known rules on hourly counts; an alarm counts when it begins."""
    figures: dict[str, dict[str, float]] = {}
    for name in ("true_mean_windows_1e-4", "sentry_escalating", "signitrend_3_sigma", "day_above_30_days_2sd"):
        false, found = 0, 0
        for seed in seeds:
            world = simulate(seed, rate, themes, times=times, by_day=by_day)
            hours = slice(HISTORY_WEEKS * WEEK, (HISTORY_WEEKS + 1) * WEEK)
            known = name.startswith("true_mean")
            alarms = oracle(world, hours) if known else _rule(name, world.counts.astype(np.float64), hours)
            begun = alarms if known else alarms & ~np.pad(alarms, ((0, 0), (1, 0)))[:, :-1]
            false += int(begun.sum())
            starts = world.starts - hours.start
            found += sum(bool(row[at : at + INCIDENT_HOURS].any()) for row, at in zip(alarms, starts, strict=True))
        weeks = themes * len(seeds)
        figures[name] = {"false_a_series_week": round(false / weeks, 4), "found_6h": round(found / weeks, 4)}
    return figures


def _rule(name: str, counts: npt.NDArray[np.float64], hours: slice) -> Mask:
    if name == "sentry_escalating":
        return escalating(counts, hours)
    if name == "signitrend_3_sigma":
        return signi_trend(counts, hours, half_life=24.0, sigma=3.0)
    sums = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1)
    days = sums[:, 24:] - sums[:, :-24]
    shifted = np.concatenate([np.zeros((len(counts), 23)), days], axis=1)
    return mean_and_deviations(shifted, hours, 720, 2.0)


def _submit(pool: ProcessPoolExecutor, asked: argparse.Namespace) -> tuple[Submitted, Submitted]:
    """Start the selected measurements, each with its conditions: of the detector, and of the rivals."""
    seeds = range(*asked.seeds)
    how = (seeds, asked.themes, asked.step, asked.budget)
    conditions = {
        "seeds": f"{seeds.start}-{seeds.stop - 1}", "themes": asked.themes, "judged_every_minutes": 5 * asked.step,
        "budget_a_series_week": asked.budget,
    }  # fmt: skip
    own: Submitted = {}
    others: Submitted = {}
    for rate in asked.rates if "weeks" in asked.parts else ():
        for times in asked.times:
            name = f"{rate:g}/h x{times:g}" + (" by day" if asked.by_day and times > 1.0 else "")
            own[f"detector {name}"] = pool.submit(measure, rate, times, *how, by_day=asked.by_day), conditions
            rivalling = pool.submit(rivals, rate, times, seeds, asked.themes, by_day=asked.by_day)
            others[name] = rivalling, conditions
    for rate, times in LAUNCHES if "launches" in asked.parts else ():
        own[f"launch day {rate:g}/h x{times:g}"] = pool.submit(measure_launch, rate, times, *how), conditions
    for seed in seeds if "discoveries" in asked.parts else ():
        one = pool.submit(false_discoveries, 1.0, seed, asked.step, asked.budget)
        own[f"false_discovery 1/h x5 seed {seed}"] = one, {
            **conditions, "seeds": str(seed), "themes": RATES_SERIES,
            "budget_a_series_week": min(asked.budget, MAX_ALERTS / RATES_SERIES),
        }  # fmt: skip
    return own, others


def main() -> None:
    """Simulate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.start + 2])
    parser.add_argument("--themes", type=int, default=200)
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--rates", nargs="+", type=float, default=list(RATES))
    parser.add_argument("--times", nargs="+", type=float, default=[1.0, *TIMES])
    parser.add_argument("--by-day", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget", type=float, default=BUDGET)
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    stored = not asked.no_save and asked.seeds[0] in REPORT
    kept = saved("spikes_b4") if stored else {}
    with ProcessPoolExecutor(asked.jobs) as pool:
        own, others = _submit(pool, asked)
        for name, (future, conditions) in own.items():
            kept[name] = {**future.result(), **conditions}
            print(name, kept[name], flush=True)
        for name, (future, conditions) in others.items():
            kept |= {f"{rival} {name}": {**one, **conditions} for rival, one in future.result().items()}
    if stored:
        save("spikes_b4", kept)


if __name__ == "__main__":
    main()
