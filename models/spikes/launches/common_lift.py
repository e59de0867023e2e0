"""Common lift: the shared error of a plan for all themes, learned from the themes other than each.

Under a plan for all themes, what the themes have in common is the plan's error and not any theme's own rise. The factor
on the plan is Gamma distributed around 1, as wide as the plan's tolerance, and updated by the counts of the other
themes. Each of them may differ from the factor by the tolerance too, so that many tickets of few themes count less than
those of many themes. What remains for a theme is the predictive form of a beta-binomial test of its share: given the
others' tickets, how many of the sum are its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from models.arrays import Floats, Mask
from models.spikes.launches.learned_lift import LearnedLift

_MIN_DEVIATION = 0.1
"""Smallest relative deviation of a plan for all themes: an error beyond its tolerance is learned all the same."""
_CONTRADICTION = 2.0
"""Standard deviations beyond which the others' factor contradicts the plan: the excess widens the plan's own deviation."""
OUTLYING, FEW_TICKETS, _ROUNDS = 2.58, 5.0, 5
"""Deviations from the others beyond which a theme's tickets do not count as common (it rises or falls by itself), the
number of tickets that always count, and the rounds in which the factor and the outliers are found."""


@dataclass(frozen=True, slots=True)
class CommonLift:
    """Factor on a plan for all themes, each of shape (themes, windows): its mean and variance without the theme itself."""

    factor: Floats
    variance: Floats


@dataclass(frozen=True, slots=True)
class LiftedShare:
    """What a plan for all themes expects of series over windows: usual volume x lift, and its standard deviation."""

    mean: Floats
    deviation: Floats


def common_factor(
    seen: Floats,
    mean: Floats,
    inside: Floats,
    dispersion: Floats,
    informative: Mask,
    deviation: float,
    prior: Floats | float = 1.0,
) -> tuple[Floats, Floats]:
    """Learn the factor on a plan for each theme from the other themes.

    Parameters
    ----------
    seen, mean, inside: shape (themes, windows): tickets, what the plan expects, and the share of it that the plan lifts.
    dispersion: shape (themes,): variance over mean of the counts.
    informative: shape (themes,): themes whose counts carry information on what is common.
    deviation: relative standard deviation that the plan gives itself, and each theme around it.
    prior: the factor before these counts, as strong as the deviation makes it; weaker where they clearly contradict it.

    Returns
    -------
    Mean and variance of the factor, each of shape (themes, windows).
    """
    deviation = max(deviation, _MIN_DEVIATION)
    chosen = informative[:, None]
    outside = np.maximum(mean - inside, 0.0)
    kept, center = _without_outliers(seen, (outside, inside), chosen, dispersion, deviation)

    def of_others(values: Floats) -> Floats:
        counted = np.where(chosen, values, 0.0)
        # A sum less one of its terms is not below 0, except for rounding.
        return np.asarray(np.maximum(counted.sum(axis=0) - counted, 0.0))

    more, usual = of_others(kept) - of_others(outside), of_others(inside)
    noise, own = of_others(dispersion[:, None] * mean), of_others(inside**2)
    information = usual**2 / np.maximum(noise + deviation**2 * np.maximum(center, 0.1) * own, 1e-9)
    ratio = np.maximum(more, 0.0) / np.maximum(usual, 1e-9)
    # A plan that the tickets clearly contradict has only as much weight as the contradiction leaves it.
    uncertainty = np.sqrt(np.maximum(ratio, prior) / np.maximum(information, 1e-9))
    contradicted = np.maximum(np.abs(ratio - prior) - _CONTRADICTION * uncertainty, 0.0)
    strength = 1.0 / np.maximum(deviation**2, contradicted**2)
    factor = (information * ratio + strength * prior) / (information + strength)
    return factor, factor / (information + strength)


def _without_outliers(
    seen: Floats, expected: tuple[Floats, Floats], chosen: Mask, dispersion: Floats, deviation: float
) -> tuple[Floats, Floats]:
    """Replace the tickets of outlying themes by what the common factor expects of them.

    expected: what is expected outside and inside the plan. chosen: themes with information, shape (themes, 1). Returns
    the tickets, shape (themes, windows), and the factor, shape (windows,).
    """
    outside, inside = expected
    planned = np.where(chosen, inside, 0.0)
    kept, center = seen, np.ones(seen.shape[1])
    for _ in range(_ROUNDS):
        more = np.where(chosen, kept - outside, 0.0)
        center = np.maximum(more.sum(axis=0), 0.0) / np.maximum(planned.sum(axis=0), 1e-9)
        center = np.where(planned.sum(axis=0) > 0, center, 1.0)
        at = outside + center * inside
        spread = np.sqrt(dispersion[:, None] * at + (deviation * center * inside) ** 2)
        rising = seen > np.maximum(at + OUTLYING * spread, FEW_TICKETS)
        kept = np.where(rising | (seen < at - OUTLYING * spread), at, seen)
    return kept, center


def learned_lift_of(launch_id: str, planned: float, factor: float, variance: float) -> LearnedLift:
    """Report a common lift with a 90 % interval of its Gamma distribution."""
    shape, scale = factor**2 / max(variance, 1e-12), max(variance, 1e-12) / max(factor, 1e-12)
    low, high = (float(gammaincinv(shape, share)) * scale for share in (0.05, 0.95))
    return LearnedLift(launch_id, planned, planned * factor, planned * low, planned * high)
