"""The figures of a business review as CSV: one line for each figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alerts.digest.csv_text import csv_text
from alerts.digest.numbers import render_numbers
from store.digests import DigestKind

COLUMNS = ("section", "id", "name", "figure", "unit", "value", "low", "high", "cases", "too_few", "week_before")


def numbers_of(facts: Mapping[str, Any]) -> str:
    """Write the figures of a stored digest or review as CSV."""
    return review_numbers(facts) if facts["kind"] == DigestKind.REVIEW else render_numbers(facts)


def review_numbers(facts: Mapping[str, Any]) -> str:
    """Write the figures of a stored review as CSV (RFC 4180, with a header), shares from 0 to 1 and times in seconds.

    A text that a spreadsheet would read as a formula begins with an apostrophe.
    """
    return csv_text(COLUMNS, _rows(facts), decimals=2)


def _rows(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for section, one in [*(("numbers", one) for one in facts["numbers"]), *(("ai", one) for one in facts["ai"])]:
        yield {
            "section": section, "name": facts["audience"], "figure": one["key"], "unit": one["kind"],
            "week_before": one["before"]["value"], **_figure(one["now"]),
        }  # fmt: skip
    for table in facts["tables"]:
        for row in table["rows"]:
            for column, cell in zip(table["columns"], row["cells"], strict=True):
                yield {
                    "section": table["key"], "id": row["theme_id"], "name": row["name"], "figure": column["key"],
                    "unit": column["unit"] or column["kind"], **_figure(cell),
                }  # fmt: skip


def _figure(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": cell["value"], "low": cell["low"], "high": cell["high"], "cases": cell["number"],
        "too_few": "yes" if cell["few"] else "",
    }  # fmt: skip
