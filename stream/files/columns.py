"""Give the cells of a row their columns' names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from stream.files.header import column_name

Found = TypeVar("Found")


class Columns:
    """The columns of a table.

    `header` are the header's cells. A column without a name is called by its place where `sample`, the first rows, has values in
    it; at the end of the header it is none otherwise.
    """

    def __init__(self, header: Sequence[str], sample: Sequence[Sequence[object]]) -> None:
        found = [column_name(cell) for cell in header]
        widest = max((len(row) for row in sample), default=0)
        if len(sample) > 1 and len(found) + 1 == widest and all(len(row) == widest and row[-1] for row in sample):
            # R writes row names without a name for their column.
            found.insert(0, "")
        used = {at for row in sample for at, value in enumerate(row) if value not in ("", None)}
        while len(found) > 1 and not found[-1] and len(found) - 1 not in used:
            found.pop()
        self._raw = tuple(found)
        self.width = len(found)
        self._names = [name or f"column {at}" for at, name in enumerate(found, 1)]
        counts = Counter(self._names)
        self.names = tuple(counts)
        self.repeated = frozenset(name for name, count in counts.items() if count > 1)
        self._single = [(name, at) for at, name in enumerate(self._names) if counts[name] == 1]
        self._lists = [(name, [at for at, one in enumerate(self._names) if one == name]) for name in self.repeated]

    def named(self, row: Sequence[Found]) -> dict[str, Found | list[Found]] | None:
        """Return a row's cells by name; None where it has filled cells without a column, or fewer than half of the columns.

        A shorter row is filled up with empty cells: spreadsheets leave out what is empty at a row's end.
        """
        cells = row
        if len(row) != self.width:
            if self.is_short(row) or any(value not in ("", None) for value in row[self.width :]):
                return None
            cells = [*row, *([""] * (self.width - len(row)))]  # type: ignore[list-item]
        if not self.repeated:
            return dict(zip(self._names, cells, strict=False))
        found: dict[str, Found | list[Found]] = {name: cells[at] for name, at in self._single}
        for name, places in self._lists:
            found[name] = [cells[at] for at in places if cells[at] not in ("", None)]
        return found

    def is_short(self, row: Sequence[object]) -> bool:
        """Return whether a row has fewer than half of the columns."""
        return 2 * len(row) < self.width

    def is_header(self, row: Sequence[object]) -> bool:
        """Return whether a row is the header again, as where exports were joined."""
        if not row or len(row) < self.width or not isinstance(row[0], str) or column_name(row[0]) != self._raw[0]:
            return False
        return tuple(column_name(str(cell)) for cell in row[: self.width]) == self._raw
