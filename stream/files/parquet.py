"""Read a Parquet file as a table, batch by batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from stream.errors import SourceNotText, SourceTruncated
from stream.files.columns import Columns
from stream.files.container import Container
from stream.files.opening import Content
from stream.files.table import Cell, CellValue, TableLayout, TableNote, TableRow

BATCH = 1024
"""Rows that are decoded at a time."""


class ParquetTable:
    """A `TableReader` of a Parquet file. Rows are numbered from 1.

    Times keep their zone and are rounded to microseconds. Decimals are floats, bytes are read as UTF-8; structures and maps are
    their JSON; a list is a list. Raises `SourceNotText` where the file cannot be read.
    """

    def __init__(self, content: Content) -> None:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        self._content = content
        try:
            # Without `pre_buffer` a row group is read page by page, not as a whole.
            self._file = ParquetFile(content.seekable(), pre_buffer=False, buffer_size=1 << 20)
            names = self._file.schema_arrow.names
        except (ArrowException, OSError, ValueError) as error:
            raise SourceNotText(
                content.path, "is a Parquet file that is damaged, cut or encrypted; export it again"
            ) from error
        self._columns = Columns(names, [[True] * len(names)])
        self.layout = TableLayout(Container.PARQUET, header=0)
        self._read = 0

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""
        return self._columns.names

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have."""
        return self._columns.repeated

    def sample(self, most: int = 200) -> list[Mapping[str, Cell]]:
        """Return up to `most` of the first rows."""
        return [row.cells for row in islice(self._rows(TableLayout("")), most) if isinstance(row.cells, Mapping)]

    def rows(self) -> Iterator[TableRow]:
        """Yield every row from the beginning. Raises `SourceTruncated` where a later part is damaged."""
        self.layout.notes.clear()
        for row in self._rows(self.layout):
            self._read = row.number
            yield row

    def read_share(self) -> float | None:
        """Share of the rows that was read."""
        return self._read / total if (total := self._file.metadata.num_rows) else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._content.close()

    def _rows(self, layout: TableLayout) -> Iterator[TableRow]:
        from pyarrow import ArrowException

        number = 0
        try:
            for batch in self._file.iter_batches(batch_size=BATCH):
                columns = [_microseconds(column).to_pylist() for column in batch.columns]
                for row in zip(*columns, strict=True):
                    number += 1
                    cells: list[Any] = [_cell(value, layout) for value in row]
                    yield TableRow(number, self._columns.named(cells) or {})
        except (ArrowException, OSError, ValueError) as error:
            raise SourceTruncated(self._content.path, number) from error


def _microseconds(column: Any) -> Any:
    """Cast what is finer than a microsecond, which Python's times are not."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    return column.cast(pa.duration("us"), safe=False) if pa.types.is_duration(kind) and kind.unit == "ns" else column


def _cell(value: Any, layout: TableLayout) -> Cell:
    if isinstance(value, list):
        return [_value(one, layout) for one in value if one not in ("", None)]
    return _value(value, layout)


def _value(value: Any, layout: TableLayout) -> CellValue:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        if "\0" in value:
            layout.count(TableNote.NUL_REPLACED, value.count("\0"))
        return value.replace("\0", " ")
    if value is None or isinstance(value, bool | int | float | datetime | date | time | timedelta):
        return value
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
