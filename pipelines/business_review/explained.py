"""The parts of a business review that explain: what drives a change, how AI did, and which themes take most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from alerts.review.records import (
    CellKind,
    ReviewCell,
    ReviewColumn,
    ReviewNumber,
    ReviewRow,
    ReviewTable,
    cell_of,
)
from models.metrics.ai_quality import AI_DEFINITIONS, AiMetric, AiTheme
from models.metrics.decomposition import MixAndRate, Term
from models.metrics.driver_sentences import driver_sentences
from models.metrics.drivers import ChangeDrivers
from models.metrics.effort import EFFORT_TITLES, EffortMeasure, ThemeEffort
from models.metrics.figure_change import figure_change
from models.metrics.figures import Figure
from models.metrics.metric import MetricUnit
from pipelines.business_review.sections import shown_name
from pipelines.figures.ai import AiReport, read_ai_report
from pipelines.figures.driver_rows import name_of
from pipelines.figures.effort import MOST_EFFORT, read_effort_report
from pipelines.figures.query import FigureQuery, earlier_period
from store.scoped import scoped_names

MOST_THEMES = 10
"""Themes that are shown: more are no reading for a meeting."""


def driver_table(found: ChangeDrivers, names: Mapping[str, str]) -> ReviewTable:
    """Return the themes that drive a change, the largest first; their parts sum to the change. names: by theme as text."""
    kind = CellKind.SECONDS if found.metric.is_time else CellKind.SHARE
    part = CellKind.LENGTH_CHANGE if found.metric.is_time else CellKind.POINTS
    columns = (
        ReviewColumn("before", "The week before", kind), ReviewColumn("after", "This week", kind),
        ReviewColumn("mix", "By its share of tickets", part), ReviewColumn("rate", "By its figure", part),
        ReviewColumn("total", "Part in the change", part),
    )  # fmt: skip
    rows = tuple(
        ReviewRow(
            shown_name(name_of(one.theme, names)),
            (
                cell_of(one.before.value, number=one.before.number),
                cell_of(one.after.value, number=one.after.number),
                *_parts(one.effects),
            ),
            int(one.theme) if one.theme else None,
        )
        for one in found.drivers
    )
    title = f"What explains the change: {found.metric.title_words.lower()}"
    sentences = tuple(shown_name(one) for one in driver_sentences(found, names))
    return ReviewTable(
        key=f"drivers_{found.metric.value}", title=title, of="Theme", columns=columns, rows=rows, sentences=sentences,
    )  # fmt: skip


def _parts(effects: MixAndRate) -> Iterator[ReviewCell]:
    for term, has_interval in ((effects.mix, False), (effects.rate, False), (effects.total, True)):
        yield _part(term, has_interval=has_interval)


def _part(term: Term, *, has_interval: bool) -> ReviewCell:
    return ReviewCell(term.value, *(term.interval() if has_interval else (None, None)))


def read_ai(connection: Connection, query: FigureQuery) -> tuple[tuple[ReviewNumber, ...], ReviewTable | None]:
    """Read the figures of the quality of AI, and the themes of which it lost most; nothing where AI handled no ticket first.

    Nor is there anything of tickets that persons handled last, none of which AI contained by definition.
    """
    if query.is_of_persons:
        return (), None
    report = read_ai_report(connection, query, earlier_period(query.period))
    if not any(figure.number for figure in report.figures.values()):
        return (), None
    numbers = tuple(_ai_number(metric, report) for metric in AiMetric if report.figures[metric].value is not None)
    lost = [one for one in report.themes if one.lost][:MOST_THEMES]
    names = _theme_names(connection, query, (one.theme for one in lost))
    columns = (
        ReviewColumn("begun", "Begun by AI", CellKind.SHARE), ReviewColumn("contained", "Contained so far", CellKind.SHARE),
        ReviewColumn("lost", "Not contained", CellKind.COUNT),
    )  # fmt: skip
    rows = tuple(_ai_row(one, names) for one in lost)
    table = ReviewTable(
        key="ai_themes",
        title="Themes with most tickets that AI did not contain",
        of="Theme",
        columns=columns,
        rows=rows,
    )
    return numbers, table if rows else None


def _ai_number(metric: AiMetric, report: AiReport) -> ReviewNumber:
    now, before, means = report.figures[metric], report.earlier[metric], AI_DEFINITIONS[metric]
    is_time = means.unit is MetricUnit.SECONDS
    change = ReviewCell()
    if now.value is not None and before.value is not None:
        change = ReviewCell(now.value - before.value, *(figure_change(now, before) or (None, None)))
    return ReviewNumber(
        key=metric.value, title=means.title, kind=CellKind.SECONDS if is_time else CellKind.SHARE, now=figure_cell(now),
        before=figure_cell(before), change=change, change_kind=CellKind.LENGTH_CHANGE if is_time else CellKind.POINTS,
    )  # fmt: skip


def figure_cell(figure: Figure) -> ReviewCell:
    """Return the cell of a share or a time."""
    return cell_of(figure.value, (figure.low, figure.high), figure.number)


def _ai_row(one: AiTheme, names: Mapping[str, str]) -> ReviewRow:
    cells = (figure_cell(one.begun_share), figure_cell(one.contained), ReviewCell(float(one.lost)))
    return ReviewRow(names[one.theme], cells, int(one.theme) if one.theme else None)


def read_effort(connection: Connection, query: FigureQuery) -> ReviewTable | None:
    """Read the themes that take most: by cost where there is a table of costs, else by handling time; None where none takes any."""
    measure = EffortMeasure.HANDLING_TIME if query.costs is None else EffortMeasure.COST
    report = read_effort_report(connection, query, earlier_period(query.period), measure)
    if report.few is None:
        return None
    shown = report.themes[:MOST_THEMES]
    names = _theme_names(connection, query, (one.theme for one in shown))
    kind, unit = (CellKind.SECONDS, "") if query.costs is None else (CellKind.MONEY, query.costs.currency)
    columns = (
        ReviewColumn("tickets", "Tickets", CellKind.COUNT), ReviewColumn("effort", EFFORT_TITLES[measure], kind, unit),
        ReviewColumn("per_ticket", "Per ticket", kind, unit), ReviewColumn("effort_share", "Share of all", CellKind.SHARE),
        ReviewColumn("reached", "With those above", CellKind.SHARE),
    )  # fmt: skip
    rows = tuple(_effort_row(one, names) for one in shown)
    few = f"{report.few:,} of {report.number:,} themes take {MOST_EFFORT:.0%} of the {EFFORT_TITLES[measure].lower()}."
    return ReviewTable(
        key="effort", title=f"Themes by {EFFORT_TITLES[measure].lower()}", of="Theme", columns=columns, rows=rows,
        sentences=(few.replace("%", " %"),), left_out=max(report.number - len(shown), 0),
    )  # fmt: skip


def _effort_row(one: ThemeEffort, names: Mapping[str, str]) -> ReviewRow:
    cells = (
        ReviewCell(float(one.tickets)), ReviewCell(one.effort), cell_of(one.per_ticket, number=one.tickets),
        ReviewCell(one.effort_share), ReviewCell(one.reached),
    )  # fmt: skip
    return ReviewRow(names[one.theme], cells, int(one.theme) if one.theme else None)


def _theme_names(connection: Connection, query: FigureQuery, themes: Iterable[str]) -> dict[str, str]:
    """Return what themes are called, as whoever has the scope may see it; "" stands for tickets without one."""
    listed: Sequence[str] = [*themes]
    names = scoped_names(connection, query.scope, [int(one) for one in listed if one])
    return {one: shown_name(names.get(int(one), f"theme {one}")) if one else "no theme" for one in listed}
