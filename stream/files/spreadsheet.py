"""Read a spreadsheet (.xlsx, .xlsb, .xls, .ods) as a table: the first sheet that has one, with typed cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from stream.errors import SourceNotText
from stream.files.body import Body
from stream.files.columns import Columns
from stream.files.container import Container
from stream.files.header import find_header, trimmed, usual_width
from stream.files.opening import Content
from stream.files.table import Cell, CellValue, TableLayout, TableNote, TableRecord, TableRow
from stream.raw import RefusedEvent

FIRST_ROWS = 300
EXACT = 2**53
"""Whole numbers up to here are exact in a spreadsheet, whose numbers are all floating-point."""


class SpreadsheetTable:
    """A `TableReader` of a spreadsheet.

    Dates are `datetime` or `date` without a zone. A number that Excel shows as a date only by a format it does not have is a
    number. Raises `SourceNotText` where the file cannot be read (damaged, encrypted, without a table).
    """

    def __init__(self, content: Content) -> None:
        self._content = content
        self._sheet = _first_sheet(content)
        self._start = self._sheet.start[0] if self._sheet.start else 0
        first = list(islice(self._cells(), FIRST_ROWS))
        shown = [(number, [_shown(cell) for cell in row]) for number, row in first if any(row)]
        if not shown:
            raise SourceNotText(content.path, "is a spreadsheet without a filled row")
        # A sheet is as wide as its widest row; the empty cells at the end of the others are none.
        shown = [(number, trimmed(row)) for number, row in shown]
        self._header_row, header = find_header(shown, usual_width([row for _, row in shown]))
        self._above = sum(number < self._header_row for number, _ in shown)
        self._columns = Columns(header, [row for number, row in first if number > self._header_row])
        self.layout = self._new_layout()

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""
        return self._columns.names

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have."""
        return self._columns.repeated

    def sample(self, most: int = 200) -> list[Mapping[str, Cell]]:
        """Return up to `most` of the first rows that can be read."""
        rows = self._rows(self._new_layout())
        return list(islice((row.cells for row in rows if not isinstance(row.cells, RefusedEvent)), most))

    def rows(self) -> Iterator[TableRow]:
        """Yield every row from the beginning."""
        self.layout.notes.clear()
        yield from self._rows(self.layout)

    def read_share(self) -> float | None:
        """None: a spreadsheet is read as a whole before its first row."""
        return None

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    def _new_layout(self) -> TableLayout:
        return TableLayout(Container.SPREADSHEET, header=self._header_row, sheet=self._sheet.name)

    def _rows(self, layout: TableLayout) -> Iterator[TableRow]:
        if self._above:
            layout.count(TableNote.PREAMBLE, self._above)
        below = (TableRecord(number, row) for number, row in self._cells() if number > self._header_row)
        yield from Body(self._columns, layout).rows(_without_nul(below, layout))

    def _cells(self) -> Iterator[tuple[int, list[CellValue]]]:
        for number, row in enumerate(self._sheet.iter_rows(), self._start + 1):
            yield number, [_cell(value) for value in row]


def _without_nul(records: Iterator[TableRecord], layout: TableLayout) -> Iterator[TableRecord]:
    for record in records:
        cells = record.cells
        if isinstance(cells, list) and any(isinstance(cell, str) and "\0" in cell for cell in cells):
            layout.count(TableNote.NUL_REPLACED)
            yield TableRecord(
                record.number, [cell.replace("\0", " ") if isinstance(cell, str) else cell for cell in cells]
            )
        else:
            yield record


def _first_sheet(content: Content) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(content.seekable())
        metadata = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
        visible = [each.name for each in metadata if each.visible == SheetVisibleEnum.Visible]
        sheets = [workbook.get_sheet_by_name(name) for name in visible or [each.name for each in metadata]]
    except (CalamineError, OSError, ValueError) as error:
        raise SourceNotText(
            content.path, "is a spreadsheet that is damaged or encrypted; save it again as .xlsx"
        ) from error
    except BaseException as error:
        # The library's own code may stop in a damaged file; that is a `PanicException`, which is no `Exception`.
        if type(error).__name__ != "PanicException":
            raise
        raise SourceNotText(content.path, "is a spreadsheet that is damaged; save it again as .xlsx") from error
    filled = [sheet for sheet in sheets if sheet.height > 0 and sheet.width > 0]
    if not filled:
        raise SourceNotText(content.path, "is a spreadsheet without a filled row")
    # A cover sheet has a title and notes; a table has columns.
    return next((sheet for sheet in filled if sheet.height > 1 and sheet.width > 1), filled[0])


def _cell(value: Any) -> CellValue:
    if value == "" or value is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    return value if isinstance(value, str | bool | int | float | datetime | date | time | timedelta) else str(value)


def _shown(cell: CellValue) -> str:
    return "" if cell is None else str(cell)
