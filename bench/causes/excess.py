"""Simulator of an excess or a silence: tickets over 6 x 5 x 5 x 6 x 4 combinations of attributes, with planted causes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.segment import Segment

SIZES = (6, 5, 5, 6, 4)
DIMENSIONS = ("product", "region", "payment_method", "app_version", "channel")
SHARES = (0.15, 0.30, 0.45, 0.60)
EVENNESS = 4.0
"""Parameter of the Dirichlet distribution of each dimension's shares: a value of five has 20 %, plus or minus 9."""
ENTANGLEMENT = 0.3
"""Standard deviation of the logarithm of each pair's factor: the dimensions are not independent."""
DISPERSION = 1.5


@dataclass(frozen=True, slots=True)
class Case:
    """One excess or silence.

    usual: share of each combination in usual tickets, shape (3600,), adding up to 1. observed, reference: tickets of
    each combination in the window and in a sample of the past, shape (3600,). expected: tickets expected in the
    window, estimated from the number of the reference. true_expected: as they were drawn.
    """

    usual: Floats
    observed: Ints
    reference: Ints
    expected: float
    true_expected: float
    causes: frozenset[Segment]


LEAVES = np.array(np.unravel_index(np.arange(int(np.prod(SIZES))), SIZES), dtype=np.int64)
"""Code of every combination's value in each dimension, shape (5, 3600)."""


def value(at: int, code: int) -> str:
    """Return the name of a value."""
    return f"{DIMENSIONS[at]}-{code}"


def attributes() -> list[dict[str, str | None]]:
    """Return the attributes of every combination, in order."""
    return [{DIMENSIONS[at]: value(at, int(code)) for at, code in enumerate(leaf)} for leaf in LEAVES.T]


def simulate(
    seed: int, tickets: int, causes: int, share: float, *, reference: int = 1_000, dispersion: float = DISPERSION
) -> Case:
    """Draw one excess.

    Parameters
    ----------
    tickets: mean number in the window, including the excess.
    causes: planted, each of one to three attributes, none within another; two have 35 to 65 % of the excess each.
    share: of the window's tickets that are excess.
    reference: usual tickets from which the shares and the expected number are estimated.
    dispersion: variance over mean of the window's usual and added totals.
    """
    random = np.random.default_rng([seed, tickets, causes, int(share * 100)])
    usual = usual_shares(random)
    segments = planted(random, causes)
    split = np.array([1.0]) if causes == 1 else np.array([(first := random.uniform(0.35, 0.65)), 1.0 - first])
    observed = random.multinomial(total(random, tickets * (1.0 - share), dispersion), usual)
    for segment, of_excess in zip(segments, split, strict=True):
        inside = np.where(leaves_in(segment), usual, 0.0)
        observed = observed + random.multinomial(
            total(random, tickets * share * of_excess, dispersion), inside / inside.sum()
        )
    past = random.multinomial(random.poisson(reference), usual)
    expected = tickets * (1.0 - share) * float(past.sum()) / reference
    return Case(usual, observed, past, expected, tickets * (1.0 - share), frozenset(segments))


def silence(
    seed: int, tickets: int, causes: int, *, reference: int = 1_000, dispersion: float = DISPERSION, least: float = 15.0
) -> Case:
    """Draw one silence: usual tickets, of which at most a fifth is left in each planted segment.

    Parameters
    ----------
    tickets: mean number usual in the window.
    causes: planted, each of one or two attributes, none within another, each of at least `least` usual tickets and at
        most half of all.
    """
    random = np.random.default_rng([seed, tickets, causes, 77])
    usual = usual_shares(random)
    while True:
        segments = planted(random, causes, most=2)
        shares = [usual[leaves_in(segment)].sum() for segment in segments]
        if min(shares) * tickets >= least and max(shares) <= 0.5:
            break
    left = np.ones(len(usual))
    for segment in segments:
        left = np.where(leaves_in(segment), left * random.uniform(0.0, 0.2), left)
    observed = random.binomial(random.multinomial(total(random, tickets, dispersion), usual), left)
    past = random.multinomial(random.poisson(reference), usual)
    expected = tickets * float(past.sum()) / reference
    return Case(usual, observed, past, expected, float(tickets), frozenset(segments))


def leaves_in(segment: Segment) -> Mask:
    """Mark the combinations in a segment, shape (3600,)."""
    inside = np.ones(LEAVES.shape[1], dtype=bool)
    for name, chosen in segment.pairs:
        inside &= LEAVES[DIMENSIONS.index(name)] == int(chosen.rsplit("-", 1)[1])
    return inside


def usual_shares(random: np.random.Generator) -> Floats:
    """Draw the usual share of each combination: uneven values, dependent dimensions."""
    usual = np.ones(LEAVES.shape[1])
    for at, size in enumerate(SIZES):
        usual *= random.dirichlet(np.full(size, EVENNESS))[LEAVES[at]]
    for one, other in combinations(range(len(SIZES)), 2):
        usual *= np.exp(random.normal(0.0, ENTANGLEMENT, (SIZES[one], SIZES[other])))[LEAVES[one], LEAVES[other]]
    return np.asarray(usual / usual.sum())


def planted(random: np.random.Generator, causes: int, *, most: int = 3) -> list[Segment]:
    """Draw causes of one to `most` attributes, none within another."""
    while True:
        found = [_segment(random, most) for _ in range(causes)]
        if not any(one.within(other) for one in found for other in found if one is not other):
            return sorted(found)


def _segment(random: np.random.Generator, most: int) -> Segment:
    dimensions = random.choice(len(SIZES), size=random.integers(1, most + 1), replace=False)
    return Segment.of({DIMENSIONS[at]: value(int(at), int(random.integers(SIZES[at]))) for at in dimensions})


def total(random: np.random.Generator, mean: float, dispersion: float) -> int:
    """Draw a number of tickets: negative binomial with the variance over mean `dispersion`, Poisson at 1."""
    if dispersion <= 1.0:
        return int(random.poisson(mean))
    return int(random.negative_binomial(mean / (dispersion - 1.0), 1.0 / dispersion))
