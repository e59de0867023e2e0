"""Read rows whose quotes are wrong: find where the next row begins, and what the broken one says."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from functools import cache
from itertools import chain

from stream.files.dialect import Dialect
from stream.validation import MAX_BYTES

AHEAD_LINES, AHEAD_CHARACTERS = 1000, 262_144
"""How much of a quoted field is read to see whether a row can begin at a line."""

WIDEST = 400
"""Columns up to which the quotes of a row are repaired."""


class RecordTooLong(Exception):
    """A record has more characters than an event may have, or its quote is not closed."""


class Lines:
    """Lines of a text: counted, kept since the last record began, and read again after a broken record."""

    def __init__(self, source: Iterator[str], dialect: Dialect) -> None:
        self._source = source
        self._again: deque[str] = deque()
        self._escape = re.compile(rf"\\[\\{re.escape(dialect.quote + dialect.separator)}\r\n]|\\")
        self._is_backslash = dialect.is_backslash
        self.number = 0
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        """Iterate over the lines as `csv.reader` wants them."""
        return self

    def __next__(self) -> str:
        """Return the next line. Raises `RecordTooLong` where the record has too many."""
        line = self._again.popleft() if self._again else next(self._source)
        self.number += 1
        self.taken.append(line)
        self._size += len(line)
        if self._size > MAX_BYTES:
            raise RecordTooLong
        return self.prepared(line)

    def prepared(self, line: str) -> str:
        """Return a line for `csv`, which drops every backslash: those that escape nothing are part of the text."""
        return self._escape.sub(_kept, line) if self._is_backslash and "\\" in line else line

    def begin(self) -> int:
        """Begin a record; return the number of its line."""
        self.taken.clear()
        self._size = 0
        return self.number + 1

    def back(self, lines: Sequence[str]) -> None:
        """Put lines back, so that they are read again."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def more(self) -> str | None:
        """Return one more line without counting its size; None at the end."""
        line = self._again.popleft() if self._again else next(self._source, None)
        self.number += line is not None
        return line


def _kept(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else "\\\\"


class Recovery:
    """What tells a row's beginning from a line inside a text.

    `sample` are rows that were read well: where a column has figures in nearly all of them, a row has so, too.
    """

    def __init__(self, dialect: Dialect, width: int, sample: Sequence[Sequence[str]]) -> None:
        self._dialect, self._width = dialect, width
        full = [row for row in sample if len(row) == width]
        self._figures = [at for at in range(width) if len(full) > 1 and _is_figures([row[at] for row in full])]
        self._barren = 0

    def swallowed(self, lines: Sequence[str]) -> bool:
        """Return whether most lines inside a record look like rows, so that its quote was probably never closed."""
        if not self._figures:
            return False
        inside = lines[1:]
        if len(self._figures) > 1 and any(map(self._begins_like_row, inside)):
            return True
        marks = self._width - 1
        alike = sum(line.count(self._dialect.separator) >= marks for line in inside)
        return self._width > 2 and alike >= 2 and alike > len(inside) / 2

    def _begins_like_row(self, line: str) -> bool:
        """Return whether a line begins with the id and the time of a row, say: two columns that have figures in all rows."""
        first, second = self._figures[:2]
        parts = line.split(self._dialect.separator, second + 1)
        if len(parts) < second + 2:
            return False
        return all(_has_figures(parts[at].strip().strip(self._dialect.quote)) for at in (first, second))

    def next_start(self, lines: Lines, taken: list[str], *, inside: bool) -> int | None:
        """Return the index in `taken`, from 1, at which the next row begins; None where no row begins in reach.

        `taken` grows by lines that are read for it. `inside` keeps the search to the lines that are taken.
        """
        first = lines.number - len(taken) + 1
        size = sum(map(len, taken))
        at = max(1, self._barren - first + 1)
        while True:
            if at >= len(taken):
                line = None if inside or size > MAX_BYTES else lines.more()
                if line is None:
                    self._barren = max(self._barren, first + len(taken) - 1) if not inside else self._barren
                    return None
                taken.append(line)
                size += len(line)
            if self._is_start(taken, at, lines):
                return at
            at += 1

    def repaired(self, chunk: str) -> list[str] | None:
        """Return the cells of a broken row where they can only be meant in one way, else None."""
        text = chunk.removesuffix("\n").removesuffix("\r")
        for escaped in (self._dialect.is_backslash, not self._dialect.is_backslash):
            try:
                row = next(self._dialect.reader([text], is_backslash=escaped), [])
            except csv.Error:
                continue
            if len(row) == self._width:
                return list(row)
        return cells(text, self._dialect.separator, self._dialect.quote, self._width)

    def is_plausible(self, row: Sequence[str]) -> bool:
        """Return whether cells are like those of the rows that were read well."""
        return len(row) == self._width and all(not row[at] or _has_figures(row[at]) for at in self._figures)

    def is_row(self, line: str) -> bool:
        """Return whether a line alone is a row."""
        if self._width < 2 or self._dialect.separator not in line:
            return False
        try:
            row = next(self._dialect.reader([line]), [])
        except csv.Error:
            return False
        return self.is_plausible(row)

    def _is_start(self, taken: list[str], at: int, lines: Lines) -> bool:
        first = taken[at]
        if self._width > 1 and self._dialect.separator not in first:
            return False
        ahead = self._ahead(taken, at, lines)
        try:
            row = next(self._dialect.reader(ahead), [])
        except (csv.Error, RecordTooLong):
            # It may be a broken row itself: then its cells up to the quote are like those of the others.
            row = next(
                csv.reader(
                    [first.rstrip("\r\n").replace("\r", " ")],
                    delimiter=self._dialect.separator,
                    quotechar=self._dialect.quote,
                ),
                [],
            )
            return self._width > 2 and self.is_plausible(row)
        finally:
            ahead.close()
        return self.is_plausible(row)

    def _ahead(self, taken: list[str], at: int, lines: Lines) -> Generator[str]:
        size = 0
        read: list[str] = []
        try:
            for number, line in enumerate(chain(taken[at:], iter(lines.more, None))):
                if number >= len(taken) - at:
                    read.append(line)
                size += len(line)
                if number > AHEAD_LINES or size > AHEAD_CHARACTERS:
                    raise RecordTooLong
                yield lines.prepared(line)
        finally:
            lines.back(read)


def cells(text: str, separator: str, quote: str, width: int) -> list[str] | None:
    """Split a row whose quotes inside fields are not doubled into `width` cells; None where that cannot be done.

    A quote closes a field only before a separator or the end. Of several ways the one with the shortest first fields is taken.
    A field that begins with a quote and does not end with one is a text that has quotes, if it has an even number of them.
    """
    if width > WIDEST or len(text) > AHEAD_CHARACTERS:
        return None

    @cache
    def rest(at: int, left: int) -> tuple[str, ...] | None:
        for cell, after in _first_cells(text, at, separator, quote):
            if left == 1 and after > len(text):
                return (cell,)
            if left > 1 and after <= len(text) and (more := rest(after, left - 1)) is not None:
                return (cell, *more)
        return None

    found = rest(0, width)
    return list(found) if found is not None else None


def _first_cells(text: str, at: int, separator: str, quote: str) -> Iterator[tuple[str, int]]:
    """Yield what the cell at a position can be, with the position of the next one; beyond the text's end for the last."""
    if text.startswith(quote, at):
        end = text.find(quote, at + 1)
        while end >= 0:
            closes = end + 1 == len(text) or text.startswith(separator, end + 1)
            if closes and not _is_doubled(text, at, end, quote):
                yield text[at + 1 : end].replace("\\" + quote, quote).replace(quote * 2, quote), end + 2
            end = text.find(quote, end + 1)
    stop = text.find(separator, at)
    cell = text[at:] if stop < 0 else text[at:stop]
    if not cell.startswith(quote) or (cell.count(quote) % 2 == 0 and not cell.endswith(quote) and "\n" not in cell):
        yield cell, len(text) + 1 if stop < 0 else stop + 1


def _is_doubled(text: str, at: int, end: int, quote: str) -> bool:
    begin = end
    while begin > at + 1 and text[begin - 1] == quote:
        begin -= 1
    return (end - begin + 1) % 2 == 0


def _is_figures(column: Sequence[str]) -> bool:
    filled = [cell for cell in column if cell]
    return len(filled) > len(column) / 2 and sum(map(_has_figures, filled)) >= 0.9 * len(filled)


def _has_figures(cell: str) -> bool:
    """Return whether a cell is an id, a number or a time: short, and a third of it digits."""
    return 0 < len(cell) < 40 and 3 * len(re.findall(r"\d", cell)) >= len(cell)
