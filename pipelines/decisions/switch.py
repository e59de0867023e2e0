"""Switching to a rebuild: its births, moves and merges applied in the transaction of one epoch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from models.themes import Birth, Discovery, LineageReason, Merge, Move
from pipelines.context import EpochContext
from pipelines.themes.changes import apply_discovery, apply_merge
from store.errors import StoreError
from store.placements import Placement, write_placements, write_whole_theme
from store.rebuilds import Rebuild, RebuildSpent, RebuildUnknown, close_rebuild, read_rebuilt, ready_rebuild
from store.spikes import spike_ids_of
from store.survivors import survivors
from store.themes import themes_of


class SwitchRefused(StoreError):
    """The rebuild does not fit the live themes."""


def apply_switch(
    context: EpochContext, rebuild_id: int, decision_id: int, *, adopting: bool = False
) -> tuple[dict[str, Any], set[int]]:
    """Make a rebuild's themes the live ones.

    Tickets that came after it, and tickets that got another theme since, stay where they are; they follow when their whole
    theme is merged. `adopting`: the caller is about to use the rebuild's model, too. Returns the decision's outcome and the
    themes whose tickets changed. Raises `SwitchRefused` before any effect.
    """
    connection, index = context.connection, context.state.index
    rebuild = _ready(context, rebuild_id, adopting=adopting)
    merged = survivors(connection)
    births, moves = _moves(context, read_rebuilt(connection, rebuild_id), merged)
    for theme in sorted({move.to_theme or 0 for move in moves}):
        index.move([move.ticket_id for move in moves if (move.to_theme or 0) == theme], theme or None)
    write_placements(connection, decision_id, [(move.ticket_id, move.from_theme, move.to_theme) for move in moves])
    touched = apply_discovery(context, Discovery(births, (), moves))
    taken = []
    for one in rebuild.report["merged"]:
        theme, into = merged.get(one["theme"], one["theme"]), merged.get(one["into"], one["into"])
        if theme == into or not context.state.themes[theme].live or not context.state.themes[into].live:
            continue
        status = context.state.themes[theme].status.value
        taken.append({"theme": theme, "status": status, "spikes": spike_ids_of(connection, theme)})
        write_whole_theme(connection, decision_id, theme, into)
        merge = Merge(theme, into, context.window.end, LineageReason.REBUILT, {"share_carried": one["share"]})
        touched |= apply_merge(context, merge)
        index.merge(theme, into)
    close_rebuild(connection, rebuild_id, "switched")
    return {"created": [birth.theme_id for birth in births], "tickets": len(moves), "taken": taken}, touched


def _ready(context: EpochContext, rebuild_id: int, *, adopting: bool) -> Rebuild:
    """Read a rebuild that can be switched to. Raises `SwitchRefused`."""
    try:
        rebuild = ready_rebuild(context.connection, rebuild_id)
    except (RebuildUnknown, RebuildSpent) as error:
        raise SwitchRefused(str(error)) from error
    if rebuild.model != context.window.model and not adopting:
        raise SwitchRefused(
            f"rebuild {rebuild_id} was made with the model {rebuild.model}, but the database is mined with "
            f"{context.window.model}; switch to it with `groundswell themes rebuild --switch` while nothing mines"
        )
    return rebuild


def _moves(
    context: EpochContext, rows: Sequence[Placement], merged: Mapping[int, int]
) -> tuple[tuple[Birth, ...], tuple[Move, ...]]:
    """Return what the rebuild changes in the themes as they are now; its new themes get ids in the order of their first tickets."""
    there = themes_of(context.connection, [row[0] for row in rows])
    unchanged = [
        (ticket, left, joined)
        for ticket, left, joined in rows
        if ticket in there and there[ticket] == (merged.get(left, left) if left is not None else None)
    ]
    born: dict[int, int] = {}
    members: defaultdict[int, list[str]] = defaultdict(list)
    moves = []
    for ticket, _, joined in unchanged:
        if joined is not None and joined < 0:
            if joined not in born:
                born[joined] = context.state.index.new_theme()
            theme: int | None = born[joined]
            members[born[joined]].append(ticket)
        else:
            theme = merged.get(joined, joined) if joined is not None else None
        if theme != there[ticket]:
            moves.append(Move(ticket, there[ticket], theme, LineageReason.REBUILT))
    births = tuple(
        Birth(theme, context.window.end, LineageReason.REBUILT, tuple(members[theme]), {"size": float(len(members[theme]))})
        for theme in sorted(members)
    )  # fmt: skip
    return births, tuple(moves)
