"""Changes of themes with correlated days: false and real effects, coverage, and assumptions that the data contradict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Floats
from models.comparison.change_rules import ChangeRules, UnitWeighting
from models.comparison.differences import evaluate_change
from models.comparison.effect import Assumption
from models.comparison.panel import PanelRow, TooFewUnits

DAYS, START = 56, 28
_CORRELATION = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSetting:
    """A simulated change: changed units and others, its effect on the rate, and the trend that the changed ones have anyhow."""

    treated: int
    others: int
    effect: float = 0.0
    trend: float = 0.0
    weighting: UnitWeighting = UnitWeighting.TICKETS
    matched: bool = False


SETTINGS = {
    "4 and 4 themes": ChangeSetting(treated=4, others=4),
    "4 and 4 themes, equal weights": ChangeSetting(treated=4, others=4, weighting=UnitWeighting.UNITS),
    "4 and 12 themes": ChangeSetting(treated=4, others=12),
    "6 and 30 themes, matched": ChangeSetting(treated=6, others=30, matched=True),
    "10 and 20 themes": ChangeSetting(treated=10, others=20),
}
EFFECTS = {
    "6 and 12 themes, 5 points": ChangeSetting(treated=6, others=12, effect=0.05),
    "6 and 12 themes, 10 points": ChangeSetting(treated=6, others=12, effect=0.10),
    "10 and 20 themes, 5 points": ChangeSetting(treated=10, others=20, effect=0.05),
}
TREND = ChangeSetting(treated=6, others=12, trend=0.003)


def simulate(setting: ChangeSetting, generator: np.random.Generator) -> list[PanelRow]:
    """Draw daily rates: levels and sizes of themes, days that all share, and days of a theme that depend on the day before."""
    n = setting.treated + setting.others
    level = generator.normal(0.75, 0.05, n)
    shared = _autoregressive(generator.normal(0.0, 0.03, (1, DAYS)))
    own = _autoregressive(generator.normal(0.0, 0.03, (n, DAYS)))
    mine = np.arange(n) < setting.treated
    day = np.arange(DAYS)
    change = mine[:, None] * (setting.effect * (day >= START) + setting.trend * (day - START))[None, :]
    rate = np.clip(level[:, None] + shared + own + change, 0.01, 0.99)
    tickets = generator.poisson(generator.gamma(1.5, 30.0, n)[:, None] + 5.0, (n, DAYS))
    hits = generator.binomial(tickets, rate)
    return [
        PanelRow(_unit(setting, at), int(period), int(tickets[at, period]), hits[at, period] / tickets[at, period])
        for at in range(n)
        for period in day
        if tickets[at, period]
    ]


def _autoregressive(noise: Floats) -> Floats:
    found = noise.copy()
    for at in range(1, noise.shape[1]):
        found[:, at] = _CORRELATION * found[:, at - 1] + np.sqrt(1 - _CORRELATION**2) * noise[:, at]
    return found


def _unit(setting: ChangeSetting, at: int) -> str:
    return f"{'treated' if at < setting.treated else 'other'} {at:02d}"


def independent_days(rows: list[PanelRow]) -> float:
    """Return the p-value of a test that takes each theme and day for independent: means of theme-days without levels and days."""
    from scipy.stats import ttest_ind

    units, days = sorted({row.unit for row in rows}), range(DAYS)
    mean = np.full((len(units), DAYS), np.nan)
    for row in rows:
        mean[units.index(row.unit), row.period] = row.mean
    treated = np.array([unit.startswith("treated") for unit in units])
    mean -= np.nanmean(mean[:, :START], axis=1, keepdims=True)
    mean -= np.nanmean(mean[~treated], axis=0, keepdims=True)
    after = mean[:, [day for day in days if day >= START]]
    one, other = after[treated].ravel(), after[~treated].ravel()
    return float(ttest_ind(one[np.isfinite(one)], other[np.isfinite(other)], equal_var=False).pvalue)


def measure(setting: ChangeSetting, seed: int, sets: int) -> dict[str, Any]:
    """Evaluate simulated changes: share of significant effects, coverage, and how often an assumption is contradicted."""
    significant, naive, covered, contradicted, trend, beyond, done = 0, 0, 0, 0, 0, 0, 0
    for at in range(sets):
        generator = np.random.default_rng([seed, 7, at])
        rows = simulate(setting, generator)
        units = sorted({row.unit for row in rows})
        controls = None if setting.matched else [unit for unit in units if unit.startswith("other")]
        treated = [unit for unit in units if unit.startswith("treated")]
        try:
            found = evaluate_change(rows, treated, START, ChangeRules(weighting=setting.weighting), controls=controls)
        except TooFewUnits:
            continue
        done += 1
        significant += found.p_value < 0.05
        naive += independent_days(rows) < 0.05
        covered += found.interval[0] <= setting.effect <= found.interval[1]
        contradicted += found.contradicted
        beyond += not found.beyond_trends[1][0] <= 0.0 <= found.beyond_trends[1][1]
        trend += any(check.contradicted for check in found.checks if check.assumption is Assumption.PARALLEL_TRENDS)
    shares = {
        "significant": significant,
        "significant_independent_days": naive,
        "significant_beyond_trends": beyond,
        "coverage": covered,
        "contradicted": contradicted,
        "trend_contradicted": trend,
    }
    return {"sets": done, **{key: round(count / max(done, 1), 4) for key, count in shares.items()}}


def measure_changes(seed: int, sets: int) -> dict[str, Any]:
    """Evaluate all settings."""
    figures = {f"no effect: {title}": measure(setting, seed, sets) for title, setting in SETTINGS.items()}
    figures.update({f"effect: {title}": measure(setting, seed, sets // 2) for title, setting in EFFECTS.items()})
    figures["trend and no effect: 6 and 12 themes"] = measure(TREND, seed, sets // 2)
    return figures
