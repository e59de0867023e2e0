"""The hours of a theme as text, for Markdown: a line of blocks."""

from __future__ import annotations

from collections.abc import Sequence

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
