"""Rows of handling as columns of arrays, which figures are computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints, Mask

TIMES = (
    "created_at", "removed_at", "first_reply_at", "first_human_reply_at", "first_resolved_at", "first_reopened_at", "resolved_at",
    "escalated_at", "rated_at",
)  # fmt: skip
COUNTS = ("csat", "reopens", "replies", "human_replies", "replies_before_resolution", "transfers", "had_human")
NAMES = ("created_by", "handled_by", "vendor", "resolved_by")

WAITS = ("requester_wait", "third_party_wait")

NEEDED = (*TIMES, *COUNTS, *NAMES, *WAITS)
"""Columns that a row must have."""


@dataclass(frozen=True, slots=True)
class HandlingColumns:
    """Tickets as columns; all arrays have shape (n,).

    Parameters
    ----------
    times: by name of `TIMES`, seconds since 1970, NaN where a thing has not happened.
    counts: by name of `COUNTS`; a missing rating is 0, a truth value 0 or 1.
    names: by name of `NAMES`, None where there is none.
    waits: by name of `WAITS`, seconds.
    reopened: for tickets that were reopened more than once, by position, the (solved, reopened) pairs in seconds since 1970, the last
        of them with NaN while it is solved. Others are described by their times.
    """

    times: Mapping[str, Floats]
    counts: Mapping[str, Ints]
    names: Mapping[str, npt.NDArray[np.object_]]
    waits: Mapping[str, Floats]
    reopened: Mapping[int, Floats]

    def __len__(self) -> int:
        return len(self.times["created_at"])

    def where(self, chosen: Mask) -> HandlingColumns:
        """Return the chosen tickets."""
        places = np.cumsum(chosen) - 1
        return HandlingColumns(
            {name: values[chosen] for name, values in self.times.items()},
            {name: values[chosen] for name, values in self.counts.items()},
            {name: values[chosen] for name, values in self.names.items()},
            {name: values[chosen] for name, values in self.waits.items()},
            {int(places[place]): spans for place, spans in self.reopened.items() if chosen[place]},
        )

    def open_at(self, moment: float) -> Mask:
        """Return which tickets were created, and neither solved nor removed, at a moment in seconds since 1970."""
        times = self.times
        # A comparison with NaN is false: what has not happened is not before the moment.
        alive = (times["created_at"] <= moment) & ~(times["removed_at"] <= moment)
        solved = (times["first_resolved_at"] <= moment) & ~(times["first_reopened_at"] <= moment)
        again = (self.counts["reopens"] == 1) & (times["resolved_at"] <= moment)
        is_open: Mask = alive & ~solved & ~again
        for place, spans in self.reopened.items():
            inside = (spans[:, 0] <= moment) & ~(spans[:, 1] <= moment)
            is_open[place] = alive[place] and not inside.any()
        return is_open


def handling_seconds(tickets: HandlingColumns) -> Floats:
    """Return the seconds in which a ticket was open and waited neither for the requester nor for a third party, shape (n,).

    It is NaN for a ticket that is open now. It is Zendesk's requester wait time without the time on hold.
    """
    times = tickets.times
    passed = times["resolved_at"] - times["created_at"]
    once = tickets.counts["reopens"] == 1
    solved: Floats = np.where(once, times["first_reopened_at"] - times["first_resolved_at"], 0.0)
    for place, spans in tickets.reopened.items():
        solved[place] = np.nansum(spans[:, 1] - spans[:, 0])
    waited = tickets.waits["requester_wait"] + tickets.waits["third_party_wait"]
    return np.maximum(passed - solved - waited, 0.0)


def columns_of(
    rows: Sequence[Mapping[str, Any]], reopened: Mapping[int, Sequence[tuple[datetime, datetime | None]]] | None = None
) -> HandlingColumns:
    """Return rows as columns; `reopened` has the resolutions of tickets that were reopened more than once, by position."""
    return HandlingColumns(
        {name: _seconds([row[name] for row in rows]) for name in TIMES},
        {name: np.array([int(row[name] or 0) for row in rows], dtype=np.int64) for name in COUNTS},
        {name: np.array([row[name] for row in rows], dtype=object) for name in NAMES},
        {name: np.array([row[name] or 0.0 for row in rows], dtype=np.float64) for name in WAITS},
        {
            place: np.array([[solved.timestamp(), _second(again)] for solved, again in spans], dtype=np.float64)
            for place, spans in (reopened or {}).items()
        },
    )


def _seconds(times: Sequence[datetime | None]) -> Floats:
    return np.array([_second(time) for time in times], dtype=np.float64)


def _second(time: datetime | None) -> float:
    return np.nan if time is None else time.timestamp()
