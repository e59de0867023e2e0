"""How the figures of a business review are written: the same text in every form."""

from __future__ import annotations

from collections.abc import Callable

from alerts.review.records import CellKind, ReviewCell, ReviewColumn, ReviewNumber, ReviewRow
from models.formats import elapsed

NOTHING = "–"
FEW_MARK = "*"

MINUS = "\N{MINUS SIGN}"


def cell_text(cell: ReviewCell, kind: CellKind, unit: str = "") -> str:
    """Write a figure: `1,204`, `95.2 %`, `3 h 20 min`, `1,310.00 EUR`, `+1.3 points`; an asterisk marks too few cases."""
    if cell.value is None:
        return NOTHING
    return f"{_value(cell.value, kind, unit)}{FEW_MARK if cell.few else ''}"


def interval_text(cell: ReviewCell, kind: CellKind) -> str:
    """Write the interval of a figure: `94.1 to 96.0 %`, `2 h to 4 h`; empty where there is none."""
    if cell.low is None or cell.high is None or cell.value is None:
        return ""
    if kind is CellKind.SHARE:
        return f"{100 * cell.low:.1f} to {100 * cell.high:.1f} %"
    if kind in (CellKind.POINTS, CellKind.GROWTH):
        return f"{_signed(100 * cell.low)} to {_signed(100 * cell.high)}{' %' if kind is CellKind.GROWTH else ''}"
    return f"{_value(cell.low, kind, '')} to {_value(cell.high, kind, '')}"


def change_text(number: ReviewNumber) -> str:
    """Write by how much a number changed: `+12.1 %`, `-1.3 points`, `+25 min`; a dash where one week has none."""
    return cell_text(number.change, number.change_kind)


def change_interval(number: ReviewNumber) -> str:
    """Write the interval of 95 % of the change; empty where there is none."""
    return interval_text(number.change, number.change_kind)


def row_name(row: ReviewRow) -> str:
    """Write what a row is about; a theme with its number, by which it can be found where its name cannot be shown."""
    return row.name if row.theme_id is None else f"{row.name} #{row.theme_id}"


def row_texts(row: ReviewRow, columns: tuple[ReviewColumn, ...]) -> list[str]:
    """Write the figures of a row, each with its interval."""
    texts = []
    for cell, column in zip(row.cells, columns, strict=True):
        text, between = cell_text(cell, column.kind, column.unit), interval_text(cell, column.kind)
        texts.append(f"{text} ({between})" if between else text)
    return texts


def _value(value: float, kind: CellKind, unit: str) -> str:
    written: dict[CellKind, Callable[[], str]] = {
        CellKind.COUNT: lambda: f"{value:,.0f}",
        CellKind.SHARE: lambda: f"{100 * value:.1f} %",
        CellKind.SECONDS: lambda: elapsed(value),
        CellKind.MONEY: f"{value:,.2f} {unit}".rstrip,
        CellKind.POINTS: lambda: f"{_signed(100 * value)} points",
        CellKind.GROWTH: lambda: f"{_signed(100 * value)} %",
        CellKind.COUNT_CHANGE: lambda: f"{value:+,.0f}".replace("-", MINUS),
        CellKind.LENGTH_CHANGE: lambda: f"{MINUS if value < 0 else '+'}{elapsed(abs(value))}",
    }
    return written[kind]()


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", MINUS)
