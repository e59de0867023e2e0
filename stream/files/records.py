"""Cut a delimited text into records: lists of cells, or refusals of rows that cannot be read."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from models.redaction import excerpt
from stream.files.dialect import Dialect
from stream.files.recovery import Lines, RecordTooLong, Recovery
from stream.files.table import TableLayout, TableNote, TableRecord
from stream.raw import RefusalReason, RefusedEvent
from stream.validation import MAX_BYTES, too_large


class Records:
    """The records of a text after its header, in order.

    `waits` says that a row whose quote is still open at the end of the text is left for the next run.
    """

    def __init__(
        self,
        lines: Iterator[str],
        dialect: Dialect,
        sample: Sequence[Sequence[str]],
        layout: TableLayout,
        *,
        waits: bool,
    ) -> None:
        # The limit belongs to the module; without it a quoted field would end at 128 KiB.
        csv.field_size_limit(MAX_BYTES + 1)
        self._lines = Lines(lines, dialect)
        self._dialect = dialect
        self._width = len(dialect.header)
        self._recovery = Recovery(dialect, self._width, sample)
        self._layout = layout
        self._waits = waits

    def __iter__(self) -> Iterator[TableRecord]:
        """Yield the records, the header first."""
        lines = self._lines
        for _ in range(self._dialect.header_line - 1):
            if lines.more() is None:
                return
        reader = self._reader()
        while True:
            number = lines.begin()
            try:
                row = next(reader)
            except StopIteration:
                return
            except (csv.Error, RecordTooLong):
                record = self._broken(number)
                reader = self._reader()
                if record is None:
                    return
                yield record
                continue
            taken = lines.taken
            if len(taken) > 1 and (len(row) != self._width or self._recovery.swallowed(taken)):
                yield self._doubtful(number, row)
                reader = self._reader()
            else:
                yield TableRecord(number, row)

    def _reader(self) -> Iterator[list[str]]:
        return self._dialect.reader(self._lines)

    def _doubtful(self, number: int, row: list[str]) -> TableRecord:
        """Return a record of several lines that is well formed, unless rows were swallowed by it."""
        taken = list(self._lines.taken)
        start = self._recovery.next_start(self._lines, taken, inside=True)
        if start is None:
            return TableRecord(number, row)
        return self._cut(number, taken, start)

    def _broken(self, number: int) -> TableRecord | None:
        """Return the repaired record or the refusal of one that cannot be parsed; None where it waits for its end."""
        taken = list(self._lines.taken)
        first = self._recovery.repaired(taken[0])
        if first is not None:
            self._lines.back(taken[1:])
            return self._mended(number, first)
        start = self._recovery.next_start(self._lines, taken, inside=False)
        if start is not None:
            return self._cut(number, taken, start)
        size = sum(map(len, taken))
        if size > MAX_BYTES:
            return self._too_long(number, taken, size)
        return None if self._waits else self._cut(number, taken, len(taken))

    def _cut(self, number: int, taken: list[str], start: int) -> TableRecord:
        """End a broken record before the line of `taken` at which the next one begins."""
        self._lines.back(taken[start:])
        chunk = "".join(taken[:start])
        row = self._recovery.repaired(chunk)
        if row is not None:
            return self._mended(number, row)
        if chunk.count(self._dialect.quote) % 2 == 0:
            detail = (
                f"the quotes of the row at line {number:,} do not fit its separators; double the quotes inside a field"
            )
            return TableRecord(number, RefusedEvent(RefusalReason.UNMAPPED, detail, excerpt(chunk)))
        detail = f"the row at line {number:,} has a quote that is never closed; close it, or double the quotes inside a field"
        return TableRecord(number, RefusedEvent(RefusalReason.UNCLOSED_QUOTE, detail, excerpt(chunk)))

    def _mended(self, number: int, row: list[str]) -> TableRecord:
        self._layout.count(TableNote.REPAIRED_QUOTES)
        return TableRecord(number, row)

    def _too_long(self, number: int, taken: list[str], size: int) -> TableRecord:
        """Refuse a record that is larger than an event may be, and read past its end without keeping it."""
        is_open = sum(line.count(self._dialect.quote) for line in taken) % 2 == 1
        while is_open and (line := self._lines.more()) is not None:
            if self._recovery.is_row(line):
                self._lines.back([line])
                break
            size += len(line)
            is_open = line.count(self._dialect.quote) % 2 == 0
        refusal = RefusedEvent(RefusalReason.TOO_LARGE, too_large(size), excerpt("".join(taken)))
        return TableRecord(number, refusal)
