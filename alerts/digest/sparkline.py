"""The hours of a theme as text, for Markdown: a line of blocks."""

from __future__ import annotations

from collections.abc import Sequence

from store.board import Hour

MOST_BLOCKS = 48
"""What fits a line of a terminal; of a longer window several hours make one block."""

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(hours: Sequence[Hour]) -> str:
    """Draw hourly tickets as a line of blocks; a dot is an hour without a ticket.

    >>> sparkline([Hour(494_000 + place, tickets, 1.0, None) for place, tickets in enumerate((0, 1, 8))])
    '·▁█'
    """
    wide = max(1, -(-len(hours) // MOST_BLOCKS))
    numbers = [sum(hour.observed for hour in hours[at : at + wide]) for at in range(0, len(hours), wide)]
    most = max(numbers, default=0)
    return "".join("·" if not number else _BLOCKS[max(0, -(-number * len(_BLOCKS) // most) - 1)] for number in numbers)
