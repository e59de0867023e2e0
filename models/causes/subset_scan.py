"""The subset scan: which combinations of attribute values together hold an excess of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.causes.combinations import Combinations
from models.causes.direction import RISE, Direction
from models.causes.joint import JointCells, gain, shared_support
from models.causes.leaves import Leaves
from models.causes.mix import of_residuals
from models.segment import Segment

MOST_SEGMENTS = 4
LEAST_SCORE = 2.5
"""Gain in log-likelihood, above the penalty for selection, that each combination must add."""
MOST_TICKETS = (1_000, 4_000)
"""Least and largest number of tickets of a window that are evaluated: as many as there are in the reference, within these."""
LEAST_EXPECTED = 1e-9
_MUCH_LESS = 0.7
"""Share of the first estimate of the correlation below which the search is repeated with what the causes leave."""
SHORTLIST = 10
"""Combinations that are tried in pairs: those that are best alone, and those that are best together with the best."""


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A combination with its counts.

    `expected` is adjusted for the other combinations. `support` is the number of reference tickets behind `expected`.
    """

    segment: Segment
    observed: int
    expected: float
    support: float
    score: float

    @property
    def relative_risk(self) -> float:
        """Ratio of observed to expected tickets."""
        return self.observed / self.expected


def scan(leaves: Leaves, dispersion: float, direction: Direction = RISE) -> list[FoundSegment]:
    """Find the combinations of at most three attributes that together explain an excess, or missing volume.

    Each combination of a set adds tickets to the expected ones, or removes some. The set's score is the gain in
    log-likelihood [1], less, for each combination, the logarithm of the number of combinations that it was chosen
    from, and 2.5. The gain has two parts: that of the total, a negative binomial count, and that of the mix given the total,
    a Dirichlet-multinomial one. The best single combination and the best pair of a
    shortlist are compared; the shortlist holds those that are best alone and those that are best when the best is
    explained away. A good pair is enlarged one by one, to four at most; then those are dropped without which the score
    is better. Everything (no attribute) is a combination too, at a cost of 2.5: a rise that is the same everywhere is
    not attributed to its largest segment.

    How much the mix varies is known from the reference (`leaves.correlation`) for a window of fewer than a thousand tickets;
    the gain of its mix is divided by the dispersion (quasi-likelihood). For a larger one it is estimated from its own
    residuals, once more when the causes are fitted, and takes away support: the shares of rare combinations vary most.
    A window with more tickets than the reference, or than 4,000, is evaluated as if it had as many, a thousand at
    least, in the same mix: more say no more about its causes, which are not alike in all their leaves either.

    Parameters
    ----------
    dispersion: variance over mean of the totals, 1 or more.
    direction: too many tickets or too few.

    References
    ----------
    [1] Neill 2009, International Journal of Forecasting 25 (expectation-based scan statistics).
    [2] Kalander 2022 and Bhagwan et al. 2014 for the problem of attribution over combined attributes.
    """
    if not leaves.window.shape[1] or not leaves.tickets:
        return []
    found = Combinations(leaves)
    kept = min(1.0, float(np.clip(leaves.tickets, *MOST_TICKETS)) / max(leaves.n_window, 1))
    known_total = 1.0 / (1.0 / leaves.tickets + max(dispersion - 1.0, 0.0) / leaves.expected_total)
    thinned = found.thinned(kept)
    correlation = of_residuals(found, np.ones(len(found)))
    if correlation is None:
        of_mix = 1.0 + (leaves.n_window - 1.0) * (leaves.correlation or 0.0)
        search = _Search(thinned, known_total, of_mix, direction)
        return search.reported(search.chosen(), kept)
    search = _Search(thinned.dispersed(correlation), known_total, 1.0, direction)
    chosen = search.chosen()
    left = of_residuals(found, search.multiplier(chosen)) if chosen else None
    if left is not None and left < _MUCH_LESS * correlation:
        search = _Search(thinned.dispersed(left), known_total, 1.0, direction)
        chosen = search.chosen()
    return search.reported(chosen, kept)


class _Search:
    """The state of one scan."""

    def __init__(self, found: Combinations, known_total: float, of_mix: float, direction: Direction) -> None:
        self.found, self.direction = found, direction
        self.total = found.leaves.expected_total
        self.known_total, self.of_mix = known_total, of_mix
        self.known: dict[tuple[int, ...], float] = {(): 0.0}
        self.alone = self.scores()

    def chosen(self) -> tuple[int, ...]:
        """Return the best set of combinations."""
        alone = self.alone
        best = int(np.argmax(alone))
        if alone[best] <= -LEAST_SCORE:
            return ()
        shortlist = _leading(alone, self.scores((best,)))
        members, score = self.paired(shortlist) if len(shortlist) > 1 else ((), 0.0)
        if score <= max(alone[best], 0.0):
            return (best,) if alone[best] > 0 else ()
        while len(members) < MOST_SEGMENTS:
            shortlist = _leading(self.scores(members))
            more, better = self.enlarged(members, shortlist)
            if better <= score:
                break
            members, score = tuple(sorted(more, key=lambda each: (self.found.share[each], each))), better
        return self.without_idle(members, score)

    def scores(self, others: tuple[int, ...] = ()) -> Floats:
        """Score each combination, alone or in addition to others."""
        found = self.found
        expected = np.maximum(found.share * self.total + (self.added(others) if others else 0.0), LEAST_EXPECTED)
        sign = self.direction.sign
        fitted = sign * np.maximum(sign * found.observed, sign * expected)
        won = gain(found.observed, fitted, expected, found.support)
        won = self.divided(won, expected[0] + fitted - expected, float(expected[0]))
        return np.asarray(won - found.penalty - LEAST_SCORE)

    def divided(self, won: Floats, mean: Floats, expected: float) -> Floats:
        """Divide a gain into that of the total, by the dispersion of totals, and that of the mix given the total, by its own.

        won: gain of cells that vary independently, which contains one of their sum. mean, expected: fitted and expected sum.
        """
        seen = self.found.leaves.counts.sum()
        of_total = gain(seen, mean, expected, self.found.support[0])
        return np.asarray((won - of_total) / self.of_mix + gain(seen, mean, expected, self.known_total))

    def added(self, members: tuple[int, ...]) -> Floats:
        """Return the tickets that some combinations add to each combination, below 0 where they remove some."""
        found, factor = self.found, self.fitted(members)[1]
        rows = found.rows_in(np.array(members))[1]
        tickets = self.direction.alone(factor) * found.share[list(members)] * self.total
        each = [found.within(found.values(member), inside) for member, inside in zip(members, rows, strict=True)]
        return np.asarray(tickets @ np.stack(each))

    def multiplier(self, members: tuple[int, ...]) -> Floats:
        """Return what some combinations multiply the usual tickets of each combination by."""
        return np.maximum(1.0 + self.added(members) / (self.found.share * self.total), LEAST_EXPECTED)

    def fitted(self, members: tuple[int, ...]) -> tuple[JointCells, Floats]:
        """Return the cells of some combinations, and their fitted factors."""
        cells = JointCells.of(self.found, members)
        observed = cells.window @ self.found.leaves.counts
        return cells, self.direction.fit(observed[None], (cells.share * self.total)[None], cells.inside)[0]

    def paired(self, shortlist: Ints) -> tuple[tuple[int, ...], float]:
        """Return the best pair of a shortlist, and its score."""
        shortlist = shortlist[np.argsort(self.found.share[shortlist], kind="stable")]
        return self.best([((int(first),), shortlist[at + 1 :]) for at, first in enumerate(shortlist[:-1])])

    def enlarged(self, members: tuple[int, ...], others: Ints) -> tuple[tuple[int, ...], float]:
        """Add the best of others to some combinations; also return the score."""
        return self.best([(members, others[~np.isin(others, members)])])

    def best(self, sets: Sequence[tuple[tuple[int, ...], Ints]]) -> tuple[tuple[int, ...], float]:
        """Return the best of many sets, each of some combinations (as many in each) and one of others, and its score."""
        figures, names = [], []
        inside = np.zeros((0, 0), dtype=bool)
        for members, others in sets:
            cells = JointCells.of(self.found, members)
            inside = _divided(cells.inside)
            figures.append([each.reshape(len(others), -1) for each in cells.counted(self.found, others)])
            names += [(*members, other) for other in others.tolist()]
        scores = self.joint(
            np.array(names), inside, *(np.concatenate([each[at] for each in figures]) for at in range(3))
        )
        at = int(np.argmax(scores))
        return names[at], float(scores[at])

    def joint(self, sets: Ints, inside: Mask, observed: Floats, share: Floats, support: Floats) -> Floats:
        """Score sets of members, from their cells.

        The usual tickets of a rare combination are divided among cells as they are in general, which its few tickets may
        not be. So the gain of a set is that of its leading member alone, plus how much better the set fits the cells than
        this member does. Where others share values with it, and so uncertainty, it has only its share of its support.

        sets: members, shape (sets, members). inside: shape (cells, members). observed, share, support: shape (sets, cells).
        """
        expected = share * self.total
        mean = expected * self.direction.multiplier(self.direction.fit(observed, expected, inside), inside)
        won = gain(observed, mean, expected, support).sum(axis=1)
        lead = np.argmax(self.alone[sets], axis=1)
        leaders = sets[np.arange(len(sets)), lead]
        of_lead = inside.T[lead]
        sign = self.direction.sign
        risk = (observed * of_lead).sum(axis=1) / (expected * of_lead).sum(axis=1)
        by_lead = expected * np.where(of_lead, sign * np.maximum(sign * risk, sign)[:, None], 1.0)
        seen, usual = self.found.observed[leaders], self.found.share[leaders] * self.total
        own = gain(seen, sign * np.maximum(sign * seen, sign * usual), usual, self.support(sets, lead))
        won += own - gain(observed, by_lead, expected, support).sum(axis=1)
        won = self.divided(won, mean.sum(axis=1), self.total)
        return np.asarray(won - self.found.penalty[sets].sum(axis=1) - LEAST_SCORE * sets.shape[1])

    def support(self, sets: Ints, lead: Ints) -> Floats:
        """Return the reference tickets behind the leading member of each set, next to the others."""
        found, at = self.found, np.arange(len(sets))
        known = found.support[sets[at, lead]].copy()
        codes = found.codes(sets)
        same = ((codes == codes[at, lead][:, None]) & (codes >= 0)).any(axis=2)
        same[at, lead] = False
        for row in np.flatnonzero(same.any(axis=1)):
            known[row] = shared_support(found, int(sets[row, lead[row]]), sets[row, same[row]])
        return known

    def score(self, members: tuple[int, ...]) -> float:
        """Score a set; each is computed once."""
        if members not in self.known:
            cells = JointCells.of(self.found, members)
            observed = cells.window @ self.found.leaves.counts
            figures = (each[None] for each in (observed, cells.share, cells.support))
            self.known[members] = float(self.joint(np.array([members]), cells.inside, *figures)[0])
        return self.known[members]

    def without_idle(self, members: tuple[int, ...], score: float) -> tuple[int, ...]:
        """Drop the combination without which the score is best, while it improves (backward elimination)."""
        while len(members) > 1:
            fewer = [members[:at] + members[at + 1 :] for at in range(len(members))]
            scores = [self.score(one) for one in fewer]
            best = max(scores)
            if best < score:
                break
            members, score = fewer[scores.index(best)], best
        return members

    def reported(self, members: tuple[int, ...], kept: float) -> list[FoundSegment]:
        """Report chosen combinations, the best first; `kept` is the share of the window that was evaluated."""
        segments = (self.segment(members, member, kept) for member in members if self.found.size[member])
        return sorted(segments, key=lambda each: (-each.score, each.segment))

    def segment(self, members: tuple[int, ...], member: int, kept: float) -> FoundSegment:
        """Return the figures of a chosen combination, adjusted for the others."""
        found = self.found
        cells, factor = self.fitted(members)
        at = members.index(member)
        inside = cells.inside[:, at]
        others = self.direction.multiplier(np.delete(factor, at)[None], np.delete(cells.inside, at, axis=1))[0]
        expected = cells.share * self.total * others
        without = tuple(one for one in members if one != member)
        return FoundSegment(
            found.segment(member),
            round(float(found.observed[member]) / kept),
            max(float(expected[inside].sum()) / kept, LEAST_EXPECTED),
            float(found.support[member]),
            self.score(members) - self.score(without) + LEAST_SCORE,
        )


def _divided(inside: Mask) -> Mask:
    """Mark the members that contain each cell once every cell is divided by one more, outside first."""
    divided = np.zeros((2 * len(inside), inside.shape[1] + 1), dtype=bool)
    divided[:, :-1] = np.repeat(inside, 2, axis=0)
    divided[1::2, -1] = True
    return divided


def _leading(*scores: Floats) -> Ints:
    """Return everything, and the positions of the largest of each of some scores, each once, in order."""
    positions = [np.argsort(-each, kind="stable")[:SHORTLIST] for each in scores]
    return np.unique(np.concatenate([np.zeros(1, dtype=np.int64), *positions]))
