"""Known methods, implemented from the formulas of their papers, for comparison.

Both use the leaves: observed and expected tickets of every combination of all dimensions.

References
----------
Bhagwan et al. 2014, NSDI (Adtributor); Kalander 2022, arXiv 2205.10004 (RiskLoc).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from bench.causes.excess import DIMENSIONS, LEAVES, SIZES, value
from models.arrays import Floats, Mask
from models.segment import Segment

LEAST_POWER = 0.1
ENOUGH_POWER = 0.67
LEAST_RISK = 0.5
LEAST_SHARE = 0.02
TRIMMED = 5
MOST = 4


def adtributor(observed: Floats, expected: Floats) -> frozenset[Segment]:
    """Apply Adtributor: the values of one dimension that explain 67 % of the change, most surprising first.

    Surprise is the Jensen-Shannon term of a value's share; a value must explain a tenth by itself. Of the dimensions
    that explain enough, the one with the largest surprise is taken.
    """
    change = observed.sum() - expected.sum()
    best: tuple[float, frozenset[Segment]] = (0.0, frozenset())
    for at, size in enumerate(SIZES):
        seen, usual = (np.bincount(LEAVES[at], each, size) for each in (observed, expected))
        p, q = usual / usual.sum(), seen / seen.sum()
        middle = (p + q) / 2.0
        with np.errstate(divide="ignore", invalid="ignore"):
            surprise = 0.5 * (
                np.where(p > 0, p * np.log(p / middle), 0.0) + np.where(q > 0, q * np.log(q / middle), 0.0)
            )
        power = (seen - usual) / change
        chosen, explained, total = [], 0.0, 0.0
        for code in np.argsort(-surprise):
            if power[code] <= LEAST_POWER:
                continue
            chosen.append(Segment.of({DIMENSIONS[at]: value(at, int(code))}))
            explained, total = explained + float(power[code]), total + float(surprise[code])
            if explained > ENOUGH_POWER:
                break
        if explained > ENOUGH_POWER and total > best[0]:
            best = (total, frozenset(chosen))
    return best[1]


def riskloc(observed: Floats, expected: Floats) -> frozenset[Segment]:
    """Apply RiskLoc: leaves are divided into normal and abnormal by deviation; elements are searched layer by layer.

    The deviation of a leaf is `2 (v - f) / (v + f)`. The cut mirrors the far end of the normal side, its five most
    extreme values left out. Weights grow with the distance from the cut, at most 1. The risk of an element is its
    weighted share of abnormal leaves less the deviation that remains once its forecasts are scaled by its own change
    (the ripple effect); it must reach 0.5, and the element must contain 2 % of the abnormal change.
    """
    alive = (observed > 0) | (expected > 0)
    total = np.where(alive, observed + expected, 1.0)
    deviation = np.where(alive, 2.0 * (observed - expected) / total, 0.0)
    low = np.unique(deviation[alive])
    cut = float(max(-low[min(TRIMMED, len(low) - 1)], 0.0))
    # With a count in every abnormal leaf and none in most others the mirrored end is at the edge of the possible range.
    cut = min(cut, float(np.unique(deviation[alive])[-1]) * 0.999)
    abnormal = alive & (deviation > cut)
    weight = np.minimum(np.abs(deviation - cut), 1.0)
    change = float((observed - expected)[abnormal].sum())
    found: list[Segment] = []
    left = alive.copy()
    while len(found) < MOST and (abnormal & left).any():
        best = _riskiest(observed, expected, deviation, weight, abnormal, left, change)
        if best is None:
            break
        segment, inside = best
        found.append(segment)
        left &= ~inside
    return frozenset(found)


def _riskiest(
    observed: Floats, expected: Floats, deviation: Floats, weight: Floats, abnormal: Mask, left: Mask, change: float
) -> tuple[Segment, Mask] | None:
    for layer in range(1, 4):
        best: tuple[float, Segment, Mask] | None = None
        for dimensions in combinations(range(len(SIZES)), layer):
            shape = [SIZES[at] for at in dimensions]
            code = np.ravel_multi_index(tuple(LEAVES[at] for at in dimensions), shape)
            width = int(np.prod(shape))
            inside = [np.bincount(code, each * left, width) for each in (observed, expected, weight, weight * abnormal)]
            seen, usual, all_weight, bad_weight = inside
            power = np.bincount(code, (observed - expected) * abnormal * left, width) / change
            scaled = expected * (seen / np.maximum(usual, 1e-9))[code]
            rest = 2.0 * np.abs(observed - scaled) / np.maximum(observed + scaled, 1e-9)
            ripple = np.bincount(code, rest * weight * abnormal * left, width)
            before = np.bincount(code, np.abs(deviation) * weight * abnormal * left, width)
            risk = bad_weight / np.maximum(all_weight, 1e-9) - ripple / np.maximum(before, 1e-9)
            risk = np.where(power >= LEAST_SHARE, risk, -np.inf)
            at = int(np.argmax(risk))
            if risk[at] >= LEAST_RISK and (best is None or risk[at] > best[0]):
                values = np.unravel_index(at, shape)
                names = {DIMENSIONS[each]: value(each, int(one)) for each, one in zip(dimensions, values, strict=True)}
                best = (float(risk[at]), Segment.of(names), code == at)
        if best is not None:
            return best[1], best[2]
    return None
