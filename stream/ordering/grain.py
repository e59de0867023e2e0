"""Coarse times: sources whose times are days or full hours, and where in the day or hour their events are placed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

SECOND = 1_000_000
"""Microseconds."""

FEWEST = 20
"""Creations of tickets from which the grain of a source is known."""

FEWEST_TIMES = 3
"""Different times that they must have."""

QUARTER = 900 * SECOND
"""Offsets of all zones from UTC are multiples of it."""


class Grain(IntEnum):
    """The finest step of a source's times, in seconds."""

    SECOND = 1
    HOUR = 3_600
    DAY = 86_400


@dataclass(frozen=True, slots=True)
class WrittenTimes:
    """What the times of a source's new tickets have in common.

    count: how many there are. times: how many different times they have. hours: their distinct distances from a full hour of UTC,
    days: from midnight UTC, both in microseconds. More than two are given as three.
    """

    count: int
    times: int
    hours: tuple[int, ...]
    days: tuple[int, ...]


def grain_of(written: WrittenTimes, known: Grain | None = None) -> Grain:
    """Return the grain of a source: by what is written where there is enough of it, else by what is `known` of it already.

    Times that are days are equally far from midnight UTC, but for the hour of summer time. One or two times alone say so only at
    midnight UTC: tickets that were imported in one go have a common time, too.
    """
    found = _grain(written)
    enough = written.count >= FEWEST and (written.times >= FEWEST_TIMES or written.days == (0,))
    return found if enough else min(found, known or Grain.SECOND)


def _grain(written: WrittenTimes) -> Grain:
    if any(one % QUARTER for one in (*written.days, *written.hours)):
        return Grain.SECOND
    apart = max(written.days) - min(written.days) if written.days else 0
    hour, day = Grain.HOUR * SECOND, Grain.DAY * SECOND
    if len(written.days) == 1 or (len(written.days) == 2 and (apart <= hour or apart >= day - hour)):
        return Grain.DAY
    return Grain.HOUR if len(written.hours) == 1 else Grain.SECOND


def placement(source: str, grain: Grain, written: WrittenTimes, now: int) -> Callable[[int, str], int]:
    """Return the function that places a time of the source, in microseconds, within its day or hour.

    The place follows from the source and the ticket alone and is uniform: events of a Poisson process of which only the day is
    known are distributed so, and a rise within the day keeps its size. What is not over at `now` is placed before `now`.
    """
    span, step = grain * SECOND, (written.days if grain is Grain.DAY else written.hours)
    whole = (Grain.DAY if grain is Grain.DAY else Grain.HOUR) * SECOND

    def place(time: int, ticket: str) -> int:
        if time % whole not in step:
            return time
        digest = hashlib.blake2b(f"{source}\0{ticket}".encode(), digest_size=7).digest()
        room = min(span, now - time) if time <= now else span
        return time + int.from_bytes(digest) * room // (1 << 56)

    return place


def coarse_sentence(grains: Mapping[str, Grain]) -> str | None:
    """Say in one sentence what can be watched at the grain of coarse sources; None where there is none."""
    days = sorted(source for source, grain in grains.items() if grain is Grain.DAY)
    hours = sorted(source for source, grain in grains.items() if grain is Grain.HOUR)
    parts = []
    if days:
        parts.append(f"{', '.join(days)} writes days, so that rises of a day's numbers can be watched, not of hours")
    if hours:
        parts.append(
            f"{', '.join(hours)} writes full hours, so that rises of an hour's numbers can be watched, not of minutes"
        )
    if not parts:
        return None
    return (
        f"Coarse times: {'; '.join(parts)}; finer times of these tickets are guesses, those as written are in `custom`."
    )
