"""Find the header of a table among title rows, and read the names in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_VALUE = re.compile(r"[\W\d_]*\d[\W\d_]*|.*\S@\S+\.\S+.*|https?://.*", re.DOTALL)
_DATE = re.compile(r"\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ](\d{1,2}|[^\W\d]{3,9})[-/. ]\d{2,4})(?!\d)")
LONGEST_NAME = 120
FIRST_RECORDS = 80
"""Records among which the header is looked for."""

LEAST_SHARE = 0.3
"""Share of rows that have the width of a table: the others are title rows, or broken."""

FOLLOWING = 20
"""Records after a title row that has as many separators as a row, among which the header is looked for."""


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of cells of most rows; 1 only where hardly any row has more."""
    widths = Counter(map(len, rows))
    usual = max(widths, key=lambda width: (widths[width] * (width > 1), width))
    return usual if widths[usual] >= LEAST_SHARE * len(rows) else 1


def find_header(records: Sequence[tuple[int, list[str]]], width: int) -> tuple[int, list[str]]:
    """Return the number and the cells of the header. `records` are the first filled rows with their numbers, at least one."""
    records = records[:FIRST_RECORDS]
    first = records[0]
    filled = usual_width([trimmed(row) for _, row in records])
    if len(first[1]) >= filled and is_header(first[1]) and first[1][-1].strip():
        return first
    fitting = [record for record in records if len(record[1]) == width and is_header(record[1])]
    if fitting:
        # The cells at the end of a title row are empty; the header has more.
        fuller = [one for one in fitting[:FOLLOWING] if _filled(one[1]) > _filled(fitting[0][1])]
        return fitting[0] if fitting[0][1][-1].strip() or not fuller else fuller[0]
    if len(first[1]) > 1 and is_header(first[1]):
        return first
    return next((record for record in records if len(record[1]) == width), first)


def is_header(row: Sequence[str]) -> bool:
    """Return whether cells can be names of columns: most are filled, and hardly any is a number, a date or a long text."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(filled) <= len(row) / 2:
        return False
    if any(len(cell) > LONGEST_NAME or _DATE.match(cell) for cell in filled):
        return False
    return sum(_VALUE.fullmatch(cell) is not None for cell in filled) <= len(filled) / 5


def column_name(cell: str) -> str:
    """Return a header's cell as the name of its column: without marks and line breaks."""
    return " ".join(cell.replace("\ufeff", "").replace("\0", " ").split())


def trimmed(row: list[str]) -> list[str]:
    """Return a row without the empty cells at its end."""
    return row[: max((at for at, cell in enumerate(row, 1) if cell.strip()), default=0)]


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)
