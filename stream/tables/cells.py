"""Cells of a table as text: what a spreadsheet keeps as a number or a date reads as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

BLANK = frozenset(
    (
        "",
        "-",
        "--",
        "n/a",
        "na",
        "null",
        "none",
        "nil",
        "nan",
        "(null)",
        "\\n",
        "#n/a",
        "0000-00-00",
        "0000-00-00 00:00:00",
    )
)
"""What exports write where there is no value, in small letters."""


LARGEST = 10**300
"""Numbers beyond it are no id, and Python does not write those of some thousand digits."""


def cell_text(value: object) -> str:
    """Return a cell as text without blanks around it; "" for an empty one. Several cells of one name are joined by line ends."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, float):
        # Spreadsheets keep whole numbers as floats, and an id is 77, not 77.0.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, list):
        return "\n".join(text for one in value if (text := cell_text(one)))
    if isinstance(value, int) and abs(value) >= LARGEST:
        return ""
    return value.isoformat() if isinstance(value, date | time) else str(value).strip()


def cell_texts(value: object) -> Sequence[str]:
    """Return the texts of a cell, one for each column of its name; the empty ones are left out."""
    if isinstance(value, list | tuple):
        return [text for one in value if (text := cell_text(one))]
    text = cell_text(value)
    return [text] if text else []


def is_blank(text: str) -> bool:
    """Return whether a text says that there is no value."""
    return not text or (len(text) <= 19 and text.lower() in BLANK)
