"""The address of a page of figures: period, dimension, filters, order and format, and the addresses that its links lead to."""

from dataclasses import dataclass, fields, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Query

from console.figures.files import TableFormat
from models.metrics.cells import PAIRED
from models.redaction import redact
from pipelines.figures.errors import FigureQueryInvalid
from pipelines.figures.query import column_of, filter_value

FILTERED = PAIRED
"""Dimensions that pages of figures can be filtered by."""

PERIODS = (7, 28, 90)
"""Days of the periods that are offered."""

_Text = Annotated[str, Query(max_length=128)]


# FastAPI reads the fields from the signature, whose annotations must not be strings: nothing is imported from `__future__`.
@dataclass(frozen=True)
class FigureFilters:
    """What the address of a page of figures asks for; what is empty is as it is by default."""

    days: Annotated[str, Query(max_length=4, description="the last 7, 28 or 90 days that are over")] = ""
    start: Annotated[str, Query(alias="from", max_length=10, description="first day in UTC, such as 2026-11-20")] = ""
    end: Annotated[str, Query(alias="to", max_length=10, description="the day after the last one")] = ""
    by: Annotated[str, Query(max_length=20, description="dimension to group by")] = ""
    business_line: _Text = ""
    user_type: _Text = ""
    product: _Text = ""
    region: _Text = ""
    channel: _Text = ""
    handled_by: _Text = ""
    vendor: _Text = ""
    team: _Text = ""
    theme: Annotated[str, Query(max_length=9, description="number of a theme")] = ""
    outcome: Annotated[str, Query(max_length=20, description="what is compared on the same case mix")] = ""
    measure: Annotated[str, Query(max_length=20, description="what effort is counted in")] = ""
    find: Annotated[str, Query(max_length=200, description="words that a row of the table contains")] = ""
    table: Annotated[str, Query(max_length=40, description="the table that is sorted, searched and exported")] = ""
    sort: Annotated[str, Query(max_length=60, description="a column; `-` before it sorts from the greatest on")] = ""
    format: Annotated[str, Query(max_length=10, description="csv, xlsx or parquet: the table as a file")] = ""

    def value_of(self, dimension: str) -> str:
        """Return the value that a dimension is filtered by, "" where it is not."""
        return str(getattr(self, "theme" if dimension == "theme_id" else dimension))

    def chosen(self) -> dict[str, str | int]:
        """Return the filters as values by column. Raises `FigureQueryInvalid`."""
        found: dict[str, str | int] = {name: self.value_of(name) for name in FILTERED if self.value_of(name)}
        if self.theme:
            found["theme_id"] = filter_value("theme_id", self.theme)
        return found

    def period_days(self, default: int) -> int:
        """Return how many days the period has where no first day is given. Raises `FigureQueryInvalid`."""
        if self.days and self.days not in {str(one) for one in PERIODS}:
            raise FigureQueryInvalid(
                f"received the period {self.days!r}; valid are {', '.join(map(str, PERIODS))} days"
            )
        return int(self.days or default)

    def file_format(self) -> TableFormat | None:
        """Return the format of the file that is asked for; None for a page. Raises `FigureQueryInvalid`."""
        if not self.format:
            return None
        if self.format not in set(TableFormat):
            raise FigureQueryInvalid(f"received the format {self.format!r}; valid are {', '.join(TableFormat)}")
        return TableFormat(self.format)

    def column(self, offered: tuple[str, ...], default: str) -> str | None:
        """Return the column to group by, of those that a page offers; "" is all tickets. Raises `FigureQueryInvalid`."""
        asked = self.by or default
        if asked and ("theme_id" if asked == "theme" else asked) not in offered:
            known = ", ".join("theme" if one == "theme_id" else one for one in offered if one)
            raise FigureQueryInvalid(f"received the dimension {asked!r}; this page groups by {known}")
        return column_of(asked) if asked else None

    def redacted(self) -> "FigureFilters":
        """Return it without what must not be shown again, such as a card number that was pasted into a field."""
        return replace(self, **{one.name: redact(getattr(self, one.name)).text for one in fields(self)})


@dataclass(frozen=True)
class FigureAddress:
    """An address of a page of figures, and those of its links: each keeps what was chosen and changes one thing."""

    path: str
    filters: FigureFilters

    def with_(self, **changes: str) -> str:
        """Write the address with other values; "" takes one away."""
        return _written(self.path, replace(self.filters, **changes))

    def page(self, path: str) -> str:
        """Write the address of another page with the same period and filters."""
        return _written(
            path, replace(self.filters, by="", sort="", find="", table="", outcome="", measure="", format="")
        )

    def sorted_by(self, table: str, key: str, *, is_text: bool) -> str:
        """Write the address that a column's heading leads to: sorted by it, and once it is, the other way round."""
        order = self.order_of(table, key)
        descending = order == "ascending" or (order is None and not is_text)
        return self.with_(table=table, sort=f"{'-' if descending else ''}{key}", format="")

    def order_of(self, table: str, key: str) -> str | None:
        """Return how a table is sorted by a column, as `aria-sort` says it; None where it is not."""
        if self.filters.sort.removeprefix("-") != key or self.filters.table not in ("", table):
            return None
        return "descending" if self.filters.sort.startswith("-") else "ascending"

    def file(self, table: str, kind: str) -> str:
        """Write the address of a table as a file, sorted and searched as it is shown."""
        return self.with_(table=table, format=kind)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """List what a form that searches a table must send along."""
        return [(name, text) for name, text in _pairs(self.filters) if name not in ("find", "format", "table")]


_NAMES = {"start": "from", "end": "to"}


def _pairs(filters: FigureFilters) -> list[tuple[str, str]]:
    return [(_NAMES.get(one.name, one.name), text) for one in fields(filters) if (text := getattr(filters, one.name))]


def _written(path: str, filters: FigureFilters) -> str:
    pairs: list[tuple[str, Any]] = list(_pairs(filters))
    return f"{path}?{urlencode(pairs)}" if pairs else path
