"""The decisions of people, read as the constraints of grouping."""

from __future__ import annotations

from itertools import combinations

from sqlalchemy import Connection

from models.themes import Constraints, Example
from models.themes.window.centering import on_grid
from store.decisions import DecisionKind, decisions_in_force
from store.placements import examples_of, placed_by
from store.survivors import survivors


def read_constraints(connection: Connection, model: str) -> Constraints:
    """Read the constraints of all decisions in force, each about the theme that survives.

    They are always read from the rows, so that a miner that continues has the same constraints as one that starts now.
    """
    in_force = decisions_in_force(connection)
    merged = survivors(connection)
    kept: set[int] = set()
    apart: set[tuple[int, int]] = set()
    for one in in_force:
        theme = merged.get(one.theme_id, one.theme_id)
        if one.kind == DecisionKind.MERGE:
            kept.add(theme)
        elif one.kind == DecisionKind.SPLIT:
            made = [merged.get(number, number) for number in (one.outcome or {}).get("created", ())]
            # Two themes that were merged later are not kept apart.
            apart |= set(combinations(sorted({theme, *made}), 2))
    kept |= {theme for pair in apart for theme in pair}
    placing = [one.decision_id for one in in_force if one.kind in (DecisionKind.PIN, DecisionKind.MOVE)]
    pins = [one.decision_id for one in in_force if one.kind == DecisionKind.PIN]
    examples = tuple(
        Example(ticket, merged.get(theme, theme), on_grid(vector), language)
        for ticket, theme, vector, language in examples_of(connection, pins, model)
    )
    return Constraints(
        fixed_themes=frozenset(kept),
        separate=frozenset(apart),
        fixed_tickets=frozenset(placed_by(connection, placing)),
        examples=examples,
    )
