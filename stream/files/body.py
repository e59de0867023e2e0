"""Turn the records below a header into rows: what is no row is counted, what does not fit is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.redaction import excerpt
from stream.files.columns import Columns
from stream.files.footer import is_rule, is_total
from stream.files.table import CellValue, TableLayout, TableNote, TableRecord, TableRow
from stream.raw import RefusalReason, RefusedEvent

MOST_PENDING = 20
"""Rows at the end that can be a footer: more are rows that do not fit."""


class Body:
    """The rows of a table below its header.

    `separator` is the one between the cells of a refused row's excerpt. Notes are counted in `layout`.
    """

    def __init__(self, columns: Columns, layout: TableLayout, separator: str = "; ") -> None:
        self._columns = columns
        self._layout = layout
        self._separator = separator

    def rows(self, records: Iterable[TableRecord]) -> Iterator[TableRow]:
        """Yield the rows in order. A row of the end is known to be a footer once no other row follows."""
        pending: list[TableRow] = []
        is_footer = False
        for record in records:
            row = self._row(record)
            if row is None:
                is_footer = is_footer or not any(record.cells)  # type: ignore[arg-type]
                continue
            if self._can_end(record) and len(pending) < MOST_PENDING:
                pending.append(row)
                is_footer = is_footer or is_total(record.cells)  # type: ignore[arg-type]
                continue
            yield from pending
            pending, is_footer = [], False
            yield row
        if is_footer and pending:
            self._layout.count(TableNote.FOOTER, len(pending))
        else:
            yield from pending

    def _row(self, record: TableRecord) -> TableRow | None:
        """Return the row of a record; None for what is no row (blank, a line drawn, or the header again)."""
        cells = record.cells
        if isinstance(cells, RefusedEvent):
            return TableRow(record.number, cells)
        if not any(cells) or is_rule(cells):
            self._layout.count(TableNote.BLANK)
            return None
        if self._columns.is_header(cells):
            self._layout.count(TableNote.REPEATED_HEADER)
            return None
        named = self._columns.named(cells)
        if named is None:
            return TableRow(record.number, self._ragged(record.number, cells))
        if len(cells) < self._columns.width:
            self._layout.count(TableNote.PADDED)
        return TableRow(record.number, named)

    def _can_end(self, record: TableRecord) -> bool:
        cells = record.cells
        return not isinstance(cells, RefusedEvent) and (self._columns.is_short(cells) or is_total(cells))

    def _ragged(self, number: int, cells: list[CellValue]) -> RefusedEvent:
        detail = (
            f"received a row of {len(cells)} fields at line {number:,}; valid are {self._columns.width}, as many as the header "
            "has; quote fields that contain the separator"
        )
        return RefusedEvent(RefusalReason.UNMAPPED, detail, excerpt(self._separator.join(map(str, cells))))
