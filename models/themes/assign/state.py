"""What assignment and discovery share: the window, the themes in it, and when a ticket is close enough to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.arrays import Ints
from models.themes.assign.calibration import calibrate, closeness_among
from models.themes.assign.constraints import NO_CONSTRAINTS, Constraints
from models.themes.settings import ThemeSettings
from models.themes.window.centering import centre_of
from models.themes.window.ticket_window import UNTHEMED, TicketWindow

NEAR_MISS = 0.9
"""Share of the threshold that is enough for a ticket as close to a rare theme as that theme's own tickets, and for a text that
reaches the threshold in no theme."""


MOST_CHANGES = 3
"""How often a ticket changes its theme at most, unless people decide it: one that lies between themes stays where it is."""


class YoungTheme(NamedTuple):
    """A theme that emerged lately.

    `born_at` is a time in milliseconds since 1970. `grown_size` is its size when the tickets around it last voted again.
    `threshold` is the closeness that its own tickets reach: a few tickets are farther from each other than many, so that the
    stream's threshold would refuse what belongs to a theme that is still small.
    """

    born_at: int
    grown_size: int
    threshold: float


@dataclass
class AssignmentState:
    """The themes of the tickets in the window, and what decides on the next ticket.

    Parameters
    ----------
    settings : ThemeSettings
    window : TicketWindow
    next_theme : int
        The id that the next theme gets.
    started : int, optional
        Event time of the first ticket, in milliseconds since 1970.
    threshold : float, optional
        Closeness from which on a ticket belongs to a theme; None until it is calibrated.
    young : dict
        Themes that emerged lately.
    decided : Constraints
        What people decided, with raw vectors.
    constraints : Constraints
        The same with vectors as the window compares them.
    separated : set of (theme, theme), the smaller first
        Pairs of themes that discovery split: it does not merge them again.
    most_changes : dict
        Themes to how often one of their tickets changed its theme at most, where any did; tickets outside the window included.
    """

    settings: ThemeSettings
    window: TicketWindow = field(init=False)
    next_theme: int = 1
    started: int | None = None
    threshold: float | None = None
    young: dict[int, YoungTheme] = field(default_factory=dict)
    decided: Constraints = NO_CONSTRAINTS
    constraints: Constraints = NO_CONSTRAINTS
    separated: set[tuple[int, int]] = field(default_factory=set)
    most_changes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make an empty window."""
        self.window = TicketWindow(self.settings.memory, exemplars=self.settings.exemplars)

    @property
    def smallest_theme(self) -> int:
        """Fewest tickets of a theme that is found by density."""
        return max(self.settings.smallest_group, len(self.window) // self.settings.grain)

    def new_theme(self) -> int:
        """Take the next theme id."""
        theme = self.next_theme
        self.next_theme += 1
        return theme

    def constrain(self, decided: Constraints) -> None:
        """Honour what people decided."""
        self.decided = decided
        self.constraints = decided.centred(self.window.centre)

    def recentre(self, groups: Ints) -> None:
        """Compare without what the groups have in common; `groups` has the group of each ticket in the window, -1 for none."""
        self.window.recentre(centre_of(self.window.raw_vectors, groups))
        self.constrain(self.decided)

    def calibrate(self) -> None:
        """Set the threshold by the tickets in the window."""
        self.threshold = calibrate(self.window, self.settings.neighbours)

    def accepts(self, theme: int, closeness: float) -> bool:
        """Return whether a ticket of this closeness (a cosine) to a theme belongs to it."""
        if self.threshold is None or theme == UNTHEMED:
            return False
        young = self.young.get(theme)
        if closeness >= (min(self.threshold, young.threshold) if young else self.threshold):
            return True
        return closeness >= NEAR_MISS * self.threshold and closeness >= self._closeness_of_rare(theme)

    def reassign(self, rows: Ints, theme: int) -> None:
        """Give tickets in the window to a theme, and count the change."""
        window = self.window
        window.themes[rows] = theme
        window.changes[rows] += 1
        self._note_changes(theme, int(window.changes[rows].max(initial=0)))

    def separate(self, one: int, other: int) -> None:
        """Note that two themes were split from each other, so that they are not merged again."""
        self.separated.add((min(one, other), max(one, other)))

    def may_merge(self, theme: int, into: int) -> bool:
        """Return whether a theme may be merged: neither people nor a split separated the two, and no ticket changes too often."""
        pair, constraints = (min(theme, into), max(theme, into)), self.constraints
        return (
            pair not in self.separated
            and self.most_changes.get(theme, 0) < MOST_CHANGES
            and constraints.may_merge(theme, into)
            and constraints.may_split(theme)
            and constraints.may_split(into)
        )

    def merge(self, theme: int, into: int, *, decided: bool = False) -> None:
        """Give all tickets of one theme to another; a merge that people `decided` does not count as a change of the tickets'."""
        window, step = self.window, 0 if decided else 1
        moved = window.themes == theme
        window.themes[moved] = into
        window.changes[moved] += step
        self._note_changes(into, self.most_changes.pop(theme, 0) + step)
        self.young.pop(theme, None)
        renamed = (tuple(sorted(into if one == theme else one for one in pair)) for pair in self.separated)
        self.separated = {(one, other) for one, other in renamed if one != other}

    def _note_changes(self, theme: int, changes: int) -> None:
        if changes > self.most_changes.get(theme, 0):
            self.most_changes[theme] = changes

    def movable(self, rows: Ints) -> Ints:
        """Return those of `rows` that may get another theme.

        Not those whose tickets people placed, alone or with their theme (a theme that people merged stays whole), nor those that
        have changed their theme `MOST_CHANGES` times.
        """
        rows = rows[self.window.changes[rows] < MOST_CHANGES]
        if self.constraints.fixed_themes:
            rows = rows[~np.isin(self.window.themes[rows], sorted(self.constraints.fixed_themes))]
        if not self.constraints.fixed_tickets:
            return rows
        return self.constraints.movable(rows, self.window.ticket_ids(rows))

    def all_ticket_ids(self) -> tuple[str, ...]:
        """Return the ids of all tickets in the window, by row."""
        return self.window.ticket_ids(np.arange(len(self.window)))

    def count_unthemed(self) -> int:
        """Count the tickets in the window that have no theme."""
        return int((self.window.themes == UNTHEMED).sum())

    def _closeness_of_rare(self, theme: int) -> float:
        """Return the closeness among the tickets of a rare theme, which few reach as many would; 1 for a frequent theme."""
        rows = self.window.rows_of_theme(theme)
        return closeness_among(self.window.vectors[rows]) if len(rows) <= self.settings.neighbours else 1.0
