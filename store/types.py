"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, UserDefinedType

LARGEST_ID = 2**31 - 1
"""Numbers of themes, spikes and alerts fit an INTEGER column; a greater one is the number of none."""

LARGEST_ROW = 2**63 - 1
"""Rows that are numbered by the database have ids up to this one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class in_bytes(FunctionElement[str]):  # noqa: N801 (it reads as a function in queries)
    """A text column in the order of its bytes, as SQLite and Python sort it.

    PostgreSQL sorts by the language that its server was installed with, and an answer must not depend on that.
    """

    inherit_cache = True


@compiles(in_bytes)
def _plain(element: in_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(in_bytes, "postgresql")
def _collated(element: in_bytes, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clauses, **options)} COLLATE "C"'


class UtcTime(TypeDecorator[datetime]):
    """A timezone-aware time, exact to the microsecond and given back in UTC.

    PostgreSQL stores TIMESTAMPTZ. SQLite has no time type that sorts and keeps a zone, so it stores whole microseconds since 1970.
    Both compare and sort alike.
    """

    impl = BigInteger().with_variant(TIMESTAMP(timezone=True), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | int | None:
        """Refuse a time without a zone: nobody could say which instant it is."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"received the time {value.isoformat()} without a zone; pass a timezone-aware time")
        return value if _is_postgresql(dialect) else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the time back in UTC, whatever time zone the session has."""
        if value is None:
            return None
        return value.astimezone(UTC) if _is_postgresql(dialect) else _EPOCH + timedelta(microseconds=int(value))


class _Jsonb(UserDefinedType[Any]):
    """JSONB that is written as JSON text: SQLAlchemy's own would serialise it a second time."""

    cache_ok = True
    render_bind_cast = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSONB"


class Json(TypeDecorator[Any]):
    """Plain JSON: values, and the order of the keys, come back the same on every database.

    PostgreSQL stores JSONB, so that a person can query it; it keeps no order of keys, so they are sorted when they are read.
    SQLite stores text with sorted keys. Floats come back to the last bit, but for the sign of zero, which JSONB does not keep.
    """

    impl = Text().with_variant(_Jsonb(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write canonical JSON; None stays NULL."""
        if value is None:
            return None
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        return _LARGE_FLOAT.sub(_with_point, text) if _is_postgresql(dialect) and "e+" in text else text

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read the JSON back."""
        if value is None:
            return None
        if not _is_postgresql(dialect):
            return orjson.loads(value)
        # The driver has parsed it already; only the order of the keys is not ours.
        return (
            orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)) if isinstance(value, dict | list) else value
        )


_LARGE_FLOAT = re.compile(r'"(?:[^"\\]|\\.)*+"|-?\d+(?:\.\d+)?e\+\d+')
"""A string, which stays as it is, or a float of 1e16 or more as orjson writes it."""


def _with_point(found: re.Match[str]) -> str:
    """Write a large float with a decimal point: JSONB would give `1e16` back as an integer."""
    text = found.group()
    return text if text.startswith('"') else f"{float(text):.1f}"


def _is_postgresql(dialect: Dialect) -> bool:
    return dialect.name == "postgresql"
