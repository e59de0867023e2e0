"""Which themes decisions are about: a process that does not mine reads the counts of these alone."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from store.decisions import NO_THEME, Decision, DecisionKind, read_decision
from store.journal import read_corrections
from store.placements import read_placements
from store.survivors import surviving_theme
from store.themes import themes_of


def concerned_themes(connection: Connection, decisions: Iterable[Decision], epoch: int) -> set[int] | None:
    """Return the themes whose counts applying decisions in the open epoch may read; None: all of them.

    These are the themes that decisions name, those in which they survive, those of the tickets that they name or moved, and those
    whose tickets earlier decisions of the same epoch moved: episodes follow the tickets of the whole epoch.
    """
    found: set[int] = set()
    for decision in decisions:
        named = [decision]
        if decision.kind == DecisionKind.UNDO:
            named.append(read_decision(connection, decision.payload["decision"]))
        if any(one.kind == DecisionKind.SWITCH for one in named):
            return None
        for one in named:
            found |= _named(connection, one)
    for number, cells in read_corrections(connection, after=epoch - 1):
        if number == epoch:
            found.update(cells[:, 0].tolist())
    return found - {NO_THEME}


def _named(connection: Connection, decision: Decision) -> set[int]:
    themes = set(decision.touches)
    tickets = [*decision.payload.get("tickets", ()), *decision.payload.get("members", ())]
    for ticket, left, joined in read_placements(connection, decision.decision_id):
        tickets.append(ticket)
        themes |= {theme for theme in (left, joined) if theme is not None}
    themes |= {theme for theme in themes_of(connection, tickets).values() if theme is not None}
    return themes | {surviving_theme(connection, theme) for theme in themes - {NO_THEME}}
