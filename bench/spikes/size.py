"""Time of one epoch and state per series, at 1,000, 10,000 and 100,000 series.

usage: python -m bench.spikes.size [--series 1000 10000 100000]

Every theme has 50 series (its total and its segments); tickets come at `RATE` an hour and series. Three epochs are timed: the
first one, which learns the baseline; one inside an hour; and one at a full hour, which learns it again and tests for
slow growth and missing volume. State is the memory of the counts, by `tracemalloc`. Farrington Flexible for one step of
the same number of series is timed for comparison.
"""

from __future__ import annotations

import argparse
import gc
import time
import tracemalloc
from typing import Any

import numpy as np

from bench.result import save
from bench.spikes.live import MONDAY, WEEK
from bench.spikes.rivals import farrington
from models.segment import EVERYTHING, Segment
from models.spikes import Detector, SeriesCounts, SeriesKey, ThemeFacts
from models.spikes.inputs import DetectionInputs

A_THEME = 50
RATE = 0.02
"""Tickets an hour and series: a theme of one ticket an hour has 50 series, and a ticket counts in a dozen of them."""
WEEKS = 8
BUCKETS = 12
RIVAL_STEPS = 52 * 5 + 8


def filled(series: int, random: np.random.Generator) -> tuple[SeriesCounts, dict[int, ThemeFacts]]:
    """Draw counts of so many series over 8 weeks: by the hour, the last 8 days by bucket."""
    counts = SeriesCounts()
    themes = max(1, series // A_THEME - 1)
    segments = [EVERYTHING, *(Segment.of({"region": f"r{number}"}) for number in range(A_THEME - 1))]
    keys = [SeriesKey(theme, segment) for theme in range(themes + 1) for segment in segments]
    for hour in range(WEEKS * WEEK):
        busy = np.flatnonzero(random.random(len(keys)) < RATE)
        first = (MONDAY + hour) * BUCKETS
        for at, bucket in zip(busy.tolist(), random.integers(0, BUCKETS, len(busy)).tolist(), strict=True):
            counts.add(first + bucket, keys[at], 1)
    counts.trim((MONDAY + WEEKS * WEEK) * BUCKETS)
    return counts, {theme: ThemeFacts(MONDAY * BUCKETS) for theme in range(1, themes + 1)}


def timed(series: int) -> dict[str, float]:
    """Measure the seconds of the three epochs, and the bytes per series."""
    gc.collect()
    tracemalloc.start()
    counts, facts = filled(series, np.random.default_rng(series))
    counts.hourly(0, 2 * MONDAY)
    memory = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    detector = Detector()
    figures: dict[str, float] = {"state_bytes_a_series": round(memory / len(counts)), "series": len(counts)}
    end = (MONDAY + WEEKS * WEEK) * BUCKETS
    for name, bucket in (
        ("first_seconds", end - 7), ("inside_an_hour_seconds", end - 6), ("again_inside_seconds", end - 5),
        ("full_hour_seconds", end),
    ):  # fmt: skip
        begun = time.process_time()
        detector.detect(DetectionInputs(bucket, counts, themes=facts))
        figures[name] = round(time.process_time() - begun, 3)
    return figures


def rival(series: int, random: np.random.Generator) -> float:
    """Measure the processor seconds of Farrington Flexible for one weekly step of so many series."""
    counts = random.poisson(1.0, (series, RIVAL_STEPS)).astype(np.float64)
    begun = time.process_time()
    farrington(counts, slice(RIVAL_STEPS - 1, RIVAL_STEPS), year=52, week=1)
    return round(time.process_time() - begun, 3)


def main() -> None:
    """Fill, detect, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    asked = parser.parse_args()
    figures: dict[str, Any] = {"tickets_an_hour_and_series": RATE}
    for series in asked.series:
        figures[f"{series} series"] = timed(series)
        figures[f"{series} series farrington_flexible_seconds"] = rival(series, np.random.default_rng(1))
        print(series, figures[f"{series} series"], flush=True)
    save("spikes_size", figures)


if __name__ == "__main__":
    main()
