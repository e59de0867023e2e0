"""A page of figures: what it offers, what it is asked for, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from console.figures.address import FigureAddress
from console.figures.table import FigureTable
from models.access import Person
from models.metrics.figures import FigurePeriod
from models.metrics.targets import FigureTarget
from pipelines.figures.query import FigureQuery
from pipelines.handling.settings import FigureSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureAsk:
    """What a page of figures is asked for.

    Parameters
    ----------
    query: period, dimension, filters and the scope of whoever looks: every read takes it.
    earlier: the period of the same length just before.
    is_compared: whether both are known as a whole, so that their sums may be compared.
    address: the address, for links.
    person: who looks.
    settings: those of figures.
    targets: those of figures, in the order in which they are tried.
    now: wall clock.
    """

    query: FigureQuery
    earlier: FigurePeriod
    is_compared: bool
    address: FigureAddress
    person: Person
    settings: FigureSettings
    targets: Sequence[FigureTarget]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureContent:
    """What a page of figures shows: its tables, the first of which is sorted and exported by default, and values for its template.

    `from_cells`: whether the figures are of daily sums, whose percentiles are within 2 %.
    """

    tables: Sequence[FigureTable]
    values: Mapping[str, Any] = field(default_factory=dict)
    from_cells: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePage:
    """A page of figures, its files and its route of the JSON API.

    Parameters
    ----------
    path: its address, below `/figures`; that of the API is `/api` before it.
    title: its name, in the sub-navigation, too.
    template: that which writes it; it extends `figures.html`.
    dimensions: columns that it can be grouped by, "" for none; by: the one by default.
    read: reads its content. Nothing that is outside `ask.query.scope` may be in it.
    days: of the period by default.
    depends: what its content depends on in addition to the question, the scope and the figures, for a person; None for somebody who
        sees what all of the same scope see.
    """

    path: str
    title: str
    template: str
    read: Callable[[Connection, FigureAsk], FigureContent]
    dimensions: tuple[str, ...] = ("",)
    by: str = ""
    days: int = 7
    depends: Callable[[Connection, Person], Hashable] | None = None
