"""Measures themes on streams of BANKING77: how well, how early, how steadily, compared with other methods.

usage: python -m bench.themes.stream [--seeds 0 1 2 3 4] [--refit-seeds 0 1] [--streams plain noise surges] [--no-baselines]

Five seeds, one configuration for every stream (docs/benchmarks/protocols.md has the protocol). The shared data is outside
the project: GROUNDSWELL_SHARED_DATA names its folder. The refitting baselines need `make bench-setup`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.result import save
from bench.themes.arrivals import WARM_UP, Arrivals, arrivals
from bench.themes.baselines import kmeans, leader, refits
from bench.themes.data import NOISE, Corpus, banking77, out_of_scope
from bench.themes.outcome import Outcome, figures, mean
from bench.themes.scores import Alert, Labels
from models.themes import Discovery, LineageReason, NewTicket, ThemeIndex, ThemeSettings
from models.themes.grouping.lexical import lexical_vectors

START = datetime(2026, 1, 5, tzinfo=UTC)
EPOCH = timedelta(minutes=15)

Vectors = NDArray[np.float32]
Method = Callable[[Vectors, Labels, Arrivals], Outcome]


def groundswell(texts: Sequence[str]) -> Method:
    """Drive the index as the miner does; the warm-up lasts as long as the learning period.

    `texts` are in the corpus's order, vectors and labels in that of arrival.
    """
    return lambda vectors, labels, arrived: _mined([texts[row] for row in arrived.order], vectors, labels, arrived)


def _mined(texts: Sequence[str], vectors: Vectors, labels: Labels, arrived: Arrivals) -> Outcome:
    settings = ThemeSettings()
    index = ThemeIndex(settings)
    length = settings.learning / WARM_UP
    count = len(labels)
    themes, learned = np.zeros(count, np.int64), np.zeros(0, np.int64)
    out = Outcome(np.zeros(count, np.int64), learned, themes)
    merged: dict[int, int] = {}
    tickets = [
        NewTicket(str(number), START + length * time_share, vector)
        for number, (time_share, vector) in enumerate(zip(arrived.times.tolist(), vectors, strict=True))
    ]
    for start, stop, now in epochs(arrived, length):
        begun = time.perf_counter()
        assigned = index.assign(tickets[start:stop])
        found = index.discover(now, lambda ids: lexical_vectors([texts[int(ticket)] for ticket in ids]))
        out.seconds += time.perf_counter() - begun
        themes[start:stop] = [one.theme_id or 0 for one in assigned]
        before = themes[:start].copy()
        _apply(found, themes, merged)
        out.first[start:stop] = themes[start:stop]
        out.alerts += [
            Alert(stop, [int(ticket) for ticket in birth.members])
            for birth in found.births
            if birth.reason is LineageReason.EMERGED
        ]
        if now > START + settings.learning:
            if not len(out.learned):
                out.learned = themes[:stop].copy()
            else:
                changed = int(((before != 0) & (before != themes[:start])).sum())
                out.switched += changed
                out.largest = max(out.largest, changed / max(1, int((before != 0).sum())))
    out.merged = merged
    indexed = {row.ticket_id: row.theme_id or 0 for row in index.tickets()}
    out.unrecorded = sum(themes[int(ticket)] != theme for ticket, theme in indexed.items())
    return out


def epochs(arrived: Arrivals, length: timedelta) -> Iterator[tuple[int, int, datetime]]:
    """Yield the first text of each epoch that has any, the one after its last, and the epoch's end, for a stream of that length."""
    numbers = (arrived.times * (length / EPOCH)).astype(np.int64)
    edges = np.flatnonzero(np.diff(numbers, prepend=-1)).tolist()
    for start, stop in zip(edges, [*edges[1:], len(numbers)], strict=True):
        yield start, stop, START + (int(numbers[start]) + 1) * EPOCH


def _apply(found: Discovery, themes: Labels, merged: dict[int, int]) -> None:
    for move in found.moves:
        assert themes[int(move.ticket_id)] == (move.from_theme or 0)
        themes[int(move.ticket_id)] = move.to_theme or 0
    for merge in found.merges:
        themes[themes == merge.theme_id] = merge.into
        merged[merge.theme_id] = merge.into


def _run(name: str, method: Method, stream: str, seeds: list[int], corpus: Corpus) -> dict[str, Any]:
    intents = sorted(set(corpus.labels) - {NOISE})
    labels = np.array([intents.index(label) if label != NOISE else -1 for label in corpus.labels], np.int64)
    runs = []
    for seed in seeds:
        arrived = arrivals(labels, seed, surges=stream == "surges")
        outcome = method(corpus.vectors[arrived.order], labels[arrived.order], arrived)
        runs.append(figures(outcome, labels[arrived.order], arrived))
    means = mean(runs)
    _print(stream, name, means)
    return {**means, "by_seed": runs}


def _print(stream: str, name: str, means: dict[str, Any]) -> None:
    def three(key: str) -> str:
        return " / ".join(f"{means[key][one]:.3f}" for one in ("b3_f1", "ami", "ari"))

    print(
        f"{stream:7} {name:24} end {three('end')}  assigned {three('assigned')}  idf1 {means['end']['idf1']:.3f}  "
        f"recall {means['recall']:.2f}  delay {means['delay_median']:.1f} (p90 {means['delay_p90']:.0f})  "
        f"duplicates {means['duplicates']:.1f}  false {means['false']:.1f}  switched {means['switched']:.1%} "
        f"(at most {means['largest_switch']:.1%} at once, {means['unrecorded_switches']:.1f} unrecorded)  "
        f"themes {means['themes']:.0f}  {means['seconds']:.1f} s  {means['runs']} runs",
        flush=True,
    )


def main() -> None:
    """Run the streams and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--refit-seeds", nargs="+", type=int)
    parser.add_argument("--streams", nargs="+", default=["plain", "noise", "surges"])
    parser.add_argument("--no-baselines", action="store_true")
    options = parser.parse_args()
    texts = banking77()
    results: dict[str, Any] = {}
    for stream in options.streams:
        corpus = texts + out_of_scope() if stream == "noise" else texts
        results[stream] = {"groundswell": _run("groundswell", groundswell(corpus.texts), stream, options.seeds, corpus)}
        baselines: dict[str, tuple[Method, list[int]]] = {}
        if not options.no_baselines:
            baselines = {"leader_60": (leader(0.60), options.seeds), "leader_70": (leader(0.70), options.seeds)}
        if baselines and stream == "plain":
            refit_seeds = options.refit_seeds or options.seeds
            baselines["kmeans_true_number"] = (kmeans, options.seeds)
            baselines |= {name: (method, refit_seeds) for name, method in refits().items()}
        for name, (method, seeds) in baselines.items():
            results[stream][name] = _run(name, method, stream, seeds, corpus)
        save("themes_stream", results, show=False)


if __name__ == "__main__":
    main()
