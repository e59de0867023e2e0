"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

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
    """A timezone-aware time, stored as whole microseconds since 1970 in UTC.

    SQLite has no time type that sorts and keeps a zone; an integer does both, and is exact on either database.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse a time without a zone, which names no instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"received the time {value.isoformat()} without a zone; pass a timezone-aware time")
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


class Json(TypeDecorator[Any]):
    """Plain JSON as text with sorted keys, so that equal values are equal bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write canonical JSON; None stays NULL."""
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Read the JSON back."""
        return None if value is None else orjson.loads(value)
