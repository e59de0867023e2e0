"""`groundswell kpis`: the figures that leaders read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database, Json

if TYPE_CHECKING:
    from models.metrics.metric import ServiceMetric

app = typer.Typer(help="Figures for leaders: volume, backlog, response and resolution times, reopening, satisfaction.")

By = Annotated[
    str | None,
    typer.Option("--by", metavar="DIM", help="Group by business_line, user_type, region, handled_by, vendor, team, theme, ..."),
]  # fmt: skip
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Start of the period, a day (UTC) or a time with a zone.")
]
To = Annotated[
    str | None,
    typer.Option("--to", metavar="TIME", help="End of the period, exclusive. Default: until when tickets are mined."),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="DIM=VALUE", help="Only tickets with this value; may be repeated.")
]
ContainmentDays = Annotated[
    int,
    typer.Option("--containment-days", min=0, max=90, help="How many days a ticket that AI solved must stay solved."),
]
Again = Annotated[
    bool, typer.Option("--refresh", help="Fold all tickets again before, not only those with new events.")
]


@app.callback(invoke_without_command=True)
def kpis(
    by: By = None, start: From = None, end: To = None, only: Only = None, days: ContainmentDays = 7, refresh: Again = False,
    json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """Print the figures of a period, of all tickets or by a dimension."""
    from datetime import timedelta

    from groundswell.kpis import KpiQuery, column_of, filters_of, kpi_rows, period_of
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from pipelines.handling.refresh import refresh as refresh_handling
    from store.database import reading

    column = column_of(by) if by else None
    filters = filters_of(only or ())
    engine = open_session(database).engine
    refresh_handling(engine, now(), anew=refresh)
    with reading(engine) as connection:
        period = period_of(connection, start, end, timedelta(days=days))
        rows = kpi_rows(connection, KpiQuery(period, column, filters))
    if json:
        print_json(rows)
    else:
        _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    from groundswell.kpis import SHOWN
    from groundswell.table import day_and_time, print_table

    period = f" from {day_and_time(rows[0]['from'])} to {day_and_time(rows[0]['to'])} UTC" if rows else ""
    columns = {f"#{heading}": partial(_figure, metric) for heading, metric in SHOWN.items()}
    print_table(f"Figures{period}", rows, {"of": _group, **columns}, "No tickets in this period.")


def _group(row: Mapping[str, Any]) -> str:
    if row["by"] is None:
        return "all tickets"
    return "(none)" if row["group"] is None else str(row.get("theme_name") or row["group"])


def _figure(metric: ServiceMetric, row: Mapping[str, Any]) -> str:
    from models.formats import elapsed
    from models.metrics.metric import DEFINITIONS, MetricUnit

    value = row[metric.value]["value"]
    if value is None:
        return "-"
    if DEFINITIONS[metric].unit is MetricUnit.SECONDS:
        return elapsed(value)
    return f"{value:.0%}" if DEFINITIONS[metric].unit is MetricUnit.SHARE else f"{value:,.0f}"
