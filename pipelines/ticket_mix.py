"""The mix of a theme's newest tickets by their attributes, from which follows whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from models.event import MATCHED
from models.segment import Segment
from models.theme import ALL_TICKETS
from store.tickets import TicketAttributes, read_attributes

MIX_TICKETS = 500
"""The newest tickets of a theme, from whose attributes its audiences follow."""


def mix_of(tickets: Iterable[TicketAttributes]) -> Counter[Segment]:
    """Count tickets by their attributes."""
    return Counter(Segment.of(one.attributes) for one in tickets)


def newest_mix(
    connection: Connection, theme_id: int, end: datetime, *, start: datetime | None = None
) -> Counter[Segment]:
    """Count the newest tickets of a theme before `end`, and from `start` on, by the attributes that audiences are matched by.

    Those of any theme count for `ALL_TICKETS`.
    """
    themes = [] if theme_id == ALL_TICKETS else [theme_id]
    return mix_of(read_attributes(connection, themes, start, end, MIX_TICKETS, MATCHED))
