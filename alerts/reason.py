"""Reasons: the one sentence with the figures that log, listing, digest and message all show alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from models.segment import Segment

if TYPE_CHECKING:
    from models.spikes.launches.common_lift import LearnedLift


def times(ratio: float) -> str:
    """How many times as much, as people read it: `x13.5`, `x120`; beyond a thousand the quotient says nothing more."""
    if ratio >= 1000:
        return "over x1,000"
    return f"x{ratio:.0f}" if ratio >= 100 else f"x{ratio:.1f}"


def amount(tickets: float) -> str:
    """An expected number of tickets: one decimal where it says something."""
    if tickets < 0.05:
        return "almost none"
    return f"{tickets:,.0f}" if tickets >= 100 else f"{tickets:.1f}"


def counted(number: int, noun: str) -> str:
    """`1 ticket`, `1,204 tickets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def moment(time: datetime, seen_from: datetime) -> str:
    """A time of day in UTC, with its date where that is another day than the one it is seen from."""
    same_day = time.date() == seen_from.date()
    return f"{time:%H:%M} UTC" if same_day else f"{time:%Y-%m-%d %H:%M} UTC"


def where(segment: Segment) -> str:
    """`, in region BR, payment_method pix`; nothing for the segment that is everything."""
    return f", in {segment}" if segment.pairs else ""


def excess_sentence(
    observed: int,
    expected: float,
    ratio: float,
    start: datetime,
    segment: Segment,
    now: datetime,
    launch: str | None = None,
    common: LearnedLift | None = None,
    *,
    alone: bool = True,
) -> str:
    """`42 tickets since 13:15 UTC where 3.1 were expected (x13.5), in region BR`.

    Under a launch it compares with the plan, and under a plan for all themes with what the others have in common: then a theme is
    told `alone`, apart from all tickets, of which it is said how much more they are than planned.
    """
    usual = f"the plan of {launch} expects {amount(expected)}" if launch else f"{amount(expected)} were expected"
    if common is not None and alone:
        usual = f"{amount(expected)} were expected, as the other themes have {common.sentence}"
    since = moment(start, now)
    said = f"{counted(observed, 'ticket')} since {since} where {usual} ({times(ratio)}){where(segment)}"
    return said if common is None or alone else f"{said}; all themes have {common.sentence}"
