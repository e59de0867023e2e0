"""Measures how five problems that are born on one day are found: soon, each for itself, and without moving tickets to and fro.

usage: python -m bench.themes.births [--seeds 100 101] [--kinds demo banking mixture]

The streams are generated (docs/benchmarks/protocols.md has the protocol). The index is driven as the miner does, without episodes.
The shared data is outside the project: GROUNDSWELL_SHARED_DATA names its folder.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from bench.result import save
from bench.themes.launch_day import LAUNCH_DAY, START, LaunchDay, corpora, launch_day
from bench.themes.scores import RIGHT_PURITY
from models.themes import Discovery, LineageReason, NewTicket, ThemeIndex, ThemeSettings
from models.themes.grouping.lexical import lexical_vectors

EPOCH = timedelta(minutes=15)
TENTH = 10
IN_TIME = timedelta(hours=2)
BOTH, SPLIT_WITHIN = 20, timedelta(days=1)
"""A theme with so many tickets of each of two new problems is split within that time."""


@dataclass
class Observed:
    """What one stream showed.

    `found` and `delays` map a problem to when it was announced in a theme mostly its own, and after how many of its tickets. `moves`
    counts how often a ticket changed from one theme to another, by ticket. `mixed` maps pairs of problems in one theme to since when.
    """

    found: dict[str, datetime] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    false: int = 0
    merges: int = 0
    wrong_merges: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    mixed: dict[tuple[str, str], datetime] = field(default_factory=dict)
    kept_mixed: set[tuple[str, str]] = field(default_factory=set)
    births: list[str] = field(default_factory=list)


class Driver:
    """Drives an index through a stream and observes it."""

    def __init__(self, day: LaunchDay, settings: ThemeSettings) -> None:
        self.day, self.settings = day, settings
        self.index = ThemeIndex(settings)
        self.themes: dict[str, int] = {}
        self.announced: set[int] = set()
        self.observed = Observed()
        self.learned = False

    def mine(self, now: datetime, tickets: Sequence[NewTicket]) -> None:
        """Mine one epoch."""
        for one in self.index.assign(tickets):
            self.themes[one.ticket_id] = one.theme_id or 0
        texts = self.day.texts
        found = self.index.discover(now, lambda ids: lexical_vectors([texts[int(ticket)] for ticket in ids]))
        self._apply(found, counted=self.learned)
        self.learned = now - self.day.tickets[0].time >= self.settings.learning
        if self.learned and now >= START + timedelta(days=LAUNCH_DAY):
            self._observe(now)

    def _apply(self, found: Discovery, *, counted: bool) -> None:
        seen = self.observed
        for move in found.moves:
            assert self.themes[move.ticket_id] == (move.from_theme or 0)
            self.themes[move.ticket_id] = move.to_theme or 0
            if counted and move.from_theme is not None:
                seen.moves[move.ticket_id] += 1
        for merge in found.merges:
            one, other = self.majority(merge.theme_id)[0], self.majority(merge.into)[0]
            if counted:
                seen.merges += 1
                seen.wrong_merges += one != other
            for ticket in self._members(merge.theme_id):
                self.themes[ticket] = merge.into
                seen.moves[ticket] += counted
        for birth in found.births:
            if counted and birth.reason is LineageReason.EMERGED:
                self._announce(birth.theme_id)

    def _announce(self, theme: int) -> None:
        seen = self.observed
        label, count, size = self.majority(theme)
        self.announced.add(theme)
        seen.births.append(f"{theme} {label} {count}/{size}")
        if label not in self.day.onsets or count < RIGHT_PURITY * size:
            seen.false += label not in self.day.onsets
        elif label in seen.found:
            seen.duplicates += 1

    def _observe(self, now: datetime) -> None:
        seen, labels = self.observed, self.day.labels
        inside: dict[int, Counter[str]] = {}
        for ticket, theme in self.themes.items():
            if theme in self.announced:
                inside.setdefault(theme, Counter())[labels[int(ticket)]] += 1
        for _, counts in sorted(inside.items()):
            label, count = counts.most_common(1)[0]
            if label in self.day.onsets and label not in seen.found and count >= RIGHT_PURITY * counts.total():
                seen.found[label] = now
                seen.delays[label] = sum(labels[int(ticket)] == label for ticket in self.themes)
            both = sorted(name for name, n in counts.items() if name in self.day.onsets and n >= BOTH)
            pairs = {(one, other) for one in both for other in both if one < other}
            for pair in pairs:
                if now - seen.mixed.setdefault(pair, now) > SPLIT_WITHIN:
                    seen.kept_mixed.add(pair)

    def _members(self, theme: int) -> list[str]:
        return [ticket for ticket, one in self.themes.items() if one == theme]

    def majority(self, theme: int) -> tuple[str, int, int]:
        """The problem with most of a theme's tickets, how many those are, and how many the theme has."""
        members = self._members(theme)
        counts = Counter(self.day.labels[int(ticket)] for ticket in members)
        label, count = counts.most_common(1)[0] if counts else ("", 0)
        return label, count, len(members)


def epochs(tickets: Sequence[NewTicket]) -> list[tuple[datetime, list[NewTicket]]]:
    """Group tickets by epoch: (end of the epoch, its tickets)."""
    grouped: dict[int, list[NewTicket]] = {}
    for ticket in tickets:
        grouped.setdefault((ticket.time - START) // EPOCH, []).append(ticket)
    return [(START + (number + 1) * EPOCH, members) for number, members in sorted(grouped.items())]


def figures(day: LaunchDay, driver: Driver) -> dict[str, Any]:
    """Figures of one stream."""
    seen, labels = driver.observed, np.array(day.labels)
    times = [ticket.time for ticket in day.tickets]
    in_time, shares = 0, []
    for problem in day.onsets:
        rows = np.flatnonzero(labels == problem)
        tenth = times[rows[TENTH - 1]]
        in_time += problem in seen.found and seen.found[problem] <= tenth + IN_TIME + EPOCH
        themes = Counter(driver.themes[str(row)] for row in rows.tolist())
        theme = themes.most_common(1)[0][0]
        shares.append(theme != 0 and driver.majority(theme)[0] == problem)
    return {
        "recall_in_2_hours": in_time / len(day.onsets),
        "recall": len(seen.found) / len(day.onsets),
        "own_theme_at_the_end": float(np.mean(shares)),
        "delay": float(np.median(list(seen.delays.values()) or [0])),
        "duplicates": seen.duplicates,
        "false": seen.false,
        "merges": seen.merges,
        "wrong_merges": seen.wrong_merges,
        "pairs_mixed": len(seen.mixed),
        "pairs_kept_mixed": len(seen.kept_mixed),
        "moved_tickets": len(seen.moves),
        "most_moves": max(seen.moves.values(), default=0),
    }


def main() -> None:
    """Run the streams and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101])
    parser.add_argument("--kinds", nargs="+", default=["demo", "banking", "mixture"])
    options = parser.parse_args()
    sources = corpora()
    results: dict[str, Any] = {"seeds": options.seeds}
    for kind in options.kinds:
        for name, similar in (("similar", True), ("any", False)):
            runs = [_run(launch_day(kind, sources, seed, similar=similar)) for seed in options.seeds]
            results[f"{kind}_{name}"] = _mean(runs)
            print(kind, name, results[f"{kind}_{name}"], flush=True)
    save("themes_births", results)


def _run(day: LaunchDay) -> dict[str, Any]:
    driver = Driver(day, ThemeSettings())
    for now, tickets in epochs(day.tickets):
        driver.mine(now, tickets)
    return figures(day, driver)


def _mean(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    means = {name: round(float(np.mean([run[name] for run in runs])), 3) for name in runs[0]}
    return {**means, "most_moves": max(run["most_moves"] for run in runs)}


if __name__ == "__main__":
    main()
