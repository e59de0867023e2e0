"""What a view for analysts is: its columns with their meaning, and its query, which is compiled for SQLite and for PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Float,
    FromClause,
    Integer,
    Text,
    cast,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from store.types import Json, UtcTime


class ValueKind(StrEnum):
    """What the values of a view's column are, on every database and in every file."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    DAY = "day"


class utc_time(FunctionElement[Any]):  # noqa: N801 (it reads as a function in queries)
    """A time that people read: on SQLite a text in UTC to the microsecond, which sorts by time; on PostgreSQL the time itself."""

    inherit_cache = True


class utc_day(FunctionElement[Any]):  # noqa: N801
    """The day of a time in UTC: on SQLite a text such as 2026-11-20, on PostgreSQL a date."""

    inherit_cache = True


class seconds_between(FunctionElement[float]):  # noqa: N801
    """The seconds from the first time to the second."""

    inherit_cache = True


@compiles(utc_time, "sqlite")
def _time_text(element: utc_time, compiler: SQLCompiler, **options: Any) -> str:
    time = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%S', {time} / 1000000, 'unixepoch') || printf('.%06d', {time} % 1000000)"


@compiles(utc_time, "postgresql")
def _time_itself(element: utc_time, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(utc_day, "sqlite")
def _day_text(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"strftime('%Y-%m-%d', {compiler.process(element.clauses, **options)} / 1000000, 'unixepoch')"


@compiles(utc_day, "postgresql")
def _date(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC' AS DATE)"


@compiles(seconds_between, "sqlite")
def _microseconds(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    start, end = (compiler.process(one, **options) for one in element.clauses)
    return f"(({end} - {start}) / 1000000.0)"


@compiles(seconds_between, "postgresql")
def _extracted(element: seconds_between, compiler: SQLCompiler, **options: Any) -> str:
    start, end = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM {end} - {start}) AS DOUBLE PRECISION)"


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view: its name, the kind of its values, what they mean, and the expression that gives them."""

    name: str
    kind: ValueKind
    meaning: str
    expression: ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class SqlView:
    """A view: the columns in order, what they are selected from, the columns that order its rows, and the one that dates them.

    `period` is None where rows have no date: they are exported whatever the period.
    """

    name: str
    meaning: str
    columns: tuple[ViewColumn, ...]
    source: FromClause
    key: tuple[str, ...]
    period: str | None = None

    def column(self, name: str) -> ViewColumn:
        """Return the column of this name. Raises `KeyError`."""
        return {one.name: one for one in self.columns}[name]


def shown(
    column: ColumnElement[Any], meaning: str = "", *, name: str = "", kind: ValueKind | None = None
) -> ViewColumn:
    """Show a column of a table or an expression.

    Name and meaning are those of the table's column and its comment, the kind follows from its type. An expression needs all three.
    """
    declared = column if isinstance(column, Column) else None
    value = kind if kind is not None else _kind(column)
    expression = utc_time(column) if value is ValueKind.TIME else column
    if isinstance(column.type, Json):
        expression = cast(column, Text)
    explained = meaning or (declared.comment or "" if declared is not None else "")
    return ViewColumn(name or (declared.name if declared is not None else ""), value, explained, expression)


_KINDS: Mapping[type, ValueKind] = {
    UtcTime: ValueKind.TIME, Boolean: ValueKind.BOOLEAN, Integer: ValueKind.INTEGER, BigInteger: ValueKind.INTEGER,
    Float: ValueKind.NUMBER,
}  # fmt: skip


def _kind(column: ColumnElement[Any]) -> ValueKind:
    return next((kind for declared, kind in _KINDS.items() if isinstance(column.type, declared)), ValueKind.TEXT)


def view_sql(view: SqlView, dialect: str) -> str:
    """Write the query of a view for `sqlite` or `postgresql`, without parameters."""
    query = select(*(one.expression.label(one.name) for one in view.columns)).select_from(view.source)
    return str(query.compile(dialect=_dialect(dialect), compile_kwargs={"literal_binds": True}))


@cache
def _dialect(name: str) -> Dialect:
    # Without a driver: its style of parameters would double the percent signs.
    return sqlite.dialect() if name == "sqlite" else postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
