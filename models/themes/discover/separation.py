"""How separate two subsets of a theme's tickets are, by their texts and by their times."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints, Mask, Vectors
from models.themes.discover.recency import NEIGHBOURS
from models.themes.window.neighbours import ABSENT, nearest_in_each

_LEAST_SIMILARITY = 1e-3
"""Mean similarity inside a subset below which its tickets have nothing in common, so that a centre means nothing."""


LEAST_BAR, MERGED_FROM = 0.3, 0.5
"""How mixed two problems may be where the evidence of a rise only just reaches the level, and where it is overwhelming. Themes are
merged from the second on."""

_FEWEST_THEMES = 5

_SPREAD_OF_DEVIATION, _LEAST_SPREAD = 1.4826, 0.01
"""Median absolute deviations in a standard deviation of the normal distribution, and the least spread of a reference."""

_DEGREES_OF_FREEDOM = 4

_ENOUGH = 20
"""Tickets of each of two subsets from which on what they say can be enough to tell them apart."""

_SAMPLE = 200
"""Tickets of each subset from which mixing is estimated."""


class Reference(NamedTuple):
    """`centre_correlation` of the halves of the stream's known themes: its median, and its spread in standard deviations."""

    median: float
    spread: float

    @classmethod
    def of(cls, correlations: Sequence[float]) -> Reference | None:
        """Estimate both robustly (the median absolute deviation, Hampel 1974); None from fewer than five themes."""
        if len(correlations) < _FEWEST_THEMES:
            return None
        median = float(np.median(correlations))
        spread = _SPREAD_OF_DEVIATION * float(np.median(np.abs(np.array(correlations) - median)))
        return cls(round(median, 6), round(max(spread, _LEAST_SPREAD), 6))


def centre_correlation(vectors: Vectors, leaving: Mask) -> float:
    """Estimate the cosine of the centres that two subsets were drawn around, corrected for attenuation (Spearman 1904).

    The mean similarity of tickets of different subsets, over the geometric mean of the mean similarities of different tickets
    inside each. The cosine of two means of a few tickets is too small by their scatter; this estimate depends neither on the
    number of tickets nor on how loose the subsets are. 1 where both were drawn at random from one problem. Linear in n.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    leaving : mask of shape (n,)
        One of the subsets; each has at least two tickets.
    """
    rows = np.asarray(vectors, np.float64)
    own, others = rows[leaving], rows[~leaving]
    across = float(own.sum(axis=0) @ others.sum(axis=0)) / (len(own) * len(others))
    inside = [max(_similarity_inside(some), _LEAST_SIMILARITY) for some in (own, others)]
    return round(min(1.0, max(-1.0, across / math.sqrt(inside[0] * inside[1]))), 6)


def mixing(vectors: Vectors, leaving: Mask) -> float:
    """Measure how mixed two subsets of n tickets are: 0 not at all, 1 as if at random.

    The share of the tickets' nearest others that belong to the other subset, over the share of the other subset in all; the
    larger of both directions counts. From at most 200 evenly spaced tickets of each subset: linear in n.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    leaving : mask of shape (n,)
        One of the subsets; neither is empty.
    """
    return max(_share_of_others(vectors, leaving), _share_of_others(vectors, ~leaving))


def _share_of_others(vectors: Vectors, own: Mask) -> float:
    rows = np.flatnonzero(own)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)]
    found = np.concatenate(_nearest_others(vectors, rows))
    return float((~own[found]).mean() / (~own).mean())


def _nearest_others(vectors: Vectors, rows: Ints) -> list[Ints]:
    """Return the nearest others of each of some rows."""
    similarities = vectors[rows] @ vectors.T
    similarities[np.arange(len(rows)), rows] = ABSENT
    return [found.rows for found in nearest_in_each(similarities, min(NEIGHBOURS, len(vectors) - 1))]


def evidently_two(vectors: Vectors, leaving: Mask, reference: Reference | None, level: float) -> bool:
    """Return whether two subsets are two problems by what they say alone: they need not differ in time.

    Each has 20 tickets, they are not mixed, and less alike than the halves of one problem are.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    leaving : mask of shape (n,)
        One of the subsets.
    reference : Reference, optional
        Without one, nothing is evident.
    level : float
        Significance of the difference.
    """
    return (
        large_enough(leaving, _ENOUGH)
        and alike_chance(centre_correlation(vectors, leaving), reference) <= level
        and mixing(vectors, leaving) <= LEAST_BAR
    )


def large_enough(leaving: Mask, fewest: int) -> bool:
    """Return whether a subset and the rest have at least so many tickets each."""
    return fewest <= int(leaving.sum()) <= len(leaving) - fewest


def share_newer(subset: Mask) -> float:
    """Return how often a ticket of a subset is newer than one of the rest (Mann and Whitney 1947); 1 where one of the two is empty.

    `subset` has shape (n,), oldest ticket first.
    """
    own, others = int(subset.sum()), int((~subset).sum())
    if not own or not others:
        return 1.0
    ranks = float(np.flatnonzero(subset).sum()) - own * (own - 1) / 2
    return ranks / (own * others)


def same_period_chance(subset: Mask) -> float:
    """Return the chance of times so different, if a subset and the rest came during the same period.

    The test of Mann and Whitney (1947), two-sided, by the normal approximation with a correction for continuity. One problem in
    several wordings brings all of them at once; of two problems one begins before the other.

    Parameters
    ----------
    subset : mask of shape (n,)
        Oldest ticket first; neither the subset nor the rest is empty.
    """
    own, others = int(subset.sum()), int((~subset).sum())
    deviation = abs(share_newer(subset) - 0.5) * own * others
    spread = math.sqrt(own * others * (own + others + 1) / 12)
    return math.erfc(max(0.0, deviation - 0.5) / spread / math.sqrt(2.0))


def alike_chance(correlation: float, reference: Reference | None) -> float:
    """Return the chance that the halves of one problem are so little alike; 1 without a reference.

    The lower tail of Student's t distribution around the median of the reference, in units of its spread. Four degrees of freedom:
    some problems have halves far less alike than those of most, since they are written about in two ways.
    """
    from scipy.special import stdtr

    if reference is None:
        return 1.0
    return float(stdtr(_DEGREES_OF_FREEDOM, (correlation - reference.median) / reference.spread))


def combined_chance(*chances: float) -> float:
    """Combine independent chances into one by the distribution of their product (Fisher 1932)."""
    from scipy.special import gammaincc

    product = math.prod(max(chance, 1e-300) for chance in chances)
    return float(gammaincc(len(chances), -math.log(max(product, 1e-300))))


def _similarity_inside(rows: Floats) -> float:
    """Return the mean similarity of pairs of different rows, of unit length each."""
    total = rows.sum(axis=0)
    return float(total @ total - len(rows)) / (len(rows) * (len(rows) - 1))
