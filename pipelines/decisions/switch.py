"""Switching to a rebuild: its births, moves and merges made the live ones, in the transaction of the epoch that applies it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from models.themes import Birth, Discovery, LineageReason, Merge, Move
from pipelines.context import EpochWindow
from pipelines.state import MinerState
from pipelines.themes.changes import apply_discovery, apply_merge
from pipelines.themes.counts import CountChanges
from store.board.family import survivors
from store.errors import StoreError
from store.placements import Placement, write_placements, write_whole_theme
from store.rebuilds import RebuildSpent, RebuildUnknown, close_rebuild, read_rebuilt, ready_rebuild
from store.themes import themes_of


class SwitchRefused(StoreError):
    """The rebuild does not fit what is live."""


def apply_switch(
    connection: Connection,
    memory: MinerState,
    rebuild_id: int,
    decision_id: int,
    moment: EpochWindow,
    tally: CountChanges,
    *,
    adopting: bool = False,
) -> tuple[dict[str, Any], set[int]]:
    """Make a rebuild's themes the live ones.

    Tickets that came after it, and tickets that got another theme since, stay where they are; they go along when their whole
    theme is merged. `adopting` says that the rebuild's model is about to be taken over, too. Returns the decision's outcome
    and the themes whose tickets changed. Raises `SwitchRefused` before any effect.
    """
    try:
        rebuild = ready_rebuild(connection, rebuild_id)
    except (RebuildUnknown, RebuildSpent) as error:
        raise SwitchRefused(str(error)) from error
    if rebuild.model != moment.model and not adopting:
        raise SwitchRefused(
            f"rebuild {rebuild_id} was made with the model {rebuild.model}, but the database is mined with {moment.model}; switch "
            "to it with `groundswell themes rebuild --switch` while nothing mines"
        )
    merged = survivors(connection)
    births, moves = _moves(connection, memory, read_rebuilt(connection, rebuild_id), merged, moment)
    for theme in sorted({move.to_theme or 0 for move in moves}):
        memory.index.move([move.ticket_id for move in moves if (move.to_theme or 0) == theme], theme or None)
    write_placements(connection, decision_id, [(move.ticket_id, move.from_theme, move.to_theme) for move in moves])
    touched = apply_discovery(connection, memory, Discovery(births, (), moves), moment.epoch, tally, moment.model)
    taken = []
    for one in rebuild.report["merged"]:
        theme, into = merged.get(one["theme"], one["theme"]), merged.get(one["into"], one["into"])
        if theme == into or not memory.themes[theme].live or not memory.themes[into].live:
            continue
        taken.append({
            "theme": theme, "status": memory.themes[theme].status,
            "spikes": [key for key, spike in sorted(memory.spikes.items()) if spike.theme_id == theme],
        })  # fmt: skip
        write_whole_theme(connection, decision_id, theme, into)
        merge = Merge(theme, into, moment.end, LineageReason.REBUILT, {"share_carried": one["share"]})
        touched |= apply_merge(connection, memory, merge, moment.epoch, tally)
        memory.index.merge(theme, into)
    close_rebuild(connection, rebuild_id, "switched")
    created = [birth.theme_id for birth in births]
    return {"created": created, "tickets": len(moves), "taken": taken}, touched


def _moves(
    connection: Connection,
    memory: MinerState,
    rows: Sequence[Placement],
    merged: Mapping[int, int],
    moment: EpochWindow,
) -> tuple[tuple[Birth, ...], tuple[Move, ...]]:
    """What the rebuild changes as things stand now; its unborn themes get their ids in the order of their first tickets."""
    there = themes_of(connection, [row[0] for row in rows])
    standing = [
        (ticket, left, joined)
        for ticket, left, joined in rows
        if ticket in there and there[ticket] == (merged.get(left, left) if left is not None else None)
    ]
    born: dict[int, int] = {}
    members: defaultdict[int, list[str]] = defaultdict(list)
    moves = []
    for ticket, _, joined in standing:
        if joined is not None and joined < 0:
            if joined not in born:
                born[joined] = memory.index.new_theme()
            theme: int | None = born[joined]
            members[born[joined]].append(ticket)
        else:
            theme = merged.get(joined, joined) if joined is not None else None
        if theme != there[ticket]:
            moves.append(Move(ticket, there[ticket], theme, LineageReason.REBUILT))
    births = tuple(
        Birth(theme, moment.end, LineageReason.REBUILT, tuple(members[theme]), {"size": float(len(members[theme]))})
        for theme in sorted(members)
    )
    return births, tuple(moves)
