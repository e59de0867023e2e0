"""Writing of tables to files, batch by batch: Parquet, CSV and DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundswell.export.files import ExportFormat
from models.formats import spreadsheet_text
from models.times import rfc3339
from store.views.read import RowBatch
from store.views.view import ValueKind, ViewColumn

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TableColumns = Sequence[ViewColumn]
Write = Callable[[RowBatch], None]
OpenTable = Callable[[Path, str, TableColumns], AbstractContextManager[Write]]
"""Opens a table of a file by the file, its name and columns; what it gives writes rows."""

DUCKDB_MEMORY = "512MB"


@contextmanager
def opened_file(kind: ExportFormat, path: Path) -> Iterator[OpenTable]:
    """Give what opens tables of a format; DuckDB's are all in the file `path`. Raises `OSError` where it cannot be written."""
    if kind is not ExportFormat.DUCKDB:
        yield parquet_table if kind is ExportFormat.PARQUET else csv_table
        return
    import duckdb

    settings: dict[str, Any] = {"memory_limit": DUCKDB_MEMORY, "threads": 1, "autoinstall_known_extensions": False}
    try:
        with duckdb.connect(str(path), config=settings) as connection:
            yield partial(duckdb_table, connection)
    except duckdb.Error as error:
        raise OSError(str(error).splitlines()[0]) from error


@contextmanager
def parquet_table(path: Path, _name: str, columns: TableColumns) -> Iterator[Write]:
    """Write a Parquet file: each batch is one row group, compressed with Zstandard."""
    from pyarrow import parquet

    schema = _schema(columns)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        yield lambda rows: writer.write_table(_arrow(rows, schema))


@contextmanager
def csv_table(path: Path, _name: str, columns: TableColumns) -> Iterator[Write]:
    """Write a CSV file in UTF-8 with a line of names; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    cells = [_CELLS.get(one.kind, str) for one in columns]
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([one.name for one in columns])
        yield lambda rows: lines.writerows(
            ["" if value is None else cell(value) for cell, value in zip(cells, row, strict=True)] for row in rows
        )


@contextmanager
def duckdb_table(connection: DuckDBPyConnection, _path: Path, name: str, columns: TableColumns) -> Iterator[Write]:
    """Write a table of a DuckDB file, with the meaning of each column as its comment."""
    schema = _schema(columns)

    def run(statement: str, rows: RowBatch = ()) -> None:
        connection.register("given_rows", _arrow(rows, schema) if rows else schema.empty_table())
        connection.execute(statement)
        connection.unregister("given_rows")

    run(f"CREATE TABLE {name} AS SELECT * FROM given_rows")  # noqa: S608 (a name of ours)
    for one in columns:
        meaning = one.meaning.replace("'", "''")
        connection.execute(f"COMMENT ON COLUMN {name}.{one.name} IS '{meaning}'")
    yield lambda rows: run(f"INSERT INTO {name} SELECT * FROM given_rows", rows)  # noqa: S608 (as above)


def _schema(columns: TableColumns) -> Any:
    import pyarrow as pa

    kinds = {
        ValueKind.TEXT: pa.string(), ValueKind.INTEGER: pa.int64(), ValueKind.NUMBER: pa.float64(), ValueKind.BOOLEAN: pa.bool_(),
        ValueKind.TIME: pa.timestamp("us", tz="UTC"), ValueKind.DAY: pa.date32(),
    }  # fmt: skip
    return pa.schema([pa.field(one.name, kinds[one.kind], metadata={"meaning": one.meaning}) for one in columns])


def _arrow(rows: RowBatch, schema: Any) -> Any:
    import pyarrow as pa

    values = zip(*rows, strict=True)
    return pa.Table.from_arrays(
        [pa.array(one, type=field.type) for one, field in zip(values, schema, strict=True)], schema=schema
    )


def _time_cell(value: datetime) -> str:
    return rfc3339(value.astimezone(UTC))


def _day_cell(value: date) -> str:
    return value.isoformat()


_CELLS: dict[ValueKind, Callable[[Any], str]] = {
    ValueKind.TEXT: spreadsheet_text,
    ValueKind.TIME: _time_cell,
    ValueKind.DAY: _day_cell,
    ValueKind.BOOLEAN: lambda value: "true" if value else "false",
}
