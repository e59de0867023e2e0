"""Open any file that contains a table."""

from __future__ import annotations

from stream.files.container import Container
from stream.files.delimited import DelimitedTable
from stream.files.opening import Content
from stream.files.parquet import ParquetTable
from stream.files.spreadsheet import SpreadsheetTable
from stream.files.table import TableReader


def open_table(
    content: Content, container: Container, *, encoding: str | None = None, complete_lines_only: bool = False
) -> TableReader:
    """Return the reader of a table; `container` is what `container_of` says, or what the user asked for.

    `encoding` and `complete_lines_only` are those of `DelimitedTable` and matter to no other. Raises a `SourceError` where the
    file cannot be read as a whole.
    """
    if container is Container.SPREADSHEET:
        return SpreadsheetTable(content)
    if container is Container.PARQUET:
        return ParquetTable(content)
    return DelimitedTable(content, encoding=encoding, complete_lines_only=complete_lines_only)
