"""Common lift: by how much a plan for all themes is wrong for all of them alike, learned from the themes other than each.

Under a plan for all, what themes have in common is the plan's error and no theme's own. The factor on the plan is Gamma around 1,
as wide as the plan's tolerance, and updated by the counts of the others; each of them may differ from it by the tolerance too, so
that many tickets of few themes say less than those of many. What remains for a theme is the predictive form of a beta-binomial
test of its share: given the others' tickets, how many of the sum are its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from models.arrays import Floats

_LEAST_DEVIATION = 0.1
"""Relative deviation that a plan for all has at least: what its tolerance leaves out is learned all the same."""
_PLAINLY = 2.0
"""Standard deviations beyond which a factor of the others contradicts the plan: what is more widens the plan's own deviation."""
OUTLYING, FEW_TICKETS, _ROUNDS = 2.58, 5.0, 5
"""Deviations from the others beyond which a theme's tickets no longer count as common (one that rises or falls silent by itself), the
number that always do, and rounds in which the factor and the outliers are found."""


@dataclass(frozen=True, slots=True)
class CommonLift:
    """Factor on a plan for all themes, each of shape (themes, windows): its mean and variance without the theme itself."""

    factor: Floats
    variance: Floats


@dataclass(frozen=True, slots=True)
class LiftedShare:
    """What a plan for all themes says of series over windows: usual x lift, and the standard deviation of it."""

    mean: Floats
    deviation: Floats


@dataclass(frozen=True, slots=True)
class LearnedLift:
    """A common lift as it is told: the multiple that was planned, and what it is by all themes but the one that is told of.

    low, high: nine cases in ten lie between them.
    """

    launch_id: str
    planned: float
    lift: float
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """The form in which JSON gives it back."""
        return {
            "launch_id": self.launch_id, "planned": self.planned, "lift": self.lift, "low": self.low, "high": self.high,
        }  # fmt: skip

    @property
    def sentence(self) -> str:
        """`x2.4 the usual (x2.2 to x2.6) where x1.5 was planned`."""
        return f"x{self.lift:.1f} the usual (x{self.low:.1f} to x{self.high:.1f}) where x{self.planned:.3g} was planned"


def common_factor(
    seen: Floats,
    mean: Floats,
    inside: Floats,
    dispersion: Floats,
    speaking: npt.NDArray[np.bool_],
    deviation: float,
    prior: Floats | float = 1.0,
) -> tuple[Floats, Floats]:
    """Mean and variance of the factor for each theme, told by the others; each of shape (themes, windows).

    Parameters
    ----------
    seen, mean, inside: shape (themes, windows): tickets, what the plan leads to expect, and the part of it that the plan lifts.
    dispersion, speaking: shape (themes,): variance over mean of the counts; whose counts tell of what is common.
    deviation: relative standard deviation that the plan gives itself, of all and of each theme around it.
    prior: the factor before these counts, as strong as the deviation makes it; weaker where they plainly contradict it.
    """
    deviation = max(deviation, _LEAST_DEVIATION)
    spoken = speaking[:, None]
    planned = np.where(spoken, inside, 0.0)
    outside = np.maximum(mean - inside, 0.0)
    kept, center = seen, np.ones(seen.shape[1])
    for _ in range(_ROUNDS):
        center = np.maximum(np.where(spoken, kept - outside, 0.0).sum(axis=0), 0.0) / np.maximum(
            planned.sum(axis=0), 1e-9
        )
        center = np.where(planned.sum(axis=0) > 0, center, 1.0)
        at = outside + center * inside
        spread = np.sqrt(dispersion[:, None] * at + (deviation * center * inside) ** 2)
        rising = seen > np.maximum(at + OUTLYING * spread, FEW_TICKETS)
        kept = np.where(rising | (seen < at - OUTLYING * spread), at, seen)

    def of_others(values: Floats) -> Floats:
        told = np.where(spoken, values, 0.0)
        # A sum less one of its parts is not below 0, but for rounding.
        return np.asarray(np.maximum(told.sum(axis=0) - told, 0.0))

    more, usual = of_others(kept) - of_others(outside), of_others(inside)
    noise, own = of_others(dispersion[:, None] * mean), of_others(inside**2)
    information = usual**2 / np.maximum(noise + deviation**2 * np.maximum(center, 0.1) * own, 1e-9)
    ratio = np.maximum(more, 0.0) / np.maximum(usual, 1e-9)
    # A plan that the tickets plainly contradict says no more than that contradiction lets it.
    unsure = np.sqrt(np.maximum(ratio, prior) / np.maximum(information, 1e-9))
    contradicted = np.maximum(np.abs(ratio - prior) - _PLAINLY * unsure, 0.0)
    strength = 1.0 / np.maximum(deviation**2, contradicted**2)
    factor = (information * ratio + strength * prior) / (information + strength)
    return factor, factor / (information + strength)


def learned_lift_of(launch_id: str, planned: float, factor: float, variance: float) -> LearnedLift:
    """The common lift with an interval of nine cases in ten of its Gamma distribution."""
    shape, scale = factor**2 / max(variance, 1e-12), max(variance, 1e-12) / max(factor, 1e-12)
    low, high = (float(gammaincinv(shape, share)) * scale for share in (0.05, 0.95))
    return LearnedLift(launch_id, planned, planned * factor, planned * low, planned * high)
