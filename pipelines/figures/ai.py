"""The quality of AI in a period: its figures, themes in which it does worse or could take more, and its ratings on the same mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from models.arrays import Ints
from models.comparison.cells import RateCell
from models.comparison.day_correlation import daily_correlation
from models.comparison.report import CaseMixReport
from models.comparison.rules import ComparisonRules
from models.comparison.standardize import compare_rates
from models.metrics.ai_quality import AiMetric, AiTheme, ai_themes
from models.metrics.case_sums import FOR_AI, CaseSums
from models.metrics.cell_figures import CellSeries, ai_figures_of_cells
from models.metrics.figures import Figure, FigurePeriod, share_figure
from pipelines.figures.cases import read_case_sums, read_daily_ratings, read_series
from pipelines.figures.query import FigureQuery

AI, PERSONS = "AI", "persons"

LISTED = 100
"""Themes that a report lists: those with most tickets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AiReport:
    """How AI did in a period.

    Parameters
    ----------
    figures, earlier: of all tickets, in the period and in the one before.
    themes: the `LISTED` with most tickets, those of which AI lost most first.
    satisfaction: ratings of AI against those of persons on the same mix of themes; None without ratings.
    """

    figures: Mapping[AiMetric, Figure]
    earlier: Mapping[AiMetric, Figure]
    themes: Sequence[AiTheme]
    satisfaction: CaseMixReport | None


def read_ai_report(connection: Connection, query: FigureQuery, earlier: FigurePeriod) -> AiReport:
    """Read the report of the period of the query, with the figures of an earlier one."""
    sums = read_case_sums(connection, query, FOR_AI)
    series = read_series(connection, query, earlier)
    ratings = read_daily_ratings(connection, query)
    before = read_daily_ratings(connection, query.within(earlier))
    return AiReport(
        figures=_figures(series, query.period, *ratings),
        earlier=_figures(series, earlier, *before),
        themes=ai_themes(sums, LISTED),
        satisfaction=compare_satisfaction(sums, *ratings),
    )


def _figures(series: CellSeries, period: FigurePeriod, rated: Ints, satisfied: Ints) -> dict[AiMetric, Figure]:
    made = ai_figures_of_cells(series, period)
    hits, numbers = satisfied.sum(axis=1).tolist(), rated.sum(axis=1).tolist()
    made[AiMetric.CSAT_AI], made[AiMetric.CSAT_PERSONS] = map(share_figure, hits, numbers)
    return {metric: made[metric] for metric in AiMetric}


def compare_satisfaction(sums: CaseSums, rated: Ints, satisfied: Ints) -> CaseMixReport | None:
    """Compare the ratings of tickets that AI and that persons handled last, on the same mix of themes; None without ratings.

    rated, satisfied: by day, shape (2, days): how much tickets of one day depend on each other widens the intervals.
    """
    cells = _rating_cells(sums)
    if {one.group for one in cells} != {AI, PERSONS}:
        return None
    correlation = daily_correlation(rated.astype(np.float64), satisfied.astype(np.float64))
    rules = ComparisonRules(dimensions=("theme",), day_correlation=correlation, days=max(rated.shape[1], 1))
    return compare_rates(cells, rules, reference=PERSONS)


def _rating_cells(sums: CaseSums) -> list[RateCell]:
    """Return the ratings by group and theme; themes of which a group has too few to be comparable are put together, by group.

    A group's own stratum is shared with none, so that they count as not comparable, as each of them would.
    """
    found: dict[tuple[str, str], tuple[int, int]] = {}
    numbers, hits = sums.count("rated").tolist(), sums.count("satisfied").tolist()
    for key, number, hit in zip(sums.keys, numbers, hits, strict=True):
        if number and key.handler:
            name = AI if key.handler == "ai" else PERSONS, key.theme
            before = found.get(name, (0, 0))
            found[name] = before[0] + number, before[1] + hit
    least = ComparisonRules().least_cell
    cells: list[RateCell] = []
    for (group, theme), (number, hit) in found.items():
        shared = all(found.get((one, theme), (0, 0))[0] >= least for one in (AI, PERSONS))
        cells.append(RateCell(group, (theme if shared else f"(other themes of {group})",), number, hit))
    return cells
