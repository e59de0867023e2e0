"""Times that are out of line: one wrong date that would move the record's begin or end far away from all other events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.arrays import Ints, Mask
from stream.ordering.spool import TicketTimes

DAY: Final = 86_400_000_000
"""Microseconds."""

FEWEST = 20
"""Events below which no time is judged: five tickets over a year are a quiet source."""

ENOUGH = 100
"""Events from which a time is judged by its isolation alone, where its place in the file says nothing."""

ONE_OF = 200
"""Up to one ticket of so many, and at most `MOST`, can be out of line; more of them are a period of their own."""

MOST = 3


@dataclass(frozen=True, slots=True)
class OutOfLine:
    """A time that is out of line, by row of the spool, with the times of its neighbours in the file (None at its edges)."""

    number: int
    time: int
    before: int | None
    after: int | None


def find_out_of_line(found: TicketTimes, judged: Mask, *, behind: bool = True) -> list[OutOfLine]:
    """Find the first or last few events in order of time that are far from all others.

    A group of at most `MOST` tickets at one end of the order of time is out of line

    - where each of its events is far from both neighbours in its file, which are close to each other (an export in any order of
      time), and the group is at least a day and twice the longest other gap away from the next event; or
    - where at least `ENOUGH` events are known, and it is two weeks, twenty times the longest other gap and a quarter of
      the time that the others cover away from the next event.

    Parameters
    ----------
    found: times of all ticket events, in the order in which they were read.
    judged: which of them may be out of line, shape (n,).
    behind: whether times before all others are judged, too.
    """
    size = len(found.times)
    if size < FEWEST:
        return []
    order = np.argsort(found.times, kind="stable")
    first, last = _edge(found.tickets[order]), _edge(found.tickets[order[::-1]])
    body = found.times[order[first : size - last]]
    gaps = np.diff(body)
    if not gaps.size:
        return []
    longest, cover = int(gaps.max()), int(body[-1] - body[0])
    groups = [_group(found, judged, order[::-1], last, longest, cover)]
    groups += [_group(found, judged, order, first, longest, cover)] if behind else []
    chosen = np.sort(np.concatenate(groups))
    return [
        OutOfLine(int(found.numbers[index]), int(found.times[index]), *_neighbours(found, index, chosen))
        for index in chosen.tolist()
    ]


def _edge(tickets: Ints) -> int:
    """Return how many events at the start of an order belong to the few tickets that can be out of line."""
    most = min(MOST, max(1, len(tickets) // ONE_OF))
    seen: set[int] = set()
    for count, ticket in enumerate(tickets[: 10 * MOST].tolist()):
        seen.add(ticket)
        if len(seen) > most:
            return count
    return min(len(tickets), 10 * MOST)


def _group(found: TicketTimes, judged: Mask, order: Ints, edge: int, longest: int, cover: int) -> Ints:
    """Return the largest group at the start of `order` that is out of line; empty where none is."""
    times = found.times[order[: edge + 1]]
    for size in range(edge, 0, -1):
        group, gap = order[:size], abs(int(times[size] - times[size - 1]))
        if not judged[group].all():
            continue
        alone = len(order) >= ENOUGH and gap >= max(14 * DAY, 20 * longest, cover // 4)
        if alone or (gap >= max(DAY, 2 * longest) and _misplaced(found, group)):
            return group
    return order[:0]


def _misplaced(found: TicketTimes, group: Ints) -> bool:
    """Whether each event of a group is far from both neighbours in its file, more than neighbours usually are."""
    same = np.diff(found.files) == 0
    steps = np.abs(np.diff(found.times))
    apart = np.isin(np.arange(len(found.times)), group)
    usual = steps[same & ~apart[1:] & ~apart[:-1]]
    if not usual.size:
        return False
    far = max(DAY, 10 * int(np.quantile(usual, 0.99)))
    for index in group.tolist():
        near = _neighbours(found, index, group)
        if any(one is None or abs(int(found.times[index]) - one) < far for one in near):
            return False
    return True


def _neighbours(found: TicketTimes, index: int, group: Ints) -> tuple[int | None, int | None]:
    """Return the times of the nearest events before and after in the same file that are not of the group."""
    near: list[int | None] = []
    for step in (-1, 1):
        place = index + step
        while place in group:
            place += step
        there = 0 <= place < len(found.times) and found.files[place] == found.files[index]
        near.append(int(found.times[place]) if there else None)
    return near[0], near[1]
