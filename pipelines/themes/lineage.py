"""The lineage: what became of themes, written in the epoch's own transaction.

No ticket changes its theme without a row here. The kinds, and what `theme_id` and `other_id` are:

- `birth`: a theme, with the number of tickets that it starts with, wherever they were before;
- `merge`: the theme that ended, and the one that has its tickets;
- `split`: the theme that was split, and the new one;
- `join`, `leave`: a theme that unthemed tickets joined, or that tickets left for none;
- `move`: the theme that tickets left, and the one that they joined;
- `rename`, `revival`: the theme; `figures` has the names, or the days of silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from models.theme import ThemeState
from models.themes import Birth, Move
from pipelines.context import EpochContext
from store.themes import set_statuses, write_lineage


def note(
    context: EpochContext,
    kind: str,
    theme: int,
    other: int | None = None,
    *,
    tickets: int = 0,
    reason: str,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Write one event; figures that are None are left out."""
    row = {
        "id": context.state.counts.next_id("lineage"), "epoch": context.window.number, "kind": kind, "theme_id": theme,
        "other_id": other, "tickets": tickets, "reason": reason,
        "figures": {name: value for name, value in (figures or {}).items() if value is not None},
    }  # fmt: skip
    write_lineage(context.connection, [row])


def note_births(context: EpochContext, births: Iterable[Birth]) -> None:
    """Write births, each with its numbers; a birth out of another theme is a split of that theme."""
    for birth in births:
        numbers = {name: float(value) for name, value in birth.numbers.items()}
        kind, theme, other = "birth", birth.theme_id, None
        if birth.split_from is not None:
            kind, theme, other = "split", birth.split_from, birth.theme_id
        note(context, kind, theme, other, tickets=len(birth.members), reason=birth.reason.value, figures=numbers)


def note_moves(context: EpochContext, moves: Iterable[Move], *, recorded: Collection[str] = ()) -> None:
    """Write what moved between themes, summed by the theme before, the theme after and the reason.

    `recorded` names the tickets whose move a birth or a split records already. The figure `share` is the share of the theme's
    tickets that left it, by its size before.
    """
    themes = context.state.themes
    sums = Counter(
        (move.from_theme, move.to_theme, move.reason.value) for move in moves if move.ticket_id not in recorded
    )
    for (left, joined, reason), n in sorted(sums.items(), key=lambda one: (one[0][0] or 0, one[0][1] or 0, one[0][2])):
        if left == joined:
            continue
        size = themes[left].size if left is not None else 0
        figures = {"share": round(min(1.0, n / size), 4)} if size else {}
        if left is None:
            kind, theme, other = "join", joined, None
        elif joined is None:
            kind, theme, other = "leave", left, None
        else:
            kind, theme, other = "move", left, joined
            figures["similarity"] = context.state.index.likeness(left, joined) or 0.0
        note(context, kind, theme or 0, other, tickets=n, reason=reason, figures=figures)


def note_revivals(context: EpochContext, dormant: Mapping[int, datetime | None]) -> None:
    """Set dormant themes that took a recent ticket in this epoch live again, under their old ids.

    `dormant` are the dormant themes when the epoch began, each with the time of its last ticket.
    """
    window, silence = context.window, context.rules.mining.dormant_after
    changed: dict[int, tuple[str, str]] = {}
    for theme, before in sorted(dormant.items()):
        record = context.state.themes[theme]
        if (
            record.state is not ThemeState.DORMANT
            or record.last_seen is None
            or window.end - record.last_seen > silence
        ):
            continue
        record.revive()
        changed[theme] = record.state.value, record.status.value
        days = None if before is None else round((record.last_seen - before).total_seconds() / 86_400, 2)
        note(context, "revival", theme, tickets=record.size, reason="returned", figures={"silent_days": days})
    set_statuses(context.connection, changed)
