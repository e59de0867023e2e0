"""Compute how soon an excess over a plan can be found at all: the power of the best test, by the planned tickets an hour.

usage: python -m bench.spikes.launch_power

A line of a plan leads to expect some tickets an hour, uncertain by the tolerance, and three times as many come. The test is that of
the count since the launch began, once, at the error level that a launch shares among its lines. Its count is all that there is to
know of a rate, so that no rule with as few false alarms finds more by then. The detector also looks earlier, in shorter windows and
near the text, and pays for it: its delays (`bench.spikes.meant`) are longer.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import nbinom

from bench.result import save
from bench.spikes.live import DISPERSION
from models.arrays import Floats
from models.spikes import SpikeSettings
from models.spikes.expectation.lift import deviation_of
from models.spikes.statistics.count_tails import mixed_tail

RATES = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Planned tickets an hour."""
TIMES, TOLERANCE, LINES = 3.0, 0.3, 3
HOURS = 2.0
DAY: Floats = np.arange(1, 12 * 24 + 1) / 12
"""Hours since the launch began, at the end of each epoch of a day."""


def power(rate: float, hours: float, times: float = TIMES) -> float:
    """Compute the probability that the test of the count finds `times` the plan after so many hours."""
    settings = SpikeSettings()
    mean, level = rate * hours, settings.launch_level / LINES
    deviation = deviation_of(TOLERANCE, settings.tolerance_coverage) * mean
    counts = np.arange(settings.min_tickets, int(20 * mean) + 60)
    beyond = mixed_tail(counts, mean, DISPERSION * mean, deviation) <= level
    least = int(counts[np.argmax(beyond)])
    size = times * mean / (DISPERSION - 1)
    return float(nbinom.sf(least - 1, size, 1 / DISPERSION))


def main() -> None:
    """Compute, print, save."""
    figures = {}
    for rate in RATES:
        reached = [power(rate, hours) for hours in DAY]
        half = next((hours for hours, one in zip(DAY.tolist(), reached, strict=True) if one >= 0.5), None)
        figures[f"{rate:g} planned an hour"] = {
            "found_within_2h": round(power(rate, HOURS), 3), "hours_to_half": None if half is None else round(half, 1),
        }  # fmt: skip
    save("spikes_launch_power", {"times": TIMES, "tolerance": TOLERANCE, "lines": LINES, **figures})


if __name__ == "__main__":
    main()
