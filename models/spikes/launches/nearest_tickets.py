"""Nearest tickets: the subset of a theme's tickets that an example text of a plan means.

A plan multiplies the usual volume of what its text means. A theme may contain more than that, and a lift of the entire
theme then leaves room in which the planned subset can exceed its plan by far without being noticed. Therefore the
tickets nearest to the text are tested by themselves: a share of the theme's tickets from before the launch, and those
since its start that are as near. If the theme is one problem, its subset is expected in proportion, and only power is
lost. A text between themes means a part of each: the tickets nearest to it are taken from all themes that it reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY
from models.segment import EVERYTHING, Segment

SUBSETS = (1 / 2, 1 / 3, 1 / 4)
"""Shares of a theme that are tested. On simulated themes whose planned share is 1 to 1/4 these shares find most at the
same error level."""
LEAST_KNOWN = 20
"""Number of earlier tickets from which the nearest subset of a theme is determined."""


@dataclass(frozen=True, slots=True)
class NearestTickets:
    """The tickets of themes that are nearest to a text.

    theme_ids: the themes whose tickets were looked at, the one that the text means most first.
    known: number of earlier tickets from which the subsets were determined.
    shares: share of these that is as near, above 0 and up to 1, by subset.
    buckets: (bucket, tickets of each subset) since the launch began, for the last day at most, in order of time.
    segment: the segment in which `buckets` are counted; the shares are those of all segments.
    """

    theme_ids: tuple[int, ...]
    known: int
    shares: tuple[float, ...]
    buckets: tuple[tuple[int, ...], ...]
    segment: Segment = EVERYTHING

    def as_json(self) -> dict[str, Any]:
        """Return the form that `of_json` reads."""
        return {
            "theme_ids": list(self.theme_ids), "known": self.known, "shares": list(self.shares),
            "buckets": [list(row) for row in self.buckets], "segment": self.segment.as_dict(),
        }  # fmt: skip

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> NearestTickets:
        """Read what `as_json` returned, also in the form of earlier versions: one theme, counted in all segments."""
        buckets = tuple(tuple(row) for row in value["buckets"])
        theme_ids = tuple(value["theme_ids"]) if "theme_ids" in value else (value["theme_id"],)
        segment = Segment.of(value.get("segment", {}))
        return cls(theme_ids, value["known"], tuple(value["shares"]), buckets, segment)

    def seen(self, windows: Sequence[BucketWindow]) -> Ints:
        """Count the tickets of each subset in windows of buckets [start, end), shape (subsets, windows)."""
        rows = np.array(self.buckets, dtype=np.int64).reshape(-1, len(self.shares) + 1)
        inside = [(rows[:, 0] >= start) & (rows[:, 0] < end) for start, end in windows]
        return np.stack([rows[each, 1:].sum(axis=0) for each in inside], axis=1)


def nearest_to_text(
    theme_ids: tuple[int, ...],
    buckets: Ints,
    cosines: Floats,
    start: int,
    end: int,
    inside: Mask | None = None,
    segment: Segment = EVERYTHING,
) -> NearestTickets | None:
    """Determine which tickets of themes are nearest to a text.

    Parameters
    ----------
    buckets, cosines: shape (n,): bucket of each ticket of the themes, and its similarity to the text.
    start, end: bucket in which the launch began, and the one before which tickets are counted.
    inside: shape (n,): the tickets in `segment`; read for those that are counted. None where all are.

    Returns
    -------
    None where fewer than `LEAST_KNOWN` tickets are known from before the launch.
    """
    before = buckets < start
    known = int(before.sum())
    if known < LEAST_KNOWN:
        return None
    cuts = [np.sort(cosines[before])[-max(1, round(share * known))] for share in SUBSETS]
    near_enough = np.stack([cosines >= cut for cut in cuts], axis=1)
    since = counted_tickets(buckets, start, end) & near_enough.any(axis=1)
    if inside is not None:
        since &= inside
    rows = [
        (bucket, *near_enough[since & (buckets == bucket)].sum(axis=0).tolist())
        for bucket in np.unique(buckets[since]).tolist()
    ]
    shares = tuple((near_enough[before].mean(axis=0)).round(4).tolist())
    return NearestTickets(theme_ids, known, shares, tuple(rows), segment)


def counted_tickets(buckets: Ints, start: int, end: int) -> Mask:
    """Mark the tickets since a launch began that are counted: of its last day, before bucket `end`; shape (n,)."""
    return np.asarray((buckets >= max(start, end - BUCKETS_PER_DAY)) & (buckets < end))
