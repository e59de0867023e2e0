"""Panels: means of units (themes or segments) by day or week, of which some are changed at one time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints


class TooFewUnits(ValueError):
    """There are too few units for an evaluation; the sentence says how many there are and how many are needed."""


@dataclass(frozen=True, slots=True)
class PanelRow:
    """The mean of a figure over the tickets of a unit in a period.

    unit: a theme or a segment, by name. period: number of the day or week, of any origin. tickets: at least 0. mean: rate or mean.
    """

    unit: str
    period: int
    tickets: int
    mean: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Units by period.

    units: names, shape (n,). periods: numbers, rising, shape (periods,). tickets, mean: shape (n, periods); a mean without tickets
    is 0.
    """

    units: tuple[str, ...]
    periods: Ints
    tickets: Floats
    mean: Floats

    def rows(self, units: Collection[str]) -> Ints:
        """Return the positions of units, in the order of the panel."""
        return np.array([at for at, unit in enumerate(self.units) if unit in units], dtype=np.int64)


def make_panel(rows: Sequence[PanelRow]) -> Panel:
    """Arrange rows by unit and period; several of one unit and period are averaged by their tickets."""
    units = tuple(sorted({row.unit for row in rows}))
    periods = np.array(sorted({row.period for row in rows}), dtype=np.int64)
    unit = {name: at for at, name in enumerate(units)}
    period = {int(number): at for at, number in enumerate(periods)}
    tickets, totals = np.zeros((2, len(units), len(periods)))
    for row in rows:
        if row.tickets < 0:
            raise ValueError(
                f"Unit {row.unit!r} has {row.tickets} tickets in period {row.period}; it must be at least 0."
            )
        tickets[unit[row.unit], period[row.period]] += row.tickets
        totals[unit[row.unit], period[row.period]] += row.tickets * row.mean
    return Panel(units, periods, tickets, np.where(tickets > 0, totals / np.maximum(tickets, 1.0), 0.0))
