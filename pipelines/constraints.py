"""What people decided, read as the constraints that grouping honours."""

from __future__ import annotations

from sqlalchemy import Connection

from models.themes import Constraints, Example
from models.themes.window.centering import on_grid
from store.board.family import survivors
from store.decisions import DecisionKind, decisions_in_force
from store.placements import examples_of, placed_by


def read_constraints(connection: Connection, model: str) -> Constraints:
    """Read the constraints of all decisions in force, each about the theme that survives.

    Always from the rows: what a miner that went on knows is what one that starts now reads.
    """
    binding = decisions_in_force(connection)
    merged = survivors(connection)
    held: set[int] = set()
    apart: set[tuple[int, int]] = set()
    for one in binding:
        theme = merged.get(one.theme_id, one.theme_id)
        if one.kind == DecisionKind.MERGE:
            held.add(theme)
        elif one.kind == DecisionKind.SPLIT:
            made = [merged.get(number, number) for number in (one.outcome or {}).get("created", ())]
            # Whoever merged the two later meant it.
            apart |= {(min(theme, other), max(theme, other)) for other in made if other != theme}
    held |= {theme for pair in apart for theme in pair}
    placing = [one.decision_id for one in binding if one.kind in (DecisionKind.PIN, DecisionKind.MOVE)]
    pins = [one.decision_id for one in binding if one.kind == DecisionKind.PIN]
    examples = tuple(
        Example(ticket, merged.get(theme, theme), on_grid(vector))
        for ticket, theme, vector in examples_of(connection, pins, model)
    )
    return Constraints(
        fixed_themes=frozenset(held),
        separate=frozenset(apart),
        fixed_tickets=frozenset(placed_by(connection, placing)),
        examples=examples,
    )
