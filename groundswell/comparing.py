"""Comparisons as the command prints them: groups on the same case mix, read from how tickets were handled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import typer
from sqlalchemy import Connection

from groundswell.errors import UsageError
from groundswell.kpis import KpiQuery
from groundswell.table import print_table
from models.comparison.differences import evaluate_change
from models.comparison.effect import ChangeEffect
from models.comparison.medians import compare_medians
from models.comparison.outcomes import Outcome, panel_rows, rate_cells, time_cells
from models.comparison.report import CaseMixReport, GroupResult, Measure
from models.comparison.rules import ComparisonRules
from models.comparison.sentences import shown, shown_difference
from models.comparison.standardize import compare_rates
from models.formats import harmless
from models.times import rfc3339
from store.handling import read_created
from store.themes import read_themes

DIMENSIONS = ("theme_id", "user_type", "priority")
"""What makes the case mix."""

_SEED = 20
"""Of the bootstrap: the same tickets give the same report."""


def compare_groups(
    connection: Connection, query: KpiQuery, outcome: Outcome, reference: str | None
) -> CaseMixReport | None:
    """Compare the groups of a dimension by an outcome of the tickets created in a period; None where there are none."""
    period = query.period
    by = query.by or "handled_by"
    rows = read_created(connection, period.start, period.end, query.filters, by)
    dimensions = tuple(name for name in DIMENSIONS if name != by)
    rules = ComparisonRules(dimensions=tuple("theme" if name == "theme_id" else name for name in dimensions))
    _name_themes(connection, rows)
    if outcome.is_time:
        times = time_cells(rows, outcome, by, dimensions, period.known_until)
        return compare_medians(times, np.random.default_rng(_SEED), rules, reference=reference) if times else None
    rates = rate_cells(rows, outcome, by, dimensions)
    return compare_rates(rates, rules, reference=reference) if rates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeQuery:
    """A change that is asked for: its themes, those to compare with (none: matched), its first day, and the days of a period."""

    themes: Sequence[int]
    controls: Sequence[int]
    start: date
    days: int


def evaluate_outcome(connection: Connection, query: KpiQuery, change: ChangeQuery, outcome: Outcome) -> ChangeEffect:
    """Estimate the effect of a change on a rate of the tickets of some themes created in a period.

    Raises UsageError for an outcome that is a time, whose newest tickets are still open.
    """
    if outcome.is_time:
        rates = ", ".join(one for one in Outcome if not one.is_time)
        raise UsageError(f"received the outcome {outcome.value!r}; valid for a change are {rates}")
    period = query.period
    rows = [
        row for row in read_created(connection, period.start, period.end, query.filters) if row["theme_id"] is not None
    ]
    names = _name_themes(connection, rows)
    return evaluate_change(
        panel_rows(rows, outcome, "theme_id", change.start, change.days),
        [names.get(theme, str(theme)) for theme in change.themes],
        0,
        controls=[names.get(theme, str(theme)) for theme in change.controls] or None,
        measure=Measure.RATE,
    )


def _name_themes(connection: Connection, rows: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Write the name of each row's theme after its number, and return the names by number."""
    names = {one: f"{one} {row.name}" for one, row in read_themes(connection).items()}
    for row in rows:
        row["theme_id"] = names.get(row["theme_id"], str(row["theme_id"] or ""))
    return names


def effect_row(effect: ChangeEffect, query: KpiQuery, outcome: Outcome) -> dict[str, Any]:
    """Return the effect of a change as one JSON object."""
    return {
        "outcome": outcome.value, "from": rfc3339(query.period.start), "to": rfc3339(query.period.end),
        "contradicted": effect.contradicted, **asdict(effect),
    }  # fmt: skip


def report_row(report: CaseMixReport, query: KpiQuery, outcome: Outcome) -> dict[str, Any]:
    """Return a report as one JSON object."""
    period = query.period
    return {
        "outcome": outcome.value, "by": query.by, "from": rfc3339(period.start), "to": rfc3339(period.end),
        "known_until": rfc3339(period.known_until), **asdict(report),
    }  # fmt: skip


def print_report(report: CaseMixReport, outcome: Outcome) -> None:
    """Print a report as a table with a sentence for each thing that a reader must know."""
    print_table(f"{outcome.value.replace('_', ' ').capitalize()} on the same case mix", [{"of": one} for one in report.groups], {
        "of": lambda row: row["of"].group,
        "#tickets": lambda row: f"{row['of'].tickets:,}",
        "#sample": lambda row: "" if row["of"].sample is None else f"{row['of'].sample.effective:,.0f}",
        "#unadjusted": lambda row: _figure(row["of"].unadjusted, report),
        "#adjusted": lambda row: _figure(row["of"].adjusted, report),
        "difference": lambda row: _difference(row["of"], report),
        "result": lambda row: row["of"].verdict.value.replace("_", " "),
    }, "No tickets in this period.")  # fmt: skip
    for sentence in (*report.sentences, *(result.sentence for result in report.groups)):
        typer.echo(harmless(sentence))


def _figure(value: float | None, report: CaseMixReport) -> str:
    return "-" if value is None else shown(value, report.measure)


def _difference(result: GroupResult, report: CaseMixReport) -> str:
    if result.against is None:
        return ""
    low, high = (shown_difference(limit, report.measure) for limit in result.against.simultaneous)
    return f"{shown_difference(result.against.difference, report.measure)} ({low} to {high})"
