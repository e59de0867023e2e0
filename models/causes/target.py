"""Sought: what is to be explained, and how a scope lies to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from scipy.special import betaincinv

from models.causes.cause import Cause
from models.causes.direction import Direction
from models.causes.joint import gain
from models.causes.leaves import Leaves
from models.segment import EVERYTHING, Segment

LEAST_CONTRIBUTION = 0.5
"""Share of what a segment holds that a scope must hold too."""
_LEAST_RISK = 1.5
_TAIL = 0.05


@dataclass(frozen=True, slots=True)
class ScopeEvidence:
    """How what is sought lies to a scope: how telling that is beside what was found, and its figures."""

    likeness: float
    contribution: float
    relative_risk: float
    interval: tuple[float, float]
    observed: int
    expected: float


@dataclass(frozen=True, slots=True)
class Target:
    """An excess, or what is missing.

    total: its tickets, above 0. start, doubt: its onset, and how much later that may have been. segments: those found to
    hold it.
    """

    leaves: Leaves
    direction: Direction
    total: float
    start: datetime
    doubt: timedelta
    segments: tuple[Cause, ...] = ()

    @property
    def targets(self) -> tuple[Segment, ...]:
        """The segments found, or everything where there are none."""
        return tuple(cause.segment for cause in self.segments if cause.segment is not None) or (EVERYTHING,)

    def evidence(self, scope: Segment) -> ScopeEvidence | None:
        """How like a scope is to the segment that it is most like; None where it does not hold half of it."""
        observed, expected, _ = self.leaves.counted(scope)
        more, less = (observed, expected) if self.direction.sign > 0 else (expected, observed)
        if more < _LEAST_RISK * less:
            return None
        likeness = max((self._likeness(scope, target) for target in self.targets), default=0.0)
        return self.figures(scope, likeness) if likeness else None

    def figures(self, scope: Segment, likeness: float) -> ScopeEvidence:
        """The figures of a scope."""
        observed, expected, support = self.leaves.counted(scope)
        contribution = share_of(self.direction.sign * (observed - expected), self.total)
        bounds = interval(observed, expected, support)
        return ScopeEvidence(likeness, contribution, observed / expected, bounds, observed, expected)

    def held(self, segment: Segment) -> float:
        """Tickets too many (or missing) in a segment, below 0 where it is the other way about."""
        observed, expected, _ = self.leaves.counted(segment)
        return self.direction.sign * (observed - expected)

    def gain(self, segment: Segment, most: float = inf) -> float:
        """Gain in log-likelihood of what a segment holds, of `most` tickets of it at the most."""
        observed, expected, support = self.leaves.counted(segment)
        held = self.direction.sign * (observed - expected)
        fitted = expected + self.direction.sign * min(max(held, 0.0), max(most, 0.0))
        return float(gain(fitted, fitted, expected, support))

    def _likeness(self, scope: Segment, target: Segment) -> float:
        best, seen = self.gain(target), self.held(target)
        if not scope.compatible(target) or best <= 0 or self.held(scope) < LEAST_CONTRIBUTION * seen:
            return 0.0
        # A scope less telling than no scope at all holds its usual part of what is everywhere.
        if not nested(scope, target) and self.gain(scope) < self.gain(EVERYTHING):
            return 0.0
        # No more than the segment's own part speaks for a wider scope: another segment in it has its own cause.
        return 1.0 if scope == target else min(1.0, self.gain(scope, seen) / best)


def nested(one: Segment, other: Segment) -> bool:
    """Tell whether one of two segments lies within the other."""
    return one.within(other) or other.within(one)


def share_of(held: float, total: float) -> float:
    """A part of what is sought as a share, 0 to 1."""
    return min(1.0, max(0.0, held / total))


def explained(segments: Iterable[Cause]) -> float:
    """Share of what is sought that some segments hold together, 0 to 1."""
    return min(1.0, sum(cause.contribution for cause in segments))


def interval(observed: int, expected: float, support: float) -> tuple[float, float]:
    """90 % interval of the relative risk, from tickets seen and the reference tickets behind the expectation.

    Given how many they are together, tickets seen are binomial; the bounds of their share are exact.

    References
    ----------
    Clopper and Pearson 1934, Biometrika 26; Przyborowski and Wilenski 1940, Biometrika 31.
    """
    known = max(support, 0.5)
    low = float(betaincinv(observed, known + 1.0, _TAIL)) if observed else 0.0
    high = float(betaincinv(observed + 1.0, known, 1.0 - _TAIL))
    scale = known / expected
    return (low / (1.0 - low) * scale, high / max(1.0 - high, 1e-9) * scale)
