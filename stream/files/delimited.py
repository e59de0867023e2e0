"""Read delimited text (CSV, TSV and the like) as a table, as exports really write it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO

from stream.errors import SourceTruncated
from stream.files.body import Body
from stream.files.columns import Columns
from stream.files.compression import BROKEN
from stream.files.container import Container
from stream.files.dialect import Dialect, find_dialect
from stream.files.encoding import Encoding, detect
from stream.files.lines import line_ends, text_lines
from stream.files.opening import HEAD_BYTES, Content
from stream.files.records import Records
from stream.files.table import Cell, TableLayout, TableNote, TableRecord, TableRow
from stream.raw import RefusedEvent


class DelimitedTable:
    """A `TableReader` of delimited text.

    `encoding` wins over what is detected. With `complete_lines_only` a last line without its end, or a last row whose quote is
    still open, is left for the next run. Raises `EncodingUnknown`.
    """

    def __init__(self, content: Content, *, encoding: str | None = None, complete_lines_only: bool = False) -> None:
        self._content = content
        self._complete_only = complete_lines_only
        self._encoding = detect(content, encoding)
        lines = _head_lines(content, self._encoding)
        self._newline = line_ends("".join(lines))
        self._dialect = find_dialect(lines)
        self._head = lines
        self._first_rows: list[list[str]] = []
        self._columns = Columns(self._dialect.header, self._first_rows)
        scratch = self._new_layout()
        records = (record.cells for record in self._records(iter(lines), scratch))
        self._first_rows = [cells for cells in islice(records, 1, 300) if isinstance(cells, list) and any(cells)]
        self._columns = Columns(self._dialect.header, self._first_rows)
        self.layout = self._new_layout()

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""
        return self._columns.names

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have."""
        return self._columns.repeated

    @property
    def dialect(self) -> Dialect:
        """How the text is written."""
        return self._dialect

    def sample(self, most: int = 200) -> list[Mapping[str, Cell]]:
        """Return up to `most` of the first rows that can be read; only the head of the file is looked at."""
        rows = self._rows(iter(self._head), self._new_layout())
        return list(islice((row.cells for row in rows if not isinstance(row.cells, RefusedEvent)), most))

    def rows(self) -> Iterator[TableRow]:
        """Yield every row from the beginning. Raises `SourceTruncated` where compressed data ends early."""
        self.layout.notes.clear()
        number = 0
        try:
            for row in self._rows(self._lines(), self.layout):
                number = row.number
                yield row
        except BROKEN as error:
            raise SourceTruncated(self._content.path, number) from error

    def read_share(self) -> float | None:
        """Share of the file's bytes that was read."""
        return self._content.read_share()

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    def _new_layout(self) -> TableLayout:
        dialect = self._dialect
        return TableLayout(Container.DELIMITED, str(self._encoding), dialect.separator, dialect.header_line)

    def _lines(self) -> Iterator[str]:
        layout = self.layout

        def undecodable(number: int) -> None:
            layout.count(TableNote.UNDECODABLE, number)

        lines = text_lines(self._content.stream(), self._encoding, undecodable, newline=self._newline)
        for line in lines:
            text = line
            if "\0" in line:
                layout.count(TableNote.NUL_REPLACED, line.count("\0"))
                text = line.replace("\0", " ")
            if self._complete_only and not text.endswith(("\n", "\r")):
                return
            yield text

    def _records(self, lines: Iterator[str], layout: TableLayout) -> Iterator[TableRecord]:
        return iter(Records(lines, self._dialect, self._first_rows, layout, waits=self._complete_only))

    def _rows(self, lines: Iterator[str], layout: TableLayout) -> Iterator[TableRow]:
        records = self._records(lines, layout)
        if next(records, None) is None:
            return
        if count := self._title_rows():
            layout.count(TableNote.PREAMBLE, count)
        yield from Body(self._columns, layout, self._dialect.separator).rows(records)

    def _title_rows(self) -> int:
        above = self._head[: self._dialect.header_line - 1]
        return sum(
            1 for line in above if line.strip(' \r\n\t"' + self._dialect.separator) and "sep=" not in line.lower()
        )


def _head_lines(content: Content, encoding: Encoding) -> list[str]:
    head: BinaryIO = io.BytesIO(content.head)
    text = "".join(text_lines(head, encoding, lambda _: None, newline="\n"))
    lines = list(io.StringIO(text.replace("\0", " "), newline=line_ends(text)))
    # The last line of a long file's head is cut.
    return lines[:-1] if len(content.head) >= HEAD_BYTES and len(lines) > 1 else lines
