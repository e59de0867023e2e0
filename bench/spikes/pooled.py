"""Benchmark rises of small themes: alone, with some similar ones, and with a whole family of similar themes.

usage: python -m bench.spikes.pooled [--seed 100] [--themes 200] [--rates ...] [--times ...] [--rising ...] [--hours ...] [--no-save]

Counts are those of the simulator of live counts (`bench/spikes/live.py`): dispersion 1.5, eight weeks of history, one tested, judged by
the hour. Themes of one rate are in families of eight. Each family has one incident in the week, in which some of its members have a
multiple of their volume for some hours, all from the same hour on. It is found by an episode that opens while it lasts and that one of
these members is in. `signals` is how many such episodes open for one that is found. `alone` are the figures of the same counts where no
theme has a family. What opens within twelve hours after an incident is no false alarm; neither is missing volume.

`bound` is what a test of one theme can find at best: the power of one window as long as the incident, with the true mean and
dispersion, at the level that one of the tested themes has within the budget of one false alert a week.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.result import save, saved
from bench.spikes.b4 import BUCKETS, counted
from bench.spikes.live import DISPERSION, HISTORY_WEEKS, MONDAY, WEEK, World, usual_means
from bench.spikes.outbreak import negative_binomial
from models.spike import SpikeKind
from models.spikes import ALL_TICKETS, Detector, Episode, SpikeSettings, ThemeFacts
from models.spikes.episodes.episode import EpisodeChange, Finding
from models.spikes.families.error_budget import LOOKS_PER_WEEK
from models.spikes.inputs import DetectionInputs
from models.spikes.statistics.count_tails import upper_tail

FAMILY = 8
RATES, TIMES, RISING, HOURS = (0.05, 0.2, 0.5, 1.0), (3.0, 5.0, 10.0), (1, 2, 4, 8), (6, 24)
AFTER = 12
"""Hours after an incident in which an episode is no false alarm."""
Opened = list[tuple[int, Episode]]


def simulate(seed: int, rate: float, themes: int, *, times: float, rising: int, hours: int) -> World:
    """Simulate families of themes; `starts` is the hour in which a theme's incident begins, -1 for members that do not rise."""
    random = np.random.default_rng([seed, round(rate * 100), rising, round(times * 10), hours])
    mean = usual_means(random, rate, themes, HISTORY_WEEKS + 1)
    hour, number = np.arange(mean.shape[1]), np.arange(themes)
    begun = random.integers(HISTORY_WEEKS * WEEK, len(hour) - hours, themes // FAMILY + 1)
    starts = np.where((number % FAMILY < rising) & (times > 1.0), begun[number // FAMILY], -1)
    inside = (hour >= starts[:, None]) & (hour < starts[:, None] + hours) & (starts[:, None] >= 0)
    counts = negative_binomial(random, np.where(inside, times * mean, mean), DISPERSION)
    return World(counts, mean, starts, random, np.ones(themes))


def follow(world: World, families: Sequence[Sequence[int]]) -> Opened:
    """Judge the tested week by the hour; return (bucket of detection, episode) for each rise that opens."""
    counts, detector = counted(world), Detector(SpikeSettings())
    facts = {theme: ThemeFacts(MONDAY * BUCKETS) for theme in range(1, len(world.counts) + 1)}
    known: dict[tuple[int, int, str], Episode] = {}
    opened: Opened = []
    for hour in range(HISTORY_WEEKS * WEEK + 1, (HISTORY_WEEKS + 1) * WEEK + 1):
        end = (MONDAY + hour) * BUCKETS
        inputs = DetectionInputs(end, counts, themes=facts, episodes=list(known.values()), families=families)
        for one in detector.detect(inputs):
            key = one.theme_id, one.start, one.kind.value
            known[key] = _episode(one, known.get(key))
            if one.change == EpisodeChange.OPENED and one.kind is not SpikeKind.MISSING_VOLUME:
                opened.append((end, known[key]))
    return opened


def _episode(finding: Finding, before: Episode | None) -> Episode:
    severity = finding.severity if before is None else max(before.severity, finding.severity)
    members = finding.theme_ids if len(finding.theme_ids) > 1 else ()
    return Episode(
        finding.theme_id, finding.segment, finding.start, finding.end, finding.kind, None, severity,
        members if before is None else before.theme_ids,
    )  # fmt: skip


def score(world: World, opened: Opened, hours: int) -> dict[str, float | None]:
    """Score the episodes of a week: recall, mean delay in hours, signals for each incident that is found, false alarms a day."""
    delays: dict[int, list[float]] = {}
    false = 0
    for end, episode in opened:
        since = {
            theme: end / BUCKETS - MONDAY - world.starts[theme - 1] for theme in episode.themes if theme != ALL_TICKETS
        }
        touched = {theme: late for theme, late in since.items() if world.starts[theme - 1] >= 0 and late > 0}
        hit = [theme for theme, late in touched.items() if late <= hours]
        for theme in hit[:1]:
            delays.setdefault((theme - 1) // FAMILY, []).append(touched[theme])
        false += not any(late <= hours + AFTER for late in touched.values())
    incidents = len({at // FAMILY for at in np.flatnonzero(world.starts >= 0).tolist()})
    return {
        "recall": round(len(delays) / incidents, 3) if incidents else None,
        "delay_hours": round(float(np.mean([min(one) for one in delays.values()])), 1) if delays else None,
        "signals": round(float(np.mean([len(one) for one in delays.values()])), 2) if delays else None,
        "false_a_day": round(false / 7, 2),
    }


def bound(rate: float, times: float, hours: int, themes: int) -> float:
    """Return the power of one window of the incident's length for one of some themes, everything known."""
    mean = rate * hours
    counts = np.arange(int(times * mean + 20.0 * np.sqrt(times * mean) + 40.0))
    level = SpikeSettings().false_alerts_per_week / LOOKS_PER_WEEK / themes
    usual = upper_tail(counts, np.full(len(counts), mean), np.full(len(counts), DISPERSION * mean))
    found = counts[usual <= level]
    return round(float(_at_least(int(found[0]), times * mean)), 3) if len(found) else 0.0


def _at_least(count: int, mean: float) -> float:
    size = mean / (DISPERSION - 1.0)
    draws = np.arange(count)
    from scipy.stats import nbinom

    return 1.0 - float(nbinom.pmf(draws, size, 1.0 / DISPERSION).sum())


def measure(seed: int, rate: float, themes: int, *, times: float, rising: int, hours: int) -> dict[str, dict[str, Any]]:
    """Measure one condition with families, and alone."""
    world = simulate(seed, rate, themes, times=times, rising=rising, hours=hours)
    families = [tuple(range(first, first + FAMILY)) for first in range(1, themes - FAMILY + 2, FAMILY)]
    name = f"{rate:g}/h x{times:g} {rising} of {FAMILY}, {hours} h" if times > 1.0 else f"{rate:g}/h usual"
    known = {"seed": seed, "themes": themes, "bound": bound(rate, times, hours, themes) if times > 1.0 else None}
    return {
        f"{kind}{name}": {**score(world, follow(world, groups), hours), **known}
        for kind, groups in (("", families), ("alone ", ()))
    }


def main() -> None:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--themes", type=int, default=200)
    parser.add_argument("--rates", nargs="+", type=float, default=list(RATES))
    parser.add_argument("--times", nargs="+", type=float, default=[1.0, *TIMES])
    parser.add_argument("--rising", nargs="+", type=int, default=list(RISING))
    parser.add_argument("--hours", nargs="+", type=int, default=list(HOURS))
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    kept = {} if asked.no_save else saved("spikes_pooled")
    conditions = [
        (rate, times, rising, hours)
        for rate in asked.rates for times in asked.times for rising in asked.rising for hours in asked.hours
        if times > 1.0 or (rising, hours) == (asked.rising[0], asked.hours[0])
    ]  # fmt: skip
    for rate, times, rising, hours in conditions:
        found = measure(asked.seed, rate, asked.themes, times=times, rising=rising, hours=hours)
        kept |= found
        for name, figures in found.items():
            print(name, figures, flush=True)
        if not asked.no_save:
            save("spikes_pooled", kept, show=False)


if __name__ == "__main__":
    main()
