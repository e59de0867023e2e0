"""Nearest tickets: the subset of a theme's tickets that an example text of a plan means.

A plan multiplies the usual volume of what its text means. A theme may contain more than that, and a lift of the entire
theme then leaves room in which the planned subset can exceed its plan by far without being noticed. Therefore the
tickets nearest to the text are tested by themselves: a share of the theme's tickets from before the launch, and those
since its start that are as near. If the theme is one problem, its subset is expected in proportion, and only power is
lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_DAY

SUBSETS = (1 / 2, 1 / 3, 1 / 4)
"""Shares of a theme that are tested. On simulated themes whose planned share is 1 to 1/4 these shares find most at the
same error level."""
LEAST_KNOWN = 20
"""Number of earlier tickets from which the nearest subset of a theme is determined."""


@dataclass(frozen=True, slots=True)
class NearestTickets:
    """The tickets of a theme that are nearest to a text.

    known: number of earlier tickets from which the subsets were determined.
    shares: share of these that is as near, above 0 and up to 1, by subset.
    buckets: (bucket, tickets of each subset) since the launch began, for the last day at most, in order of time.
    """

    theme_id: int
    known: int
    shares: tuple[float, ...]
    buckets: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the form that `of_json` reads."""
        return {
            "theme_id": self.theme_id, "known": self.known, "shares": list(self.shares),
            "buckets": [list(row) for row in self.buckets],
        }  # fmt: skip

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> NearestTickets:
        """Read what `as_json` returned."""
        buckets = tuple(tuple(row) for row in value["buckets"])
        return cls(value["theme_id"], value["known"], tuple(value["shares"]), buckets)

    def seen(self, windows: Sequence[BucketWindow]) -> Ints:
        """Count the tickets of each subset in windows of buckets [start, end), shape (subsets, windows)."""
        rows = np.array(self.buckets, dtype=np.int64).reshape(-1, len(self.shares) + 1)
        inside = [(rows[:, 0] >= start) & (rows[:, 0] < end) for start, end in windows]
        return np.stack([rows[each, 1:].sum(axis=0) for each in inside], axis=1)


def nearest_to_text(theme_id: int, buckets: Ints, cosines: Floats, start: int, end: int) -> NearestTickets | None:
    """Determine which of a theme's tickets are nearest to a text.

    Parameters
    ----------
    buckets, cosines: shape (n,): bucket of each ticket, and its similarity to the text.
    start, end: bucket in which the launch began, and the one before which tickets are counted.

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
    since = (buckets >= max(start, end - BUCKETS_PER_DAY)) & (buckets < end) & near_enough.any(axis=1)
    rows = [
        (bucket, *near_enough[since & (buckets == bucket)].sum(axis=0).tolist())
        for bucket in np.unique(buckets[since]).tolist()
    ]
    shares = tuple((near_enough[before].mean(axis=0)).round(4).tolist())
    return NearestTickets(theme_id, known, shares, tuple(rows))
