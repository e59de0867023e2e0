"""Rows of figures as CSV, to attach to a digest or a review."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.formats import spreadsheet_text


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, decimals: int) -> str:
    """Write rows as CSV (RFC 4180, with a header): numbers without a separator of thousands, nothing for None.

    Fractional numbers have six digits, those from a million on `decimals` after the point. A text that a spreadsheet would read as a
    formula begins with an apostrophe.
    """
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value, decimals) for name, value in row.items()})
    return written.getvalue()


def _cell(value: Any, decimals: int) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.{decimals}f}"
    return spreadsheet_text(value) if isinstance(value, str) else str(value)
