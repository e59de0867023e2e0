"""The dispersion of the mix: how much more the shares of leaves vary than those of tickets drawn from one mix."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from models.arrays import Floats
from models.causes.combinations import Combinations
from models.causes.leaves import AttributeCounts, Attributes, tally

PRIOR_CORRELATION = 0.001
"""Usual intra-class correlation: a thousand tickets say as much of a mix as any number."""
_PRIOR_ERROR = 0.002
"""Standard deviation of the prior: real mixes have correlations of up to about 0.005."""
_LEAST_BLOCKS = 3
_TICKETS_OF_BLOCK = 10
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=1)
LEAST_TICKETS = 1_000
"""Tickets of a window from which its own residuals say more of the mix than the prior does."""
_LEAST_EXPECTED = 5.0
_LEAST_COMBINATIONS = 30
_MOST_SHARE = 0.3
_PAIR = 2
_MEDIAN_OF_CHI_SQUARE = 0.4549


def blocks_of(
    reference: Sequence[Attributes], times: Sequence[datetime], span: timedelta, dimensions: Sequence[str]
) -> list[AttributeCounts]:
    """Divide reference tickets into blocks of time as long as the window, and count them by their values.

    Shares vary with the hour of the day and from day to day, so what counts is how they vary over times like the window's.
    A block has at least ten tickets on average, and lasts from an hour to a day.

    times: of the tickets, in the same order; empty where they are not known. span: duration of the window.
    """
    if len(times) < _LEAST_BLOCKS:
        return []
    first = min(times)
    mean = (max(times) - first) * (_TICKETS_OF_BLOCK / len(times))
    length = min(max(span, mean, _SHORTEST), _LONGEST)
    blocks: dict[int, list[Attributes]] = {}
    for row, at in zip(reference, times, strict=True):
        blocks.setdefault((at - first) // length, []).append(row)
    return [tally(blocks[at], dimensions) for at in sorted(blocks)]


def between_blocks(blocks: Sequence[AttributeCounts]) -> float:
    """Estimate the intra-class correlation of the mix from blocks of time, 0 to 1.

    In a Dirichlet-multinomial distribution the variance of a count among `n` tickets is `1 + (n - 1) rho` times the
    multinomial one. The estimate compares the mean squares of the leaves' shares between and within blocks [1], and is
    shrunk to 0.001 by its standard error where all blocks have the same mix.

    References
    ----------
    [1] Weir and Hill 2002, Annual Review of Genetics 36; Donner 1986, International Statistical Review 54.
    """
    rows = {row: at for at, row in enumerate(dict.fromkeys(row for block in blocks for row in block))}
    counts = np.zeros((len(blocks), len(rows)))
    for at, block in enumerate(blocks):
        counts[at, [rows[row] for row in block]] = list(block.values())
    counts = counts[counts.sum(axis=1) > 0]
    if len(counts) < _LEAST_BLOCKS:
        return PRIOR_CORRELATION
    sizes = counts.sum(axis=1)
    total = float(sizes.sum())
    mean_size = (total - float((sizes**2).sum()) / total) / (len(sizes) - 1)
    homogeneity = float(((counts.sum(axis=0) / total) ** 2).sum())
    squares = float((counts**2 / sizes[:, None]).sum())
    between = (squares - total * homogeneity) / (len(sizes) - 1)
    within = (total - squares) / max(total - len(sizes), 1.0)
    if mean_size <= 1.0 or within <= 0.0:
        return PRIOR_CORRELATION
    found = (between - within) / (between + (mean_size - 1.0) * within)
    error = np.sqrt(2.0 * homogeneity / (len(sizes) - 1)) / (mean_size - 1.0)
    weight = _PRIOR_ERROR**2 / (_PRIOR_ERROR**2 + error**2)
    return float(np.clip(weight * found + (1.0 - weight) * PRIOR_CORRELATION, 0.0, 1.0))


def of_residuals(found: Combinations, multiplier: Floats) -> float | None:
    """Estimate the intra-class correlation from how a window's pairs of values differ from the fitted ones.

    The median of the squared Pearson residuals over its value for a normal distribution: causes that are not fitted change
    the minority of pairs. It contains the error of the forecast too. None where a window has too few tickets for it.

    multiplier: what a fit multiplies each combination's usual tickets by, shape (combinations,).
    """
    leaves = found.leaves
    tickets = float(leaves.counts.sum())
    expected = found.share * tickets
    used = (found.size == _PAIR) & (expected >= _LEAST_EXPECTED) & (found.share < _MOST_SHARE)
    if tickets < LEAST_TICKETS or used.sum() < _LEAST_COMBINATIONS:
        return None
    fitted, seen = (expected * multiplier)[used], found.observed[used]
    ratio = seen / fitted
    order = np.argsort(ratio, kind="stable")
    weights = np.cumsum(fitted[order])
    fitted = fitted * ratio[order[np.searchsorted(weights, weights[-1] / 2.0)]]
    squares = (seen - fitted) ** 2 / (fitted * (1.0 - found.share[used]))
    dispersion = float(np.median(squares)) / _MEDIAN_OF_CHI_SQUARE
    return float(np.clip((dispersion - 1.0 - tickets / leaves.tickets) / tickets, 0.0, 1.0))
