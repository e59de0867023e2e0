"""The difference of two weighted means of units, with a cluster-robust variance that few units do not make too small."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from models.arrays import Floats
from models.comparison.limits import Interval


@dataclass(frozen=True, slots=True)
class ClusterEstimate:
    """A difference of the means of treated and control units, its standard error, and the degrees of freedom of that."""

    value: float
    error: float
    freedom: float

    def interval(self, confidence: float) -> Interval:
        """Return the confidence limits, by Student's t."""
        from scipy.special import stdtrit

        half = float(stdtrit(self.freedom, (1.0 + confidence) / 2.0)) * self.error
        return self.value - half, self.value + half

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no difference."""
        from scipy.special import stdtr

        if self.error == 0.0:
            return 1.0 if self.value == 0.0 else 0.0
        return float(2.0 * stdtr(self.freedom, -abs(self.value) / self.error))


def difference_of_means(
    treated: Floats, controls: Floats, treated_weights: Floats, control_weights: Floats
) -> ClusterEstimate:
    """Compare the weighted means of treated and control units, each unit a cluster, shape (units,) each.

    The variance is CR2 with one summary of each cluster: squared residuals over the part of the variance that is left in them, so
    that it is unbiased where units vary alike. The degrees of freedom are Satterthwaite's, from the weights; with equal weights it
    is Welch's t-test.

    References
    ----------
    Bell and McCaffrey 2002, Survey Methodology 28; Imbens and Kolesar 2016, Review of Economics and Statistics 98; Pustejovsky and
    Tipton 2018, Journal of Business and Economic Statistics 36.
    """
    first, first_variance, first_freedom = _mean(treated, treated_weights)
    second, second_variance, second_freedom = _mean(controls, control_weights)
    variance = first_variance + second_variance
    below = first_variance**2 / first_freedom + second_variance**2 / second_freedom
    freedom = variance**2 / below if below > 0.0 else first_freedom + second_freedom
    return ClusterEstimate(first - second, sqrt(variance), freedom)


def few_against_many(
    treated: Floats, controls: Floats, treated_weights: Floats, control_weights: Floats
) -> ClusterEstimate:
    """Compare the weighted mean of few treated units, one on, with that of many controls, shape (units,) each.

    So few units do not show how much they vary: they are taken to vary as the controls do, whose squared deviations are fitted as a
    part that all units have and a part that is inverse to the weights, both at least 0. With one treated unit and equal weights it is
    the t-test of a single case against a sample.

    References
    ----------
    Ferman and Pinto 2019, "Inference in differences-in-differences with few treated groups and heteroskedasticity", Review of Economics
    and Statistics 101, 452 to 467; Crawford and Howell 1998, "Comparing an individual's test score against norms derived from small
    samples", The Clinical Neuropsychologist 12, 482 to 486.
    """
    share, other = treated_weights / treated_weights.sum(), control_weights / control_weights.sum()
    mean = float(other @ controls)
    # What is left in a squared residual of a variance that all units have.
    left = np.maximum(1.0 - 2.0 * other + (other**2).sum(), 1e-12)
    common, inverse = _two_parts((controls - mean) ** 2 / left, 1.0 / control_weights)
    variances = [common + inverse / weights for weights in (treated_weights, control_weights)]
    variance = float(share**2 @ variances[0] + other**2 @ variances[1])
    return ClusterEstimate(float(share @ treated) - mean, sqrt(variance), len(controls) - 1.0)


def _two_parts(squares: Floats, inverse: Floats) -> tuple[float, float]:
    """Fit squares as a constant and a multiple of `inverse`, both at least 0, by least squares; return both."""
    centred = inverse - inverse.mean()
    spread = float(centred @ centred)
    slope = float(centred @ squares) / spread if spread > 1e-12 * float(inverse @ inverse) else 0.0
    if slope <= 0.0:
        return float(squares.mean()), 0.0
    constant = float(squares.mean() - slope * inverse.mean())
    return (constant, slope) if constant >= 0.0 else (0.0, float(inverse @ squares) / float(inverse @ inverse))


def _mean(values: Floats, weights: Floats) -> tuple[float, float, float]:
    """Return the weighted mean of some units, its variance, and the degrees of freedom of the variance."""
    share = weights / weights.sum()
    mean = float(share @ values)
    # Residuals are (I - 1 share') values; this is what is left in them of a variance that all units have.
    left = 1.0 - 2.0 * share + (share**2).sum()
    scale = share**2 / np.maximum(left, 1e-12)
    residual = np.eye(len(values)) - share[None, :]
    form = residual.T @ (scale[:, None] * residual)
    freedom = float(np.trace(form)) ** 2 / max(float((form * form).sum()), 1e-300)
    return mean, float(scale @ (values - mean) ** 2), freedom
