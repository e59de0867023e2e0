"""Outcomes of tickets that groups and changes are compared by, and the cells that rows of tickets make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from models.comparison.cells import RateCell, TimeCell
from models.comparison.day_correlation import day_correlation
from models.comparison.panel import PanelRow
from models.metrics.cells import without

HandledTicket = Mapping[str, Any]
"""A ticket by column, as `ticket_handling` has it, with `kept` for that outcome: whether all its decided promises were kept."""

_GOOD_RATING = 4


class Outcome(StrEnum):
    """What is compared: a rate of tickets, or a median of their times."""

    KEPT = "kept"
    SATISFIED = "satisfied"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    FIRST_REPLY = "first_reply"
    RESOLUTION = "resolution"

    @property
    def is_time(self) -> bool:
        """Whether its median is compared, open tickets included."""
        return self in (Outcome.FIRST_REPLY, Outcome.RESOLUTION)


class RateOutcome(StrEnum):
    """The outcomes that are rates, by which changes are evaluated; each is an `Outcome` of the same value."""

    KEPT = Outcome.KEPT.value
    SATISFIED = Outcome.SATISFIED.value
    REOPENED = Outcome.REOPENED.value
    ESCALATED = Outcome.ESCALATED.value


_TIMES = {Outcome.FIRST_REPLY: "first_reply_at", Outcome.RESOLUTION: "first_resolved_at"}


def success(outcome: Outcome, row: HandledTicket) -> bool | None:
    """Return whether a ticket has the outcome; None where it is not counted, as the satisfaction of a ticket without a rating.

    Kept are tickets whose decided promises of service levels were all kept; satisfied are ratings of 4 and 5; reopened counts among
    tickets that were solved.
    """
    if outcome is Outcome.KEPT:
        kept: bool | None = row["kept"]
        return kept
    if outcome is Outcome.SATISFIED:
        return None if row["csat"] is None else row["csat"] >= _GOOD_RATING
    if outcome is Outcome.REOPENED:
        return None if row["first_resolved_at"] is None else row["first_reopened_at"] is not None
    return row["escalated_at"] is not None


def rate_cells(rows: Iterable[HandledTicket], outcome: Outcome, by: str, dimensions: Sequence[str]) -> list[RateCell]:
    """Count tickets and successes by group and stratum; a missing group is called so, such as "no vendor"."""
    counts: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for row in rows:
        found = success(outcome, row)
        if found is not None:
            cell = counts.setdefault((_text(row[by]) or without(by), _stratum(row, dimensions)), [0, 0])
            cell[0] += 1
            cell[1] += found
    return [RateCell(group, stratum, tickets, hits) for (group, stratum), (tickets, hits) in counts.items()]


def time_cells(
    rows: Iterable[HandledTicket], outcome: Outcome, by: str, dimensions: Sequence[str], known_until: datetime
) -> list[TimeCell]:
    """Collect times in hours by group and stratum; what has not happened until `known_until` is censored then.

    Times are rounded to a hundredth of an hour.
    """
    counts: dict[tuple[str, tuple[str, ...]], dict[float, list[int]]] = {}
    for row in rows:
        at = row[_TIMES[outcome]]
        happened = at is not None and at <= known_until
        seconds = ((at if happened else known_until) - row["created_at"]).total_seconds()
        histogram = counts.setdefault((_text(row[by]) or without(by), _stratum(row, dimensions)), {})
        histogram.setdefault(round(max(seconds, 0.0) / 3600.0, 2), [0, 0])[not happened] += 1
    return [
        TimeCell(
            group,
            stratum,
            tuple(sorted(histogram)),
            tuple(histogram[hours][0] for hours in sorted(histogram)),
            tuple(histogram[hours][1] for hours in sorted(histogram)),
        )
        for (group, stratum), histogram in counts.items()
    ]


def correlation_of_days(
    rows: Sequence[HandledTicket], outcome: Outcome, by: str, dimensions: Sequence[str], generator: np.random.Generator
) -> tuple[float, int]:
    """Estimate how much the outcomes of tickets that a group gets on one day correlate, and count the days.

    The outcome of a time is whether it is below the median of all that are over.
    """
    values = _early(rows, outcome) if outcome.is_time else [success(outcome, row) for row in rows]
    used = [(row, float(value)) for row, value in zip(rows, values, strict=True) if value is not None]
    days = [row["created_at"].date() for row, _ in used]
    correlation = day_correlation(
        [_text(row[by]) for row, _ in used],
        [_stratum(row, dimensions) for row, _ in used],
        days,
        [value for _, value in used],
        generator,
    )
    return correlation, max(len(set(days)), 1)


def _early(rows: Sequence[HandledTicket], outcome: Outcome) -> list[bool]:
    """Return of each ticket whether its time is below the median of those that are over."""
    column = _TIMES[outcome]
    lengths = [None if row[column] is None else row[column] - row["created_at"] for row in rows]
    known = sorted(length for length in lengths if length is not None)
    middle = known[len(known) // 2] if known else timedelta(0)
    return [length is not None and length <= middle for length in lengths]


def panel_rows(rows: Iterable[HandledTicket], outcome: Outcome, unit: str, start: date, days: int) -> list[PanelRow]:
    """Compute the rate of an outcome by unit and period of some days, in which tickets were created.

    start: day on which period 0 begins, so that a change on that day divides the periods. days: of a period, 1 or 7.
    """
    counts: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        found = success(outcome, row)
        if found is not None:
            cell = counts.setdefault((_text(row[unit]), (row["created_at"].date() - start).days // days), [0, 0])
            cell[0] += 1
            cell[1] += found
    return [
        PanelRow(name, period, tickets, hits / tickets) for (name, period), (tickets, hits) in sorted(counts.items())
    ]


def _stratum(row: HandledTicket, dimensions: Sequence[str]) -> tuple[str, ...]:
    return tuple(_text(row[dimension]) for dimension in dimensions)


def _text(value: object) -> str:
    return "" if value is None else str(value)
