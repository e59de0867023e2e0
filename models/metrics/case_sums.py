"""Sums of tickets by theme, last handler and vendor: what quality of AI and effort by theme are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.arrays import Ints

FOR_EFFORT = ("created", "escalated", "replies", "human_replies", "transfers", "handled", "handled_seconds")
"""The sums that effort is made of: names of `models.metrics.cells.COUNTS`, all of tickets created in the period."""

FOR_COST = ("created", "replies", "human_replies")
"""Of these, what costs are made of."""

FOR_AI = (
    "created", "ai_begun", "ai_decided", "ai_alone", "ai_handed_over", "ai_escalated", "ai_reopened", "rated", "satisfied",
)  # fmt: skip
"""The sums that quality of AI is made of: all of tickets created in the period, but ratings, which are those given in it."""


class CaseKey(NamedTuple):
    """Which tickets are summed: their theme, its number as text, and who handled them last; "" where there is none."""

    theme: str
    handler: str
    vendor: str = ""


@dataclass(frozen=True, slots=True)
class CaseSums:
    """The sums of a period.

    Parameters
    ----------
    names: what is summed, names of `models.metrics.cells.COUNTS`.
    keys: one for each of g groups, none twice.
    counts: by group and name, shape (g, len(names)).
    """

    names: tuple[str, ...]
    keys: Sequence[CaseKey]
    counts: Ints

    def count(self, name: str) -> Ints:
        """Return one of the sums of each group, shape (g,)."""
        found: Ints = self.counts[:, self.names.index(name)]
        return found

    def where(self, chosen: Callable[[CaseKey], bool]) -> CaseSums:
        """Return the chosen groups."""
        return self.at([place for place, key in enumerate(self.keys) if chosen(key)])

    def at(self, places: Sequence[int]) -> CaseSums:
        """Return the groups at these places, in this order."""
        return CaseSums(self.names, [self.keys[place] for place in places], self.counts[places])

    def only(self, names: tuple[str, ...]) -> CaseSums:
        """Return some of the sums."""
        return CaseSums(names, self.keys, np.stack([self.count(name) for name in names], axis=1))

    def by_theme(self) -> CaseSums:
        """Return the sums of each theme, whoever handled its tickets."""
        place: dict[str, int] = {}
        at = [place.setdefault(key.theme, len(place)) for key in self.keys]
        totals = np.zeros((len(place), len(self.names)), dtype=np.int64)
        np.add.at(totals, np.array(at, dtype=np.int64), self.counts)
        return CaseSums(self.names, [CaseKey(theme, "") for theme in place], totals)

    def records(self) -> list[dict[str, int]]:
        """Return the sums of each group by name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.counts.tolist()]

    def total(self) -> dict[str, int]:
        """Return the sums of all groups by name."""
        return dict(zip(self.names, self.counts.sum(axis=0).tolist(), strict=True))


def divide_by_vendor(by_handler: CaseSums, by_vendor: CaseSums) -> CaseSums:
    """Return the sums by handler, in which those of the handler `vendor` are divided by the vendor's name.

    `by_vendor` has the same sums of the same tickets by theme and vendor. A ticket with a vendor must be handled by it.
    """
    at = {key.theme: place for place, key in enumerate(by_handler.keys) if key.handler == "vendor"}
    named = by_vendor.where(lambda key: bool(key.vendor) and key.theme in at)
    counts = by_handler.counts.copy()
    np.subtract.at(counts, np.array([at[key.theme] for key in named.keys], dtype=np.int64), named.counts)
    keys = [*by_handler.keys, *(CaseKey(key.theme, "vendor", key.vendor) for key in named.keys)]
    return CaseSums(by_handler.names, keys, np.concatenate((counts, named.counts)))
