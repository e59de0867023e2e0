"""Near a plan's text: the part of a theme that an example text means, which a theme of several problems would hide.

A plan multiplies the usual volume of what its text means; a theme may hold more than that, and a lift of all of it leaves room in
which the planned part can go far beyond its plan unseen. So the tickets nearest to the text are judged by themselves: a part of the
theme's tickets from before the launch, and those since that are as near as these. If the theme is one problem, a part of it is
expected as a part of the whole, and nothing is lost but numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.arrays import Floats, Ints
from models.bucket import BUCKETS_PER_DAY

PARTS = (1 / 2, 1 / 3, 1 / 4)
"""Parts of a theme that are judged: of simulated themes whose planned share is 1 to 1/4, these find most at the same level."""
LEAST_KNOWN = 20
"""Earlier tickets from which on a theme's nearest part can be told."""


@dataclass(frozen=True, slots=True)
class NearestTickets:
    """The tickets of a theme that are nearest to a text.

    known: earlier tickets that the parts were told from. shares: part of these that is as near, above 0 and up to 1, by part.
    buckets: (bucket, tickets of each part) since the launch began, for the last day at most, in order of time.
    """

    theme_id: int
    known: int
    shares: tuple[float, ...]
    buckets: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which JSON gives it back."""
        return {
            "theme_id": self.theme_id, "known": self.known, "shares": list(self.shares),
            "buckets": [list(row) for row in self.buckets],
        }  # fmt: skip

    @classmethod
    def of_json(cls, value: dict[str, Any]) -> NearestTickets:
        """What `as_json` gave."""
        buckets = tuple(tuple(row) for row in value["buckets"])
        return cls(value["theme_id"], value["known"], tuple(value["shares"]), buckets)

    def seen(self, windows: Sequence[tuple[int, int]]) -> Ints:
        """Tickets of each part in windows of buckets [start, end), shape (parts, windows)."""
        rows = np.array(self.buckets, dtype=np.int64).reshape(-1, len(self.shares) + 1)
        inside = [(rows[:, 0] >= start) & (rows[:, 0] < end) for start, end in windows]
        return np.stack([rows[each, 1:].sum(axis=0) for each in inside], axis=1)


def near_text(theme_id: int, buckets: Ints, cosines: Floats, start: int, end: int) -> NearestTickets | None:
    """Tell which of a theme's tickets are nearest to a text, None where too few are known from before the launch.

    Parameters
    ----------
    buckets, cosines: shape (n,): time of each ticket, and its similarity to the text.
    start, end: buckets since which the launch runs, and up to which it is looked at.
    """
    before = buckets < start
    known = int(before.sum())
    if known < LEAST_KNOWN:
        return None
    cuts = [np.sort(cosines[before])[-max(1, round(part * known))] for part in PARTS]
    near = np.stack([cosines >= cut for cut in cuts], axis=1)
    since = (buckets >= max(start, end - BUCKETS_PER_DAY)) & (buckets < end) & near.any(axis=1)
    rows = [
        (bucket, *near[since & (buckets == bucket)].sum(axis=0).tolist())
        for bucket in np.unique(buckets[since]).tolist()
    ]
    return NearestTickets(theme_id, known, tuple((near[before].mean(axis=0)).round(4).tolist()), tuple(rows))
