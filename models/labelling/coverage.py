"""Coverage of themes: of the tickets that belong to a theme, how many are assigned to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.labelling.weighted import EstimatedShare, estimate_share


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedCase:
    """A case of a random audit with its settled theme: None in `assigned` is unthemed, None in `true` a case that fits no theme."""

    assigned: int | None
    true: int | None
    weight: float
    stratum: str


@dataclass(frozen=True, slots=True)
class ThemeCoverage:
    """The share of a theme's true tickets that are assigned to it; `theme_id` is None for all themes together."""

    theme_id: int | None
    coverage: EstimatedShare


def estimate_coverage(cases: Sequence[AuditedCase]) -> list[ThemeCoverage]:
    """Estimate the coverage of all themes together, then of each theme that a case belongs to.

    It needs an audit that also drew tickets outside the theme: those that are missing are found there. Coverage is found / (found +
    missing), in tickets by the weights of their cases. Found tickets are a share of the assigned ones (`estimate_share`); missing ones
    are few cases of great weight, whose sum has a gamma interval (Fay and Feuer 1997, "Confidence intervals for directly standardized
    rates", Statistics in Medicine 16, 791 to 801, with the mean weight of the cases that could have been missing for the next case).
    Both give the interval of their ratio (Donner and Zou 2012, "Closed-form confidence intervals for functions of the normal mean and
    standard deviation", Statistical Methods in Medical Research 21, 347 to 359). The interval of one theme is cautious: where an audit
    found no missing ticket, it allows for one.
    """
    if not cases:
        return []
    weights, strata = np.array([one.weight for one in cases]), [one.stratum for one in cases]
    true = np.array([0 if one.true is None else one.true for one in cases])
    assigned = np.array([0 if one.assigned is None else one.assigned for one in cases])
    found = []
    for theme in (None, *sorted({int(one) for one in true if one})):
        own = assigned > 0 if theme is None else assigned == theme
        of = true > 0 if theme is None else true == theme
        hits = of & (assigned == true)
        kept = estimate_share(hits.astype(np.float64), own.astype(np.float64), weights, strata)
        others = ~own if theme is not None else np.ones(len(cases), np.bool_)
        missing = _weighted_sum(weights[of & ~hits], weights[others])
        found.append(ThemeCoverage(theme, _ratio(int(of.sum()), kept, float(weights[own].sum()), missing)))
    return found


def _weighted_sum(weights: Floats, possible: Floats) -> tuple[float, float, float]:
    """The sum of weights of cases that occur at random, with its interval; `possible`: the weights of all that could have."""
    from scipy.stats import chi2

    total, squares = float(weights.sum()), float((weights**2).sum())
    low = squares / (2.0 * total) * chi2.ppf(0.025, 2.0 * total**2 / squares) if total else 0.0
    following = float((possible**2).sum() / possible.sum()) if len(possible) else 0.0
    more, spread = total + following, squares + following**2
    high = spread / (2.0 * more) * chi2.ppf(0.975, 2.0 * more**2 / spread) if more else 0.0
    return total, float(low), float(high)


def _ratio(cases: int, kept: EstimatedShare, tickets: float, missing: tuple[float, float, float]) -> EstimatedShare:
    """The share found / (found + missing), with the interval of the ratio missing / found."""
    if kept.share is None or kept.low is None or kept.high is None:
        return EstimatedShare(cases, 0.0, 0.0, 1.0)
    found, least, most = kept.share * tickets, kept.low * tickets, kept.high * tickets
    lost, low, high = missing
    share = found / (found + lost) if found + lost else 0.0
    product = found * lost
    below, above = most * (2.0 * found - most), least * (2.0 * found - least)
    odds_low, odds_high = 0.0, np.inf
    if below > 0.0:
        odds_low = (product - np.sqrt(max(product**2 - low * (2.0 * lost - low) * below, 0.0))) / below
    if above > 0.0:
        odds_high = (product + np.sqrt(max(product**2 - high * (2.0 * lost - high) * above, 0.0))) / above
    return EstimatedShare(cases, share, float(1.0 / (1.0 + odds_high)), float(1.0 / (1.0 + max(odds_low, 0.0))))
