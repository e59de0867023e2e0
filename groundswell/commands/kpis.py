"""`groundswell kpis`: the figures that leaders read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database, Json
from models.comparison.outcomes import Outcome, RateOutcome
from models.metrics.driver_metric import DriverMetric

if TYPE_CHECKING:
    from groundswell.session import Session
    from models.service_levels.levels import ServiceLevels

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
    int | None,
    typer.Option("--containment-days", min=0, max=90, help="How many days a ticket that AI solved must stay solved."),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        "--schedule",
        metavar="NAME",
        help="Measure times in these business hours, which are set with the service levels.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast",
        help="From the sums by day: whole days in UTC, percentiles within 2 %, without age of the backlog and costs.",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many to list at most.")]
Again = Annotated[
    bool, typer.Option("--refresh", help="Fold all tickets again before, not only those with new events.")
]


@app.callback(invoke_without_command=True)
def kpis(
    context: typer.Context, by: By = None, start: From = None, end: To = None, only: Only = None, days: ContainmentDays = None,
    schedule: Schedule = None, fast: Fast = False, refresh: Again = False, json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """Print the figures of a period, of all tickets or by a dimension."""
    if context.invoked_subcommand is not None:
        return
    from datetime import timedelta

    from groundswell.kpis import print_figures
    from groundswell.table import print_json
    from pipelines.figures.query import FigureQuery, clock_of, column_of, filters_of, period_of, whole_days
    from pipelines.figures.rows import fast_rows, figure_rows
    from pipelines.handling.cost_file import read_costs
    from store.database import reading

    column = column_of(by) if by else None
    filters = filters_of(only or ())
    session, levels = _refreshed(database, anew=refresh)
    settings = session.settings.figures
    costs = read_costs(settings.costs)
    containment = settings.containment if days is None else timedelta(days=days)
    with reading(session.engine) as connection:
        period = (
            whole_days(connection, start, end, containment) if fast else period_of(connection, start, end, containment)
        )
        clock = clock_of(connection, levels.schedules, schedule, period)
        query = FigureQuery(period, column, filters, clock, costs)
        rows = fast_rows(connection, query) if fast else figure_rows(connection, query)
    if json:
        print_json(rows)
    else:
        print_figures(rows)


@app.command("sla")
def sla(
    by: By = None, start: From = None, end: To = None, only: Only = None, json: Json = False, database: Database = None
) -> None:
    """Print how many promises of the service levels were kept and missed, by policy and target."""
    from groundswell.kpis import print_promises
    from groundswell.table import print_json
    from pipelines.figures.query import FigureQuery, column_of, filters_of, period_of
    from pipelines.figures.rows import promise_rows
    from store.database import reading

    column = column_of(by) if by else None
    filters = filters_of(only or ())
    session, _ = _refreshed(database)
    with reading(session.engine) as connection:
        period = period_of(connection, start, end, session.settings.figures.containment)
        rows = promise_rows(connection, FigureQuery(period, column, filters))
    if json:
        print_json(rows)
        return
    print_promises(rows, grouped=by is not None)


@app.command("at-risk")
def at_risk(
    within: Annotated[str, typer.Option("--within", metavar="TIME", help="How far ahead to look, such as 2h or 1d.")] = "2h",
    only: Only = None, limit: Limit = 100, json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """List open tickets whose promise is about to be missed, the next one first."""
    from groundswell.errors import UsageError
    from groundswell.kpis import print_risks
    from groundswell.table import print_json
    from models.times import parse_length
    from pipelines.figures.query import filters_of
    from pipelines.figures.rows import risk_rows
    from store.database import reading

    try:
        length = parse_length(within)
    except ValueError as error:
        raise UsageError(f"received --within {within}; {error}") from error
    filters = filters_of(only or ())
    session, _ = _refreshed(database)
    with reading(session.engine) as connection:
        rows = risk_rows(connection, length, filters, limit)
    if json:
        print_json(rows)
        return
    print_risks(rows, within)


def _refreshed(database: str | None, *, anew: bool = False) -> tuple[Session, ServiceLevels]:
    """Open the database, fold what was mined since the last time, and return the service levels that were used."""
    from groundswell.session import open_session, refresh_handling

    session = open_session(database)
    return session, refresh_handling(session, anew=anew)


@app.command("drivers")
def drivers(
    metric: Annotated[DriverMetric, typer.Argument(metavar="METRIC", help=f"What changed: {', '.join(DriverMetric)}.")],
    start: From = None, end: To = None, only: Only = None,
    horizon: Annotated[
        str | None, typer.Option("--horizon", metavar="TIME", help="Times count up to this at most, such as 72h. Default: at most 7d.")
    ] = None,
    json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """Print what explains the change of a figure since the period before: what each theme contributes, by mix and by figure."""
    from groundswell.errors import UsageError
    from groundswell.kpi_drivers import print_drivers
    from groundswell.table import print_json
    from models.times import parse_length
    from pipelines.figures.driver_rows import change_row, read_theme_names
    from pipelines.figures.drivers import read_drivers
    from pipelines.figures.query import FigureQuery, filters_of, whole_days
    from store.database import reading

    try:
        length = parse_length(horizon) if horizon else None
    except ValueError as error:
        raise UsageError(f"received --horizon {horizon}; {error}") from error
    filters = filters_of(only or ())
    session, _ = _refreshed(database)
    with reading(session.engine) as connection:
        query = FigureQuery(whole_days(connection, start, end, session.settings.figures.containment), None, filters)
        found = read_drivers(connection, query, metric, length)
        names = read_theme_names(connection, query, found) if found else {}
    if json:
        print_json([] if found is None else [change_row(found, query, names)])
    elif found is None:
        typer.echo("There is nothing to compare: one of the two periods has no case.")
    else:
        print_drivers(found, names)


@app.command("compare")
def compare(
    outcome: Annotated[Outcome, typer.Argument(metavar="OUTCOME", help=f"What is compared: {', '.join(Outcome)}.")],
    by: Annotated[str, typer.Option("--by", metavar="DIM", help="The groups: handled_by, vendor, team, region, ...")] = "handled_by",
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="NAME", help="Compare with this group. Default: each with all others.")
    ] = None,
    start: From = None, end: To = None, only: Only = None, json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """Compare AI, human work, vendors or teams on the same mix of themes, user types and priorities."""
    from groundswell.comparing import print_report, report_row
    from groundswell.errors import UsageError
    from groundswell.table import print_json
    from pipelines.figures.query import FigureQuery, column_of, filters_of, period_of
    from pipelines.handling.comparison import ComparedTickets, compare_groups
    from store.database import reading

    column, filters = column_of(by), filters_of(only or ())
    session, _ = _refreshed(database)
    with reading(session.engine) as connection:
        query = FigureQuery(period_of(connection, start, end, session.settings.figures.containment), column, filters)
        try:
            report = compare_groups(connection, ComparedTickets(query.period, filters), outcome, column, reference)
        except ValueError as error:
            raise UsageError(str(error)) from error
    if json:
        print_json([] if report is None else [report_row(report, query, outcome)])
    elif report is None:
        typer.echo("No tickets of this period have this outcome.")
    else:
        print_report(report, query, outcome)


@app.command("change")
def change(
    outcome: Annotated[RateOutcome, typer.Argument(metavar="OUTCOME", help="A rate: kept, satisfied, reopened or escalated.")],
    recorded: Annotated[
        str | None, typer.Option("--change", metavar="ID", help="A recorded change, such as a version of a procedure.")
    ] = None,
    themes: Annotated[
        list[int] | None, typer.Option("--theme", metavar="ID", help="A theme that the change concerns; repeat it.")
    ] = None,
    at: Annotated[str | None, typer.Option("--at", metavar="DAY", help="First day of the change, such as 2026-11-20.")] = None,
    controls: Annotated[
        list[int] | None, typer.Option("--control", metavar="ID", help="A theme to compare with; repeat it. Default: matched.")
    ] = None,
    weekly: Annotated[bool, typer.Option("--weekly", help="Compare weeks in place of days.")] = False,
    start: From = None, end: To = None, only: Only = None, json: Json = False, database: Database = None,
) -> None:  # fmt: skip
    """Evaluate a change (an AI routine, an SOP, a vendor) of some themes against matched themes: difference-in-differences."""
    from groundswell.changes import AskedChange, effect_row, evaluated
    from groundswell.errors import UsageError
    from groundswell.table import print_json
    from models.formats import harmless
    from pipelines.figures.query import FigureQuery, filters_of, period_of
    from pipelines.handling.comparison import ComparedTickets, evaluate_theme_change
    from store.database import reading

    filters, rate = filters_of(only or ()), Outcome(outcome)
    asked = AskedChange(recorded, themes or (), at, controls or (), 7 if weekly else 1)
    session, _ = _refreshed(database)
    try:
        with reading(session.engine) as connection:
            found = evaluated(connection, asked)
            period = period_of(connection, start or found.first, end, session.settings.figures.containment)
            query = FigureQuery(period, None, {**found.filters, **filters})
            effect = evaluate_theme_change(connection, ComparedTickets(period, query.filters), found.change, rate)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if json:
        print_json([effect_row(effect, query, rate, found)])
    else:
        typer.echo("\n".join(harmless(sentence) for sentence in (*found.sentences, *effect.sentences)))
