"""The frontier: up to which epoch the miner may close, from what the database stores and where the topics end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.epochs import epoch_of

REPLAYING = "replay"
"""Kept in the fingerprint of a partition's row while a replay writes to it. Such a partition is never idle and the clock does
not move it on: its next message may still be in the producer, days of event time behind the other partitions."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A ticket partition: what is stored of it, and where it ends at the broker."""

    position: int
    end: int
    newest: datetime | None = None
    ended: bool = False
    replaying: bool = False

    @property
    def caught_up(self) -> bool:
        """Whether all that the broker has is stored."""
        return self.position >= self.end


def frontier(partitions: Sequence[Partition], *, epoch: timedelta, lateness: timedelta, now: datetime) -> int | None:
    """Return the first epoch that must stay open; None while it is unknown.

    All ended: everything that was seen may close. Otherwise the slowest partition's newest event time less the lateness,
    over the partitions that are neither ended nor idle; and where all of those are idle, the clock less the lateness.
    Ends must have been asked for after the rows were read: what is written later cannot be earlier than what was read.
    """
    seconds = epoch.total_seconds()
    if partitions and all(one.ended and one.caught_up for one in partitions):
        last = max((one.newest for one in partitions if one.newest is not None), default=None)
        return None if last is None else epoch_of(last, seconds) + 1
    open_ones = [one for one in partitions if not (one.ended and one.caught_up)]
    waited_for = [one for one in open_ones if one.replaying or not one.caught_up]
    if not waited_for:
        seen = any(one.newest is not None for one in partitions)
        return epoch_of(now - lateness, seconds) if seen else None
    newest = [one.newest for one in waited_for]
    if any(time is None for time in newest):
        return None
    return epoch_of(min(time for time in newest if time is not None) - lateness, seconds)


def caught_up(stored: Mapping[tuple[str, int], int], ends: Mapping[tuple[str, int], int]) -> bool:
    """Return whether everything before `ends` is stored: plans and changes must be before an epoch closes."""
    return all(stored.get(place, 0) >= end for place, end in ends.items())
