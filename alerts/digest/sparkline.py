"""The hours of a theme as text, for Markdown: a line of blocks, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.digest.records import SpikeStory
from models.bucket import hour_start
from models.formats import amount, counted, utc_clock
from store.board import Hour

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(hours: Sequence[Hour]) -> str:
    """Draw hourly tickets as a line of blocks; a dot is an hour without a ticket.

    >>> sparkline([Hour(494_000 + place, tickets, 1.0, None) for place, tickets in enumerate((0, 1, 8))])
    '·▁█'
    """
    most = max((hour.observed for hour in hours), default=0)
    return "".join(
        "·" if not hour.observed else _BLOCKS[max(0, -(-hour.observed * len(_BLOCKS) // most) - 1)] for hour in hours
    )


def in_words(hours: Sequence[Hour], spikes: Sequence[SpikeStory]) -> str:
    """Describe the hours in one sentence: their sum, the busiest one and the first spike."""
    total = sum(hour.observed for hour in hours)
    if not total:
        return f"No ticket in {counted(len(hours), 'hour')}."
    peak = max(hours, key=lambda hour: hour.observed)
    usual = f", where {amount(peak.band.mean)} were expected" if peak.band is not None else ""
    words = (
        f"{counted(total, 'ticket')} in {counted(len(hours), 'hour')}; "
        f"{peak.observed} in the busiest one, from {utc_clock(hour_start(peak.hour))}{usual}"
    )
    if spikes:
        first = min(spikes, key=lambda spike: spike.start)
        words += f"; spike from {utc_clock(first.start)} on"
    return f"{words}."
