"""CUSUM: evidence that a mean has shifted, accumulated over the newest steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Floats, Ints


def evidence_of_shift(counts: Floats, mean: Floats, dispersion: Floats, shift: float) -> tuple[Floats, Ints]:
    """Measure the evidence that the mean has risen `shift` times, and since which step.

    The CUSUM S = max(0, S + z) of the log-likelihood ratios z of a negative binomial whose mean rises from `mean` to
    `shift` x `mean` at the same size [1]; read backwards it is the greatest sum of the newest ratios. The exponential
    of such a sum is a martingale with mean 1 when nothing has risen, so that exp(-S) is a p-value (Ville's
    inequality), however many starts were considered.

    Parameters
    ----------
    counts, mean: shape (n, steps), oldest first; `mean` above 0.
    dispersion: shape (n,), variance over mean, at least 1.
    shift: multiple of the mean that is looked for, above 1.

    Returns
    -------
    S, shape (n,), 0 or more; and the step at which the rise most likely began, `steps` where S is 0.

    References
    ----------
    [1] Hoehle and Paul 2008, Computational Statistics and Data Analysis 52.
    """
    step = np.log(shift)
    extra = np.maximum(dispersion - 1.0, 1e-6)[:, None]
    # With variance phi mu the size is mu / (phi - 1), and (size + mu) / (size + mu e^k) does not depend on mu.
    ratio = step * counts - (counts + mean / extra) * np.log1p(extra * (shift - 1.0) / (1.0 + extra))
    sums = np.cumsum(ratio[:, ::-1], axis=1)
    best = np.argmax(sums, axis=1)
    greatest = np.maximum(sums[np.arange(len(sums)), best], 0.0) if sums.size else np.zeros(len(counts))
    begun = np.where(greatest > 0, counts.shape[1] - 1 - best, counts.shape[1])
    return greatest, begun


def shift_p_values(counts: Floats, mean: Floats, dispersion: Floats, shifts: Sequence[float]) -> tuple[Floats, Ints]:
    """Test for a rise by any of `shifts`; arguments as for `evidence_of_shift`.

    Returns the smallest p-value times the number of shifts (Bonferroni), and the step at which the rise most likely
    began, each of shape (n,).
    """
    sums, starts = zip(*(evidence_of_shift(counts, mean, dispersion, shift) for shift in shifts), strict=True)
    every = np.stack(sums)
    best = np.argmax(every, axis=0)
    at = np.arange(every.shape[1])
    p_values: Floats = np.minimum(1.0, len(shifts) * np.exp(-every[best, at]))
    return p_values, np.stack(starts)[best, at]
