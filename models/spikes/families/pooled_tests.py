"""Pooled tests: tests of small themes and of groups of them that share a level, and what each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.arrays import Floats, Ints
from models.segment import Segment
from models.spikes.statistics.count_tails import upper_tail


@dataclass(frozen=True, slots=True)
class PooledSignal:
    """What one group shows: the combined p-value, and the subset and the window that show it most.

    themes: all members. lead: the one of the subset with the most excess.
    """

    themes: tuple[int, ...]
    segment: Segment
    p_value: float
    subset: tuple[int, ...]
    lead: int

    @classmethod
    def of(
        cls, group: tuple[int, ...], segment: Segment, p_value: float, members: Sequence[int], excess: Floats
    ) -> Self:
        """Describe what some members of a group show.

        excess: shape (themes,), that of each member. The first one leads where `members` (positions) is empty.
        """
        subset = tuple(group[member] for member in members)
        lead = max(members, key=lambda member: (excess[member], -member), default=0)
        return cls(group, segment, p_value, subset, group[lead])


@dataclass(frozen=True, slots=True)
class PooledTests:
    """Tests that share a level, each array of shape (tests,).

    p_values: in [0, 1]. leads: theme ids. segments: numbers in the counts. signal: describes the test at a position; few of
    them are asked for.
    """

    p_values: Floats
    leads: Ints
    segments: Ints
    signal: Callable[[int], PooledSignal]

    def __len__(self) -> int:
        """Return the number of tests."""
        return len(self.p_values)

    @classmethod
    def of(cls, signals: Sequence[PooledSignal], segment: int) -> Self:
        """Collect tests in one segment, by its number."""
        p_values = np.array([one.p_value for one in signals], dtype=np.float64)
        leads = np.array([one.lead for one in signals], dtype=np.int64)
        return cls(p_values, leads, np.full(len(signals), segment), lambda at: signals[at])


def tails_above(observed: Ints, mean: Floats, variance: Floats, min_tickets: int) -> Floats:
    """Compute the tails of counts, all of one shape; 1 where there are fewer than `min_tickets`, or no more than the mean."""
    tails = np.ones(mean.shape)
    above = (observed >= min_tickets) & (observed > mean)
    tails[above] = upper_tail(observed[above], mean[above], variance[above])
    return tails
