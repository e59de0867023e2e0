"""The division of young themes that contain two problems, which emerged in similar words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.arrays import Ints, Mask, Vectors
from models.themes.assign.state import AssignmentState, YoungTheme
from models.themes.discover.bisection import bisect
from models.themes.discover.changes import DiscoveryChanges
from models.themes.discover.separation import (
    Reference,
    alike_chance,
    centre_correlation,
    combined_chance,
    evidently_two,
    large_enough,
    same_period_chance,
    share_newer,
)
from models.themes.lineage import LineageReason
from models.themes.window.ticket_window import UNTHEMED

_GROWTH = 1.25
"""A young theme is tested again each time its size has grown by this factor."""

_RETEST_AFTER = 86_400_000
"""Milliseconds after which it is tested again where it has grown by less, but has grown."""

_MOST_PARTS = 3

_MOST_THEMES, _FEWEST_TICKETS, _MOST_TICKETS = 100, 20, 80
"""Known themes that are the reference, and how many of the newest tickets of each are cut in two."""


class Cut(NamedTuple):
    """Two parts of a theme: `leaving` has shape (n,), `chance` is that of one problem, `correlation` that of the centres."""

    leaving: Mask
    chance: float
    correlation: float


@dataclass
class Division:
    """Splits young themes of which the parts differ in what they say and in when they came.

    Parameters
    ----------
    state : AssignmentState
    reference : Reference, optional
        How alike the halves of the stream's known themes are.
    tested : dict
        Young themes to their size when they were last tested, and when that was, in milliseconds since 1970.
    """

    state: AssignmentState
    reference: Reference | None = None
    tested: dict[int, tuple[int, int]] = field(default_factory=dict)

    def measure(self) -> None:
        """Take the stream's present themes as the reference."""
        window, young = self.state.window, self.state.young
        themes, counts = np.unique(window.themes, return_counts=True)
        known = [
            theme
            for theme, count in zip(themes.tolist(), counts.tolist(), strict=True)
            if count >= _FEWEST_TICKETS and theme != UNTHEMED and theme not in young
        ]
        chosen = np.linspace(0, len(known) - 1, min(len(known), _MOST_THEMES)).astype(np.int64)
        found = []
        for at in chosen.tolist():
            vectors = window.vectors[window.rows_of_theme(known[at])[-_MOST_TICKETS:]]
            halves = bisect(vectors)
            if halves is not None and large_enough(halves.leaving, self.state.settings.smallest_group):
                found.append(centre_correlation(vectors, halves.leaving))
        self.reference = Reference.of(found)

    def run(self, changes: DiscoveryChanges) -> None:
        """Test the young themes that have grown enough, and split those that contain two or three problems."""
        state = self.state
        self.tested = {theme: last for theme, last in self.tested.items() if theme in state.young}
        for theme in sorted(state.young):
            rows = state.window.rows_of_theme(theme)
            if self._is_due(theme, len(rows), changes.time) and state.constraints.may_split(theme):
                self.tested[theme] = len(rows), changes.time
                self._split(theme, rows, changes)

    def _is_due(self, theme: int, size: int, time: int) -> bool:
        before, tested_at = self.tested.get(theme, (0, 0))
        return size >= _GROWTH * before or (size > before and time - tested_at >= _RETEST_AFTER)

    def _split(self, theme: int, rows: Ints, changes: DiscoveryChanges) -> None:
        state, size = self.state, len(rows)
        cuts = find_parts(
            state.window.vectors[rows], self.reference, state.settings.smallest_group, state.settings.part_level
        )
        for cut in cuts:
            leaving = state.movable(rows[cut.leaving])
            if len(leaving) < state.settings.smallest_group:
                continue
            born = state.new_theme()
            changes.move_rows(leaving, born, LineageReason.EMERGED)
            state.young[born] = YoungTheme(changes.time, 0, 1.0)
            state.separate(theme, born)
            self.tested[born] = len(leaving), changes.time
            numbers = {
                "size": float(len(leaving)),
                "share": len(leaving) / size,
                "chance": cut.chance,
                "correlation": cut.correlation,
            }
            changes.add_birth(born, LineageReason.EMERGED, theme, **numbers)


def find_parts(vectors: Vectors, reference: Reference | None, fewest: int, level: float) -> list[Cut]:
    """Find the parts of a young theme that are other problems than that of its oldest tickets: at most two.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows of the theme's tickets, oldest first.
    reference : Reference, optional
        How alike the halves of known themes are.
    fewest : int
        Fewest tickets of a part.
    level : float
        Significance at which two parts are not one problem.
    """
    found: list[Cut] = []
    parts = [np.arange(len(vectors))]
    while parts and len(found) + 1 < _MOST_PARTS:
        rows = parts.pop(0)
        cut = _cut(vectors[rows], reference, fewest, level)
        if cut is None:
            continue
        leaving = np.zeros(len(vectors), bool)
        leaving[rows[cut.leaving]] = True
        found = [one._replace(leaving=one.leaving & ~leaving) for one in found]
        found.append(cut._replace(leaving=leaving))
        parts += [rows[~cut.leaving], rows[cut.leaving]]
    return found


def _cut(vectors: Vectors, reference: Reference | None, fewest: int, level: float) -> Cut | None:
    """Cut tickets in two where the halves are two problems; the half that came later leaves."""
    halves = bisect(vectors) if len(vectors) >= 2 * fewest else None
    if halves is None or not large_enough(halves.leaving, fewest):
        return None
    correlation = centre_correlation(vectors, halves.leaving)
    alike = alike_chance(correlation, reference)
    # A part that resembles the rest as much as the halves of most themes do is no problem of its own, whenever it came.
    if alike > 0.5 and reference is not None:
        return None
    chance = combined_chance(alike, same_period_chance(halves.leaving))
    if chance > level and not evidently_two(vectors, halves.leaving, reference, level):
        return None
    return Cut(halves.leaving if share_newer(halves.leaving) >= 0.5 else ~halves.leaving, chance, correlation)
