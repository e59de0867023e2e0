"""What is asked for: period, dimension, filters, scope, business hours and costs, and how each is read from text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from models.access import EVERYTHING, AccessScope
from models.metrics.business_hours import BusinessClock, BusinessSchedule
from models.metrics.cells import DIMENSIONS
from models.metrics.cost import CostTable
from models.metrics.figures import FigurePeriod
from models.times import parse_rfc3339, rfc3339
from pipelines.figures.errors import FigureQueryInvalid
from store.epochs import read_mined_until
from store.handling import read_first_creation, read_first_handled

DEFAULT_DAYS = 7
DAY = timedelta(days=1)
YEARS = range(1970, 2200)
"""Years in which a period may begin and end: so the periods before it, and its days as numbers, exist."""


@dataclass(frozen=True, slots=True)
class FigureQuery:
    """What is asked for.

    Parameters
    ----------
    period: which one.
    by: the column to group by; None: all tickets are one group.
    filters: values by column.
    clock: business hours in which durations are measured; None: the calendar's.
    costs: what handling costs; without them there is no cost per resolution.
    scope: the tickets that whoever asks may see; figures are of no others.
    """

    period: FigurePeriod
    by: str | None = None
    filters: Mapping[str, str | int] = field(default_factory=dict)
    clock: BusinessClock | None = None
    costs: CostTable | None = None
    scope: AccessScope = EVERYTHING

    @property
    def dimension(self) -> str | None:
        """What it is grouped by, as a person types it."""
        return "theme" if self.by == "theme_id" else self.by

    @property
    def is_of_persons(self) -> bool:
        """Return whether it asks only for tickets that persons handled last, so that AI contained none of them by definition."""
        values = {name: (value,) for name, value in self.filters.items()} | dict(self.scope.limits)
        handlers = values.get("handled_by", ("human",) if "vendor" in values else ("ai",))
        return "ai" not in handlers

    def within(self, period: FigurePeriod) -> Self:
        """Return the same question about another period."""
        return replace(self, period=period)


def clock_of(
    connection: Connection, schedules: Mapping[str, BusinessSchedule], schedule: str | None, period: FigurePeriod
) -> BusinessClock | None:
    """Return the clock of a schedule of the service levels, from the first ticket on; None where no schedule is named."""
    if schedule is None:
        return None
    if schedule not in schedules:
        known = (
            ", ".join(schedules) or "none; write it under [[schedule]] in the file that figures.service_levels names"
        )
        raise FigureQueryInvalid(f"received the schedule {schedule!r}; known are {known}")
    first = read_first_creation(connection) or period.start
    last = max(period.end, period.known_until)
    return BusinessClock(schedules[schedule], first.date() - DAY, last.date() + DAY)


def column_of(dimension: str) -> str:
    """Return the column of a dimension by the name that a person types."""
    name = "theme_id" if dimension == "theme" else dimension.replace("-", "_")
    if name not in DIMENSIONS:
        known = ", ".join("theme" if one == "theme_id" else one for one in DIMENSIONS)
        raise FigureQueryInvalid(f"received the dimension {dimension!r}; valid are {known}")
    return name


def filters_of(texts: Sequence[str]) -> dict[str, str | int]:
    """Return filters that were typed as DIMENSION=VALUE."""
    found: dict[str, str | int] = {}
    for text in texts:
        dimension, sign, value = text.partition("=")
        if not sign or not value:
            raise FigureQueryInvalid(f"received the filter {text!r}; valid is DIMENSION=VALUE, for example region=BR")
        column = column_of(dimension.strip())
        found[column] = filter_value(column, value.strip())
    return found


def filter_value(column: str, text: str) -> str | int:
    """Return the value of a column that was typed: a number for a theme, else the text."""
    if column != "theme_id":
        return text
    if not (text.isdecimal() and len(text) < 10):
        raise FigureQueryInvalid(
            f"received the theme {text!r}; valid is its number, as `groundswell themes list` shows it"
        )
    return int(text)


def known_until(connection: Connection) -> datetime:
    """Return until when tickets are mined. Raises `FigureQueryInvalid` where none is."""
    known = read_mined_until(connection)
    if known is None:
        raise FigureQueryInvalid("no ticket is mined yet, so there are no figures; `groundswell ingest` reads tickets")
    return known


def period_of(connection: Connection, start: str | None, end: str | None, containment: timedelta) -> FigurePeriod:
    """Return the period between two days or times; by default the last seven days that are mined, to a full hour."""
    known = known_until(connection)
    last = moment_of(end) if end else known.replace(minute=0, second=0, microsecond=0)
    first = moment_of(start) if start else last - timedelta(days=DEFAULT_DAYS)
    return _checked(first, last, known, containment)


def whole_days(
    connection: Connection, start: str | None, end: str | None, containment: timedelta, days: int = DEFAULT_DAYS
) -> FigurePeriod:
    """Return a period of whole days in UTC: from the day `start` to the day before `end`, or the last days that are over.

    Where no day is over yet, the last days end with the one that is under way. Raises `FigureQueryInvalid`.
    """
    known = known_until(connection)
    last = _midnight(moment_of(end)) if end else _last_end(connection, known)
    first = _midnight(moment_of(start)) if start else last - timedelta(days=days)
    return _checked(first, last, known, containment)


def earlier_period(period: FigurePeriod) -> FigurePeriod:
    """Return the period of the same length just before, seen with what is known now."""
    return replace(period, start=period.start - (period.end - period.start), end=period.start)


def are_known(connection: Connection, period: FigurePeriod) -> bool:
    """Return whether all of a period and of the one before is known: else the sums of the two cannot be compared.

    It is from the day of the first ticket on, and until the tickets are mined.
    """
    first = read_first_handled(connection)
    return first is not None and _midnight(first) <= earlier_period(period).start and period.end <= period.known_until


def _last_end(connection: Connection, known: datetime) -> datetime:
    last, first = _midnight(known), read_first_creation(connection)
    return last + DAY if first is not None and first >= last else last


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _checked(first: datetime, last: datetime, known: datetime, containment: timedelta) -> FigurePeriod:
    if first >= min(last, known):
        raise FigureQueryInvalid(
            f"received a period from {rfc3339(first)} to {rfc3339(last)}; valid is a start before the end and before {rfc3339(known)}, "
            "until when tickets are mined"
        )
    return FigurePeriod(first, last, known, containment)


def moment_of(text: str) -> datetime:
    """Return the time that was typed: a day in UTC, or a time with a zone. Raises `FigureQueryInvalid`."""
    try:
        moment = (
            datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
            if len(text) == len("2026-11-20")
            else parse_rfc3339(text)
        )
    except (ValueError, OverflowError) as error:
        raise FigureQueryInvalid(
            f"received the time {text!r}; valid is a day such as 2026-11-20 (UTC) or a time with a zone such as 2026-11-20T08:00Z"
        ) from error
    if moment.year not in YEARS:
        raise FigureQueryInvalid(f"received the time {text!r}; valid is one from {YEARS[0]} to {YEARS[-1]}")
    return moment


def change_day(text: str, earlier: timedelta) -> date:
    """Return the first day of a change that was typed, after a time before it that is compared. Raises `FigureQueryInvalid`."""
    try:
        day = date.fromisoformat(text)
        day - earlier
    except (ValueError, OverflowError) as error:
        raise FigureQueryInvalid(f"received --at {text!r}; valid is a day such as 2026-11-20") from error
    return day
