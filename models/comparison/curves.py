"""Standardised survival functions: the share of tickets that is unresolved after each time, on the common case mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from models.arrays import Floats, Ints
from models.comparison.adjusted import PRIOR_TICKETS, coefficients
from models.comparison.case_mix import Block, Support
from models.comparison.cells import CellGrid, TimeCell
from models.comparison.kaplan_meier import TimeAxis
from models.metrics.survival import product_limit


@dataclass(frozen=True, slots=True)
class TimeCounts:
    """The tickets of a group in a stratum by time: positions on the axis, resolved, unresolved; shape (times,) each."""

    positions: Ints
    resolved: Floats
    unresolved: Floats

    @property
    def tickets(self) -> float:
        """All tickets of the cell."""
        return float(self.resolved.sum() + self.unresolved.sum())

    def draw(self, generator: np.random.Generator, replicates: int) -> tuple[Floats, Floats]:
        """Draw as many tickets with replacement, shape (replicates, times) twice."""
        both = np.concatenate([self.resolved, self.unresolved])
        number = int(both.sum())
        drawn = generator.multinomial(number, both / number, size=replicates).astype(np.float64)
        return drawn[:, : len(self.positions)], drawn[:, len(self.positions) :]


class StandardizedCurves:
    """The survival functions of the compared groups on the common case mix.

    In a stratum that all groups have it is the Kaplan-Meier estimate of the group. In strata that are put together, the share resolved
    by each time is estimated in each group and stratum with tickets weighted by the inverse probability of not being censored
    before (that of all tickets of the strata together), and fitted as a sum of effects of groups and strata, as rates are.

    References
    ----------
    Nieto and Coresh 1996, American Journal of Epidemiology 143; Satten and Datta 2001, The American Statistician 55.
    """

    def __init__(self, grid: CellGrid, support: Support, cells: Sequence[TimeCell], axis: TimeAxis) -> None:
        """Arrange the histograms of cells; several of one group and stratum are added up."""
        self.axis, self._grid, self._support = axis, grid, support
        self._counts = _histograms(grid, cells, axis)

    def counts(self, row: int, strata: Sequence[int]) -> tuple[Floats, Floats]:
        """Add up the tickets resolved and unresolved of a group of the grid over some strata, shape (times,) each."""
        found = np.zeros((2, len(self.axis.hours)))
        for at in strata:
            if (row, at) in self._counts:
                cell = self._counts[row, at]
                found[:, cell.positions] += (cell.resolved, cell.unresolved)
        return found[0], found[1]

    def all(self) -> Floats:
        """Return the survival functions of all groups, shape (groups, times)."""
        curves: Floats = 1.0 - np.cumsum(self._steps(None, 1)[:, 0], axis=1)
        return np.minimum.accumulate(curves, axis=1)

    def drawn(self, generator: np.random.Generator, replicates: int, effects: Floats) -> Floats:
        """Return bootstrap replicates of the survival functions, shape (groups, replicates, times).

        effects: times by which the variance is larger than that of independent tickets, shape (groups,).
        """
        curves: Floats = 1.0 - np.cumsum(self._steps(generator, replicates), axis=2)
        if (effects > 1.0).any():
            middle = 1.0 - np.cumsum(self._steps(None, 1), axis=2)
            curves = middle + (curves - middle) * np.sqrt(effects)[:, None, None]
        # The additive fit of strata that are put together may rise a little; a share that is unresolved cannot.
        np.minimum.accumulate(curves, axis=2, out=curves)
        return curves

    def _steps(self, generator: np.random.Generator | None, replicates: int) -> Floats:
        steps = np.zeros((len(self._support.groups), replicates, len(self.axis.hours)))
        for block in self._support.blocks:
            weight = float(self._support.weights[list(block.members)].sum())
            self._add_block(steps, block, weight, generator)
        return steps

    def block(self, block: Block) -> Floats:
        """Return the survival functions of all groups on the case mix of one block, shape (groups, times)."""
        steps = np.zeros((len(self._support.groups), 1, len(self.axis.hours)))
        self._add_block(steps, block, 1.0, None)
        curves: Floats = 1.0 - np.cumsum(steps[:, 0], axis=1)
        return curves

    def _add_block(self, steps: Floats, block: Block, weight: float, generator: np.random.Generator | None) -> None:
        """Add to the share that each group resolves at each time what a block with a weight contributes."""
        if len(block.members) > 1:
            self._add_fitted(steps, block, weight, generator)
            return
        for at, row in enumerate(self._support.groups):
            cell = self._counts[int(row), block.members[0]]
            curve = product_limit(cell.resolved, cell.resolved + cell.unresolved)[None, :]
            if generator is not None:
                resolved, unresolved = cell.draw(generator, steps.shape[1])
                drawn = product_limit(resolved, resolved + unresolved)
                # The variance of n tickets drawn with replacement is too small by 1 - 1 / n.
                curve = curve + (drawn - drawn.mean(axis=0)) * sqrt(cell.tickets / max(cell.tickets - 1.0, 1.0))
            steps[at][:, cell.positions] -= weight * np.diff(curve, axis=1, prepend=1.0)

    def _add_fitted(self, steps: Floats, block: Block, weight: float, generator: np.random.Generator | None) -> None:
        rows, members = self._support.groups, list(block.members)
        tickets, mix = self._grid.tickets[rows][:, members], self._support.weights[members]
        share = coefficients(tickets, weight * mix / mix.sum())
        seen = self._uncensored(block)
        whole = self._totals(block.members)
        resolved = np.zeros((len(rows), len(seen)))
        deviations = []
        for group, stratum in np.argwhere(tickets > 0):
            own = np.array(self.counts(int(rows[group]), [members[stratum]]))
            resolved += share[:, group, stratum, None] * (own[0] / (seen * tickets[group, stratum]))
            if generator is not None:
                pooled = self._totals([members[stratum]]) + whole / whole.sum()
                drawn = _draw_deviations(own, pooled / pooled.sum(), generator, steps.shape[1])
                deviations.append((share[:, group, stratum], drawn))
        steps += resolved[:, None, :]
        if deviations:
            _add_deviations(steps, deviations, seen)

    def _totals(self, strata: Sequence[int]) -> Floats:
        """Add up the tickets of all groups over strata, resolved and unresolved, shape (2, times)."""
        found: Floats = np.array([self.counts(int(row), strata) for row in self._support.groups]).sum(axis=0)
        return found

    def _uncensored(self, block: Block) -> Floats:
        """Return the probability that a ticket of a block is not censored before each time, shape (times,)."""
        found = self._totals(block.members)
        leaving = found.sum(axis=0)
        later = np.cumsum(leaving[::-1])[::-1]
        # At one time resolutions come before censoring: those who were resolved then are not at risk of it.
        at_risk = np.maximum(later - found[0], 1e-12)
        kept = np.cumprod(1.0 - np.minimum(found[1] / at_risk, 1.0))
        before: Floats = np.concatenate([[1.0], kept[:-1]])
        return np.maximum(before, 1e-3)


def _histograms(grid: CellGrid, cells: Sequence[TimeCell], axis: TimeAxis) -> dict[tuple[int, int], TimeCounts]:
    group = {name: at for at, name in enumerate(grid.groups)}
    stratum = {key: at for at, key in enumerate(grid.strata)}
    counts: dict[tuple[int, int], Floats] = {}
    for cell in cells:
        found = counts.setdefault((group[cell.group], stratum[cell.stratum]), np.zeros((2, len(axis.hours))))
        positions = axis.positions(cell.hours)
        np.add.at(found[0], positions, cell.resolved)
        np.add.at(found[1], positions, cell.unresolved)
    found_at = {key: np.flatnonzero(found.sum(axis=0)) for key, found in counts.items()}
    return {
        key: TimeCounts(found_at[key].astype(np.int64), found[0, found_at[key]], found[1, found_at[key]])
        for key, found in counts.items()
        if len(found_at[key])
    }


@dataclass(frozen=True, slots=True)
class _Deviations:
    """Deviations of a small cell: flat positions (replicate, time) of what was drawn, its amount, and the expectation by time."""

    flat: Ints
    amount: Floats
    expected: Floats


def _draw_deviations(own: Floats, pooled: Floats, generator: np.random.Generator, replicates: int) -> _Deviations:
    """Draw deviations of the share that a small cell resolves at each time; their mean is 0.

    own: tickets resolved and unresolved, shape (2, times). pooled: the distribution in the stratum, of the same shape. A cell of one
    ticket would always draw it again, so that tickets are drawn as if two more had the distribution of the stratum, and deviations are
    enlarged by what that makes the variance too small where groups are alike.
    """
    number, times = int(own.sum()), own.shape[1]
    smoothed = (own[0] + PRIOR_TICKETS * pooled[0]) / (number + PRIOR_TICKETS)
    scale = 1.0 / sqrt(1.0 - number / (number + PRIOR_TICKETS) ** 2)
    if number <= times:
        drawn = np.searchsorted(np.cumsum(smoothed), generator.random((replicates, number)), side="right")
        replicate, ticket = np.nonzero(drawn < times)
        flat = replicate * times + drawn[replicate, ticket]
        amount = np.full(len(flat), scale / number)
    else:
        chances = np.append(smoothed, max(1.0 - smoothed.sum(), 0.0))
        counts = generator.multinomial(number, chances / chances.sum(), size=replicates)[:, :-1].ravel()
        flat = np.flatnonzero(counts)
        amount = counts[flat] * (scale / number)
    return _Deviations(flat.astype(np.int64), amount, smoothed * scale)


def _add_deviations(steps: Floats, deviations: Sequence[tuple[Floats, _Deviations]], seen: Floats) -> None:
    """Add the deviations of the cells of a block to the steps of all groups, by the share that each cell has in them."""
    flat = np.concatenate([drawn.flat for _, drawn in deviations])
    amount = np.concatenate([drawn.amount for _, drawn in deviations])
    cell = np.repeat(np.arange(len(deviations)), [len(drawn.flat) for _, drawn in deviations])
    expected = np.stack([drawn.expected for _, drawn in deviations])
    share = np.stack([share for share, _ in deviations])
    groups, replicates, times = steps.shape
    for at in range(groups):
        added = np.bincount(flat, weights=amount * share[cell, at], minlength=replicates * times)
        steps[at] += (added.reshape(replicates, times) - share[:, at] @ expected) / seen
