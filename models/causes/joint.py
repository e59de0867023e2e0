"""Joint explanations: how well sets of combinations together account for the observed tickets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints, Mask
from models.causes.combinations import Combinations
from models.causes.leaves import ABSENT, PRIOR_TICKETS

_LEAST_SHARE = 1e-9


def gain(observed: npt.ArrayLike, fitted: npt.ArrayLike, expected: npt.ArrayLike, support: npt.ArrayLike) -> Floats:
    """Compute the gain in log-likelihood of a fitted mean over an expected one that is itself estimated.

    With an expectation `b` from `a` reference tickets a count `c` is negative binomial of size `a` [2], so that
    the gain of a mean `m` is `c ln(m / b) - (c + a) ln((m + a) / (b + a))`. For large `a` it is the Poisson
    `c ln(m / b) - (m - b)`, for `m = c` Neill's statistic [1].

    References
    ----------
    [1] Neill 2009, International Journal of Forecasting 25. [2] Hoehle and Paul 2008, CSDA 52.
    """
    c, m, b, a = (np.asarray(value, dtype=np.float64) for value in (observed, fitted, expected, support))
    m, b, a = np.maximum(m, 1e-12), np.maximum(b, 1e-12), np.maximum(a, 1e-12)
    return np.asarray(c * np.log(m / b) - (c + a) * np.log((m + a) / (b + a)))


@dataclass(frozen=True, slots=True)
class JointCells:
    """The tickets divided into cells by the combinations that contain them.

    members: combinations. inside: which members contain each cell, shape (cells, members). window, rows: the rows of
    window and reference in each cell, shapes (cells, rows). share, support: usual share of each cell, and the reference
    tickets behind it. values: codes of a cell's tickets in each dimension, -1 where free, shape (cells, dimensions).
    """

    members: tuple[int, ...]
    inside: Mask
    window: Mask
    rows: Mask
    share: Floats
    support: Floats
    values: Ints

    @classmethod
    def everything(cls, found: Combinations) -> Self:
        """Make one cell of all tickets."""
        leaves = found.leaves
        return cls(
            (), np.zeros((1, 0), dtype=bool), np.ones((1, leaves.window.shape[1]), dtype=bool),
            np.ones((1, leaves.rows.shape[1]), dtype=bool), np.ones(1), found.support[:1].copy(),
            np.full((1, len(leaves.dimensions)), ABSENT, dtype=np.int64),
        )  # fmt: skip

    @classmethod
    def of(cls, found: Combinations, members: tuple[int, ...]) -> Self:
        """Make the cells of some combinations, ideally the rarest first: the mix inside it is known least."""
        if not members:
            return cls.everything(found)
        cells = cls.single(found, members[0])
        for member in members[1:]:
            cells = cells.split(found, member)
        return cells

    @classmethod
    def single(cls, found: Combinations, member: int) -> Self:
        """Make the cells outside and inside one combination."""
        window, rows = (chosen[0] for chosen in found.rows_in(np.array([member])))
        share, values = float(found.share[member]), found.values(member)
        rest = max(1.0 - share, _LEAST_SHARE)
        return cls(
            (member,), np.array([[False], [True]]), np.stack([~window, window]), np.stack([~rows, rows]),
            np.array([rest, share]), np.array([found.support[0] * rest, found.support[member]]),
            np.stack([np.full_like(values, ABSENT), values]),
        )  # fmt: skip

    def split(self, found: Combinations, member: int) -> Self:
        """Divide each cell by one more combination; the cells inside it come after those outside."""
        window, rows = found.rows_in(np.array([member]))
        _, share, support = self.counted(found, np.array([member]))
        inside = np.concatenate([np.zeros((len(self.share), 1), dtype=bool), np.ones((len(self.share), 1), dtype=bool)])
        values = found.values(member)
        return type(self)(
            (*self.members, member),
            np.concatenate([np.concatenate([self.inside, self.inside]), inside], axis=1),
            np.concatenate([self.window & ~window, self.window & window]),
            np.concatenate([self.rows & ~rows, self.rows & rows]),
            share[0].T.ravel(),
            support[0].T.ravel(),
            np.concatenate([self.values, np.where(values >= 0, values, self.values)]),
        )

    def counted(self, found: Combinations, others: Ints) -> tuple[Floats, Floats, Floats]:
        """Count tickets, usual share and support of each cell outside and inside each of some combinations.

        Shapes (others, cells, 2). The share of a combination in a cell of other combinations is estimated from the
        reference there, shrunk to the mix in which its free values are drawn as usual; the rest of its share is in the
        cell of none of them.
        """
        leaves = found.leaves
        window, rows = found.rows_in(others)
        both = (window * leaves.counts) @ self.window.T.astype(np.float64)
        seen = (rows * leaves.mass) @ self.rows.T.astype(np.float64)
        mass = self.rows @ leaves.mass
        free = ~self.inside.any(axis=1)
        prior = np.zeros(seen.shape)
        for at in np.flatnonzero(~free):
            prior[:, at] = found.given(self.values[at], others)
        within = self.share * (seen + PRIOR_TICKETS * prior) / (mass + PRIOR_TICKETS)
        within[:, free] = 0.0
        within[:, free] = np.maximum(found.share[others] - within.sum(axis=1), _LEAST_SHARE)[:, None]
        within = np.maximum(within, _LEAST_SHARE)
        rest = np.maximum(self.share - within, _LEAST_SHARE)
        of_others, of_cells = self._own_support(found, others)
        # The intersection of two combinations is known no better than the less known of them.
        support = (of_others * found.support[others] / found.share[others])[:, None] * within
        inside = of_cells * self.support / self.share
        support[:, ~free] = np.minimum(support, inside * within)[:, ~free]
        return (
            np.stack([self.window @ leaves.counts - both, both], axis=-1),
            np.stack([rest, within], axis=-1),
            np.stack([inside * rest, support], axis=-1),
        )

    def _own_support(self, found: Combinations, others: Ints) -> tuple[Floats, Floats]:
        """Return the shares of their support that other combinations, (others,), and each cell, (others, cells), keep.

        Combinations that share values share the uncertainty about those: together they are known no better than what
        they share. Otherwise a rise of a rare combination would be explained better by every division of it.
        """
        common = [found.common(others, member) for member in self.members]
        both = np.array(common, dtype=np.int64).reshape(len(self.members), len(others)).T
        supports = found.support[np.array(self.members, dtype=np.int64)]
        theirs = _kept(found, found.support[others], supports, both)
        mine = np.where(both > 0, theirs[:, None], 1.0)
        cells = np.where(self.inside, mine[:, None, :], 1.0).min(axis=2, initial=1.0)
        return theirs, cells


def shared_support(found: Combinations, one: int, others: Ints) -> float:
    """Return the support that a combination keeps next to others that share values, and so uncertainty, with it."""
    own = found.support[[one]]
    return float((own * _kept(found, own, found.support[others], found.common(others, one)[None]))[0])


def _kept(found: Combinations, own: Floats, others: Floats, both: Ints) -> Floats:
    """Return the share of its support that each combination keeps, shape (combinations,).

    own: shape (combinations,). others: support of the other ones, shape (others,). both: the combination of the values in
    common with each, 0 for none, shape (combinations, others).
    """
    shared = both > 0
    known = np.where(shared, found.support[both], np.inf).min(axis=1, initial=np.inf)
    together = own + np.where(shared, others, 0.0).sum(axis=1)
    return np.asarray(np.minimum(1.0, known / together))
