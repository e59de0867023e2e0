"""Localization: the narrowest segment that contains an episode's excess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Floats, Ints
from models.segment import Segment
from models.spikes.episodes.onset import likelihood_gain


def narrowest(observed: Ints, expected: Floats, total: int, penalties: Floats, carry_share: float) -> int:
    """Find the position of the series that contains a theme's excess best: the greatest likelihood gain less its penalty.

    Parameters
    ----------
    observed, expected: shape (series,): counts of the theme's total and its segments over the episode.
    total: position of the total among them; it is always a candidate.
    penalties: shape (series,), see `selection_penalties`.
    carry_share: share of the total excess that a segment must contain, in (0, 1].
    """
    excess = observed - expected
    carries = excess >= carry_share * max(excess[total], 1e-9)
    carries[total] = True
    return int(np.argmax(np.where(carries, likelihood_gain(observed, expected) - penalties, -np.inf)))


def selection_penalties(segments: Sequence[Segment]) -> Floats:
    """Penalise segments by the log of how many of their kind there are to choose from; 0 for everything."""
    kinds: dict[tuple[str, ...], int] = {}
    for one in segments:
        kinds[one.dimensions] = kinds.get(one.dimensions, 0) + 1
    return np.array([np.log(max(kinds[one.dimensions], 2)) + np.log(11.0) if one.pairs else 0.0 for one in segments])
