"""Outlying counts: how far a count is from its mean, and how much one that is far from it counts."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats

CAP = 2.58
"""Anscombe residual beyond which a count is weighted down (Noufaily 2013)."""


def anscombe(counts: Floats, mean: Floats, dispersion: Floats | float) -> Floats:
    """Compute the Anscombe residuals of counts, about standard normal when mean (above 0) and dispersion are right.

    References
    ----------
    Noufaily et al. 2013, Statistics in Medicine 32.
    """
    residual: Floats = 1.5 * (counts ** (2 / 3) * mean ** (-1 / 6) - np.sqrt(mean)) / np.sqrt(dispersion)
    return residual


def outlier_weights(residual: Floats) -> Floats:
    """Compute the weights, in (0, 1], of counts with these residuals: 1 up to the cap, and its squared share beyond it."""
    weights: Floats = (CAP / np.maximum(np.abs(residual), CAP)) ** 2
    return weights
