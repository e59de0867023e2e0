"""Labellers against gold over time: whether one has come to label otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from models.labelling.case_label import CaseLabel, latest_labels
from models.proportion import wilson_interval

FALSE_ALARMS = 0.05
"""Chance that a labeller of all that are looked at is said to drift though none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldPeriod:
    """How many of a labeller's labels in a period of days from `start` were those of the gold set, with Wilson's interval of 95 %."""

    labeller: str
    start: date
    cases: int
    equal: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabellerDrift:
    """The latest period of a labeller against all earlier ones.

    `p_value` is Fisher's, adjusted for the number of labellers (Holm); None where there is only one period. `drifts` says that it is
    below 5 %.
    """

    labeller: str
    earlier: float | None
    latest: float
    p_value: float | None
    drifts: bool


def gold_periods(
    labels: Iterable[CaseLabel], gold: Mapping[str, str], question: str, days: int = 7
) -> list[GoldPeriod]:
    """Compare the labels for a question with gold (value by ticket), by labeller and period of `days` from the first label on."""
    used = [one for one in latest_labels(labels) if one.question == question and one.ticket_id in gold]
    if not used:
        return []
    first = min(one.at.date() for one in used)
    counts: dict[tuple[str, int], list[int]] = {}
    for one in used:
        cell = counts.setdefault((one.labeller, (one.at.date() - first).days // days), [0, 0])
        cell[0] += 1
        cell[1] += one.value == gold[one.ticket_id]
    found = []
    for (labeller, number), (cases, equal) in sorted(counts.items()):
        low, high = wilson_interval(equal, cases)
        start = first + timedelta(days=number * days)
        found.append(
            GoldPeriod(
                labeller=labeller, start=start, cases=cases, equal=equal, share=equal / cases, low=low, high=high
            )
        )
    return found


def detect_drift(periods: Iterable[GoldPeriod]) -> list[LabellerDrift]:
    """Test each labeller's latest period against the earlier ones by Fisher's exact test, with Holm's adjustment (Holm 1979)."""
    by_labeller: dict[str, list[GoldPeriod]] = {}
    for one in sorted(periods, key=lambda period: (period.labeller, period.start)):
        by_labeller.setdefault(one.labeller, []).append(one)
    tested = {name: _p_value(found) for name, found in by_labeller.items() if len(found) > 1}
    adjusted = dict(zip(tested, _holm(list(tested.values())), strict=True))
    drifts = []
    for name, found in by_labeller.items():
        earlier = sum(one.equal for one in found[:-1]) / sum(one.cases for one in found[:-1]) if found[:-1] else None
        p_value = adjusted.get(name)
        drifts.append(
            LabellerDrift(
                labeller=name,
                earlier=earlier,
                latest=found[-1].share,
                p_value=p_value,
                drifts=p_value is not None and p_value < FALSE_ALARMS,
            )
        )
    return drifts


def _p_value(periods: list[GoldPeriod]) -> float:
    from scipy.stats import fisher_exact

    cases, equal = sum(one.cases for one in periods[:-1]), sum(one.equal for one in periods[:-1])
    last = periods[-1]
    return float(fisher_exact([[last.equal, last.cases - last.equal], [equal, cases - equal]]).pvalue)


def _holm(p_values: list[float]) -> list[float]:
    order = np.argsort(p_values, kind="stable")
    steps = np.array(p_values)[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(steps) else steps
    return [float(one) for one in adjusted]
