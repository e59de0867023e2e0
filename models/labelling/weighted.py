"""Ratios from weighted, stratified samples, with intervals that also hold where all cases agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.proportion import wilson_limits


@dataclass(frozen=True, slots=True)
class EstimatedShare:
    """A share with its interval of 95 %; all three None where nothing was observed. `cases` are those that it is founded on."""

    cases: int
    share: float | None
    low: float | None
    high: float | None


def wilson_bounds(share: float, number: float, quantile: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's interval of a share of `number` cases, which need not be whole (Wilson 1927); `quantile` is of the normal."""
    low, high = wilson_limits(share, number, quantile)
    return max(0.0, low), min(1.0, high)


def estimate_share(hits: Floats, of: Floats, weights: Floats, strata: list[str]) -> EstimatedShare:
    """Estimate the share sum(w * hits) / sum(w * of) from a stratified sample.

    The variance of the ratio is linearised, by stratum (Cochran 1977, "Sampling Techniques", 5A.14 and 6.13). It becomes an effective
    number of cases for Wilson's interval (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of
    positive counts", Survey Methodology 24, 193 to 201; Dean and Pagano 2015, Journal of Survey Statistics and Methodology 3, 484 to
    503). That number is at most the number of cases, and Kish's number where all cases agree, whose estimated variance is 0.

    Parameters
    ----------
    hits, of : arrays of shape (cases,), 0 or 1
        Whether a case counts, and whether it is one of those that the share is of; `hits` is 1 only where `of` is.
    weights : array of shape (cases,)
        Tickets that each case represents, above 0.
    strata : list of length cases
    """
    inside = of > 0
    number = int(inside.sum())
    if not number:
        return EstimatedShare(0, None, None, None)
    total = float((weights * of).sum())
    share = min(1.0, float((weights * hits).sum()) / total)
    kish = total**2 / float((weights[inside] ** 2).sum())
    names, places = np.unique(np.array(strata), return_inverse=True)
    variance = _variance(weights * (hits - share * of) / total, places, len(names))
    spread = share * (1.0 - share)
    effective = kish if spread <= 0.0 or variance <= 0.0 else min(spread / variance, float(number))
    low, high = wilson_bounds(share, effective * _of_few_cases(len(of) - len(names)))
    return EstimatedShare(number, share, low, high)


def _variance(parts: Floats, places: np.typing.NDArray[np.intp], strata: int) -> float:
    counts = np.bincount(places, minlength=strata)
    means = np.bincount(places, parts, strata) / counts
    squares = np.bincount(places, (parts - means[places]) ** 2, strata)
    several = counts > 1
    alone = parts[~several[places]]
    return float((squares[several] * counts[several] / (counts[several] - 1)).sum() + (alone**2).sum())


def _of_few_cases(freedom: int) -> float:
    """The factor of the effective number that widens an interval whose variance is estimated with few degrees of freedom."""
    from scipy.stats import t

    return float((1.959964 / t.ppf(0.975, max(freedom, 1))) ** 2)
