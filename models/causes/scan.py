"""The subset scan: which combinations of attribute values hold an excess of tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.segment import EVERYTHING, Segment

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Attributes = Mapping[str, str | None]

MOST_ATTRIBUTES = 3
MOST_SEGMENTS = 4
LEAST_SCORE = 3.0
"""Gain in log-likelihood, above the penalty for choosing, that a combination must bring."""
_BACKGROUND_TICKETS = 50.0
"""Tickets that the mix of all tickets counts for against a theme's own reference."""
_INDEPENDENT_TICKETS = 30.0
"""Tickets that the mix with independent dimensions counts for: it fills combinations too rare to have been seen."""
_INDEPENDENT_ROWS = 1000
_FIT_ROUNDS = 6


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


class Fitted(NamedTuple):
    """Expected tickets: codes of rows, shape (dimensions, rows), and the mass of each row."""

    rows: Ints
    mass: Floats


class Leaves:
    """The tickets of window and reference as codes per dimension, with the expected mass of each row.

    The rows are the window's tickets (together worth one, so that no combination that occurs is expected to
    hold nothing), the reference's, the background's (together worth 50), and tickets with their values drawn
    independently (together worth 30).

    Parameters
    ----------
    window, reference, background: attributes of tickets; only `dimensions` are looked at.
    expected_total: expected number of tickets in the window, above 0.
    """

    def __init__(
        self,
        window: Sequence[Attributes],
        reference: Sequence[Attributes],
        background: Sequence[Attributes],
        expected_total: float,
        dimensions: Sequence[str],
    ) -> None:
        columns = [_codes([*window, *reference, *background], name) for name in dimensions]
        kept = [at for at, (_, values) in enumerate(columns) if len(values) > 1]
        self.dimensions = tuple(dimensions[at] for at in kept)
        self.values = tuple(columns[at][1] for at in kept)
        known = len(window) + len(reference) + len(background)
        codes = np.array([columns[at][0] for at in kept], dtype=np.int64).reshape(len(kept), known)
        weight = np.ones(known)
        weight[: len(window)] = 1.0 / max(len(window), 1)
        weight[len(window) + len(reference) :] = _BACKGROUND_TICKETS / max(len(background), 1)
        drawn = _independent(codes[:, len(window) :], weight[len(window) :])
        self.window = codes[:, : len(window)]
        self.rows = np.concatenate([codes, drawn], axis=1)
        each = np.full(drawn.shape[1], _INDEPENDENT_TICKETS / max(drawn.shape[1], 1))
        weight = np.concatenate([weight, each])
        self.tickets = float(weight.sum())
        self.mass = expected_total * weight / self.tickets

    def inside(self, segment: Segment, codes: Ints) -> Mask:
        """Which columns of codes lie in a segment; nothing lies in a segment with an unknown value."""
        held = np.ones(codes.shape[1], dtype=bool)
        for name, value in segment.pairs:
            if name not in self.dimensions:
                return np.zeros(codes.shape[1], dtype=bool)
            at = self.dimensions.index(name)
            held &= codes[at] == (self.values[at].index(value) if value in self.values[at] else -2)
        return held

    def penalty(self, segment: Segment) -> float:
        """Log of the number of combinations that a segment was chosen from."""
        size = len(segment.pairs)
        values = sum(log(len(self.values[self.dimensions.index(name)])) for name in segment.dimensions)
        return values + log(comb(len(self.dimensions), size)) if size else 0.0

    def given(self, segment: Segment) -> Ints:
        """The rows with their values replaced by those of a segment."""
        rows = self.rows.copy()
        for name, value in segment.pairs:
            at = self.dimensions.index(name)
            rows[at] = self.values[at].index(value)
        return rows

    def counted(self, segment: Segment, fitted: Fitted | None = None) -> tuple[int, float, float]:
        """Observed tickets of a segment, its expected mass, and the reference tickets that this rests on."""
        usual = float(self.mass[self.inside(segment, self.rows)].sum())
        expected = usual if fitted is None else float(fitted.mass[self.inside(segment, fitted.rows)].sum())
        support = usual / float(self.mass.sum()) * self.tickets
        return int(self.inside(segment, self.window).sum()), expected, support


def _codes(rows: Sequence[Attributes], name: str) -> tuple[list[int], tuple[str, ...]]:
    """Code of each row's value, -1 where it is absent, and the sorted values."""
    values = tuple(sorted({str(row[name]) for row in rows if row.get(name) is not None}))
    place = {value: code for code, value in enumerate(values)}
    return [-1 if row.get(name) is None else place[str(row[name])] for row in rows], values


def _independent(codes: Ints, weight: Floats) -> Ints:
    """Rows with values drawn for each dimension alone, evenly by weight, and paired by a fixed shuffle."""
    if codes.shape[1] == 0:
        return codes
    random = np.random.default_rng(0)
    places = (np.arange(_INDEPENDENT_ROWS) + 0.5) / _INDEPENDENT_ROWS
    drawn = np.empty((len(codes), _INDEPENDENT_ROWS), dtype=np.int64)
    for at, column in enumerate(codes):
        order = np.argsort(column, kind="stable")
        share = np.cumsum(weight[order])
        picked = np.searchsorted(share, places * share[-1])
        drawn[at] = random.permutation(column[order][np.minimum(picked, len(column) - 1)])
    return drawn


def gain(observed: npt.ArrayLike, expected: npt.ArrayLike, support: npt.ArrayLike) -> Floats:
    """Gain in log-likelihood of a fitted rate over an expected one that is itself estimated, or 0.

    With expectation B resting on `support` a reference tickets it is the negative binomial
    `C ln(C/B) - (C + a) ln((C + a)/(B + a))`, which for large a is the Poisson `C ln(C/B) - (C - B)` [1].

    References
    ----------
    [1] Neill 2009, International Journal of Forecasting 25; negative binomial: Hoehle and Paul 2008, CSDA 52.
    """
    c, b, a = (np.maximum(np.asarray(value, dtype=np.float64), 1e-9) for value in (observed, expected, support))
    found: Floats = np.where(c > b, c * np.log(c / b) - (c + a) * np.log((c + a) / (b + a)), 0.0)
    return found


def scan(leaves: Leaves, dispersion: float) -> list[Found]:
    """Find the combinations of at most three attributes that together explain an excess.

    The best combination is taken while it scores at least 3, and the tickets that it adds are added to what is
    expected, so that what it explains is explained away; at most four are taken. Then those are dropped whose
    gain, with the others allowed for, is under their penalty [1, 2]. Everything (no attribute) is a combination
    too, with no penalty: a rise that is the same everywhere is not put down to its largest part.

    Parameters
    ----------
    dispersion: variance over mean of the counts, 1 or more; it divides the gain in log-likelihood.

    References
    ----------
    [1] Neill 2009, International Journal of Forecasting 25 (expectation-based scan statistics).
    [2] Kalander 2022 and Bhagwan et al. 2014 for the problem of attribution over combined attributes.
    """
    chosen: list[Segment] = []
    for _ in range(MOST_SEGMENTS + 1):
        best = _best(leaves, _fit(leaves, chosen), dispersion, chosen)
        if best is None:
            break
        chosen.append(best)
    chosen = _without_idle(leaves, chosen, dispersion)
    return sorted(
        (_found(leaves, chosen, segment, dispersion) for segment in chosen if segment.pairs),
        key=lambda found: (-found.score, found.segment),
    )


def _best(leaves: Leaves, fitted: Fitted, dispersion: float, chosen: Sequence[Segment]) -> Segment | None:
    """The best combination of those not yet chosen; None when no score reaches the least."""
    best, best_score = None, LEAST_SCORE
    whole = float(gain(*leaves.counted(EVERYTHING, fitted))) / dispersion
    if EVERYTHING not in chosen and whole >= best_score:
        best, best_score = EVERYTHING, whole
    n_dimensions = len(leaves.dimensions)
    for size in range(1, min(MOST_ATTRIBUTES, n_dimensions) + 1):
        for places in combinations(range(n_dimensions), size):
            codes, observed, means, support = _counts(leaves, fitted, places)
            scores = gain(observed, means, support) / dispersion
            scores -= sum(log(len(leaves.values[at])) for at in places) + log(comb(n_dimensions, size))
            for at in np.argsort(-scores, kind="stable")[: len(chosen) + 1]:
                if scores[at] <= best_score:
                    break
                segment = _segment(leaves, places, int(codes[at]))
                if segment not in chosen:
                    best, best_score = segment, float(scores[at])
                    break
    return best


def _counts(leaves: Leaves, fitted: Fitted, places: Sequence[int]) -> tuple[Ints, Floats, Floats, Floats]:
    """Codes of the combinations that occur in the window, with observed tickets, expected mass and support."""
    sizes = [len(leaves.values[at]) for at in places]
    observed = _sum_by_code(leaves.window, np.ones(leaves.window.shape[1]), places, sizes)
    means = _sum_by_code(fitted.rows, fitted.mass, places, sizes)
    usual = _sum_by_code(leaves.rows, leaves.mass, places, sizes)
    codes = np.flatnonzero(observed)
    support = usual[codes] * (leaves.tickets / leaves.mass.sum())
    return codes, observed[codes], means[codes], support


def _sum_by_code(rows: Ints, mass: Floats, places: Sequence[int], sizes: Sequence[int]) -> Floats:
    """Mass of every combination of values of some dimensions; rows that lack one of them are left out."""
    codes = np.zeros(rows.shape[1], dtype=np.int64)
    present = np.ones(rows.shape[1], dtype=bool)
    for at, size in zip(places, sizes, strict=True):
        codes = codes * size + rows[at]
        present &= rows[at] >= 0
    return np.bincount(codes[present], mass[present], int(np.prod(sizes))).astype(np.float64)


def _segment(leaves: Leaves, places: Sequence[int], code: int) -> Segment:
    values = {}
    for at in reversed(places):
        code, value = divmod(code, len(leaves.values[at]))
        values[leaves.dimensions[at]] = leaves.values[at][value]
    return Segment.of(values)


def _fit(leaves: Leaves, chosen: Sequence[Segment]) -> Fitted:
    """Expected tickets with those that the chosen combinations add.

    A combination adds tickets with its own values and the usual mix in all other dimensions, as many as bring
    its expectation up to what was observed; several are fitted in turns.
    """
    if not chosen:
        return Fitted(leaves.rows, leaves.mass)
    share = leaves.mass / leaves.mass.sum()
    parts = [leaves.given(segment) for segment in chosen]
    within = np.array([[float(share[leaves.inside(segment, rows)].sum()) for rows in parts] for segment in chosen])
    counted = [leaves.counted(segment) for segment in chosen]
    added = np.zeros(len(chosen))
    for _ in range(_FIT_ROUNDS if len(chosen) > 1 else 1):
        for at, (seen, usual, _) in enumerate(counted):
            others = float((within[at] * added).sum()) - added[at]
            added[at] = max(0.0, seen - usual - others)
    return Fitted(
        np.concatenate([leaves.rows, *parts], axis=1),
        np.concatenate([leaves.mass, *(share * each for each in added)]),
    )


def _without_idle(leaves: Leaves, chosen: Sequence[Segment], dispersion: float) -> list[Segment]:
    """Backward elimination: drop the combination whose loss is furthest under its penalty, until none is."""
    kept = list(chosen)
    while kept:
        worth = [_found(leaves, kept, segment, dispersion).score - LEAST_SCORE for segment in kept]
        least = int(np.argmin(worth))
        if worth[least] >= 0:
            break
        kept.pop(least)
    return kept


def _found(leaves: Leaves, chosen: Sequence[Segment], segment: Segment, dispersion: float) -> Found:
    others = [other for other in chosen if other != segment]
    observed, expected, support = leaves.counted(segment, _fit(leaves, others))
    score = float(gain(observed, expected, support)) / dispersion - leaves.penalty(segment)
    return Found(segment, observed, max(expected, 1e-9), support, score)
