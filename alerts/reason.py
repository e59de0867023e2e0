"""Reasons: the one sentence with the figures that log, listing, digest and message all show alike."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from models.formats import amount, counted, multiple, utc_clock, utc_minute
from models.segment import Segment

if TYPE_CHECKING:
    from models.spikes.launches.learned_lift import LearnedLift


class Excess(Protocol):
    """The figures of a spike that a reason gives."""

    @property
    def observed(self) -> int:
        """Tickets since `start`."""

    @property
    def expected(self) -> float:
        """Tickets expected since `start`."""

    @property
    def ratio(self) -> float:
        """Observed over expected."""

    @property
    def start(self) -> datetime:
        """First instant of the spike."""

    @property
    def segment(self) -> Segment:
        """The segment whose tickets are counted."""


def since(time: datetime, now: datetime) -> str:
    """Write a time of day in UTC, with its date where that is another day than that of `now`."""
    return utc_clock(time) if time.date() == now.date() else utc_minute(time)


def where(segment: Segment) -> str:
    """Write `, in region BR, payment_method pix`; nothing for the segment that is everything."""
    return f", in {segment}" if segment.pairs else ""


def excess_sentence(
    excess: Excess,
    now: datetime,
    launch: str | None = None,
    common: LearnedLift | None = None,
    *,
    alone: bool = True,
    together: int = 0,
) -> str:
    """Write `42 tickets since 13:15 UTC where 3.1 were expected (x13.5), in region BR`.

    Under a launch (its title) the sentence compares with the plan; under a plan for all themes with the lift `common` that the other
    themes have. `alone` is True for one theme, False for all tickets: then the sentence ends with how much more they are than planned.
    `together` is the number of similar themes whose tickets are counted together, 0 for one theme.
    """
    usual = (
        f"the plan of {launch} expects {amount(excess.expected)}"
        if launch
        else f"{amount(excess.expected)} were expected"
    )
    if common is not None and alone:
        usual = f"{amount(excess.expected)} were expected, as the other themes have {common.sentence}"
    sentence = (
        f"{counted(excess.observed, 'ticket')} since {since(excess.start, now)} where {usual} "
        f"({multiple(excess.ratio)}){where(excess.segment)}"
    )
    if together:
        return f"{sentence}, in {together} similar small themes together"
    return sentence if common is None or alone else f"{sentence}; all themes have {common.sentence}"
