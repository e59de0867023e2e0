"""Cells: the rows that a comparison reads, one for each group and stratum, and the arrays made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats

Stratum = tuple[str, ...]
"""The values of the dimensions of a comparison, such as theme, user type and priority; an unknown value is an empty string."""


@dataclass(frozen=True, slots=True)
class RateCell:
    """Tickets of a group in a stratum and how many of them were a success: SLA met, reopened, CSAT of 4 or more, resolved by AI."""

    group: str
    stratum: Stratum
    tickets: int
    successes: int


@dataclass(frozen=True, slots=True)
class MeanCell:
    """Tickets of a group in a stratum with the sum of a figure over them, in its unit, and the sum of its squares."""

    group: str
    stratum: Stratum
    tickets: int
    total: float
    squares: float


@dataclass(frozen=True, slots=True)
class TimeCell:
    """Times of the tickets of a group in a stratum, as a histogram: each time once, or more often.

    hours: times until resolution, or until the end of what is known, at least 0. resolved: tickets that were resolved after that time.
    unresolved: tickets that were still open after that time (right-censored). All three have one length.
    """

    group: str
    stratum: Stratum
    hours: tuple[float, ...]
    resolved: tuple[int, ...]
    unresolved: tuple[int, ...]

    @property
    def tickets(self) -> int:
        """All tickets of the cell."""
        return sum(self.resolved) + sum(self.unresolved)


@dataclass(frozen=True, slots=True)
class CellGrid:
    """The groups and strata of some cells, in order of their names, and their tickets, shape (groups, strata)."""

    groups: tuple[str, ...]
    strata: tuple[Stratum, ...]
    tickets: Floats

    def row(self, group: str) -> int:
        """Return the position of a group; ValueError names the groups that there are."""
        if group not in self.groups:
            raise ValueError(f"There is no group {group!r}; there are {', '.join(self.groups)}.")
        return self.groups.index(group)


def make_grid(
    cells: Sequence[RateCell] | Sequence[MeanCell] | Sequence[TimeCell], dimensions: Sequence[str]
) -> CellGrid:
    """Arrange cells by group and stratum; several cells of one group and stratum are added up.

    Raises ValueError for no cells, a stratum with another number of values than there are dimensions, or a negative number of tickets.
    """
    if not cells:
        raise ValueError("A comparison got no rows; it needs one for each group and stratum.")
    for cell in cells:
        if len(cell.stratum) != len(dimensions):
            raise ValueError(
                f"The stratum {cell.stratum!r} has {len(cell.stratum)} values; a comparison by {', '.join(dimensions)} needs "
                f"{len(dimensions)}."
            )
        if cell.tickets < 0:
            raise ValueError(
                f"Group {cell.group!r} has {cell.tickets} tickets in {cell.stratum!r}; it must be at least 0."
            )
    groups = tuple(sorted({cell.group for cell in cells}))
    strata = tuple(sorted({cell.stratum for cell in cells}))
    grid = CellGrid(groups, strata, np.zeros((len(groups), len(strata))))
    grid.tickets[:] = spread(grid, cells, [cell.tickets for cell in cells])
    return grid


def spread(
    grid: CellGrid, cells: Sequence[RateCell] | Sequence[MeanCell] | Sequence[TimeCell], values: Sequence[float]
) -> Floats:
    """Add up the values of cells by group and stratum, shape (groups, strata)."""
    group = {name: at for at, name in enumerate(grid.groups)}
    stratum = {key: at for at, key in enumerate(grid.strata)}
    found: Floats = np.zeros((len(grid.groups), len(grid.strata)))
    np.add.at(found, ([group[cell.group] for cell in cells], [stratum[cell.stratum] for cell in cells]), values)
    return found
