"""The table of how right AI and persons were, by what labels say."""

from __future__ import annotations

from sqlalchemy import Connection

from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureTable
from console.figures.theme_rows import theme_cells
from models.access import AccessScope
from models.labelling.weighted import EstimatedShare
from models.metrics.metric import BetterDirection
from pipelines.labelling.judged import JudgedHandling


def accuracy_table(connection: Connection, scope: AccessScope, judged: JudgedHandling) -> FigureTable:
    """Return a row for all themes on the mix of AI's tickets, and one for each theme, with the difference of AI and persons."""
    names = theme_cells(connection, scope, (str(one.theme_id) for one in judged.accuracy if one.theme_id is not None))
    rows = [
        {
            "theme": FigureCell(value="all themes") if one.theme_id is None else names[str(one.theme_id)],
            "ai": _cell(one.ai), "persons": _cell(one.human),
            "difference": FigureCell(value=one.difference, low=one.low, high=one.high),
        }
        for one in judged.accuracy
    ]  # fmt: skip
    columns = (
        FigureColumn(key="theme", title="Theme"),
        _share("ai", "AI", "cases of AI with the right answer, by label / those that were judged, weighted to all tickets"),
        _share("persons", "Persons", "cases of persons with the right answer, by label / those judged, weighted to all tickets"),
        FigureColumn(
            key="difference", title="AI less persons", kind=ColumnKind.POINTS, better=BetterDirection.HIGHER, has_interval=True,
            hint="with Newcombe's interval",
        ),
    )  # fmt: skip
    note = (
        f"By the question {judged.question.name} of the queue “{judged.queue.title}”: cases that all labellers answered alike, and "
        "adjudicated ones, whatever period and filters are chosen above. Persons are weighted to the mix of themes that AI handled."
    )
    return FigureTable(name="accuracy", title="Right by label", columns=columns, rows=rows, notes=[note])


def _share(key: str, title: str, hint: str) -> FigureColumn:
    return FigureColumn(
        key=key, title=title, kind=ColumnKind.SHARE, better=BetterDirection.HIGHER, hint=hint, has_interval=True, has_number=True,
    )  # fmt: skip


def _cell(one: EstimatedShare) -> FigureCell:
    return FigureCell(value=one.share, low=one.low, high=one.high, number=one.cases)
