"""Tables of figures as files: CSV, Excel and Parquet, with the same values as the page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from more_itertools import chunked

from console.figures.table import ColumnKind, FigureTable, FigureValue
from models.formats import spreadsheet_text

ROWS_AT_ONCE = 5_000
CHUNK_BYTES = 1 << 16

MOST_CELL_TEXT = 32_000
"""Characters of a text in an Excel cell, which holds 32,767."""


class TableFormat(StrEnum):
    """Formats of files; the values are used in addresses and as endings."""

    CSV = "csv"
    EXCEL = "xlsx"
    PARQUET = "parquet"


MEDIA_TYPES = {
    TableFormat.CSV: "text/csv; charset=utf-8",
    TableFormat.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    TableFormat.PARQUET: "application/vnd.apache.parquet",
}


def table_file(table: FigureTable, kind: TableFormat, about: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """Yield a table as a file, in parts; `about` are facts, such as the period, that an Excel file has on a sheet of its own."""
    if kind is TableFormat.CSV:
        return _csv(table)
    return _parts_of(_excel(table, about) if kind is TableFormat.EXCEL else _parquet(table, about))


def _csv(table: FigureTable) -> Iterator[bytes]:
    """Yield CSV (RFC 4180, with a header), some rows at a time; a text that a spreadsheet would take for a formula begins with `'`."""
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow([name for name, _ in table.fields()])
    for rows in chunked(table.records(), ROWS_AT_ONCE):
        lines.writerows([_csv_cell(value) for value in row] for row in rows)
        yield written.getvalue().encode()
        written.seek(0)
        written.truncate()
    yield written.getvalue().encode()


def _csv_cell(value: FigureValue) -> str:
    if value is None:
        return ""
    return spreadsheet_text(value) if isinstance(value, str) else repr(value)


def _excel(table: FigureTable, about: Sequence[tuple[str, str]]) -> io.BytesIO:
    """Write an Excel file: texts are never formulas or links, rows go to a temporary file so that memory is bounded."""
    import xlsxwriter

    file = io.BytesIO()
    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, {"constant_memory": True, **safe}) as book:
        sheet, head = book.add_worksheet(_sheet_name(table.name)), book.add_format({"bold": True, "bottom": 1})
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _NUMBER_FORMATS.items()}
        fields = table.fields()
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(fields), 16)
        for column, (name, _) in enumerate(fields):
            sheet.write_string(0, column, name, head)
        for row, record in enumerate(table.records(), 1):
            for column, ((_, kind), value) in enumerate(zip(fields, record, strict=True)):
                if isinstance(value, str):
                    sheet.write_string(row, column, value[:MOST_CELL_TEXT])
                elif value is not None:
                    sheet.write_number(row, column, value, formats.get(kind))
        _write_about(book, table, about, head)
    file.seek(0)
    return file


def _write_about(book: Any, table: FigureTable, about: Sequence[tuple[str, str]], head: Any) -> None:
    sheet = book.add_worksheet("about")
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    rows = [
        *about,
        *(("note", note) for note in table.notes),
        *((one.key, one.hint) for one in table.columns if one.hint),
    ]
    for row, (name, text) in enumerate([("table", table.title), *rows]):
        sheet.write_string(row, 0, name, head)
        sheet.write_string(row, 1, text[:MOST_CELL_TEXT])


def _sheet_name(name: str) -> str:
    # Excel allows 31 characters.
    return name[:31]


_NUMBER_FORMATS = {
    ColumnKind.TICKETS: "#,##0", ColumnKind.SHARE: "0.0%", ColumnKind.POINTS: "0.000",
    ColumnKind.SECONDS: "#,##0", ColumnKind.SECONDS_MORE: "#,##0", ColumnKind.MONEY: "#,##0.00",
}  # fmt: skip


def _parquet(table: FigureTable, about: Sequence[tuple[str, str]]) -> io.BytesIO:
    import pyarrow as pa
    from pyarrow import parquet

    fields = table.fields()
    kinds = [pa.string() if kind is ColumnKind.TEXT else pa.float64() for _, kind in fields]
    schema = pa.schema(
        [pa.field(name, kind) for (name, _), kind in zip(fields, kinds, strict=True)], metadata=dict(about)
    )
    file = io.BytesIO()
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in chunked(table.records(), ROWS_AT_ONCE):
            columns = [
                pa.array([None if one is None else _typed(one, kind) for one in values], type=kind)
                for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    file.seek(0)
    return file


def _typed(value: FigureValue, kind: Any) -> FigureValue:
    import pyarrow as pa

    return str(value) if kind == pa.string() else float(value or 0)


def _parts_of(file: io.BytesIO) -> Iterator[bytes]:
    while part := file.read(CHUNK_BYTES):
        yield part
