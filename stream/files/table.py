"""Define what every reader of tables yields, whatever the file is: a header and rows of named cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol

from stream.raw import RefusedEvent

CellValue = str | int | float | bool | datetime | date | time | timedelta | None
"""A cell. Delimited text has texts only; spreadsheets and Parquet have typed values; an empty cell is "" in text, else None."""

Cell = CellValue | list[CellValue]
"""A cell of a column whose name occurs once; or the values of all columns of one name, the empty ones left out."""


@dataclass(frozen=True, slots=True)
class TableRecord:
    """The cells of a record, which is at `number`; a refusal in their place; or a blank line ([])."""

    number: int
    cells: list[Any] | RefusedEvent


class TableNote(StrEnum):
    """What a reader skipped or changed: never silent, so it is counted under one of these names."""

    PREAMBLE = "preamble"
    BLANK = "blank"
    REPEATED_HEADER = "repeated_header"
    FOOTER = "footer"
    PADDED = "padded"
    REPAIRED_QUOTES = "repaired_quotes"
    NUL_REPLACED = "nul_replaced"
    UNDECODABLE = "undecodable"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table.

    `number` is the line of the file at which the row begins (delimited text), or the row's number (spreadsheets, as Excel shows
    it; Parquet, from 1). `cells` are the cells by column name, or the refusal of a row that cannot be read. No two rows of a
    file have the same number, and numbers ascend.
    """

    number: int
    cells: Mapping[str, Cell] | RefusedEvent


@dataclass(slots=True)
class TableLayout:
    """What the reader took the file for; `notes` counts what was skipped or changed, and grows while rows are read.

    `container` is a `stream.files.container.Container`. `encoding` is Python's name of the encoding and `separator` the
    character between fields; both are empty where the container has none. `header` is the number of the header's row.
    `sheet` is the name of the spreadsheet's sheet.
    """

    container: str
    encoding: str = ""
    separator: str = ""
    header: int = 1
    sheet: str = ""
    notes: dict[TableNote, int] = field(default_factory=dict)

    def count(self, note: TableNote, number: int = 1) -> None:
        """Add to the count of one kind of note."""
        self.notes[note] = self.notes.get(note, 0) + number


class TableReader(Protocol):
    """A table of one file or of standard input."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns in the file's order, each once; a column without a name is called `column 3` by its place."""

    @property
    def repeated(self) -> frozenset[str]:
        """Names that several columns have; their cells are lists."""

    @property
    def layout(self) -> TableLayout:
        """What the file was taken for, and what was skipped or changed so far."""

    def sample(self, most: int = 200) -> list[Mapping[str, Cell]]:
        """Return up to `most` of the first rows that can be read, without moving what `rows` yields or counting notes."""

    def rows(self) -> Iterator[TableRow]:
        """Yield every row from the beginning, in the file's order. Standard input can be read once only.

        Raises `SourceTruncated` where compressed data ends early; the rows before are yielded. No other exception of the
        file's content leaves it: what cannot be read is a row with a refusal.
        """

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""

    def close(self) -> None:
        """Close what it reads from; standard input stays open."""
