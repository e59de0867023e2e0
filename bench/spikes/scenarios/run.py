"""Run the scenarios: the lines that should be given against the lines that are.

usage: python -m bench.spikes.scenarios.run [--only TEXT] [--seeds FIRST END] [--step 3] [--no-save]

A line is an episode that opens. `found` counts expected lines that were given, `false` all lines that were not expected; `delay_hours`
is the mean wait for an expected line, from the time at which its cause began. Each scenario that is run replaces its figures in the
results.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.result import save, saved
from bench.spikes import REPORT
from bench.spikes.live import WEEK
from bench.spikes.scenarios.cases import SCENARIOS, Line, Scenario
from bench.spikes.scenarios.world import HISTORY_WEEKS, THEMES, Desk
from models.bucket import BUCKETS_PER_HOUR
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes import ALL_TICKETS, Detector, Episode, Finding, SeriesCounts, SpikeSettings, ThemeFacts
from models.spikes.episodes.episode import EpisodeChange
from models.spikes.inputs import DetectionInputs

MOST_DETAILS = 8
AFTER_CLOCK_CHANGE = 480_576
"""Hour since 1970 of Monday 2024-10-28T00:00Z, the day after clocks were set back in Europe; the tested days begin then."""


@dataclass(frozen=True)
class Given:
    """What a run of a scenario gave: for each expected line the hours at which it was, and the lines that were not expected."""

    given: dict[str, list[float]]
    false: list[str]


def follow(
    counts: SeriesCounts, first: int, last: int, settings: SpikeSettings, step: int
) -> list[tuple[int, Episode]]:
    """Run detection every `step` buckets from `first` to `last`; return (bucket of detection, episode as it opened) for each."""
    detector = Detector(settings)
    start = first - HISTORY_WEEKS * WEEK * BUCKETS_PER_HOUR
    facts = {theme: ThemeFacts(start) for theme in range(1, THEMES + 1)}
    closed: list[Episode] = []
    going_on: dict[tuple[int, Segment | None], Episode] = {}
    opened = []
    for end in range(first + step, last + 1, step):
        found = detector.detect(DetectionInputs(end, counts, themes=facts, episodes=[*closed, *going_on.values()]))
        for one in found:
            episode = _continued(going_on.get(_place(one)), one)
            if one.change == EpisodeChange.OPENED:
                opened.append((end, episode))
            if episode.end is None:
                going_on[_place(one)] = episode
            else:
                going_on.pop(_place(one), None)
                closed.append(episode)
    return opened


def _place(one: Finding) -> tuple[int, Segment | None]:
    """Return what identifies an open episode: its theme, and for missing volume its segment too."""
    return one.theme_id, one.segment if one.kind == SpikeKind.MISSING_VOLUME else None


def _continued(before: Episode | None, one: Finding) -> Episode:
    severity = one.severity if before is None else max(before.severity, one.severity)
    return Episode(one.theme_id, one.segment, one.start, one.end, one.kind, one.launch_id, severity)


def match(scenario: Scenario, opened: Sequence[tuple[float, Episode]]) -> Given:
    """Match the lines that were given, at hours of the tested days, with those that should be."""
    given: dict[str, list[float]] = {line.text: [] for line in scenario.lines}
    false = []
    for hour, episode in opened:
        line = next((one for one in scenario.lines if _takes(one, given[one.text], hour, episode)), None)
        if line is None:
            false.append(_describe(hour, episode))
        else:
            given[line.text].append(hour)
    return Given(given, false)


def _takes(line: Line, given: Sequence[float], hour: float, episode: Episode) -> bool:
    return line.fits(episode) and line.since <= hour <= line.until and len(given) < line.most


def _describe(hour: float, episode: Episode) -> str:
    theme = "all tickets" if episode.theme_id == ALL_TICKETS else f"theme {episode.theme_id}"
    return f"{hour:.2f} h: {episode.kind} of {theme}, {episode.segment}"


def run(scenario: Scenario, seed: int, step: int) -> Given:
    """Simulate and follow one scenario."""
    monday = AFTER_CLOCK_CHANGE - HISTORY_WEEKS * WEEK
    desk = Desk(seed, scenario.days, scenario.effects, shift=scenario.shift)
    first = AFTER_CLOCK_CHANGE * BUCKETS_PER_HOUR
    settings = SpikeSettings(timezone=scenario.timezone)
    opened = follow(desk.counts(monday), first, first + scenario.days * 24 * BUCKETS_PER_HOUR, settings, step)
    return match(scenario, [((end - first) / BUCKETS_PER_HOUR, episode) for end, episode in opened])


def figures(name: str, seeds: Sequence[int], step: int) -> dict[str, Any]:
    """Run a scenario with several seeds."""
    scenario = SCENARIOS[name]
    runs = [run(scenario, seed, step) for seed in seeds]
    required = [line for line in scenario.lines if line.least]
    missed = [
        f"seed {seed}: {line.text}"
        for seed, one in zip(seeds, runs, strict=True)
        for line in required
        if len(one.given[line.text]) < line.least
    ]
    delays = [min(one.given[line.text]) - line.since for one in runs for line in required if one.given[line.text]]
    details = [{"missed": text} for text in missed]
    details += [{"false": f"seed {seed}: {text}"} for seed, one in zip(seeds, runs, strict=True) for text in one.false]
    return {
        "expected": "; ".join(line.text + (" (or none)" if not line.least else "") for line in scenario.lines)
        or "none",
        "lines": len(runs) * len(required),
        "found": len(delays),
        "false": sum(len(one.false) for one in runs),
        "delay_hours": round(float(np.mean(delays)), 2) if delays else None,
        **({"details": details[:MOST_DETAILS]} if details else {}),
    }


def main() -> None:
    """Run, print, store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="scenarios whose name contains this text")
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.start + 3])
    parser.add_argument("--step", type=int, default=3)
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    seeds = range(*asked.seeds)
    stored = not asked.no_save and asked.seeds[0] in REPORT
    kept = saved("spikes_scenarios") if stored else {}
    conditions = {"seeds": f"{seeds.start}-{seeds.stop - 1}", "judged_every_minutes": 5 * asked.step}
    print(f"{'scenario':42} {'lines':>5} {'found':>5} {'false':>5} {'delay':>6}")
    for name in SCENARIOS:
        if asked.only not in name:
            continue
        one = kept[name] = {**figures(name, seeds, asked.step), **conditions}
        print(
            f"{name:42} {one['lines']:5} {one['found']:5} {one['false']:5} {one['delay_hours'] or 0:6.2f}", flush=True
        )
        for detail in one.get("details", ()):
            print(*(f"    {name}: {text}" for name, text in detail.items()), flush=True)
        if stored:
            save("spikes_scenarios", kept, show=False)


if __name__ == "__main__":
    main()
