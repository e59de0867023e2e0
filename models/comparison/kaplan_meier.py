"""The times at which survival functions of resolution times are known, and medians of these, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints
from models.comparison.cells import TimeCell

_LONGEST = 256
"""Different times that are kept; more of them are rounded up to as many quantiles of all."""


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The times at which survival functions are known, in hours, rising; shape (times,)."""

    hours: Floats

    def positions(self, hours: Sequence[float]) -> Ints:
        """Return the position of the first time that is not earlier than each."""
        found: Ints = np.searchsorted(self.hours, np.asarray(hours, dtype=np.float64)).astype(np.int64)
        return found


def make_axis(cells: Sequence[TimeCell]) -> TimeAxis:
    """Make the axis of the times of some cells: the times themselves, or 256 quantiles where there are more.

    Raises ValueError for a histogram whose parts differ in length, or with a time or a number below 0.
    """
    for cell in cells:
        if not len(cell.hours) == len(cell.resolved) == len(cell.unresolved):
            raise ValueError(
                f"The times of group {cell.group!r} in {cell.stratum!r} differ in number from their counts."
            )
        if min((*cell.hours, *cell.resolved, *cell.unresolved), default=0) < 0:
            raise ValueError(f"A time or a count of group {cell.group!r} in {cell.stratum!r} is below 0.")
    hours = np.array([hour for cell in cells for hour in cell.hours], dtype=np.float64)
    counts = np.array([sum(pair) for cell in cells for pair in zip(cell.resolved, cell.unresolved, strict=True)])
    found, inverse = np.unique(hours, return_inverse=True)
    if len(found) <= _LONGEST:
        return TimeAxis(found)
    below = np.cumsum(np.bincount(inverse, weights=counts))
    chosen = np.searchsorted(below, np.linspace(0.0, below[-1], _LONGEST + 1)[1:])
    return TimeAxis(found[np.unique(np.minimum(chosen, len(found) - 1))])


def median(axis: TimeAxis, surviving: Floats) -> Floats:
    """Return the first time at which half or less is unresolved, shape (...), from survival of shape (..., times); infinite if none."""
    # Products of shares miss one half by the last digit.
    reached = surviving <= 0.5 + 1e-12
    found: Floats = np.where(reached.any(axis=-1), axis.hours[reached.argmax(axis=-1)], np.inf)
    return found
