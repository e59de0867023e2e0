"""The subset scan: which combinations of attribute values together hold an excess of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.causes.combinations import Combinations
from models.causes.joint import Cells, fit, gain, gains
from models.causes.leaves import Floats, Ints, Leaves, Mask
from models.segment import Segment

MOST_SEGMENTS = 4
LEAST_SCORE = 2.5
"""Gain in log-likelihood, above the penalty for choosing, that each combination must bring."""
SHORTLIST = 10
"""Combinations that are tried in pairs, of those that are best alone and of those that are best beside the best."""


@dataclass(frozen=True, slots=True)
class Found:
    """A combination with its counts.

    `expected` is what it would hold with the other combinations allowed for.
    `support` is the number of reference tickets behind `expected`.
    """

    segment: Segment
    observed: int
    expected: float
    support: float
    score: float

    @property
    def relative_risk(self) -> float:
        """Observed to expected."""
        return self.observed / self.expected


def scan(leaves: Leaves, dispersion: float) -> list[Found]:
    """Find the combinations of at most three attributes that together explain an excess.

    A set of combinations adds tickets to what is expected, each its own. Its score is the gain in log-likelihood [1]
    over the dispersion, less, for each combination, the logarithm of the number of combinations that it was chosen
    from, and 2.5. The best single combination and the best pair of a
    shortlist are compared; the shortlist holds those that are best alone and those that are best when the best is
    explained away. A good pair is enlarged one by one, to four at most; then those are dropped without which the score
    is better. Everything (no attribute) is a combination too, at a cost of 2.5: a rise that is the same everywhere is
    not put down to its largest part.

    Parameters
    ----------
    dispersion: variance over mean of the counts, 1 or more; it divides the gain in log-likelihood.

    References
    ----------
    [1] Neill 2009, International Journal of Forecasting 25 (expectation-based scan statistics).
    [2] Kalander 2022 and Bhagwan et al. 2014 for the problem of attribution over combined attributes.
    """
    if not leaves.n_window or not leaves.tickets:
        return []
    search = _Search(Combinations(leaves), dispersion)
    chosen = search.chosen()
    found = (search.told(chosen, member) for member in chosen if search.found.kinds[search.found.kind[member]])
    return sorted(found, key=lambda each: (-each.score, each.segment))


class _Search:
    """One scan at work."""

    def __init__(self, found: Combinations, dispersion: float) -> None:
        self.found, self.dispersion = found, dispersion
        self.total = found.leaves.expected_total

    def chosen(self) -> tuple[int, ...]:
        alone = self.scores()
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

    def scores(self, beside: tuple[int, ...] = ()) -> Floats:
        """Score of each combination, alone or beside what others add."""
        found = self.found
        expected = found.share * self.total + (self.added(beside) if beside else 0.0)
        won = gain(found.observed, np.maximum(found.observed, expected), expected, found.support)
        return np.asarray(won / self.dispersion - found.penalty - LEAST_SCORE)

    def added(self, members: tuple[int, ...]) -> Floats:
        """Tickets that some combinations add to each combination."""
        found, factor = self.found, self.fitted(members)[1]
        rows = found.held(np.array(members))[1]
        tickets = factor * found.share[list(members)] * self.total
        each = [found.within(found.values(member), held) for member, held in zip(members, rows, strict=True)]
        return np.asarray(tickets @ np.stack(each))

    def fitted(self, members: tuple[int, ...]) -> tuple[Cells, Floats]:
        cells = Cells.of(self.found, members)
        observed = cells.window @ self.found.leaves.counts
        return cells, fit(observed[None], (cells.share * self.total)[None], cells.inside)[0]

    def paired(self, shortlist: Ints) -> tuple[tuple[int, ...], float]:
        """The best pair of a shortlist, and its score."""
        shortlist = shortlist[np.argsort(self.found.share[shortlist], kind="stable")]
        return self.best([((int(first),), shortlist[at + 1 :]) for at, first in enumerate(shortlist[:-1])])

    def enlarged(self, members: tuple[int, ...], others: Ints) -> tuple[tuple[int, ...], float]:
        """Some combinations with the best of others, and their score."""
        return self.best([(members, others[~np.isin(others, members)])])

    def best(self, sets: Sequence[tuple[tuple[int, ...], Ints]]) -> tuple[tuple[int, ...], float]:
        """The best of many sets, each some combinations (as many in each) with one of others; and its score."""
        parts, costs, names = [], [], []
        inside = np.zeros((0, 0), dtype=bool)
        for members, others in sets:
            cells = Cells.of(self.found, members)
            inside = _divided(cells.inside)
            parts.append([part.reshape(len(others), -1) for part in cells.counted(self.found, others)])
            costs.append([self.cost((*members, other)) for other in others.tolist()])
            names += [(*members, other) for other in others.tolist()]
        observed, share, support = (np.concatenate([part[at] for part in parts]) for at in range(3))
        scores = gains(observed, share, support, inside, self.total) / self.dispersion - np.concatenate(costs)
        at = int(np.argmax(scores))
        return names[at], float(scores[at])

    def score(self, members: tuple[int, ...]) -> float:
        """Score of a set."""
        if not members:
            return 0.0
        cells = Cells.of(self.found, members)
        observed = cells.window @ self.found.leaves.counts
        won = gains(observed[None], cells.share[None], cells.support[None], cells.inside, self.total)[0]
        return float(won / self.dispersion - self.cost(members))

    def cost(self, members: tuple[int, ...]) -> float:
        """What a set must bring."""
        return float(self.found.penalty[list(members)].sum()) + LEAST_SCORE * len(members)

    def without_idle(self, members: tuple[int, ...], score: float) -> tuple[int, ...]:
        """Backward elimination: drop the combination without which the score is best, while it gets better."""
        while len(members) > 1:
            fewer = [members[:at] + members[at + 1 :] for at in range(len(members))]
            best = max(fewer, key=self.score)
            if self.score(best) < score:
                break
            members, score = best, self.score(best)
        return members

    def told(self, members: tuple[int, ...], member: int) -> Found:
        """A chosen combination with its figures, the others allowed for."""
        found = self.found
        cells, factor = self.fitted(members)
        at = members.index(member)
        held = cells.inside[:, at]
        others = np.delete(factor, at)
        expected = cells.share * self.total * (1.0 + np.delete(cells.inside, at, axis=1) @ others)
        without = tuple(one for one in members if one != member)
        return Found(
            found.segment(member),
            int(found.observed[member]),
            max(float(expected[held].sum()), 1e-9),
            float(found.support[member]),
            self.score(members) - self.score(without) + LEAST_SCORE,
        )


def _divided(inside: Mask) -> Mask:
    """Which members each cell lies in once every cell is divided by one more, outside first."""
    divided = np.zeros((2 * len(inside), inside.shape[1] + 1), dtype=bool)
    divided[:, :-1] = np.repeat(inside, 2, axis=0)
    divided[1::2, -1] = True
    return divided


def _leading(*scores: Floats) -> Ints:
    """Everything, and the places of the largest of each of some scores, each once, in order."""
    places = [np.argsort(-each, kind="stable")[:SHORTLIST] for each in scores]
    return np.unique(np.concatenate([np.zeros(1, dtype=np.int64), *places]))
