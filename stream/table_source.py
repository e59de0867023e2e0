"""A table as a source of ticket events: its rows, read by the connector of the system that wrote it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from models.redaction import shortened
from stream.errors import MappingNeeded
from stream.files.opening import Content
from stream.files.table import TableReader
from stream.raw import Raw, RefusedEvent
from stream.recognition.table import RecognizedTable, recognize_table
from stream.source import file_fingerprint, file_stream
from stream.tables.mapping import ColumnMapping

SAMPLE = 200


class TableSource:
    """The rows of a table as events; the position of a record is the number of its row or line in the file.

    Raises `MappingNeeded` where it is not sure which column is the ticket, its time or its text, and `MappingInvalid` where the
    mapping does not fit the table.
    """

    def __init__(self, content: Content, reader: TableReader, mapping: ColumnMapping) -> None:
        self._content = content
        self._reader = reader
        self.recognized = recognize(content, reader, mapping)
        if question := self.recognized.question():
            raise MappingNeeded(content.path, question)
        self.stream = (
            f"stdin:{hashlib.sha256(content.head).hexdigest()[:16]}" if content.is_stdin else file_stream(content.path)
        )

    def records(self) -> Iterator[Raw]:
        """Yield the events of each row, and the rows that cannot be read as refusals."""
        connector = self.recognized.connector()
        for row in self._reader.rows():
            if isinstance(row.cells, RefusedEvent):
                yield Raw(row.number, row.cells)
                continue
            found = connector.events(row.cells)
            for event in (found,) if isinstance(found, RefusedEvent) else found:
                yield Raw(row.number, event)

    @property
    def joins_rows(self) -> bool:
        """Whether later rows of a ticket are comments: not where the table says what each of its rows is."""
        mapping = self.recognized.mapping
        return "type" not in mapping.columns and "type" not in mapping.constants

    def fingerprint(self) -> str | None:
        """Return the digest of the file and of how its rows are read; None for standard input."""
        if self._content.is_stdin:
            return None
        layout = self._reader.layout
        return file_fingerprint(self._content.path, repr(self.recognized.mapping), layout.encoding, layout.separator)

    def description(self) -> str:
        """Say what the file and each of its columns was taken for."""
        layout, system = self._reader.layout, self.recognized.system
        what = "a table" if system.name == "csv" else f"an export of {system.name.capitalize()}"
        how = [
            layout.container,
            layout.encoding,
            _MARKS.get(layout.separator, layout.separator),
            shortened(layout.sheet, 60),
        ]
        return f"{self._content.path}: {what} ({', '.join(one for one in how if one)})\n{self.recognized.sentence()}"

    def notes(self) -> Mapping[str, int]:
        """Return what was skipped or changed of the table, by kind."""
        return {str(note): number for note, number in self._reader.layout.notes.items()}

    def read_share(self) -> float | None:
        """Share of the input that was read so far, in [0, 1]; None where that is unknown."""
        return self._reader.read_share()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        self._reader.close()
        self._content.close()


_MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def recognize(content: Content, reader: TableReader, mapping: ColumnMapping) -> RecognizedTable:
    """Recognise a table by the first rows that can be read, and by all of them where these leave the order of dates open."""
    sample = reader.sample(SAMPLE)
    return recognize_table(content.path, reader.columns, sample, mapping, _all_rows(content, reader))


def _all_rows(content: Content, reader: TableReader) -> Iterator[Mapping[str, object]]:
    # Standard input can be read only once.
    if not content.is_stdin:
        for row in reader.rows():
            if not isinstance(row.cells, RefusedEvent):
                yield row.cells
