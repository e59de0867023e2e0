"""Weekly trends: themes whose week is unlike the weeks before, though no single hour of it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from alerts.digest.records import WeekTrend
from store.digest_rows import DigestRows

FEWEST_WEEKS = 3
"""Of fewer weeks the spread is not known."""

DISTANCE = 3.0
"""Robust standard deviations from the median on a week is unlike the others."""

LEAST_DIFFERENCE = 10
"""Tickets by which it must differ in addition: a reader does nothing about fewer."""

MOST_TRENDS = 5

_MAD_TO_SIGMA = 1.4826
"""Of a normal distribution: Rousseeuw and Croux (1993), Alternatives to the median absolute deviation, JASA 88."""


def week_trends(names: Mapping[int, str], rows: DigestRows) -> tuple[WeekTrend, ...]:
    """Find the themes whose window is unlike the windows before, the greatest difference first; `names` are by theme.

    The distance is measured in robust standard deviations (from the median absolute deviation), never smaller than the standard
    deviation of a Poisson count.
    """
    found = []
    for theme_id, name in names.items():
        weeks = rows.weeks.get(theme_id, ())
        observed = rows.observed(theme_id)
        if len(weeks) >= FEWEST_WEEKS and _is_unlike(observed, weeks):
            found.append(WeekTrend(theme_id, name, observed, float(median(weeks)), weeks))
    return tuple(sorted(found, key=lambda one: (-abs(one.observed - one.usual), one.theme_id))[:MOST_TRENDS])


def _is_unlike(observed: int, weeks: Sequence[int]) -> bool:
    usual = float(median(weeks))
    spread = _MAD_TO_SIGMA * float(median(abs(week - usual) for week in weeks))
    sigma = max(spread, max(usual, 1.0) ** 0.5)
    return bool(abs(observed - usual) >= max(DISTANCE * sigma, LEAST_DIFFERENCE))
