"""Themes by cost and effort in a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from models.metrics.case_sums import FOR_EFFORT
from models.metrics.effort import EffortMeasure, RankedEfforts, ThemeEffort, costs_of, rank_efforts
from models.metrics.figures import FigurePeriod
from pipelines.figures.cases import read_case_sums, read_priced_sums
from pipelines.figures.query import FigureQuery

MOST_EFFORT = 0.8
"""The share of all effort of which a report says how few themes have it."""


LISTED = 100
"""Themes that a report lists."""


POINTS = 60
"""Points of the curve of Pareto."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffortReport:
    """What the tickets of a period took, by theme.

    Parameters
    ----------
    measure: what effort is counted in.
    themes: the `LISTED` that took most, the greatest first.
    number: how many themes had tickets.
    earlier: the same themes in the period before, by theme.
    total, before: sums of all tickets in the period and in the one before, by name of `FOR_EFFORT`; with the cost under `cost`, in the
        currency of the table, where there is one.
    few: how few themes have `MOST_EFFORT` of the effort of all themes; None where there is none.
    curve: (share of themes, share of their effort), from those that took most on.
    """

    measure: EffortMeasure
    themes: Sequence[ThemeEffort]
    number: int
    earlier: Mapping[str, ThemeEffort]
    total: Mapping[str, float]
    before: Mapping[str, float]
    few: int | None
    curve: Sequence[tuple[float, float]]


def read_effort_report(
    connection: Connection, query: FigureQuery, earlier: FigurePeriod, measure: EffortMeasure
) -> EffortReport:
    """Read the report of the period of the query, and of an earlier one. Raises ValueError for the cost without a table of costs."""
    found, total = _period(connection, query, measure)
    before, total_before = _period(connection, query.within(earlier), measure)
    themes = found.listed(LISTED)
    return EffortReport(
        measure=measure,
        themes=themes,
        number=sum(bool(key.theme) for key in found.themes.keys),
        earlier={one.theme: one for one in before.listed(only={one.theme for one in themes})},
        total=total,
        before=total_before,
        few=found.themes_with(MOST_EFFORT),
        curve=found.shares_reached(POINTS),
    )


def _period(
    connection: Connection, query: FigureQuery, measure: EffortMeasure
) -> tuple[RankedEfforts, dict[str, float]]:
    sums, costs = read_case_sums(connection, query, FOR_EFFORT, handlers=query.costs is not None), query.costs
    total: dict[str, float] = dict(sums.total())
    if costs is None:
        return rank_efforts(sums, measure), total
    priced = read_priced_sums(connection, query, sums)
    return rank_efforts(sums, measure, costs, priced), total | {"cost": float(costs_of(priced, costs).sum())}
