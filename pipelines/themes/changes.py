"""Changes of themes, written to the store: births, moves and merges, with their lineage and counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from models.themes import Discovery, LineageReason, Merge, Move
from pipelines.context import EpochContext
from pipelines.state.themes import ThemeRecord
from pipelines.themes.known_issues import carry_flags
from pipelines.themes.lineage import note, note_births, note_moves
from store.counts import drop_counts, read_theme_counts
from store.spikes import read_spikes, write_spikes
from store.themes import move_theme, reassign, write_themes
from store.tickets import read_tickets


def apply_discovery(context: EpochContext, found: Discovery) -> set[int]:
    """Write what a discovery changed: births, then moves, then merges. Returns the themes whose size changed."""
    themes = context.state.themes
    born = [
        ThemeRecord(
            theme_id=birth.theme_id, born_epoch=context.window.number, language=birth.language,
            several_problems=birth.reason is LineageReason.LANGUAGE,
        )
        for birth in found.births
    ]  # fmt: skip
    for record in born:
        themes.add(record)
    write_themes(context.connection, [record.as_row() for record in born])
    for birth in found.births:
        if birth.split_from is not None:
            # The name of the split theme may describe the tickets that left it.
            themes[birth.split_from].named_size = 0
    note_births(context, found.births)
    # A birth records the tickets that a theme is born with; the moves record those that join it otherwise.
    members = {(ticket, birth.theme_id) for birth in found.births for ticket in birth.members}
    recorded = {move.ticket_id for move in found.moves if (move.ticket_id, move.to_theme) in members}
    touched = apply_moves(context, found.moves, recorded=recorded)
    for merge in found.merges:
        touched |= apply_merge(context, merge)
    return touched | {record.theme_id for record in born}


def apply_moves(context: EpochContext, moves: Sequence[Move], *, recorded: Collection[str] = ()) -> set[int]:
    """Give tickets to other themes, with their counts. Returns the themes whose size changed.

    `recorded` names the tickets whose move a birth or a split records already.
    """
    stored = read_tickets(context.connection, [move.ticket_id for move in moves], context.window.model)
    rows = []
    for move in moves:
        ticket = stored[move.ticket_id]
        if ticket.counted:
            context.changes.move(move.from_theme, move.to_theme, ticket.time, ticket.attributes)
            for theme in (move.from_theme, move.to_theme):
                if theme is not None:
                    context.state.themes[theme].moved += 1
        rows.append({
            "ticket_id": move.ticket_id, "theme_id": move.to_theme, "epoch": context.window.number, "how": move.reason.value,
        })  # fmt: skip
    carry_flags(context, moves, stored)
    reassign(context.connection, rows)
    note_moves(context, moves, recorded=recorded)
    return {theme for move in moves for theme in (move.from_theme, move.to_theme) if theme is not None}


def apply_merge(context: EpochContext, merge: Merge) -> set[int]:
    """Give a theme's tickets, counts, spikes and alerts to another one. Returns the themes whose size changed.

    The merged theme keeps its row, without tickets. What people said about it (a flag, a name) holds for the other theme, where
    nobody said it about that one.
    """
    connection, state = context.connection, context.state
    _shift_counts(context, merge)
    tickets = move_theme(connection, merge.theme_id, merge.into, context.window.number, merge.reason.value)
    gone, kept = state.themes[merge.theme_id], state.themes[merge.into]
    before = kept.name
    kept.moved += gone.size
    kept.take_over(gone)
    if kept.name != before:
        figures = {"before": before, "after": kept.name}
        note(context, "rename", kept.theme_id, tickets=kept.size, reason="merged", figures=figures)
    gone.end_in(merge.into)
    state.episodes.load(read_spikes(connection, theme_ids=[merge.theme_id]))
    write_spikes(connection, state.episodes.give(merge.theme_id, merge.into, merge.time))
    write_themes(connection, [gone.as_row(), kept.as_row()])
    numbers = {name: float(value) for name, value in merge.numbers.items()}
    note(
        context, "merge", merge.theme_id, merge.into, tickets=tickets, reason=merge.reason.value, figures=numbers
    )  # fmt: skip
    return {merge.into}


def _shift_counts(context: EpochContext, merge: Merge) -> None:
    segments = context.state.counts.segments()
    for segment, bucket, n in read_theme_counts(context.connection, merge.theme_id):
        context.changes.shift(bucket, segments[segment], merge.theme_id, merge.into, n)
    context.changes.shift_changes(merge.theme_id, merge.into)
    drop_counts(context.connection, merge.theme_id)
