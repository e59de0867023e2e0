"""The page of themes by cost and effort: what their tickets take, and how few themes take most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from console.figures.theme_rows import theme_cells
from models.metrics.cost import CostTable
from models.metrics.effort import EFFORT_TITLES, EffortMeasure, ThemeEffort
from models.metrics.figures import Figure
from models.metrics.metric import BetterDirection
from pipelines.figures.cases import cells_of_themes
from pipelines.figures.effort import LISTED, EffortReport, read_effort_report
from pipelines.figures.errors import FigureQueryInvalid
from pipelines.handling.cost_file import read_costs

KINDS = {
    EffortMeasure.COST: ColumnKind.MONEY, EffortMeasure.HUMAN_REPLIES: ColumnKind.TICKETS,
    EffortMeasure.HANDLING_TIME: ColumnKind.SECONDS, EffortMeasure.TRANSFERS: ColumnKind.TICKETS,
}  # fmt: skip

_NUMBER = {ColumnKind.TICKETS: ColumnKind.NUMBER}


def read_themes(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read what the tickets of each theme took, with the period before, and the curve of Pareto. Raises `FigureQueryInvalid`."""
    costs = read_costs(ask.settings.costs)
    measure = measure_of(ask, costs)
    report = read_effort_report(connection, replace(ask.query, costs=costs), ask.earlier, measure)
    names = theme_cells(connection, ask.query.scope, (one.theme for one in report.themes))
    totals = _totals(report, costs).comparable(is_compared=ask.is_compared)
    return FigureContent(
        tables=[_themes(report, names, costs).comparable(is_compared=ask.is_compared), totals],
        values={
            "measure": measure, "measures": _offered(costs), "report": report, "cards": _cards(totals),
            "path": _path(report),
        },
        from_cells=cells_of_themes(connection, ask.query, handlers=costs is not None) is not None,
    )  # fmt: skip


def measure_of(ask: FigureAsk, costs: CostTable | None) -> EffortMeasure:
    """Return what effort is counted in: the cost where there is a table of costs, else answers. Raises `FigureQueryInvalid`."""
    asked, offered = ask.address.filters.measure, _offered(costs)
    if not asked:
        return next(iter(offered))
    if asked not in {one.value for one in offered}:
        said = "; the cost needs a table of costs, which figures.costs names" if asked == EffortMeasure.COST else ""
        raise FigureQueryInvalid(f"received the measure {asked!r}; valid are {', '.join(offered)}{said}")
    return EffortMeasure(asked)


def _offered(costs: CostTable | None) -> Mapping[EffortMeasure, str]:
    return {one: title for one, title in EFFORT_TITLES.items() if costs is not None or one is not EffortMeasure.COST}


def _columns(report: EffortReport, costs: CostTable | None) -> list[FigureColumn]:
    kind, title = KINDS[report.measure], EFFORT_TITLES[report.measure]
    money = f" ({costs.currency})" if costs is not None and kind is ColumnKind.MONEY else ""
    mean = (
        "handling time by solved ticket"
        if report.measure is EffortMeasure.HANDLING_TIME
        else f"{title.lower()} / tickets"
    )
    columns = [
        FigureColumn(key="theme", title="Theme"),
        FigureColumn(key="tickets", title="Tickets", kind=ColumnKind.TICKETS, has_earlier=True, is_total=True,
                     hint="created in the period"),
        FigureColumn(key="share", title="Share of tickets", kind=ColumnKind.SHARE),
        FigureColumn(key="effort", title=f"{title}{money}", kind=kind, better=BetterDirection.LOWER, has_earlier=True,
                     is_total=True, hint="of these tickets, so far"),
        FigureColumn(key="effort_share", title=f"Share of {title.lower()}", kind=ColumnKind.SHARE),
        FigureColumn(key="weight", title="Weight", kind=ColumnKind.NUMBER, hint="share of the effort / share of the tickets"),
        FigureColumn(key="reached", title="Together", kind=ColumnKind.SHARE,
                     hint="share of the effort of this theme and of all that take more"),
        FigureColumn(key="per_ticket", title="By ticket", kind=_NUMBER.get(kind, kind), better=BetterDirection.LOWER, has_number=True,
                     has_earlier=True, hint=mean),
        FigureColumn(key="human_replies", title="Answers of persons", kind=ColumnKind.NUMBER, hint="public answers by ticket"),
        FigureColumn(key="transfers", title="Transfers", kind=ColumnKind.NUMBER, hint="changes of handler, vendor or team by ticket"),
        FigureColumn(key="handling", title="Handling time", kind=ColumnKind.SECONDS, better=BetterDirection.LOWER,
                     hint="mean time in which a solved ticket was open and waited neither for the requester nor for a third party"),
        FigureColumn(key="escalated", title="Escalated", kind=ColumnKind.SHARE, better=BetterDirection.LOWER, hint="of the tickets"),
    ]  # fmt: skip
    if costs is not None and report.measure is not EffortMeasure.COST:
        columns.insert(
            8,
            FigureColumn(
                key="cost", title=f"Cost ({costs.currency})", kind=ColumnKind.MONEY, hint="of all its tickets"
            ),
        )
    return columns


def _themes(report: EffortReport, names: Mapping[str, FigureCell], costs: CostTable | None) -> FigureTable:
    columns = _columns(report, costs)
    notes = [
        (
            "Everything is about the tickets created in the period and what they took so far: those of the newest days are not "
            "through. Sums are counts of all tickets and not a sample, so that they have no interval."
        ),
        *([f"These are the {LISTED} themes that took most, of {report.number:,}."] if report.number > LISTED else []),
    ]  # fmt: skip
    rows = [_row(one, report.earlier.get(one.theme), names, columns) for one in report.themes]
    title = f"Themes by {EFFORT_TITLES[report.measure].lower()}"
    return FigureTable(name="themes", title=title, columns=columns, rows=rows, notes=notes)


def _row(
    one: ThemeEffort, before: ThemeEffort | None, names: Mapping[str, FigureCell], columns: list[FigureColumn]
) -> FigureRow:
    cells = {
        "theme": names[one.theme],
        "tickets": FigureCell(value=one.tickets, earlier=Figure(before.tickets if before else 0)),
        "share": FigureCell(value=one.share),
        "effort": FigureCell(value=one.effort, earlier=Figure(before.effort if before else 0.0)),
        "effort_share": FigureCell(value=one.effort_share),
        "weight": FigureCell(value=None if one.weight is None else round(one.weight, 2)),
        "reached": FigureCell(value=one.reached),
        "per_ticket": FigureCell(value=one.per_ticket, number=one.tickets, earlier=Figure(before.per_ticket) if before else None),
        "human_replies": FigureCell(value=one.human_replies / one.tickets),
        "transfers": FigureCell(value=one.transfers / one.tickets),
        "handling": FigureCell(value=one.handling_seconds),
        "escalated": FigureCell(value=one.escalated / one.tickets),
        "cost": FigureCell(value=one.cost),
    }  # fmt: skip
    return {column.key: cells[column.key] for column in columns}


def _totals(report: EffortReport, costs: CostTable | None) -> FigureTable:
    columns = [
        FigureColumn(key="group", title="Of"),
        FigureColumn(key="tickets", title="Tickets", kind=ColumnKind.TICKETS, has_earlier=True, is_total=True,
                     hint="created in the period"),
    ]  # fmt: skip
    if costs is not None:
        columns += [
            FigureColumn(key="cost", title=f"Cost ({costs.currency})", kind=ColumnKind.MONEY, better=BetterDirection.LOWER,
                         has_earlier=True, is_total=True, hint="of these tickets so far, by the table of costs"),
            FigureColumn(key="cost_per_ticket", title=f"Cost by ticket ({costs.currency})", kind=ColumnKind.MONEY,
                         better=BetterDirection.LOWER, has_earlier=True),
        ]  # fmt: skip
    columns += [
        FigureColumn(key="human_replies", title="Answers of persons by ticket", kind=ColumnKind.NUMBER,
                     better=BetterDirection.LOWER, has_earlier=True),
        FigureColumn(key="transfers", title="Transfers by ticket", kind=ColumnKind.NUMBER, better=BetterDirection.LOWER,
                     has_earlier=True),
        FigureColumn(key="handling", title="Handling time, mean", kind=ColumnKind.SECONDS, better=BetterDirection.LOWER,
                     has_earlier=True, hint="of solved tickets: open, and waiting neither for the requester nor for a third party"),
    ]  # fmt: skip
    now, before = _means(report.total), _means(report.before)
    row = {
        column.key: FigureCell(value=now.get(column.key), earlier=Figure(before.get(column.key)))
        for column in columns[1:]
    }
    return FigureTable(
        name="totals", title="Totals", columns=columns, rows=[{"group": FigureCell(value="all tickets"), **row}]
    )


def _means(total: Mapping[str, float]) -> dict[str, float]:
    tickets, solved = total["created"], total["handled"]
    found = {"tickets": tickets}
    if tickets:
        found |= {name: total[name] / tickets for name in ("human_replies", "transfers")}
    if "cost" in total:
        found |= {"cost": total["cost"], **({"cost_per_ticket": total["cost"] / tickets} if tickets else {})}
    return found | ({"handling": total["handled_seconds"] / solved} if solved else {})


def _cards(totals: FigureTable) -> list[tuple[FigureColumn, FigureCell]]:
    return [(column, totals.rows[0][column.key]) for column in totals.columns[1:]]


WIDTH, HEIGHT = 360, 180
"""Of the drawing of the curve."""


def _path(report: EffortReport) -> str:
    """Write the curve of Pareto as the path of a drawing: from the lower left corner, where no theme is taken yet."""
    points = [f"{WIDTH * themes:.1f},{HEIGHT * (1 - share):.1f}" for themes, share in report.curve]
    return f"M{' L'.join(points)}" if points else ""


THEMES = FigurePage(
    path="/figures/themes", title="Cost and effort", template="figures_themes.html", read=read_themes, days=28
)
