"""What labels teach: how well a label map finds texts of one theme, by the number of labels that it was learned from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.arrays import Floats, Ints, Vectors
from models.proportion import NORMAL_QUANTILE

SHARES = (0.0, 0.125, 0.25, 0.5, 1.0)
"""Shares of the labels of a half that a map is learned from."""

REPETITIONS = 5
"""How often the labelled texts are divided into halves."""

FEWEST_TEXTS = 2
"""Texts of a theme that must be in a half: with fewer there is no other one to be found."""


class VectorMap(Protocol):
    """What is learned."""

    def apply(self, vectors: Vectors) -> Vectors:
        """Return the vectors as they are compared, shape (n, d)."""


LearnMap = Callable[[Vectors, Ints], VectorMap]
"""Learns from vectors of shape (n, d) and their themes, shape (n,), -1 for those without a label."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How well a map does that was learned from some labels.

    Parameters
    ----------
    labels: from how many labels it was learned, on average over the divisions.
    value, low, high: share of texts whose nearest other text has the same theme, with a 95 % interval, in [0, 1].
    gain, gain_low, gain_high: the difference from no labels on the same texts, with a 95 % interval.
    texts: how many texts were judged.
    """

    labels: float
    value: float
    low: float
    high: float
    gain: float
    gain_low: float
    gain_high: float
    texts: int


def learning_curve(vectors: Vectors, themes: Ints, learn: LearnMap, *, seed: int = 0) -> tuple[CurvePoint, ...]:
    """Estimate by repeated division into halves what labels teach.

    The labelled texts are divided into halves within each theme. A map is learned from a share of one half, and judged on the other
    one, whose labels it has not seen: for each text, whether the nearest of the others has the same theme (precision at 1). Intervals
    are of the mean over texts of their means over divisions; texts are taken as independent. Kohavi, "A study of cross-validation"
    (1995).

    Parameters
    ----------
    vectors: array of shape (n, d), unit rows, of labelled texts.
    themes: array of shape (n,), their themes.
    learn: learns a map, such as `learn_map`.
    seed: of the divisions.

    Returns
    -------
    tuple
        A point for each of `SHARES`; empty where no theme has enough texts for both halves, or only one has.
    """
    chosen = _divisible(themes)
    if len(np.unique(themes[chosen])) < 2:
        return ()
    vectors, themes = vectors[chosen], themes[chosen]
    chance = np.random.default_rng(seed)
    hits = np.zeros((len(SHARES), len(themes)))
    labels = np.zeros(len(SHARES))
    judged = np.zeros(len(themes))
    for _ in range(REPETITIONS):
        first = _half(themes, chance)
        for known, held in ((first, ~first), (~first, first)):
            order = chance.permutation(np.flatnonzero(known))
            rows = np.flatnonzero(held)
            judged[rows] += 1
            for place, share in enumerate(SHARES):
                taught = order[: round(share * len(order))]
                labels[place] += len(taught)
                hits[place, rows] += _found(vectors, themes, learn, taught, rows)
    means = hits / judged
    return tuple(_point(means[place], means[0], labels[place] / (2 * REPETITIONS)) for place in range(len(SHARES)))


def _divisible(themes: Ints) -> Ints:
    """Return the positions of texts whose theme has enough for both halves."""
    values, counts = np.unique(themes, return_counts=True)
    return np.flatnonzero(np.isin(themes, values[counts >= 2 * FEWEST_TEXTS]))


def _half(themes: Ints, chance: np.random.Generator) -> np.ndarray:
    """Choose half of the texts of each theme, of an odd number the larger or the smaller half by chance; shape (n,)."""
    chosen = np.zeros(len(themes), dtype=bool)
    for theme in np.unique(themes):
        rows = chance.permutation(np.flatnonzero(themes == theme))
        size = (len(rows) + int(chance.integers(2))) // 2
        chosen[rows[:size]] = True
    return chosen


def _found(vectors: Vectors, themes: Ints, learn: LearnMap, taught: Ints, rows: Ints) -> Floats:
    """Return for each of the rows whether its nearest other one has its theme, in the map learned from `taught`."""
    known = np.full(len(themes), -1, dtype=np.int64)
    known[taught] = themes[taught]
    mapped = learn(vectors, known).apply(vectors)[rows]
    alike = mapped @ mapped.T
    np.fill_diagonal(alike, -np.inf)
    nearest = alike.argmax(axis=1)
    return np.asarray(themes[rows][nearest] == themes[rows], np.float64)


def _point(values: Floats, without: Floats, labels: float) -> CurvePoint:
    value, half = _mean(values)
    gain, around = _mean(values - without)
    return CurvePoint(
        float(labels),
        value,
        max(value - half, 0.0),
        min(value + half, 1.0),
        gain,
        gain - around,
        gain + around,
        len(values),
    )


def _mean(values: Floats) -> tuple[float, float]:
    return float(values.mean()), float(NORMAL_QUANTILE * values.std(ddof=1) / np.sqrt(len(values)))
