"""How figures are written in tables: values, intervals and changes, by the kind of their column."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureValue
from models.formats import elapsed, signed_points
from models.metrics.metric import BetterDirection


def value_text(kind: ColumnKind, value: FigureValue) -> str:
    """Write a value: `1,204`, `3 h 20 min`, `83.1 %`, `+1.2 points`, `4.20`; a dash where there is none."""
    if value is None or isinstance(value, str):
        return value or "–"
    return _WRITERS.get(kind, _number)(value)


def _seconds(value: float) -> str:
    return elapsed(value) if value >= 0 else f"-{elapsed(-value)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


_WRITERS: Mapping[ColumnKind, Callable[[float], str]] = {
    ColumnKind.TICKETS: "{:,.0f}".format,
    ColumnKind.SECONDS: _seconds,
    ColumnKind.SECONDS_MORE: lambda value: f"{'-' if value < 0 else '+'}{elapsed(abs(value))}",
    ColumnKind.SHARE: lambda value: f"{100 * value:.1f} %",
    ColumnKind.POINTS: lambda value: f"{signed_points(value)} points",
    ColumnKind.MONEY: "{:,.2f}".format,
}


def interval_text(column: FigureColumn, cell: FigureCell) -> str:
    """Write an interval: `80.2 to 85.7 %`; an end that is not reached is written as `…`; nothing where there is none."""
    if not column.has_interval or (cell.low is None and cell.high is None) or cell.value is None:
        return ""
    low, high = ("…" if one is None else value_text(column.kind, one) for one in (cell.low, cell.high))
    return f"{low.removesuffix(_UNITS.get(column.kind, ''))} to {high}"


_UNITS = {ColumnKind.SHARE: " %", ColumnKind.POINTS: " points"}

_LEAST_CHANGE = 0.005
"""Of a number that is written with two digits after the point."""


def change_text(column: FigureColumn, cell: FigureCell) -> str:
    """Write the difference to the period before: `+3.2 points`, `-12`, `+2 h`; nothing where there is none."""
    change = cell.change if column.has_earlier else None
    if change is None:
        return ""
    if not change or (column.kind is ColumnKind.NUMBER and abs(change) < _LEAST_CHANGE):
        return "no change"
    if column.kind in (ColumnKind.SHARE, ColumnKind.POINTS):
        return f"{signed_points(change)} points" if round(100 * change, 1) else "no change"
    if column.kind is ColumnKind.SECONDS:
        return f"{'+' if change >= 0 else '-'}{elapsed(abs(change))}"
    return f"{change:+,.2f}" if column.kind in (ColumnKind.MONEY, ColumnKind.NUMBER) else f"{change:+,.0f}"


def direction_text(column: FigureColumn, cell: FigureCell) -> str:
    """Say whether a change beyond chance is `better` or `worse`, or that it is a `change` of what is neither; else nothing."""
    change = cell.change
    if not column.has_earlier or not change or not cell.is_changed:
        return ""
    if column.better is BetterDirection.NEITHER:
        return "change"
    return "better" if (change > 0) == (column.better is BetterDirection.HIGHER) else "worse"


FIGURE_FILTERS = {
    "figure_value": value_text,
    "figure_interval": interval_text,
    "figure_change": change_text,
    "figure_direction": direction_text,
}
"""By name, for the templates."""
