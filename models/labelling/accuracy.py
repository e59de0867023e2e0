"""Accuracy of AI-handled cases by theme, against what persons handled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.labelling.weighted import EstimatedShare, estimate_share
from models.proportion import difference_limits

AI, HUMAN_BASELINE = "ai", "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """A case whose handling was judged: its theme, who handled it (`ai` or `human`), the tickets it represents, and its stratum."""

    theme_id: int
    handler: str
    correct: bool
    weight: float
    stratum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingAccuracy:
    """The share of correct cases of AI and of persons, and the difference, AI less persons, with intervals of 95 %.

    `theme_id` is None for all themes together. The difference is None where one of the two was not judged.
    """

    theme_id: int | None
    ai: EstimatedShare
    human: EstimatedShare
    difference: float | None
    low: float | None
    high: float | None


def compare_accuracy(cases: Sequence[JudgedCase]) -> list[HandlingAccuracy]:
    """Estimate the accuracy of AI and of persons: of all themes that both handled, then of each theme.

    For all themes together persons are weighted to the mix of themes that AI handled (direct standardisation), so that easier themes
    make no difference. The interval of a difference is made of those of its parts (Newcombe 1998, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17, 873 to 890, method 10).
    """
    themes = sorted({one.theme_id for one in cases})
    both = {
        theme for theme in themes if {one.handler for one in cases if one.theme_id == theme} >= {AI, HUMAN_BASELINE}
    }
    found = []
    if both:
        found.append(_compare(None, _to_mix_of_ai([one for one in cases if one.theme_id in both])))
    return found + [_compare(theme, [one for one in cases if one.theme_id == theme]) for theme in themes]


def difference_interval(first: EstimatedShare, second: EstimatedShare) -> tuple[float, float, float] | None:
    """Return the difference of two independent shares with its interval (Newcombe 1998); None where one is missing."""
    if first.share is None or first.low is None or first.high is None:
        return None
    if second.share is None or second.low is None or second.high is None:
        return None
    limits = difference_limits((first.share, first.low, first.high), (second.share, second.low, second.high))
    return first.share - second.share, *limits


def _to_mix_of_ai(cases: Sequence[JudgedCase]) -> list[JudgedCase]:
    totals: dict[tuple[str, int], float] = {}
    for one in cases:
        totals[one.handler, one.theme_id] = totals.get((one.handler, one.theme_id), 0.0) + one.weight
    return [
        replace(one, weight=one.weight * totals[AI, one.theme_id] / totals[one.handler, one.theme_id]) for one in cases
    ]


def _compare(theme: int | None, cases: Sequence[JudgedCase]) -> HandlingAccuracy:
    ai, human = (_share([one for one in cases if one.handler == handler]) for handler in (AI, HUMAN_BASELINE))
    difference, low, high = difference_interval(ai, human) or (None, None, None)
    return HandlingAccuracy(theme_id=theme, ai=ai, human=human, difference=difference, low=low, high=high)


def _share(cases: Sequence[JudgedCase]) -> EstimatedShare:
    hits = np.array([float(one.correct) for one in cases])
    return estimate_share(
        hits, np.ones(len(cases)), np.array([one.weight for one in cases]), [one.stratum for one in cases]
    )
