"""The target: the excess, or missing volume, to be explained, and how well a scope fits it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

import numpy as np

from models.causes.cause import Cause
from models.causes.direction import Direction
from models.causes.joint import gain
from models.causes.leaves import Leaves
from models.segment import EVERYTHING, Segment

LEAST_CONTRIBUTION = 0.5
"""Share of a segment's excess that a scope must contain too."""
_LEAST_RISK = 1.5
_TAIL = 0.05
_LEAST_GAIN = 2.5
"""Gain in log-likelihood from which there is an excess outside the segments: the cost of a combination in the scan."""


@dataclass(frozen=True, slots=True)
class ScopeEvidence:
    """How well a scope fits a target: its similarity to the segments that were found, 0 to 1, and its figures."""

    similarity: float
    contribution: float
    relative_risk: float
    interval: tuple[float, float]
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class Target:
    """An excess, or missing volume.

    total: its tickets, above 0. start, uncertainty: its onset, and how much later that may have been. segments: those
    that were found to contain it.
    """

    leaves: Leaves
    direction: Direction
    total: float
    start: datetime
    uncertainty: timedelta
    segments: tuple[Cause, ...] = ()

    @property
    def found_segments(self) -> tuple[Segment, ...]:
        """The segments that were found, or everything where there are none."""
        return tuple(cause.segment for cause in self.segments if cause.segment is not None) or (EVERYTHING,)

    def evidence(self, scope: Segment) -> ScopeEvidence | None:
        """Compare a scope with the segment to which it is most similar; None where it does not contain half of it.

        A scope that is everything fits only where the excess is everywhere, and not in the segments alone.
        """
        observed, expected, _ = self.leaves.counted(scope)
        more, less = (observed, expected) if self.direction.sign > 0 else (expected, observed)
        if more < _LEAST_RISK * less or (scope == EVERYTHING and not self._is_everywhere()):
            return None
        similarity = max((self._similarity(scope, one) for one in self.found_segments), default=0.0)
        return self.figures(scope, similarity) if similarity else None

    def figures(self, scope: Segment, similarity: float) -> ScopeEvidence:
        """Compute the figures of a scope."""
        observed, expected, support = self.leaves.counted(scope)
        contribution = share_of(self.direction.sign * (observed - expected), self.total)
        bounds = interval(observed, expected, support)
        return ScopeEvidence(similarity, contribution, observed / expected, bounds, observed, expected)

    def excess_in(self, segment: Segment) -> float:
        """Return the tickets too many (or missing) in a segment; negative where the deviation is opposite."""
        observed, expected, _ = self.leaves.counted(segment)
        return self.direction.sign * (observed - expected)

    def gain(self, segment: Segment, most: float = inf) -> float:
        """Compute the gain in log-likelihood of a segment's excess, of which at most `most` tickets count."""
        observed, expected, support = self.leaves.counted(segment)
        excess = self.direction.sign * (observed - expected)
        fitted = expected + self.direction.sign * min(max(excess, 0.0), max(most, 0.0))
        return float(gain(fitted, fitted, expected, support))

    def _is_everywhere(self) -> bool:
        """Tell whether there is an excess outside the segments that were found, too, of the same least risk."""
        leaves, sign = self.leaves, self.direction.sign
        if not self.segments:
            return True
        now, then = (
            ~np.any([leaves.inside(one, codes) for one in self.found_segments], axis=0)
            for codes in (leaves.window, leaves.rows)
        )
        observed = float(leaves.counts[now].sum())
        support = float(leaves.mass[then].sum())
        expected = leaves.expected_total * support / leaves.tickets
        more, less = (observed, expected) if sign > 0 else (expected, observed)
        won = float(gain(observed, observed, expected, support)) if support else 0.0
        return more >= _LEAST_RISK * less and won >= _LEAST_GAIN

    def _similarity(self, scope: Segment, segment: Segment) -> float:
        best, seen = self.gain(segment), self.excess_in(segment)
        if not scope.compatible(segment) or best <= 0 or self.excess_in(scope) < LEAST_CONTRIBUTION * seen:
            return 0.0
        # A scope with less evidence than no scope at all contains its usual share of an excess that is everywhere.
        if not nested(scope, segment) and self.gain(scope) < self.gain(EVERYTHING):
            return 0.0
        # Only the segment's own excess counts for a wider scope: another segment in it has its own cause.
        most = inf if scope == EVERYTHING else seen
        return 1.0 if scope == segment else min(1.0, self.gain(scope, most) / best)


def nested(one: Segment, other: Segment) -> bool:
    """Check whether one of two segments contains the other."""
    return one.within(other) or other.within(one)


def share_of(excess: float, total: float) -> float:
    """Return an excess as a share of the target's total, 0 to 1."""
    return min(1.0, max(0.0, excess / total))


def explained(segments: Iterable[Cause]) -> float:
    """Return the share of the target that some segments contain together, 0 to 1."""
    return min(1.0, sum(cause.contribution for cause in segments))


def interval(observed: int, expected: float, support: float) -> tuple[float, float]:
    """Compute the 90 % interval of the relative risk, from the tickets and the reference tickets behind the expectation.

    Given their sum, the observed tickets are binomial; the bounds of their share are exact.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26; Przyborowski and Wilenski 1940, Biometrika 31.
    """
    # Listings of causes import this package, and compute nothing.
    from scipy.special import betaincinv

    known = max(support, 0.5)
    low = float(betaincinv(observed, known + 1.0, _TAIL)) if observed else 0.0
    high = float(betaincinv(observed + 1.0, known, 1.0 - _TAIL))
    scale = known / expected
    return (low / (1.0 - low) * scale, high / max(1.0 - high, 1e-9) * scale)
