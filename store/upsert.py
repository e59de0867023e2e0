"""Inserts that meet an existing row: left alone, replaced, or added to. The same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def insert_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows whose key or unique value is not there yet; leave the others alone."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(
    connection: Connection,
    table: Table,
    rows: Rows,
    key: Sequence[str],
    only: Sequence[str] | None = None,
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert the rows; where `key` exists replace the row's other columns (or `only` the named ones), if `where` is true for it."""
    if not rows:
        return
    statement = _insert(connection, table)
    changed = only if only is not None else [name for name in rows[0] if name not in key]
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(key), set_={name: statement.excluded[name] for name in changed}, where=where
        ),
        rows,
    )


def add_to(connection: Connection, table: Table, rows: Rows, key: Sequence[str], column: str) -> None:
    """Insert the rows; where `key` exists add the row's `column` to the stored one."""
    if rows:
        statement = _insert(connection, table)
        total = table.c[column] + statement.excluded[column]
        connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_={column: total}), rows)
