"""Known methods, implemented from their papers, for comparison.

References
----------
Farrington et al. 1996, JRSS-A 159; Noufaily et al. 2013, Statistics in Medicine 32; Hutwagner et al. 2003,
Journal of Urban Health 80 (EARS); Schubert et al. 2014, KDD (SigniTrend).
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from models.arrays import Floats, Ints, Mask
from models.spikes.statistics.outlying import CAP
from models.trends.regression import FitOptions, anscombe, fit_counts


def ears(counts: Floats, judged: slice, kind: int, *, served: Mask | None = None, deviations: float = 1.645) -> Mask:
    """Apply EARS C1, C2 (two days between) and C3 (C2's excess over one deviation of three days, above 2).

    C1 and C2 signal above the mean of seven days by `deviations` standard deviations: 1.645, the normal 95 % quantile, has
    the specificity of .92 that was published for the daily benchmark (three have .99). Days without service (`served` False,
    shape (days,)) are neither tested nor among the seven.
    """
    out = np.zeros((len(counts), judged.stop - judged.start), dtype=bool)
    gap = 0 if kind == 1 else 2
    days = np.flatnonzero(served) if served is not None else np.arange(counts.shape[1])
    open_counts = counts[:, days]

    def score(at: int) -> Floats:
        past = open_counts[:, at - gap - 7 : at - gap]
        deviation = np.maximum(past.std(axis=1, ddof=1), 1e-9)
        return np.asarray((open_counts[:, at] - past.mean(axis=1)) / deviation)

    for at in np.flatnonzero((days >= judged.start) & (days < judged.stop)).tolist():
        column = days[at] - judged.start
        if kind == 3:
            out[:, column] = sum(np.maximum(score(at - back) - 1.0, 0.0) for back in range(3)) > 2.0
        else:
            out[:, column] = score(at) > deviations
    return out


def trailing(counts: Floats, length: int) -> Floats:
    """Add up each step and those before it, `length` in total; shape as counts."""
    reached = np.cumsum(np.pad(counts, ((0, 0), (length, 0))), axis=1)
    return np.asarray(reached[:, length:] - reached[:, :-length])


def mean_and_deviations(counts: Floats, judged: slice, length: int, deviations: float) -> Mask:
    """Signal above the mean of the last steps by so many standard deviations."""
    out = np.zeros((len(counts), judged.stop - judged.start), dtype=bool)
    for at, t in enumerate(range(judged.start, judged.stop)):
        past = counts[:, t - length : t]
        out[:, at] = counts[:, t] > past.mean(axis=1) + deviations * past.std(axis=1, ddof=1)
    return out


def farrington(
    counts: Floats, judged: slice, *, year: int, week: int, years: int = 5, half: int = 3, alpha: float = 0.01
) -> Mask:
    """Apply Farrington Flexible: seasonal factor of ten periods, 26 weeks left out, past outbreaks weighted down.

    `week` is steps a week (7 for days, where windows of `half` weeks contain the same weekdays, 1 for weeks). The
    trend is always included. Daily counts must be given as sums of the last seven days (`trailing`): with alpha .01, five
    years and three weeks on either side the published daily figures are nearly reproduced, late and lasting as sums of a week
    are. With single days it signals sooner, and on fewer days of an outbreak.
    """
    out = np.zeros((len(counts), judged.stop - judged.start), dtype=bool)
    enough = 5
    for at, t in enumerate(range(judged.start, judged.stop)):
        steps, level = _history(t, year, week, years, half)
        keep = steps <= t - 26 * week
        steps, level = steps[keep], level[keep]
        columns = [np.ones(len(steps)), (steps - t) / (years * year)]
        columns += [(level == one).astype(np.float64) for one in np.unique(level)[:-1] if one != 0]
        design = np.stack(columns, axis=1)
        ridge = np.array([0.0, 0.1, *[1e-3] * (design.shape[1] - 2)])
        past = counts[:, steps]
        fit = fit_counts(past, design, np.ones(past.shape), ridge, FitOptions(rounds=1))
        residual = anscombe(past, fit.mean(design), fit.dispersion[:, None])
        weights = np.where(residual > CAP, 1.0 / np.maximum(residual, CAP) ** 2, 1.0)
        weights *= weights.shape[1] / weights.sum(axis=1, keepdims=True)
        fit = fit_counts(past, design, weights, ridge, FitOptions(rounds=1, start=fit.coefficients))
        now = np.zeros((1, design.shape[1]))
        now[0, 0] = 1.0
        mean = np.maximum(fit.mean(now)[:, 0], 1e-6)
        phi = np.maximum(fit.dispersion, 1.0 + 1e-6)
        limit = stats.nbinom.ppf(1 - alpha, mean / (phi - 1), 1 / phi)
        recent = counts[:, max(0, t - 4 * week + 1) : t + 1].sum(axis=1)
        out[:, at] = (counts[:, t] > limit) & (recent >= enough)
    return out


def _history(t: int, year: int, week: int, years: int, half: int) -> tuple[Ints, Ints]:
    """Return steps of the past years with their season's level: 0 around the same time of year, 1 to 9 between."""
    steps = np.arange(t - years * year - half * week, t, week if week == 7 else 1)
    steps = steps[(steps >= 0) & ((t - steps) % week == 0)]
    distance = (steps - t) % year
    same_season = (distance <= half * week) | (distance >= year - half * week)
    rest = year - 2 * half * week
    level = np.where(same_season, 0, 1 + np.clip((distance - half * week) * 9 // rest, 0, 8))
    return steps, level


def signi_trend(counts: Floats, judged: slice, *, half_life: float, sigma: float, bias: float = 0.5) -> Mask:
    """Signal above an exponentially weighted mean by `sigma` deviations plus a bias."""
    alpha = 1.0 - 2.0 ** (-1.0 / half_life)
    mean, variance = counts[:, 0].copy(), np.zeros(len(counts))
    out = np.zeros((len(counts), judged.stop - judged.start), dtype=bool)
    for t in range(1, judged.stop):
        delta = counts[:, t] - mean
        if t >= judged.start:
            out[:, t - judged.start] = delta / (np.sqrt(variance) + bias) > sigma
        mean = mean + alpha * delta
        variance = (1.0 - alpha) * (variance + alpha * delta**2)
    return out


def escalating(counts: Floats, judged: slice) -> Mask:
    """Apply the rule of escalating issues: hourly counts of seven days, empty hours not filled.

    Under 168 hours with tickets the limit is ten times the greatest; else the larger of a bursty and a steady limit.
    """
    out = np.zeros((len(counts), judged.stop - judged.start), dtype=bool)
    for at, t in enumerate(range(judged.start, judged.stop)):
        past = counts[:, t - 168 : t]
        filled = past > 0
        n = filled.sum(axis=1)
        most = past.max(axis=1)
        mean = past.sum(axis=1) / np.maximum(n, 1)
        deviation = np.sqrt((np.where(filled, (past - mean[:, None]) ** 2, 0.0)).sum(axis=1) / np.maximum(n, 1))
        cv = deviation / np.maximum(mean, 1e-9)
        bursty = most * np.clip(5.0 * np.exp(-0.65 * cv), 2.0, 5.0)
        safe = np.maximum(mean, 1e-9)
        steady = mean + np.clip((mean + 5.0 * deviation) / safe, 5.0, 8.0) * mean
        limit = np.where(n < 168, 10.0 * most, np.maximum(bursty, steady))
        out[:, at] = (counts[:, t] > limit) & (counts[:, t] > 0)
    return out
