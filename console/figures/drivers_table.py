"""The table of what explains a change, with which the waterfall is read."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from models.metrics.decomposition import Term
from models.metrics.drivers import ChangeDrivers, Driver
from models.metrics.figures import Figure
from pipelines.figures.driver_rows import name_of


def driver_table(found: ChangeDrivers, names: Mapping[str, str], linked: Collection[str] = frozenset()) -> FigureTable:
    """Return the table of a change: a row for each theme that is named, and one for all others; the last column sums to the change.

    linked: the themes that have a page for whoever looks.
    """
    kind = ColumnKind.SECONDS if found.metric.is_time else ColumnKind.SHARE
    more = ColumnKind.SECONDS_MORE if found.metric.is_time else ColumnKind.POINTS
    columns = [
        FigureColumn(key="theme", title="Theme"),
        FigureColumn(key="cases", title="Cases", kind=ColumnKind.TICKETS, has_earlier=True, is_total=True,
                     hint="tickets or promises of the figure"),
        FigureColumn(key="figure", title=found.metric.title_words, kind=kind, has_earlier=True, hint="the theme's own figure"),
        FigureColumn(
            key="by_mix", title="By mix", kind=more, has_interval=True,
            hint="what the theme's larger or smaller share of all cases contributes to the change",
        ),
        FigureColumn(
            key="by_figure", title="By its figure", kind=more, has_interval=True,
            hint="what the change of the theme's own figure contributes",
        ),
        FigureColumn(key="together", title="Together", kind=more, has_interval=True, hint="both; the column sums to the change"),
    ]  # fmt: skip
    return FigureTable(
        name=f"change-{found.metric.value.replace('_', '-')}",
        title=f"What explains the change: {found.metric.title_words.lower()}",
        columns=columns,
        rows=[_row(one, names, linked) for one in found.drivers],
        notes=_notes(found),
    )


def _row(driver: Driver, names: Mapping[str, str], linked: Collection[str]) -> FigureRow:
    marks = [word for word, holds in (("new", driver.is_new), ("gone", driver.is_gone)) if holds]
    name = " ".join([name_of(driver.theme, names), *(f"({word})" for word in marks)])
    return {
        "theme": FigureCell(value=name, href=f"/themes/{driver.theme}" if driver.theme in linked else ""),
        "cases": FigureCell(value=driver.after.number, earlier=Figure(driver.before.number)),
        "figure": FigureCell(value=driver.after.value, earlier=Figure(driver.before.value)),
        "by_mix": _cell(driver.effects.mix),
        "by_figure": _cell(driver.effects.rate),
        "together": _cell(driver.effects.total),
    }


def _cell(term: Term) -> FigureCell:
    low, high = term.interval()
    return FigureCell(value=term.value, low=low, high=high)


def _notes(found: ChangeDrivers) -> list[str]:
    said = [
        "The last column sums to the change of all tickets. That a theme contributes says where to look, not what the cause is."
    ]
    if any(one.borrowed for one in found.drivers):
        said.append(
            "Of a theme with young tickets only, nothing is known of longer times: its curve goes on as that of all tickets."
        )
    return said
