"""Subsets: which members of a group have more than expected together, tested over all subsets of the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from models.arrays import Floats, Ints
from models.spikes.statistics.count_tails import upper_tail


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Counts of the members of a group over windows, each array of shape (members, windows).

    mean, noise: expected counts (above 0) and their variances, which are independent between members, `shared` apart.
    shared: standard deviation of what moves all members alike; it adds up undiminished.
    """

    observed: Ints
    mean: Floats
    noise: Floats
    shared: Floats

    def sums(self) -> tuple[Ints, Floats, Floats]:
        """Add up the members from the first one on: counts, means and variances of the first 1, 2, ... members."""
        shared = np.cumsum(self.shared, axis=0)
        alone = np.cumsum(self.noise - self.shared**2, axis=0)
        return np.cumsum(self.observed, axis=0), np.cumsum(self.mean, axis=0), alone + shared**2

    def total(self) -> tuple[Ints, Floats, Floats]:
        """Add up all members: counts, means and variances, each of shape (windows,)."""
        observed, mean, variance = self.sums()
        return observed[-1], mean[-1], variance[-1]

    def summed(self, group: Ints, groups: int) -> tuple[Ints, Floats, Floats]:
        """Add up the members of each group: counts, means and variances, each of shape (groups, windows).

        group: shape (members,), the number of each member's group. The members are added in their order, as by `total`.
        """
        shape = (groups, self.mean.shape[1])
        cell = (group[:, None] * shape[1] + np.arange(shape[1])).ravel()

        def add(values: Floats | Ints) -> Floats:
            return np.asarray(np.bincount(cell, values.ravel(), groups * shape[1]).reshape(shape), dtype=np.float64)

        variance = add(self.noise - self.shared**2) + add(self.shared) ** 2
        return add(self.observed).astype(np.int64), add(self.mean), variance

    def at(self, chosen: slice) -> GroupCounts:
        """Return the chosen members."""
        return GroupCounts(self.observed[chosen], self.mean[chosen], self.noise[chosen], self.shared[chosen])

    def ranked(self) -> tuple[GroupCounts, Ints]:
        """Order the members by observed over expected in each window, the highest first; returns the order as well."""
        order = np.argsort(-(self.observed / self.mean), axis=0, kind="stable")
        observed: Ints = np.take_along_axis(self.observed, order, axis=0)
        mean, noise, shared = (np.take_along_axis(one, order, axis=0) for one in (self.mean, self.noise, self.shared))
        return GroupCounts(observed, mean, noise, shared), order


@dataclass(frozen=True, slots=True)
class StrongestSubset:
    """The strongest subset in each window: p-values of shape (windows,), and the members of each subset, ascending."""

    p_values: Floats
    members: tuple[tuple[int, ...], ...]


def strongest_subset(group: GroupCounts, min_tickets: int, *, fewest: int = 1) -> StrongestSubset:
    """Find the subset of a group whose sum is hardest to explain by chance, in each window.

    For a Poisson log-likelihood ratio the best subset of k members is that of the k with the largest ratio of observed to
    expected [1], so that n subsets are tested instead of 2^n. The sum of a subset of k has the exact tail of a negative
    binomial, times the number of subsets of k members and the number of sizes (Bonferroni): the p-value holds whatever
    subset is chosen. For one member of n it costs a factor n^2, for all members together n.

    Parameters
    ----------
    min_tickets: a subset with fewer tickets in a window has p = 1 there. fewest: members that a subset has at least.

    References
    ----------
    [1] Neill 2012, Fast subset scan for spatial pattern detection, JRSS-B 74 (linear-time subset scanning).
    """
    ranked, order = group.ranked()
    observed, mean, variance = ranked.sums()
    n = len(mean)
    sizes = np.arange(1, n + 1)
    tested = (observed >= min_tickets) & (observed > mean) & (sizes >= fewest)[:, None]
    tails = np.ones(mean.shape)
    tails[tested] = upper_tail(observed[tested], mean[tested], variance[tested])
    subsets = np.exp(gammaln(n + 1) - gammaln(sizes + 1) - gammaln(n - sizes + 1))
    p_values = np.minimum(tails * ((n + 1 - fewest) * subsets)[:, None], 1.0)
    best = fewest - 1 + np.argmin(p_values[fewest - 1 :], axis=0)
    windows = np.arange(mean.shape[1])
    members = tuple(tuple(sorted(order[: best[at] + 1, at].tolist())) for at in windows.tolist())
    return StrongestSubset(p_values[best, windows], members)
