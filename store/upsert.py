"""Inserts that meet an existing row: left alone, replaced, or added to. The same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]


def insert_new(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows whose key or unique value is not there yet; leave the others alone."""
    if rows:
        connection.execute(_insert_new(connection.dialect.name, table), rows)


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
    changed = tuple(only if only is not None else (name for name in rows[0] if name not in key))
    make = _upsert if where is None else _upsert.__wrapped__
    connection.execute(make(connection.dialect.name, table, tuple(key), changed, where), rows)


def add_to(connection: Connection, table: Table, rows: Rows, key: Sequence[str], column: str) -> None:
    """Insert the rows; where `key` exists add the row's `column` to the stored one."""
    if rows:
        connection.execute(_add_to(connection.dialect.name, table, tuple(key), column), rows)


# Statements are made once: the miner executes some of them in every epoch, and making one takes as long as executing it.


def _insert(dialect: str, table: Table) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(
    dialect: str, table: Table, key: tuple[str, ...], changed: tuple[str, ...], where: ColumnElement[bool] | None
) -> Any:
    statement = _insert(dialect, table)
    new = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(key), set_=new, where=where)


@cache
def _add_to(dialect: str, table: Table, key: tuple[str, ...], column: str) -> Any:
    statement = _insert(dialect, table)
    total = table.c[column] + statement.excluded[column]
    return statement.on_conflict_do_update(index_elements=list(key), set_={column: total})
