"""What people decided, as grouping has to honour it: must-link, cannot-link, and tickets whose theme is fixed.

The constraints are those of Wagstaff et al., "Constrained k-means clustering with background knowledge" (2001), on
themes instead of pairs of tickets: people decide about themes, and a theme is its tickets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from models.arrays import Ints, Mask, Vectors
from models.themes.assign.vote import Vote
from models.themes.window.centering import centred


class Example(NamedTuple):
    """A ticket that people pinned: similar tickets belong to `theme_id`. `vector` has shape (dimensions,), on the grid.

    `language` as in `NewTicket`: only tickets of the same language are similar to it.
    """

    ticket_id: str
    theme_id: int
    vector: Vectors
    language: str | None = None


@dataclass(frozen=True)
class Constraints:
    """What people decided.

    Parameters
    ----------
    fixed_themes : set of theme ids
        Themes that people merged or split: all their tickets stay together, and with no other theme's.
    separate : set of (theme, theme), the smaller first
        Pairs that must not be merged automatically.
    fixed_tickets : set of ticket ids
        Tickets that people placed: no grouping moves them one by one. They follow when their theme is merged.
    examples : tuple of Example
        Pinned tickets; each attracts tickets that are closer to it than to the theme that their neighbours vote for.
    """

    fixed_themes: frozenset[int] = frozenset()
    separate: frozenset[tuple[int, int]] = frozenset()
    fixed_tickets: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        """True if there is any constraint."""
        return bool(self.fixed_themes or self.separate or self.fixed_tickets or self.examples)

    def may_merge(self, one: int, other: int) -> bool:
        """Return whether two themes may become one automatically."""
        return (min(one, other), max(one, other)) not in self.separate

    def may_split(self, theme: int) -> bool:
        """Return whether a theme may be split automatically."""
        return theme not in self.fixed_themes

    def without(self, ticket_ids: Collection[str]) -> Constraints:
        """Leave out examples whose vectors must attract no other tickets any more."""
        removed = set(ticket_ids)
        if not any(example.ticket_id in removed for example in self.examples):
            return self
        return replace(self, examples=tuple(one for one in self.examples if one.ticket_id not in removed))

    def of_language(self, language: str | None) -> Constraints:
        """Leave out examples of other languages; None keeps those that the embedding model reads."""
        if all(example.language == language for example in self.examples):
            return self
        return replace(self, examples=tuple(one for one in self.examples if one.language == language))

    def centred(self, centre: Vectors) -> Constraints:
        """Return the same constraints with the examples' vectors as an index with this centre compares them.

        `centre` has shape (dimensions,).
        """
        if not self.examples:
            return self
        examples = tuple(one._replace(vector=centred(one.vector, centre)) for one in self.examples)
        return replace(self, examples=examples)

    def movable(self, rows: Ints, ticket_ids: Collection[str]) -> Ints:
        """Return those of `rows` whose tickets nobody placed; `ticket_ids` names each row's ticket."""
        if not self.fixed_tickets:
            return rows
        return np.asarray(rows[[ticket not in self.fixed_tickets for ticket in ticket_ids]], np.int64)

    def advise(self, vector: Vectors, outcome: Vote) -> Vote:
        """Let the nearest example overrule a vote, where it is at least as close as the voted theme's three nearest.

        An example counts as three neighbours for that: people chose it to represent similar tickets. Among equally
        close examples the one of the lowest theme counts. Whether the ticket is close enough to be themed at all still
        depends on the threshold.
        """
        if not self.examples:
            return outcome
        similarities = np.stack([example.vector for example in self.examples]) @ vector
        best = float(similarities.max())
        if best < outcome.closeness:
            return outcome
        theme = min(
            example.theme_id
            for example, similarity in zip(self.examples, similarities.tolist(), strict=True)
            if similarity == best
        )
        return outcome if theme == outcome.theme_id else Vote(theme, best, 1.0)

    def constrain_groups(self, groups: Ints, themes: Ints, ticket_ids: Collection[str]) -> Ints:
        """Change a grouping so that it honours what people decided.

        A fixed theme becomes a group of its own, of all its tickets. Where a fixed theme has more tickets in a group than
        all themes that are not fixed, it takes the group's other tickets too. Fixed tickets of other themes are in no group
        (`restore_fixed` puts them back), and so do not influence which theme continues in which group.

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
            Groups, numbered from 0 without gaps in the order of the given groups, those of fixed themes last.
        """
        if not self.fixed_themes and not self.fixed_tickets:
            return groups
        constrained = groups.copy()
        if self.fixed_tickets:
            constrained[[ticket in self.fixed_tickets for ticket in ticket_ids]] = -1
        fixed = np.isin(themes, sorted(self.fixed_themes))
        if fixed.any():
            _separate_fixed_themes(constrained, groups, themes, fixed)
        numbers = np.unique(constrained[constrained >= 0])
        return np.asarray(np.where(constrained >= 0, np.searchsorted(numbers, constrained), -1), np.int64)

    def restore_fixed(
        self, themes: Ints, before: Ints, ticket_ids: Collection[str], merged_into: Mapping[int, int]
    ) -> None:
        """Put fixed tickets back into their theme of before, in place.

        Parameters
        ----------
        themes, before : arrays of shape (n,)
            Theme of each ticket now and before.
        ticket_ids : sequence of n ids
        merged_into : mapping
            Themes that ended to those that they were merged into.
        """
        if not self.fixed_tickets:
            return
        for row, ticket in enumerate(ticket_ids):
            if ticket in self.fixed_tickets:
                theme = int(before[row])
                themes[row] = merged_into.get(theme, theme)


NO_CONSTRAINTS = Constraints()


def _separate_fixed_themes(constrained: Ints, groups: Ints, themes: Ints, fixed: Mask) -> None:
    """Give each fixed theme a group of its own, in place."""
    first = int(groups.max(initial=-1)) + 1
    group_of = {theme: first + offset for offset, theme in enumerate(np.unique(themes[fixed]).tolist())}
    for group in np.unique(groups[fixed & (groups >= 0)]).tolist():
        inside = groups == group
        counts = Counter(themes[inside & fixed].tolist())
        largest = min(counts, key=lambda theme: (-counts[theme], theme))
        # The others are fewer than the theme's own tickets, so that the fixed theme continues in its group.
        if counts[largest] > int((inside & ~fixed).sum()):
            constrained[inside & (constrained >= 0)] = group_of[largest]
    for theme, group in group_of.items():
        constrained[themes == theme] = group
