"""Tables of figures: columns that say how they are written and sorted, and cells with interval, sample and earlier figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from models.metrics.figure_change import figure_change
from models.metrics.figures import Figure
from models.metrics.metric import DEFINITIONS, BetterDirection, MetricUnit, ServiceMetric
from models.metrics.targets import FigureTarget

FEW_TICKETS = 30
"""A figure that is founded on fewer is marked: chance alone moves it far."""

NOT_COMPARED = "Totals have no comparison: this period or the one before is not known as a whole."

FigureValue = str | float | int | None


class ColumnKind(StrEnum):
    """How the values of a column are written; all but texts are sorted from the greatest on at first.

    `POINTS` and `SECONDS_MORE` are differences of shares and of seconds, which are written with their sign.
    """

    TEXT = "text"
    NUMBER = "number"
    TICKETS = "tickets"
    SECONDS = "seconds"
    SHARE = "share"
    POINTS = "points"
    MONEY = "money"
    SECONDS_MORE = "seconds_more"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureColumn:
    """A column.

    Parameters
    ----------
    key: its name in addresses, files and JSON: lower-case, with underscores. Seconds are exported as seconds, shares from 0 to 1.
    title: its heading.
    kind: how it is written.
    better: which direction is better, for the words of a change.
    hint: one sentence on what it is, shown on hover and in the Excel file.
    has_interval, has_number, has_earlier, has_target: what its cells have in addition to a value. Files have a column for each:
        KEY_low and KEY_high, KEY_number, KEY_earlier, KEY_target.
    is_total: whether it is a sum over the time of the period, which only periods that are known as a whole can be compared by.
    """

    key: str
    title: str
    kind: ColumnKind = ColumnKind.TEXT
    better: BetterDirection = BetterDirection.NEITHER
    hint: str = ""
    has_interval: bool = False
    has_number: bool = False
    has_earlier: bool = False
    has_target: bool = False
    is_total: bool = False

    @classmethod
    def of(cls, metric: ServiceMetric, *, title: str = "", earlier: bool = True, target: bool = False) -> Self:
        """Return the column of a metric, with its title (or a shorter one), formula and unit."""
        found = DEFINITIONS[metric]
        is_count = found.unit is MetricUnit.TICKETS
        return cls(
            key=metric.value, title=title or found.title, kind=ColumnKind(found.unit.value), better=found.better, hint=found.formula,
            has_interval=not is_count and found.unit is not MetricUnit.MONEY, has_number=not is_count, has_earlier=earlier,
            has_target=target, is_total=is_count,
        )  # fmt: skip

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.kind is ColumnKind.TEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCell:
    """A cell: its value in the unit of the column, None where there is none.

    Parameters
    ----------
    low, high: interval of 95 %.
    number: tickets that it is founded on; None where that says nothing, as for texts and counts.
    earlier: the figure of the period before.
    target: how it is against its target, as a word ("met", "missed", "unclear"), "" without one; target_text says which it is.
    href: where a text leads to.
    hint: one sentence that is shown on hover.
    """

    value: FigureValue
    low: float | None = None
    high: float | None = None
    number: int | None = None
    earlier: Figure | None = None
    target: str = ""
    target_text: str = ""
    href: str = ""
    hint: str = ""

    @classmethod
    def of(cls, figure: Figure, earlier: Figure | None = None, *, is_count: bool = False) -> Self:
        """Return the cell of a metric's figure; of counts the sample says nothing."""
        number = None if is_count else figure.number
        return cls(value=figure.value, low=figure.low, high=figure.high, number=number, earlier=earlier)

    def against(self, target: FigureTarget | None) -> Self:
        """Return the cell with what its target says; without one it is the same."""
        if target is None or not isinstance(self.value, (int, float)):
            return self
        status = target.status(Figure(self.value, self.low, self.high))
        return replace(self, target="" if status is None else status.value, target_text=f"target: {target.in_words()}")

    @property
    def is_few(self) -> bool:
        """Whether it is founded on too few tickets to say much."""
        return self.value is not None and self.number is not None and self.number < FEW_TICKETS

    @property
    def change(self) -> float | None:
        """Return the difference to the period before; None where one of the two is missing."""
        before = None if self.earlier is None else self.earlier.value
        return None if before is None or not isinstance(self.value, (int, float)) else self.value - before

    @property
    def is_changed(self) -> bool:
        """Whether the difference to the period before is beyond chance: its interval of 95 % does not hold 0."""
        if self.earlier is None or not isinstance(self.value, (int, float)):
            return False
        found = figure_change(Figure(self.value, self.low, self.high), self.earlier)
        return found is not None and (found[0] > 0 or found[1] < 0)


FigureRow = Mapping[str, FigureCell]
"""A row: a cell for each column's key; the first column is the row's heading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureTable:
    """A table of a page.

    Parameters
    ----------
    name: its name in addresses and files: lower-case, with hyphens. A page's tables have different ones.
    title: its caption.
    columns, rows: what it holds; rows are in the order that is shown until somebody sorts.
    notes: sentences below it.
    """

    name: str
    title: str
    columns: Sequence[FigureColumn]
    rows: Sequence[FigureRow]
    notes: Sequence[str] = field(default=())

    def column(self, key: str) -> FigureColumn | None:
        """Return the column with a key; None where there is none."""
        return next((one for one in self.columns if one.key == key), None)

    def comparable(self, *, is_compared: bool) -> Self:
        """Return the table without the earlier figures of totals, and with a note on it, where the periods cannot be compared."""
        totals = {one.key for one in self.columns if one.is_total and one.has_earlier}
        if is_compared or not totals:
            return self
        rows = [
            {key: replace(cell, earlier=None) if key in totals else cell for key, cell in row.items()}
            for row in self.rows
        ]
        return replace(self, rows=rows, notes=[*self.notes, NOT_COMPARED])

    def found(self, text: str) -> Self:
        """Return the table with the rows of which a text contains the words, in any case; all without words."""
        words = text.casefold().split()
        texts = [one.key for one in self.columns if one.is_text]
        return replace(self, rows=[row for row in self.rows if _holds(row, texts, words)]) if words else self

    def sorted_by(self, sort: str) -> Self:
        """Return the table sorted by a column's key, from the least on, or with `-` before it from the greatest on.

        Rows without a value come last in both directions; another key sorts nothing.
        """
        key, descending = sort.removeprefix("-"), sort.startswith("-")
        if self.column(key) is None:
            return self
        present = [row for row in self.rows if row[key].value is not None]
        missing = [row for row in self.rows if row[key].value is None]
        present.sort(key=lambda row: _order(row[key].value), reverse=descending)
        return replace(self, rows=[*present, *missing])

    def fields(self) -> list[tuple[str, ColumnKind]]:
        """List the names and kinds of the columns of a file."""
        return [(name, kind) for column in self.columns for name, kind, _ in _parts(column)]

    def records(self) -> Iterator[list[FigureValue]]:
        """Yield the values of each row in the order of `fields`."""
        parts = [(column.key, read) for column in self.columns for _, _, read in _parts(column)]
        for row in self.rows:
            yield [read(row[key]) for key, read in parts]

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it: one object per row, with the names of `fields`."""
        names = [name for name, _ in self.fields()]
        return {
            "table": self.name, "title": self.title,
            "columns": [{"key": one.key, "title": one.title, "kind": one.kind.value, "hint": one.hint} for one in self.columns],
            "rows": [dict(zip(names, record, strict=True)) for record in self.records()],
            "notes": list(self.notes),
        }  # fmt: skip


def _holds(row: FigureRow, texts: Sequence[str], words: Sequence[str]) -> bool:
    said = " ".join(str(row[key].value or "") for key in texts).casefold()
    return all(word in said for word in words)


def _order(value: FigureValue) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _parts(column: FigureColumn) -> list[tuple[str, ColumnKind, Any]]:
    """List what a file has of a column: names, kinds, and how each is read of a cell."""
    key, kind = column.key, column.kind
    parts: list[tuple[str, ColumnKind, Any]] = [(key, kind, lambda cell: cell.value)]
    if column.has_interval:
        parts.append((f"{key}_low", kind, lambda cell: cell.low))
        parts.append((f"{key}_high", kind, lambda cell: cell.high))
    if column.has_number:
        parts.append((f"{key}_number", ColumnKind.TICKETS, lambda cell: cell.number))
    if column.has_earlier:
        parts.append((f"{key}_earlier", kind, lambda cell: None if cell.earlier is None else cell.earlier.value))
    if column.has_target:
        parts.append((f"{key}_target", ColumnKind.TEXT, lambda cell: cell.target or None))
    return parts
