"""The search for themes that emerge among the tickets of the last epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Ints
from models.themes.assign.assigner import AssignedTicket
from models.themes.assign.state import AssignmentState, YoungTheme
from models.themes.discover.changes import DiscoveryChanges
from models.themes.discover.growth import grow, grow_young
from models.themes.discover.recency import EmergingGroup, emerging_group, improbably_recent
from models.themes.discover.siblings import sibling
from models.themes.lineage import LineageReason
from models.themes.times import length_in_milliseconds

FEWEST_NEARER = 0.7
"""How often a recent neighbour has to be nearer than an old one, for a group to be something new and not a surge."""


def find_emerging(state: AssignmentState, assigned: Sequence[AssignedTicket], changes: DiscoveryChanges) -> None:
    """Find groups that emerge around the tickets of the last epoch, and let young themes grow."""
    oldest = changes.time - length_in_milliseconds(state.settings.young)
    state.young = {theme: young for theme, young in state.young.items() if young.born_at > oldest}
    if not assigned:
        return
    rows, neighbours = zip(*assigned, strict=True)
    chances, counts = improbably_recent(rows, neighbours, state.settings.smallest_group - 1)
    tested: set[int] = set()
    for at in np.flatnonzero(chances <= state.settings.emergence_level).tolist():
        # A surge of a thousand tickets is tested group by group, not ticket by ticket.
        if rows[at] in tested:
            continue
        group = emerging_group(state.window, rows[at], neighbours[at], int(counts[at]), float(chances[at]))
        tested.update(group.rows)
        if _is_new(state, group):
            _place(state, group, changes)
    grow_young(state, changes)


def _is_new(state: AssignmentState, group: EmergingGroup) -> bool:
    settings = state.settings
    # Independent evidence, from age and from similarity: the product decides (Fisher 1932), so that a group with clear
    # evidence of one kind need not wait for the other.
    significant = group.excess <= settings.group_level and group.surprise * group.excess <= settings.joint_level
    return significant and group.nearer >= FEWEST_NEARER and not _placed_by_people(state, np.array(group.rows))


def _place(state: AssignmentState, group: EmergingGroup, changes: DiscoveryChanges) -> None:
    """Give the group to the young theme that it belongs to, else make it a theme."""
    rows = np.array(group.rows)
    youth = length_in_milliseconds(state.settings.young)
    ages = {theme: min(1.0, (changes.time - young.born_at) / youth) for theme, young in state.young.items()}
    threshold = 1.0 if state.threshold is None else state.threshold
    home = sibling(state.window, rows, ages, threshold, state.settings.part_level)
    if home is not None:
        changes.move_rows(rows, home, LineageReason.EMERGED)
        grow(state, home, changes)
        return
    theme = state.new_theme()
    changes.move_rows(rows, theme, LineageReason.EMERGED)
    state.young[theme] = YoungTheme(changes.time, 0, 1.0)
    grow(state, theme, changes)
    changes.add_birth(
        theme,
        LineageReason.EMERGED,
        size=float(len(state.window.rows_of_theme(theme))),
        surprise=group.surprise,
        excess=group.excess,
        recent_share=group.recent_share,
        rival=float(group.rival),
        nearer=group.nearer,
    )


def _placed_by_people(state: AssignmentState, rows: Ints) -> bool:
    """Return whether people placed so many of a group's tickets that the others are too few for a theme."""
    return len(state.movable(rows)) < min(len(rows), state.settings.smallest_group)
