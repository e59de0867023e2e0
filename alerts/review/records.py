"""A business review as records: five numbers, and tables of figures with intervals. Every form is written from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from models.times import rfc3339
from store.digests import DigestKind, DigestWindow

FEW = 30
"""Cases below which a share or a time is marked as founded on too few to judge."""

VERSION = 1
"""Grows when the keys of the facts change their meaning."""


class CellKind(StrEnum):
    """What the figures of a column are counted in; seconds are written as a length of time, shares as percent.

    The last four are changes: of a share, of a count as a share of what was before, of a count, and of a length of time.
    """

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    MONEY = "money"
    POINTS = "points"
    GROWTH = "growth"
    COUNT_CHANGE = "count_change"
    LENGTH_CHANGE = "length_change"


@dataclass(frozen=True, slots=True)
class ReviewCell:
    """A figure with its interval of 95 % and how many cases it is founded on; all None where there is none.

    `few` marks what is founded on fewer than `FEW` cases.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    number: int | None = None
    few: bool = False


@dataclass(frozen=True, slots=True)
class ReviewColumn:
    """A column of figures. title: with which words it is headed. unit: a currency, "" without one."""

    key: str
    title: str
    kind: CellKind
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """What a row is about, its figures in the order of the columns, and the number of its theme, None where it is about none."""

    name: str
    cells: tuple[ReviewCell, ...]
    theme_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTable:
    """A table of figures.

    Parameters
    ----------
    key: of the section, in CSV and JSON. title: its heading. of: what its rows are.
    columns, rows: the figures.
    sentences: what is to be said of them, before the table.
    left_out: rows that exist and are not shown.
    """

    key: str
    title: str
    of: str
    columns: tuple[ReviewColumn, ...]
    rows: tuple[ReviewRow, ...]
    sentences: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def has_few(self) -> bool:
        """Whether a figure is founded on too few cases."""
        return any(cell.few for row in self.rows for cell in row.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewNumber:
    """A figure of the week, that of the week before, and the change with its interval where it is known, in `change_kind`."""

    key: str
    title: str
    kind: CellKind
    now: ReviewCell
    before: ReviewCell
    change: ReviewCell = ReviewCell()
    change_kind: CellKind = CellKind.POINTS


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessReview:
    """What a review says to one audience about one week.

    Parameters
    ----------
    audience: who reads it. window: the week, whole days in UTC.
    scope: which tickets it holds, in words; "" for all.
    known_until: until when tickets and promises are known.
    numbers, tables: the figures. ai: those of the quality of AI. sentences: what stands out, the first in one line.
    overdue: procedures whose review is overdue, each in words.
    """

    audience: str
    window: DigestWindow
    scope: str
    known_until: datetime
    numbers: tuple[ReviewNumber, ...]
    tables: tuple[ReviewTable, ...]
    ai: tuple[ReviewNumber, ...] = ()
    sentences: tuple[str, ...]
    overdue: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no ticket is in it."""
        return not any(number.now.value for number in self.numbers)


def review_facts(review: BusinessReview, title: str) -> dict[str, Any]:
    """Return the figures as they are stored with the review; the keys of every digest are among them, its items are none."""
    return {
        "version": VERSION, "kind": DigestKind.REVIEW.value, "audience": review.audience, "title": title,
        "start": rfc3339(review.window.start), "end": rfc3339(review.window.end), "scope": review.scope,
        "known_until": rfc3339(review.known_until), "summary": list(review.sentences), "items": [], "launches": [],
        "numbers": [_number(one) for one in review.numbers], "ai": [_number(one) for one in review.ai],
        "tables": [_table(one) for one in review.tables],
        "overdue_procedures": list(review.overdue),
        "lines": [[one.title, one.sentences[0]] for one in review.tables if one.sentences],
    }  # fmt: skip


def _number(number: ReviewNumber) -> dict[str, Any]:
    return {**asdict(number), "kind": number.kind.value, "change_kind": number.change_kind.value}


def _table(table: ReviewTable) -> dict[str, Any]:
    return {
        "key": table.key, "title": table.title, "of": table.of, "sentences": list(table.sentences), "left_out": table.left_out,
        "columns": [{"key": one.key, "title": one.title, "kind": one.kind.value, "unit": one.unit} for one in table.columns],
        "rows": [
            {"name": row.name, "theme_id": row.theme_id, "cells": [asdict(cell) for cell in row.cells]} for row in table.rows
        ],
    }  # fmt: skip


def few_of(number: int | None) -> bool:
    """Return whether a figure is founded on too few cases to judge; one without any has none to mark."""
    return number is not None and 0 < number < FEW


def cell_of(
    value: float | None, interval: Sequence[float | None] = (None, None), number: int | None = None
) -> ReviewCell:
    """Return a cell that marks too few cases itself."""
    low, high = interval
    return ReviewCell(value, low, high, number, few_of(number) and value is not None)
