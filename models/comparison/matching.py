"""Matching: controls whose level and trend before a change are nearest to those of the treated units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.comparison.change_rules import ChangeRules
from models.comparison.panel import Panel


@dataclass(frozen=True, slots=True)
class MatchedPair:
    """A treated unit and a control, and their distance in standard deviations of level and trend over all units."""

    treated: str
    control: str
    distance: float


def level_and_trend(panel: Panel, before: Mask) -> Floats:
    """Return the mean of each unit before the change and its change over that time, by tickets, shape (units, 2).

    before: periods before the change, shape (periods,).
    """
    weights, mean = panel.tickets[:, before], panel.mean[:, before]
    time = panel.periods[before].astype(np.float64)
    total = np.maximum(weights.sum(axis=1), 1e-300)
    level = (weights * mean).sum(axis=1) / total
    centred = time[None, :] - ((weights * time).sum(axis=1) / total)[:, None]
    spread = (weights * centred**2).sum(axis=1)
    slope = np.divide((weights * centred * mean).sum(axis=1), spread, out=np.zeros(len(level)), where=spread > 0)
    return np.stack([level, slope * (time[-1] - time[0])], axis=1)


def match(panel: Panel, treated: Ints, candidates: Ints, before: Mask, rules: ChangeRules) -> tuple[MatchedPair, ...]:
    """Give each treated unit its nearest controls, each control once: the closest pair first, then the next ones.

    Matching on the level before a change makes means of noisy units drift towards each other afterwards, more so the more the treated
    ones differ from all others (Daw and Hatfield 2018, Health Services Research 53): the caliper limits how far it may reach.
    """
    found = level_and_trend(panel, before)
    used = np.concatenate([treated, candidates])
    spread = np.maximum(found[used].std(axis=0), 1e-12)
    distances = np.sqrt((((found[treated][:, None] - found[candidates][None]) / spread) ** 2).mean(axis=2))
    pairs: list[MatchedPair] = []
    free = set(range(len(candidates)))
    for _ in range(rules.controls_per_unit):
        waiting = set(range(len(treated)))
        order = sorted(
            (float(distances[one, other]), one, other)
            for one in waiting
            for other in free
            if distances[one, other] <= rules.caliper
        )
        for distance, one, other in order:
            if one in waiting and other in free:
                waiting.remove(one)
                free.remove(other)
                pairs.append(MatchedPair(panel.units[treated[one]], panel.units[candidates[other]], distance))
    return tuple(sorted(pairs, key=lambda pair: (pair.treated, pair.distance)))
