"""The segments of themes: values that the board can be filtered by, and those in which a theme stands out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select

from models.bucket import BUCKETS_PER_DAY
from models.segment import Segment
from models.theme import ALL_TICKETS
from store.board.board_query import FILTERED
from store.board.now import Now
from store.schema import counts, segments

SHOWN = (*FILTERED, "payment_method", "platform")
"""The dimensions in which a theme may stand out; the versions of an app are too many."""

MOST_VALUES = 300
"""Values that are looked at: those with the most tickets in the last 24 hours."""

LEAST_TICKETS = 5
CLEAR_DISTANCES = 3.0
"""A theme stands out in a value with so many tickets there, so many standard deviations above what its share of all tickets gives."""

MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class StandOut:
    """A value that more of a theme's tickets have than of all tickets, both as shares of the last 24 hours."""

    dimension: str
    value: str
    share: float
    usual: float


@dataclass(frozen=True, slots=True)
class SegmentValues:
    """The counted values of the shown dimensions: ids by (dimension, value), and tickets in the last 24 hours."""

    ids: Mapping[tuple[str, str], int]
    tickets: Mapping[int, int]
    everything: int

    def offered(self, dimension: str) -> tuple[str, ...]:
        """List the values of a dimension in alphabetical order, of very many those with the most tickets."""
        values = [(value, number) for (name, value), number in self.ids.items() if name == dimension]
        values.sort(key=lambda pair: (-self.tickets.get(pair[1], 0), pair[0]))
        return tuple(sorted((value for value, _ in values[:MOST_VALUES]), key=str.casefold))

    @property
    def most(self) -> dict[int, tuple[str, str]]:
        """Return the values with the most tickets, by segment id."""
        named = {number: pair for pair, number in self.ids.items()}
        most = sorted(self.tickets, key=lambda number: (-self.tickets[number], number))[:MOST_VALUES]
        return {number: named[number] for number in most}


def read_values(connection: Connection, now: Now) -> SegmentValues:
    """Read the counted single values of the shown dimensions."""
    begins = or_(*(segments.c.key.startswith(f'{{"{name}":', autoescape=True) for name in SHOWN))
    ids: dict[tuple[str, str], int] = {}
    for number, key in connection.execute(select(segments.c.id, segments.c.key).where(begins)):
        pairs = Segment.from_key(key).pairs
        if len(pairs) == 1:
            ids[pairs[0]] = number
    tickets = _tickets(connection, now, [ALL_TICKETS], [now.segment_id, *ids.values()]).get(ALL_TICKETS, {})
    everything = tickets.pop(now.segment_id, 0)
    return SegmentValues(ids, tickets, everything)


def read_stand_outs(
    connection: Connection, now: Now, theme_ids: Collection[int], values: SegmentValues
) -> dict[int, tuple[StandOut, ...]]:
    """Find for each theme the value of each dimension in which it stands out most, the clearest first, in one query."""
    named = values.most
    mixes = _tickets(connection, now, theme_ids, [now.segment_id, *named])
    usual = {number: values.tickets[number] / values.everything for number in named if values.everything}
    return {
        theme_id: _stand_outs(mix, mix.pop(now.segment_id, 0), named, usual)
        for theme_id in theme_ids
        for mix in [mixes.get(theme_id, {})]
    }


def _stand_outs(
    mix: Mapping[int, int], total: int, named: Mapping[int, tuple[str, str]], usual: Mapping[int, float]
) -> tuple[StandOut, ...]:
    best: dict[str, tuple[float, StandOut]] = {}
    for number, tickets in mix.items():
        share = usual.get(number, 1.0)
        if tickets < LEAST_TICKETS or share >= 1.0:
            continue
        expected = total * share
        distance = (tickets - expected) / math.sqrt(max(expected * (1.0 - share), 1.0))
        dimension, value = named[number]
        if distance > CLEAR_DISTANCES and distance > best.get(dimension, (0.0, None))[0]:
            best[dimension] = (distance, StandOut(dimension, value, tickets / total, share))
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1].dimension))
    return tuple(found for _, found in ranked[:MOST_SHOWN])


def _tickets(
    connection: Connection, now: Now, theme_ids: Collection[int], segment_ids: Collection[int]
) -> dict[int, dict[int, int]]:
    """Count the tickets of the last 24 hours by theme and segment."""
    query = (
        select(counts.c.theme_id, counts.c.segment_id, func.sum(counts.c.n))
        .where(
            counts.c.theme_id.in_(theme_ids),
            counts.c.segment_id.in_(segment_ids),
            counts.c.bucket.between(now.bucket - BUCKETS_PER_DAY + 1, now.bucket),
        )
        .group_by(counts.c.theme_id, counts.c.segment_id)
    )
    found: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    for theme_id, number, tickets in connection.execute(query):
        found[theme_id][number] = int(tickets)
    return found
