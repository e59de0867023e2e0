"""Time per case: how long labellers take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from models.labelling.case_label import CaseLabel, latest_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellingEffort:
    """Seconds per case of a labeller (None: of all): median and quartiles, over the cases whose time is known."""

    labeller: str | None
    cases: int
    median: float
    lower_quartile: float
    upper_quartile: float


def measure_effort(labels: Iterable[CaseLabel]) -> list[LabellingEffort]:
    """Measure the time per case, of all labellers first.

    The questions of a case are answered one after the other, so that the time of a case is the sum of those of its labels.
    """
    times: dict[tuple[str, str], float] = {}
    for one in latest_labels(labels):
        if one.seconds is not None:
            key = (one.labeller, one.ticket_id)
            times[key] = times.get(key, 0.0) + one.seconds
    if not times:
        return []
    by_labeller: dict[str, list[float]] = {}
    for (labeller, _), seconds in sorted(times.items()):
        by_labeller.setdefault(labeller, []).append(seconds)
    return [_effort(None, list(times.values())), *(_effort(name, found) for name, found in by_labeller.items())]


def _effort(labeller: str | None, seconds: list[float]) -> LabellingEffort:
    lower, median, upper = (float(one) for one in np.quantile(seconds, (0.25, 0.5, 0.75)))
    return LabellingEffort(
        labeller=labeller, cases=len(seconds), median=median, lower_quartile=lower, upper_quartile=upper
    )
