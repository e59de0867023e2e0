"""Labels: what people's decisions say about single tickets, for a metric to learn from."""

from __future__ import annotations

from sqlalchemy import Connection

from store.decisions import NO_THEME, DecisionKind, decisions_in_force
from store.placements import read_placements
from store.survivors import surviving_theme
from store.themes import members_before, themes_of

OTHER_SIDE = 100
"""Tickets of the other theme of a merge or split that are labelled: people decided about that theme, too."""

LABELLING = frozenset({DecisionKind.MERGE, DecisionKind.SPLIT, DecisionKind.PIN, DecisionKind.MOVE})


def read_labels(connection: Connection) -> dict[str, int]:
    """Read the theme of each ticket that people decided about, in the order of the decisions and of the tickets' ids.

    A ticket that a decision moved is labelled with the theme that it is in now; of a merge or split also `OTHER_SIDE` tickets of the
    theme that they joined or left. A move to no theme says nothing about similarity.
    """
    named: dict[str, None] = {}
    for decision in decisions_in_force(connection):
        if decision.kind not in LABELLING or decision.theme_id == NO_THEME:
            continue
        named.update(dict.fromkeys(ticket for ticket, _, _ in read_placements(connection, decision.decision_id)))
        if decision.kind in (DecisionKind.MERGE, DecisionKind.SPLIT):
            theme_id = surviving_theme(connection, decision.theme_id)
            named.update(
                dict.fromkeys(members_before(connection, theme_id, (decision.applied_epoch or 0) + 1, OTHER_SIDE))
            )
    there = themes_of(connection, list(named))
    placed = ((ticket, there.get(ticket)) for ticket in named)
    return {ticket: theme for ticket, theme in placed if theme is not None}
