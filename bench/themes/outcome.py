"""The result of one method on one stream, and its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.themes.arrivals import WARM_UP, Arrivals
from bench.themes.scores import Alert, Labels, agreement, emergence


@dataclass
class Outcome:
    """Themes of the texts of a stream in the order of arrival; 0 is none.

    `first` is the theme that a text got in its own epoch; `learned` the theme of each text of the warm-up at its end; `end` the
    theme of each text at the end. `merged` maps a theme to the one it ended in. `switched` counts texts that changed their theme after
    the warm-up with a lineage event, `unrecorded` those without one, `largest` the largest share of the themed texts
    that changed at one epoch or refit.
    """

    first: Labels
    learned: Labels
    end: Labels
    merged: Mapping[int, int] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    switched: int = 0
    unrecorded: int = 0
    largest: float = 0.0
    seconds: float = 0.0


def figures(outcome: Outcome, labels: Labels, arrivals: Arrivals) -> dict[str, Any]:
    """Figures of one run; `labels` in the order of arrival, -1 for noise.

    `assigned` uses the themes of the warm-up's texts at its end, for nothing is shown before; `in_own_epoch` uses
    the theme that each text had after its own epoch, also during the warm-up.
    """
    known = labels >= 0
    first = resolved(outcome.first, outcome.merged)
    assigned = first.copy()
    learned = resolved(outcome.learned, outcome.merged)
    assigned[: len(learned)] = learned
    warm = int(np.searchsorted(arrivals.times, WARM_UP))
    results: dict[str, Any] = {
        "end": agreement(labels[known], outcome.end[known]),
        "assigned": agreement(labels[known], assigned[known]),
        "in_own_epoch": agreement(labels[known], first[known]),
        "themes": len(set(outcome.end.tolist()) - {0}),
        "themed": float((outcome.end[known] != 0).mean()),
        "switched": outcome.switched / max(1, int((outcome.end != 0).sum())),
        "largest_switch": outcome.largest,
        "unrecorded_switches": outcome.unrecorded,
        "seconds": outcome.seconds,
        **emergence([one for one in outcome.alerts if one.seen > warm], labels, arrivals.times, arrivals.onsets),
    }
    if not known.all():
        results["noise_themed"] = float((outcome.end[~known] != 0).mean())
    return results


def resolved(themes: Labels, merged: Mapping[int, int]) -> Labels:
    """Themes with merges followed to their end."""
    final = {}
    for theme in np.unique(themes).tolist():
        last = theme
        while last in merged:
            last = merged[last]
        final[theme] = last
    return np.array([final[theme] for theme in themes.tolist()], np.int64)


def mean(runs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Mean of figures over runs; of each run's delays the median and the 90th percentile."""
    rows = list(runs)
    results: dict[str, Any] = {"runs": len(rows)}
    for key, value in rows[0].items():
        values = [row[key] for row in rows]
        if key == "delays":
            results["delay_median"] = round(float(np.mean([np.median(one or [0]) for one in values])), 1)
            results["delay_p90"] = round(float(np.mean([np.quantile(one or [0], 0.9) for one in values])), 1)
        elif isinstance(value, Mapping):
            results[key] = {name: round(float(np.mean([one[name] for one in values])), 3) for name in value}
        else:
            results[key] = round(float(np.mean(values)), 4)
    return results


def by_position(seen: int, rows: NDArray[np.integer]) -> Alert:
    """Return an alert from the rows of its texts."""
    return Alert(seen, rows.tolist())
