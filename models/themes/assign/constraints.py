"""What people decided, as grouping has to honour it: must-link, cannot-link, and tickets whose place is fixed.

The constraints are those of Wagstaff et al., "Constrained k-means clustering with background knowledge" (2001), on
themes instead of pairs of tickets: people decide about themes, and a theme is its tickets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.themes.assign.vote import Vote
from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, centred


class Example(NamedTuple):
    """A ticket that people pinned: what is like it belongs to `theme_id`. `vector` has shape (dimensions,), on the grid."""

    ticket_id: str
    theme_id: int
    vector: Floats


@dataclass(frozen=True)
class Constraints:
    """What binds.

    Parameters
    ----------
    held : set of theme ids
        Themes that people merged or split: all their tickets stay together, and with no other theme's.
    apart : set of (theme, theme), the smaller first
        Pairs that must not be merged automatically.
    fixed : set of ticket ids
        Tickets that people placed: no grouping moves them one by one. They go along when their whole theme is merged.
    examples : tuple of Example
        Pinned tickets; each speaks for what is nearer to it than to the theme that its neighbours vote for.
    """

    held: frozenset[int] = frozenset()
    apart: frozenset[tuple[int, int]] = frozenset()
    fixed: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """True if anything binds."""
        return bool(self.held or self.apart or self.fixed or self.examples)

    def may_merge(self, one: int, other: int) -> bool:
        """Whether two themes may become one automatically."""
        return (min(one, other), max(one, other)) not in self.apart

    def may_part(self, theme: int) -> bool:
        """Whether a theme may be parted automatically."""
        return theme not in self.held

    def without(self, ticket_ids: Collection[str]) -> Constraints:
        """Leave out tickets whose vectors must draw no others any more."""
        gone = set(ticket_ids)
        if not any(one.ticket_id in gone for one in self.examples):
            return self
        return replace(self, examples=tuple(one for one in self.examples if one.ticket_id not in gone))

    def compared_without(self, centre: Floats) -> Constraints:
        """The same with the examples' vectors as an index compares them that takes off a centre of shape (dimensions,)."""
        if not self.examples:
            return self
        examples = tuple(one._replace(vector=centred(one.vector, centre)) for one in self.examples)
        return replace(self, examples=examples)

    def free(self, rows: Ints, ticket_ids: Collection[str]) -> Ints:
        """Those of `rows` whose tickets nobody placed; `ticket_ids` names each row's ticket."""
        if not self.fixed:
            return rows
        return np.asarray(rows[[ticket not in self.fixed for ticket in ticket_ids]], np.int64)

    def advise(self, vector: Floats, outcome: Vote) -> Vote:
        """Let the nearest example overrule a vote, where it is at least as close as the voted theme's three nearest.

        An example counts as three neighbours for that: people chose it to stand for its like. Among equally near
        examples the one of the lowest theme speaks. Whether the ticket is close enough to be themed at all is still up
        to the threshold.
        """
        if not self.examples:
            return outcome
        nearness = np.stack([one.vector for one in self.examples]) @ vector
        best = float(nearness.max())
        if best < outcome.closeness:
            return outcome
        theme = min(one.theme_id for one, near in zip(self.examples, nearness.tolist(), strict=True) if near == best)
        return outcome if theme == outcome.theme_id else Vote(theme, best, 1.0)

    def shape(self, groups: Ints, themes: Ints, ticket_ids: Collection[str]) -> Ints:
        """Change a grouping so that it honours what people decided.

        A held theme is a group of its own, of all its tickets; a group in which one of them has more tickets than all
        themes that are not held gives it the others. Fixed tickets of other themes are in no group (`settle` puts
        them back), and so decide nothing about where a theme goes on.

        Parameters
        ----------
        groups : array of shape (n,)
            Group of each ticket, -1 for none.
        themes : array of shape (n,)
            Theme of each ticket before, 0 for unthemed.
        ticket_ids : sequence of n ids

        Returns
        -------
        array of shape (n,)
            Groups, numbered from 0 without gaps in the order of the groups given, those of held themes last.
        """
        if not self.held and not self.fixed:
            return groups
        shaped = groups.copy()
        if self.fixed:
            shaped[[ticket in self.fixed for ticket in ticket_ids]] = -1
        held = np.isin(themes, sorted(self.held))
        if held.any():
            self._hold(shaped, groups, themes, held)
        kept = np.unique(shaped[shaped >= 0])
        return np.asarray(np.where(shaped >= 0, np.searchsorted(kept, shaped), -1), np.int64)

    def settle(self, themes: Ints, before: Ints, ticket_ids: Collection[str], heirs: Mapping[int, int]) -> None:
        """Put fixed tickets back where they were, in place; `heirs` maps themes that ended to those they went into."""
        if not self.fixed:
            return
        for row, ticket in enumerate(ticket_ids):
            if ticket in self.fixed:
                theme = int(before[row])
                themes[row] = heirs.get(theme, theme)

    def _hold(self, shaped: Ints, groups: Ints, themes: Ints, held: NDArray[np.bool_]) -> None:
        first = int(groups.max(initial=-1)) + 1
        own = {theme: first + place for place, theme in enumerate(np.unique(themes[held]).tolist())}
        for group in np.unique(groups[held & (groups >= 0)]).tolist():
            inside = groups == group
            counts = Counter(themes[inside & held].tolist())
            most = min(counts, key=lambda theme: (-counts[theme], theme))
            # Fewer than it has itself, so that it is the held theme that goes on in its group.
            if counts[most] > int((inside & ~held).sum()):
                shaped[inside & (shaped >= 0)] = own[most]
        for theme, group in own.items():
            shaped[themes == theme] = group


NOTHING = Constraints()


def likeness(vectors: Floats, themes: Ints, one: int, other: int) -> float | None:
    """Cosine of the centres of two themes' tickets, rounded to 6 places; None where one has no ticket here.

    `vectors` has shape (n, dimensions), `themes` shape (n,).
    """
    centres = []
    for theme in (one, other):
        rows = np.flatnonzero(themes == theme)
        if theme == UNTHEMED or not len(rows):
            return None
        centre = vectors[rows].mean(axis=0, dtype=np.float64)
        centres.append(centre / max(float(np.linalg.norm(centre)), 1e-9))
    return round(float(centres[0] @ centres[1]), 6)
