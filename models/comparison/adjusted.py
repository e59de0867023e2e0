"""Adjusted figures: what each group would have on the common case mix, as linear combinations of its cells, and their covariance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from models.arrays import Floats
from models.comparison.case_mix import Block, Support
from models.comparison.rules import ComparisonRules

PRIOR_TICKETS = 2.0
"""Tickets like those of all groups that are added to a cell for its variance, so that a few tickets that are alike have one."""


@dataclass(frozen=True, slots=True)
class CellFigures:
    """Figures of the cells of the compared groups, shape (groups, strata) each; a cell without tickets has a figure of 0.

    tickets. mean: of the figure over the tickets. variance: of the figure of one ticket. freedom: degrees of freedom of the variance.
    """

    tickets: Floats
    mean: Floats
    variance: Floats
    freedom: Floats


@dataclass(frozen=True, slots=True)
class AdjustedFigures:
    """Adjusted figures of n groups.

    value: shape (n,). covariance: shape (n, n). unit: shape (n, n), the covariance where each ticket has the variance 1: one over the
    effective sample size on the diagonal. fourth: shape (n,), sum of squared variances of the cells over their degrees of freedom.
    blocks: shape (n, blocks), the figure of each group in each block, on the case mix of the block.
    """

    value: Floats
    covariance: Floats
    unit: Floats
    fourth: Floats
    blocks: Floats


def adjust(figures: CellFigures, support: Support) -> AdjustedFigures:
    """Standardise the figures of groups directly to the common case mix.

    In a stratum that all groups have, a group's figure is its mean. In strata that are put together, the figures of groups and strata
    are fitted by weighted least squares as a sum of an effect of the group and one of the stratum, so that groups with another mix of
    the strata differ by their effect alone.

    References
    ----------
    Breslow and Day 1987, Statistical Methods in Cancer Research II, chapter 2; for the fit Searle 1987, Linear Models for Unbalanced
    Data, chapter 4.
    """
    n = len(figures.tickets)
    value, covariance, unit, fourth = np.zeros(n), np.zeros((n, n)), np.zeros((n, n)), np.zeros(n)
    blocks = np.zeros((n, len(support.blocks)))
    for at, block in enumerate(support.blocks):
        members = list(block.members)
        weights = support.weights[members]
        tickets, mean = figures.tickets[:, members], figures.mean[:, members]
        used = tickets > 0
        of_one = np.where(used, 1.0 / np.maximum(tickets, 1.0), 0.0)
        cells = figures.variance[:, members] * of_one
        if len(members) == 1:
            blocks[:, at] = mean[:, 0]
            value += weights[0] * mean[:, 0]
            unit[np.diag_indices(n)] += weights[0] ** 2 * of_one[:, 0]
            covariance[np.diag_indices(n)] += weights[0] ** 2 * cells[:, 0]
            fourth += (weights[0] ** 2 * cells[:, 0]) ** 2 / figures.freedom[:, members[0]]
            continue
        share = coefficients(tickets, weights)
        found = np.einsum("ghc,hc->g", share, mean)
        blocks[:, at] = found / weights.sum()
        value += found
        unit += np.einsum("ghc,khc,hc->gk", share, share, of_one)
        covariance += np.einsum("ghc,khc,hc->gk", share, share, cells)
        fourth += np.einsum("ghc,hc->g", share**4, cells**2 / np.maximum(figures.freedom[:, members], 1e-9))
    return AdjustedFigures(value, covariance, unit, fourth, blocks)


def enlarge(found: AdjustedFigures, rules: ComparisonRules) -> AdjustedFigures:
    """Enlarge the variances of adjusted figures by what tickets of a day depend on each other; days of two groups do not."""
    effect = day_effects(np.diag(found.unit), rules)
    both = np.sqrt(effect[:, None] * effect[None, :])
    return replace(found, covariance=found.covariance * both, unit=found.unit * both, fourth=found.fourth * effect**2)


def day_effects(unit: Floats, rules: ComparisonRules) -> Floats:
    """Return how many times days enlarge the variance of figures that are worth 1 / unit tickets, shape (groups,)."""
    found: Floats = 1.0 + rules.day_correlation / (rules.days * np.maximum(unit, 1e-300))
    return found


def coefficients(tickets: Floats, weights: Floats) -> Floats:
    """Return how much each cell of a block of strata counts for the figure of each group, shape (groups, groups, strata).

    tickets: shape (groups, strata). weights: shape (strata,). The coefficients [g, h, c] belong to the figure of group g and the mean
    of group h in stratum c; over h and c they sum to the sum of the weights.
    """
    n, strata = tickets.shape
    cells = np.argwhere(tickets > 0)
    design = np.zeros((len(cells), n + strata))
    rows = np.arange(len(cells))
    design[rows, cells[:, 0]] = 1.0
    design[rows, n + cells[:, 1]] = 1.0
    root = np.sqrt(tickets[cells[:, 0], cells[:, 1]])
    # The minimum-norm solution: effects are only known up to a constant, which the figures do not depend on.
    solution = np.linalg.pinv(design * root[:, None]) * root[None, :]
    target = np.zeros((n, n + strata))
    target[np.arange(n), np.arange(n)] = weights.sum()
    target[:, n:] = weights[None, :]
    found: Floats = np.zeros((n, n, strata))
    found[:, cells[:, 0], cells[:, 1]] = target @ solution
    return found


def block_name(block: Block) -> str:
    """Return the values that the strata of a block have in common as text; `(several)` where more are put together."""
    name = " / ".join(value or "(unknown)" for value in block.key)
    return name if len(block.members) == 1 else f"{name} / (several)"
