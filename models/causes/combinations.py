"""Combinations: every set of at most three attribute values that occurs in the window, as flat arrays."""

from __future__ import annotations

from copy import copy
from itertools import combinations
from math import comb, log
from typing import NamedTuple, Self

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.causes.leaves import ABSENT, PRIOR_TICKETS, Leaves, shrunk
from models.segment import Segment

MOST_ATTRIBUTES = 3
_WIDEST_TABLE = 1 << 16


class _KindFigures(NamedTuple):
    """The combinations of one kind: a row of the window in each, and its four figures, shape (4, combinations)."""

    example: Ints
    figures: Floats


class Combinations:
    """The combinations that occur in the window, each with its counts; the first is everything.

    size: number of values of each. observed, share, support, penalty: tickets in the window, share of the usual tickets,
    reference tickets behind it, log of the number of combinations to choose from; all of shape (combinations,).
    """

    def __init__(self, leaves: Leaves) -> None:
        self.leaves = leaves
        sizes = range(min(MOST_ATTRIBUTES, len(leaves.dimensions)) + 1)
        self.kinds = [places for size in sizes for places in combinations(range(len(leaves.dimensions)), size)]
        self._kind_of = {places: at for at, places in enumerate(self.kinds)}
        self._uses = np.array(
            [[at in places for at in range(len(leaves.dimensions))] for places in self.kinds], dtype=bool
        )
        self._freed: dict[tuple[int, ...], Ints] = {}
        self._of_window = np.full((len(self.kinds), leaves.window.shape[1]), ABSENT, dtype=np.int64)
        self._of_row = np.full((len(self.kinds), leaves.rows.shape[1]), ABSENT, dtype=np.int64)
        self._starts: list[int] = []
        self._by_kind: list[_KindFigures] = []
        for kind, places in enumerate(self.kinds):
            self._build(kind, places)
        self.kind = np.repeat(np.arange(len(self.kinds)), [len(one.example) for one in self._by_kind])
        self.size = self._uses.sum(axis=1)[self.kind]
        self.example = np.concatenate([one.example for one in self._by_kind])
        self.observed, self.share, self.support, self.penalty = (
            np.concatenate([one.figures[at] for one in self._by_kind]) for at in range(4)
        )

    def __len__(self) -> int:
        return len(self.kind)

    def thinned(self, factor: float) -> Self:
        """Return the combinations with the window's tickets, and the expected ones, multiplied by a factor up to 1."""
        found = copy(self)
        found.leaves, found.observed = self.leaves.thinned(factor), self.observed * factor
        return found

    def dispersed(self, correlation: float) -> Self:
        """Return the combinations with less support, for a mix that varies with an intra-class correlation (0 to 1).

        A share `p` that is estimated from `n` tickets, and varies around its mean as in a Dirichlet-multinomial
        distribution, is known as well as from `1 / (1 / n + correlation / p)` tickets.
        """
        found = copy(self)
        found.support = 1.0 / (1.0 / self.support + correlation / self.share)
        return found

    def _build(self, kind: int, places: tuple[int, ...]) -> None:
        """Number the combinations of a kind after those of the last kind, and count them."""
        leaves = self.leaves
        start = self._starts[-1] + len(self._by_kind[-1].example) if self._by_kind else 0
        now, then, n = self._grouped(places)
        inside, known = now >= 0, then >= 0
        example = np.zeros(n, dtype=np.int64)
        example[now[inside][::-1]] = np.flatnonzero(inside)[::-1]
        observed = np.bincount(now[inside], leaves.counts[inside], n).astype(np.float64)
        seen = np.bincount(then[known], leaves.mass[known], n).astype(np.float64)
        share, support = self._usual(places, example, seen)
        penalty = sum(log(len(leaves.values[at])) for at in places) + log(comb(len(leaves.dimensions), len(places)))
        self._of_window[kind, inside] = now[inside] + start
        self._of_row[kind, known] = then[known] + start
        self._starts.append(start)
        self._by_kind.append(_KindFigures(example, np.stack([observed, share, support, np.full(n, penalty)])))

    def _grouped(self, places: tuple[int, ...]) -> tuple[Ints, Ints, int]:
        """Number the combination of each row of window and reference: -1 for a missing value or one not in the window."""
        leaves = self.leaves
        now, width = _joined(leaves.window, places, leaves)
        then, _ = _joined(leaves.rows, places, leaves)
        if width <= _WIDEST_TABLE:
            table = np.full(width + 1, ABSENT, dtype=np.int64)
            occurring = np.flatnonzero(np.bincount(now[now >= 0], minlength=width))
            table[occurring] = np.arange(len(occurring))
            return table[now], table[then], len(occurring)
        occurring = np.unique(now[now >= 0])
        return _looked_up(occurring, now), _looked_up(occurring, then), len(occurring)

    def _usual(self, places: tuple[int, ...], example: Ints, seen: Floats) -> tuple[Floats, Floats]:
        leaves = self.leaves
        if not places:
            return np.ones(1), np.array([leaves.tickets])
        if len(places) == 1:
            share, support = leaves.single[places[0]]
            codes = leaves.window[places[0], example]
            return share[codes], support[codes]
        prior, ceiling = np.zeros(len(example)), np.ones(len(example))
        support = seen + PRIOR_TICKETS
        for at, place in enumerate(places):
            rest = self._kind_of[places[:at] + places[at + 1 :]]
            share, known = self._by_kind[rest].figures[1:3, self._of_window[rest, example] - self._starts[rest]]
            ceiling, support = np.minimum(ceiling, share), np.minimum(support, known)
            prior = np.maximum(prior, share * leaves.single[place][0][leaves.window[place, example]])
        return np.minimum(shrunk(seen, prior, leaves.tickets), ceiling), support

    def segment(self, at: int) -> Segment:
        """Return a combination as a segment."""
        leaves = self.leaves
        row = leaves.window[:, self.example[at]]
        return Segment.of(
            {leaves.dimensions[place]: leaves.values[place][row[place]] for place in self.kinds[self.kind[at]]}
        )

    def values(self, at: int) -> Ints:
        """Return a combination's code in each dimension, -1 where it is free, shape (dimensions,)."""
        return self.codes(np.array(at))

    def codes(self, chosen: Ints) -> Ints:
        """Return the codes of some combinations, of any shape, in each dimension (the last axis); -1 where free."""
        values = self.leaves.window[:, self.example[chosen]]
        return np.where(self._uses[self.kind[chosen]], np.moveaxis(values, 0, -1), ABSENT)

    def rows_in(self, chosen: Ints) -> tuple[Mask, Mask]:
        """Mark the rows of window and of reference in each of some combinations, shapes (chosen, rows)."""
        kinds = self.kind[chosen]
        return self._of_window[kinds] == chosen[:, None], self._of_row[kinds] == chosen[:, None]

    def given(self, values: Ints, chosen: Ints | None = None) -> Floats:
        """Return the share of the tickets with some values that is in a combination, its free values drawn as usual.

        0 for a combination with another value in one of the dimensions.
        """
        chosen = np.arange(len(self)) if chosen is None else chosen
        kinds, examples = self.kind[chosen], self.example[chosen]
        fixed = np.flatnonzero(values >= 0)
        share = self.share[self._of_window[self._free(tuple(fixed.tolist()))[kinds], examples]]
        differs = (
            self._uses[kinds][:, fixed] & (self.leaves.window[fixed[:, None], examples] != values[fixed][:, None]).T
        )
        return np.where(differs.any(axis=1), 0.0, share)

    def _free(self, fixed: tuple[int, ...]) -> Ints:
        """Return for each kind the kind that is left when some dimensions are fixed."""
        known = self._freed.get(fixed)
        if known is None:
            left = [self._kind_of[tuple(at for at in places if at not in fixed)] for places in self.kinds]
            known = self._freed[fixed] = np.array(left)
        return known

    def common(self, others: Ints, one: int) -> Ints:
        """Return the combinations of the values that others share with one; everything (0) where they share none."""
        mine, examples = self.values(one), self.example[others]
        same = self._uses[self.kind[others]] & (mine == self.leaves.window[:, examples].T) & (mine >= 0)
        found = np.zeros(len(others), dtype=np.int64)
        for row in np.flatnonzero(same.any(axis=1)):
            kind = self._kind_of[tuple(np.flatnonzero(same[row]).tolist())]
            found[row] = self._of_window[kind, examples[row]]
        return found

    def within(self, values: Ints, rows: Mask) -> Floats:
        """Do the same as `given`, with the mix of the reference tickets with the values (`rows`) as far as there are any."""
        numbers = self._of_row[:, rows]
        mass = np.broadcast_to(self.leaves.mass[rows], numbers.shape)
        known = numbers >= 0
        seen = np.bincount(numbers[known], mass[known], len(self))
        return np.asarray((seen + PRIOR_TICKETS * self.given(values)) / (self.leaves.mass[rows].sum() + PRIOR_TICKETS))


def _joined(codes: Ints, places: tuple[int, ...], leaves: Leaves) -> tuple[Ints, int]:
    """Encode the values of some dimensions as one code, -1 where one is absent; also return the number of codes."""
    found, width = np.zeros(codes.shape[1], dtype=np.int64), 1
    absent = np.zeros(codes.shape[1], dtype=bool)
    for at in places:
        size = len(leaves.values[at])
        found = found * size + codes[at]
        width *= size
        absent |= codes[at] < 0
    found[absent] = ABSENT
    return found, width


def _looked_up(occurring: Ints, codes: Ints) -> Ints:
    if not len(occurring):
        return np.full(len(codes), ABSENT, dtype=np.int64)
    places = np.minimum(np.searchsorted(occurring, codes), len(occurring) - 1)
    return np.where(occurring[places] == codes, places, ABSENT)
