"""Simpson's paradox: pairs of groups of which one has the higher figure in all, and the other one on the same case mix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from models.arrays import Floats
from models.comparison.adjusted import block_name
from models.comparison.case_mix import Block

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ReversedStratum:
    """A stratum in which the order is the adjusted one: the tickets and figures of both groups, and its weight, 0 to 1."""

    name: str
    weight: float
    tickets: tuple[int, int]
    figures: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpsonReversal:
    """Two groups whose order on their own case mixes is the reverse of that on the common one, and in most strata.

    higher: the group with the higher adjusted figure. lower: the other one. unadjusted, adjusted: figures of `higher` and `lower`,
    over the same comparable tickets. agreeing: weight of the strata in which `higher` is higher, 0 to 1. p_value: of the adjusted
    difference, for this pair alone. strata: those that show it best.
    """

    higher: str
    lower: str
    unadjusted: tuple[float, float]
    adjusted: tuple[float, float]
    agreeing: float
    p_value: float
    strata: tuple[ReversedStratum, ...]


@dataclass(frozen=True, slots=True)
class ReversalFigures:
    """Figures of n compared groups.

    unadjusted, adjusted: shape (n,). tickets, figures: of each block, shape (n, blocks). weights: of blocks, shape (blocks,).
    """

    names: Sequence[str]
    unadjusted: Floats
    adjusted: Floats
    tickets: Floats
    figures: Floats
    weights: Floats


def find_reversals(
    found: ReversalFigures, blocks: Sequence[Block], p_value: Callable[[int, int], float]
) -> tuple[SimpsonReversal, ...]:
    """Find the pairs of groups that Simpson's paradox concerns, those with the surest adjusted difference first.

    A pair is one if the unadjusted order is the reverse of the adjusted one, and strata with most of the weight have the adjusted
    order. p_value: of the adjusted difference of two groups, by their positions.

    References
    ----------
    Simpson 1951, JRSS-B 13; Bickel, Hammel and O'Connell 1975, Science 187.
    """
    reversals = []
    for one, other in combinations(range(len(found.names)), 2):
        high, low = (one, other) if found.adjusted[one] > found.adjusted[other] else (other, one)
        figures = np.array([found.unadjusted[[high, low]], found.adjusted[[high, low]]])
        if not np.isfinite(figures).all() or not (figures[0, 0] < figures[0, 1] and figures[1, 0] > figures[1, 1]):
            continue
        gaps = found.figures[high] - found.figures[low]
        known = np.isfinite(gaps)
        gaps = np.where(known, gaps, 0.0)
        agreeing = float(found.weights[gaps > 0].sum() / max(found.weights[known].sum(), 1e-300))
        if agreeing > 0.5:
            reversals.append(_reversal(found, blocks, (high, low), agreeing, p_value(high, low)))
    return tuple(sorted(reversals, key=lambda reversal: (reversal.p_value, reversal.higher, reversal.lower)))


def _reversal(
    found: ReversalFigures, blocks: Sequence[Block], pair: tuple[int, int], agreeing: float, p_value: float
) -> SimpsonReversal:
    high, low = pair
    gaps = np.nan_to_num(found.figures[high] - found.figures[low], nan=0.0, posinf=0.0, neginf=0.0)
    # The tickets of both groups say how certain the gap of a stratum is.
    both = found.tickets[high] * found.tickets[low] / np.maximum(found.tickets[high] + found.tickets[low], 1.0)
    clearest = np.argsort(-gaps * np.sqrt(both), kind="stable")
    strata = tuple(
        ReversedStratum(
            block_name(blocks[at]),
            float(found.weights[at]),
            (int(found.tickets[high, at]), int(found.tickets[low, at])),
            (float(found.figures[high, at]), float(found.figures[low, at])),
        )
        for at in clearest[:_MOST_SHOWN]
        if gaps[at] > 0
    )
    return SimpsonReversal(
        higher=found.names[high],
        lower=found.names[low],
        unadjusted=(float(found.unadjusted[high]), float(found.unadjusted[low])),
        adjusted=(float(found.adjusted[high]), float(found.adjusted[low])),
        agreeing=agreeing,
        p_value=p_value,
        strata=strata,
    )
