"""Leaves: tickets by combination of attribute values, in the window and in the reference, as codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from math import inf
from typing import Self

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints, Mask
from models.segment import Segment

Attributes = Mapping[str, str | None]
AttributeCounts = Mapping[tuple[str | None, ...], float]

PRIOR_TICKETS = 5.0
"""Tickets that the mix with independent values counts as against the tickets of a combination."""
BACKGROUND_TICKETS = 50.0
"""Tickets that the mix of all tickets counts as against a theme's own reference."""
_PER_VALUE = 0.5
_PER_DIMENSION = 5.0
ABSENT = -1


def tally(rows: Iterable[Attributes], dimensions: Sequence[str]) -> Counter[tuple[str | None, ...]]:
    """Count tickets by their values in the dimensions; an absent value is None.

    >>> tally([{"region": "BR"}, {"region": "BR"}, {}], ["region"])
    Counter({('BR',): 2, (None,): 1})
    """
    return Counter(tuple(_text(row.get(name)) for name in dimensions) for row in rows)


def raked(
    counts: AttributeCounts, dimensions: Sequence[str], segment: Segment, share: float
) -> dict[tuple[str | None, ...], float]:
    """Weight a tally so that a segment contains a share (0 to 1) of it; the sum is unchanged.

    The tally is returned unchanged where all or nothing is inside the segment, or where one of the segment's dimensions
    is not among `dimensions`.
    """
    if not all(name in dimensions for name in segment.dimensions):
        return dict(counts)
    wanted = [(dimensions.index(name), value) for name, value in segment.pairs]
    chosen = {row for row in counts if all(row[at] == value for at, value in wanted)}
    inside, total = sum(counts[row] for row in chosen), sum(counts.values())
    if not 0 < inside < total:
        return dict(counts)
    within, without = share * total / inside, (1.0 - share) * total / (total - inside)
    return {row: count * (within if row in chosen else without) for row, count in counts.items()}


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)


class Leaves:
    """The tickets of window and reference, one row for each combination of values, and what is usual.

    A combination's share of the usual tickets is estimated by the posterior mean of a Gamma-Poisson rate [1]: for `n`
    of `N` reference tickets, where its components suggest a share `p`, it is `(n + 5) / (N + 5 / p)`. `p` is the
    product of the values' shares, for three values the largest product of a pair's share and a value's. So a
    combination that happens not to be in the reference is neither impossible nor usual, and its estimate is known to
    rest on few tickets: on `n + 5`, and on no more than those of its components. A value counts half a ticket more than
    were seen of it.

    Parameters
    ----------
    window, reference, background: tickets by their values in `dimensions` (see `tally`); the background counts as 50
        tickets in total.
    expected_total: expected number of tickets in the window, above 0.
    dimensions: names; those in which all tickets have the same value are left out.
    silent: combinations in the reference that are not in the window become rows of the window with a count of 0:
        missing volume is where no tickets are.
    correlation: intra-class correlation of the mix, 0 to 1, from the reference (see `mix.between_blocks`); None where it
        is not known.

    References
    ----------
    [1] DuMouchel 1999, The American Statistician 53 (shrinkage of counts of combinations towards independence).
    """

    def __init__(
        self,
        window: AttributeCounts,
        reference: AttributeCounts,
        background: AttributeCounts,
        expected_total: float,
        dimensions: Sequence[str],
        *,
        silent: bool = False,
        correlation: float | None = None,
    ) -> None:
        past: dict[tuple[str | None, ...], float] = dict(reference)
        total = sum(background.values())
        for row, count in background.items():
            past[row] = past.get(row, 0.0) + count * BACKGROUND_TICKETS / total
        occurring = {*window, *(reference or background)} if silent else set(window)
        now, then = _in_order(occurring), _in_order(past)
        columns = [{row[at] for row in (*now, *then)} for at in range(len(dimensions))]
        kept = [at for at, values in enumerate(columns) if len(values) > 1]
        self.dimensions = tuple(dimensions[at] for at in kept)
        self.values = tuple(tuple(sorted(value for value in columns[at] if value is not None)) for at in kept)
        self.code_of = [{value: code for code, value in enumerate(values)} for values in self.values]
        self.window, self.counts = (
            self._codes(now, kept),
            np.array([window.get(row, 0) for row in now], dtype=np.float64),
        )
        self.rows, self.mass = self._codes(then, kept), np.array([past[row] for row in then], dtype=np.float64)
        self.n_window = int(self.counts.sum())
        self.tickets = float(self.mass.sum())
        self.expected_total = expected_total
        self.correlation = correlation
        self.single = [self._single(at) for at in range(len(kept))]
        self._shares: dict[Segment, tuple[float, float]] = {Segment(): (1.0, self.tickets)}

    def thinned(self, factor: float) -> Self:
        """Return the leaves with the window's tickets, and the expected ones, multiplied by a factor below 1."""
        fewer = copy(self)
        fewer.counts = self.counts * factor
        fewer.expected_total = self.expected_total * factor
        return fewer

    def _codes(self, rows: Sequence[tuple[str | None, ...]], kept: Sequence[int]) -> Ints:
        columns = [
            [ABSENT if value is None else code[value] for value in (row[at] for row in rows)]
            for at, code in zip(kept, self.code_of, strict=True)
        ]
        return np.array(columns, dtype=np.int64).reshape(len(kept), len(rows))

    def _single(self, at: int) -> tuple[Floats, Floats]:
        """Estimate share and support of each value of a dimension."""
        size = len(self.values[at])
        known = self.rows[at] >= 0
        seen = np.bincount(self.rows[at][known], self.mass[known], size)
        prior = min(_PER_VALUE, _PER_DIMENSION / size)
        support = np.asarray(seen + prior, dtype=np.float64)
        return np.asarray(support / (self.tickets + prior * size)), support

    def inside(self, segment: Segment, codes: Ints) -> Mask:
        """Mark the columns of codes that are in a segment; none is in a segment with an unknown value."""
        found = np.ones(codes.shape[1], dtype=bool)
        for name, value in segment.pairs:
            if name not in self.dimensions:
                return np.zeros(codes.shape[1], dtype=bool)
            at = self.dimensions.index(name)
            found &= codes[at] == self.code_of[at].get(value, -2)
        return found

    def usual(self, segment: Segment) -> tuple[float, float]:
        """Return a segment's share of the usual tickets, above 0, and the reference tickets behind the estimate."""
        known = self._shares.get(segment)
        if known is None:
            known = self._shares[segment] = self._usual(segment)
        return known

    def _usual(self, segment: Segment) -> tuple[float, float]:
        if len(segment.pairs) == 1:
            return self._of_value(*segment.pairs[0])
        prior, known = 0.0, inf
        for at, pair in enumerate(segment.pairs):
            share, support = self.usual(Segment((*segment.pairs[:at], *segment.pairs[at + 1 :])))
            prior, known = max(prior, share * self.usual(Segment((pair,)))[0]), min(known, support)
        seen = float(self.mass[self.inside(segment, self.rows)].sum())
        return float(shrunk(seen, prior, self.tickets)), min(seen + PRIOR_TICKETS, known)

    def _of_value(self, name: str, value: str) -> tuple[float, float]:
        """Return share and support of one value; for an unknown value or dimension those of a value that was never seen."""
        if name in self.dimensions:
            at = self.dimensions.index(name)
            code = self.code_of[at].get(value)
            if code is not None:
                return float(self.single[at][0][code]), float(self.single[at][1][code])
        return _PER_VALUE / (self.tickets + _PER_VALUE), _PER_VALUE

    def counted(self, segment: Segment) -> tuple[int, float, float]:
        """Return a segment's observed tickets, the expected number, and the reference tickets behind it."""
        share, support = self.usual(segment)
        observed = float(self.counts[self.inside(segment, self.window)].sum())
        return int(observed), share * self.expected_total, support


def shrunk(seen: npt.ArrayLike, prior: npt.ArrayLike, tickets: float) -> Floats:
    """Estimate a combination's share as a posterior mean: `seen` of `tickets`, shrunk to `prior` (above 0)."""
    return np.asarray((np.asarray(seen) + PRIOR_TICKETS) / (tickets + PRIOR_TICKETS / np.asarray(prior)))


def _in_order(rows: Iterable[tuple[str | None, ...]]) -> list[tuple[str | None, ...]]:
    """Sort rows by their values, an absent one before all others."""
    try:
        return sorted(rows)
    except TypeError:  # An absent value was compared with another one.
        return sorted(rows, key=lambda row: tuple((value is not None, value or "") for value in row))
