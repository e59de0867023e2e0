"""What decisions do to themes: renaming, merging and moving tickets, shared by applying a decision and undoing one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.themes import LineageReason, Merge, Move
from pipelines.context import EpochContext
from pipelines.state.themes import ThemeRecord
from pipelines.themes.changes import apply_merge, apply_moves
from pipelines.themes.lineage import note
from store.decisions import NO_THEME
from store.errors import StoreError
from store.spikes import spike_ids_of
from store.survivors import surviving_theme
from store.themes import write_themes

DecisionOutcome = dict[str, Any]
"""What a decision changed, as its row keeps it: what is needed to undo it."""


class DecisionRefused(StoreError):
    """A decision does not fit the themes when it is applied; its text says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class DecisionEffects:
    """The themes as decisions change them.

    Parameters
    ----------
    context: the epoch that applies the decisions.
    touched: the themes whose tickets were changed by the decisions so far.
    """

    context: EpochContext
    touched: set[int] = field(default_factory=set)

    def record(self, theme_id: int) -> ThemeRecord:
        """Return the theme in which a theme survives. Raises `ThemeUnknown`."""
        return self.context.state.themes[surviving_theme(self.context.connection, theme_id)]

    def write(self, *records: ThemeRecord) -> None:
        """Store themes as they are in the state."""
        write_themes(self.context.connection, [one.as_row() for one in records])

    def rename(self, record: ThemeRecord, name: str, *, pinned: bool) -> None:
        """Name a theme; `pinned`: a person chose the name, so that it stays."""
        if name != record.name:
            figures = {"before": record.name, "after": name}
            note(
                self.context, "rename", record.theme_id,
                tickets=record.size, reason=LineageReason.DECIDED.value, figures=figures,
            )  # fmt: skip
        record.name, record.name_pinned = name, pinned
        self.write(record)

    def assign(self, record: ThemeRecord, owner: str | None, *, pinned: bool) -> None:
        """Set the owner of a theme; `pinned`: a person assigned it, so that it stays."""
        record.owner, record.owner_pinned = owner, pinned
        self.write(record)

    def flag(
        self, record: ThemeRecord, known_issue: Mapping[str, Any] | None, *, cause: tuple[str, str | None] | None = None
    ) -> None:
        """Set or remove the flag of a theme as a known issue; `cause` is why its status changes, and who decided it."""
        record.known_issue = known_issue
        self._settle(record, cause)

    def dispose(
        self, record: ThemeRecord, disposition: Mapping[str, Any] | None, *, cause: tuple[str, str | None]
    ) -> None:
        """Set or remove what a person made of a theme: archived, or resolved."""
        record.disposition = disposition
        self._settle(record, cause)

    def _settle(self, record: ThemeRecord, cause: tuple[str, str | None] | None) -> None:
        record.cause = cause or record.cause
        self.write(record)

    def to_revive(self, theme: int) -> dict[str, Any]:
        """Return what is needed to revive a theme after it was merged: its status and the ids of its spikes."""
        status = self.context.state.themes[theme].status.value
        return {"theme": theme, "status": status, "spikes": spike_ids_of(self.context.connection, theme)}

    def merge(self, theme: int, into: int) -> None:
        """Merge a theme into another one, with the share of its tickets and the similarity of both in the lineage."""
        themes, index = self.context.state.themes, self.context.state.index
        tickets = themes[theme].size + themes[into].size
        numbers = {"share": round(themes[theme].size / tickets, 4)} if tickets else {}
        similarity = index.likeness(theme, into)
        if similarity is not None:
            numbers["similarity"] = similarity
        merge = Merge(theme, into, self.context.window.end, LineageReason.DECIDED, numbers)
        self.touched.update(apply_merge(self.context, merge))
        index.merge(theme, into)

    def move(self, ways: Mapping[str, tuple[int | None, int | None]], *, recorded: Collection[str] = ()) -> int:
        """Move tickets, by id, from one theme to another; returns how many changed theirs.

        `recorded` names the tickets whose move the caller writes into the lineage.
        """
        moves = [
            Move(key, left, joined, LineageReason.DECIDED) for key, (left, joined) in ways.items() if left != joined
        ]
        for joined in sorted({move.to_theme or NO_THEME for move in moves}):
            joining = [move.ticket_id for move in moves if (move.to_theme or NO_THEME) == joined]
            self.context.state.index.move(joining, joined or None)
        self.touched.update(apply_moves(self.context, moves, recorded=recorded))
        return len(moves)
