"""The board as CSV, to work on in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from models.formats import spreadsheet_text
from models.times import rfc3339
from store.board import ThemeRow

COLUMNS = (
    "id", "name", "state", "status", "observed", "expected", "low", "high", "growth", "spike_open", "size", "owner", "known_issue",
    "known_issue_id", "jira", "first_seen", "last_seen",
)  # fmt: skip


def board_csv(rows: Iterable[ThemeRow]) -> str:
    """Write rows of the board as CSV (RFC 4180, with a header): figures are those of the last 24 hours, times RFC 3339.

    A text that a spreadsheet would read as a formula begins with an apostrophe.
    """
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(rows):
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return written.getvalue()


def _rows(rows: Iterable[ThemeRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        theme, issue, expected = row.theme, row.theme.known_issue, row.expected
        yield {
            "id": theme.theme_id, "name": theme.name, "state": str(theme.state), "status": str(theme.status),
            "observed": row.day.observed, "expected": row.day.expected, "low": None if expected is None else expected.low,
            "high": None if expected is None else expected.high, "growth": str(row.growth),
            "spike_open": "yes" if row.severity is not None else "no", "size": theme.size, "owner": theme.owner,
            "known_issue": None if issue is None else issue.title, "known_issue_id": None if issue is None else issue.issue_id,
            "jira": None if issue is None else issue.jira, "first_seen": rfc3339(theme.first_seen),
            "last_seen": rfc3339(theme.last_seen),
        }  # fmt: skip


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
    return spreadsheet_text(value) if isinstance(value, str) else str(value)
