"""Listings in the terminal: a table for people, one JSON array for programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from models.formats import harmless, utc_day

Row = Mapping[str, Any]

PAGE = 130
"""Columns of a table that is written to a file or a pipe."""


def print_json(rows: Sequence[Row]) -> None:
    """Print one JSON array on stdout, one object a line, so that listings can be compared line by line."""
    import orjson

    lines = [orjson.dumps(row).decode() for row in rows]
    sys.stdout.write("[" + ",\n ".join(lines) + "]\n")


def print_table(title: str, rows: Sequence[Row], columns: Mapping[str, Callable[[Row], str]], empty: str) -> None:
    """Print a table; `columns` maps a heading to what a row shows under it. Headings that start with `#` are numbers."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    # A file or a pipe has no width.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PAGE)
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in columns:
        number = heading.startswith("#")
        table.add_column(heading.lstrip("#"), justify="right" if number else "left", overflow="fold", no_wrap=number)
    for row in rows:
        table.add_row(*(escape(harmless(show(row))) for show in columns.values()))
    console.print(table)


def day_and_time(text: str | None) -> str:
    """Write a listing's time in a table: `20 Nov 13:15`, in UTC; nothing for no time."""
    return "" if text is None else utc_day(datetime.fromisoformat(text))


def segment_text(segment: Mapping[str, str]) -> str:
    """A segment as people read it."""
    return ", ".join(f"{name} {value}" for name, value in segment.items()) or "everywhere"
