"""Comparisons as the command prints them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from groundswell.table import print_table
from models.comparison.outcomes import Outcome
from models.comparison.report import CaseMixReport, GroupResult
from models.comparison.sentences import shown, shown_difference
from models.formats import harmless, utc_range
from models.times import rfc3339
from pipelines.figures.query import FigureQuery


def report_row(report: CaseMixReport, query: FigureQuery, outcome: Outcome) -> dict[str, Any]:
    """Return a report as one JSON object."""
    period = query.period
    return {
        "outcome": outcome.value, "by": query.by, "from": rfc3339(period.start), "to": rfc3339(period.end),
        "known_until": rfc3339(period.known_until), **asdict(report),
    }  # fmt: skip


def print_report(report: CaseMixReport, query: FigureQuery, outcome: Outcome) -> None:
    """Print a report as a table with a sentence for each thing that a reader must know."""
    period = utc_range(query.period.start, query.period.end)
    title = f"{outcome.value.replace('_', ' ').capitalize()} on the same case mix, {period}"
    print_table(title, [{"of": one} for one in report.groups], {
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
