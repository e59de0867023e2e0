"""Lists that are shown a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Select, func, select

ROWS = 100
"""Rows of one page."""

MOST_PAGES = 10_000
"""A page beyond it is none that a person turned to."""

Shown = TypeVar("Shown")


@dataclass(frozen=True, slots=True)
class ListPage(Generic[Shown]):
    """One page of a list; `matching` counts the rows of all its pages."""

    rows: tuple[Shown, ...]
    matching: int
    page: int = 1

    @property
    def pages(self) -> int:
        """How many pages there are; at least one."""
        return max(1, -(-self.matching // ROWS))


def offset_of(page: int) -> int:
    """Return how many rows are before a page, which is counted from 1."""
    return (max(1, page) - 1) * ROWS


def count_of(connection: Connection, query: Select[Any]) -> int:
    """Count the rows that a query would return; its order does not matter."""
    return int(connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one())
