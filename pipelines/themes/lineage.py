"""The lineage: what became of themes, written in the epoch's own transaction.

No ticket changes its theme without a row here. The kinds, with what `theme_id` and `other_id` are:

- `birth`: a theme, with the number of tickets that it starts with, wherever they were before;
- `merge`: the theme that ended, and the one that has its tickets;
- `split`: the theme that was parted, and the new one;
- `join`, `leave`: a theme that unthemed tickets joined, or that tickets left for none;
- `move`: the theme that tickets left, and the one that they went to;
- `rename`, `revival`: the theme; `figures` hold the names, or the days of silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.themes import Birth, Move
from pipelines.context import EpochWindow
from pipelines.state import MinerState
from store.themes import set_statuses, write_lineage


def note(
    connection: Connection,
    memory: MinerState,
    epoch: int,
    kind: str,
    theme: int,
    other: int | None = None,
    *,
    tickets: int = 0,
    reason: str,
    figures: Mapping[str, Any] | None = None,
) -> None:
    """Write one event; figures that are None are left out."""
    told = {name: value for name, value in (figures or {}).items() if value is not None}
    row = {
        "id": memory.next_id("lineage"), "epoch": epoch, "kind": kind, "theme_id": theme, "other_id": other,
        "tickets": tickets, "reason": reason, "figures": told,
    }  # fmt: skip
    write_lineage(connection, [row])


def note_births(connection: Connection, memory: MinerState, births: Iterable[Birth], epoch: int) -> None:
    """Write births, each with its numbers."""
    for birth in births:
        numbers = {name: float(value) for name, value in birth.numbers.items()}
        kind, theme, other = "birth", birth.theme_id, None
        if birth.split_from is not None:
            kind, theme, other = "split", birth.split_from, birth.theme_id
        note(
            connection, memory, epoch, kind, theme, other,
            tickets=len(birth.members), reason=birth.reason.value, figures=numbers,
        )  # fmt: skip


def note_moves(
    connection: Connection, memory: MinerState, moves: Iterable[Move], epoch: int, *, told: Collection[str] = ()
) -> None:
    """Write what moved between themes, summed by where from, where to and why.

    `told` names the tickets of which a birth or a split says it already. `share` is the part of the
    theme's tickets that left it, by its size before.
    """
    sums = Counter((move.from_theme, move.to_theme, move.reason.value) for move in moves if move.ticket_id not in told)
    for (left, joined, reason), n in sorted(sums.items(), key=lambda one: (one[0][0] or 0, one[0][1] or 0, one[0][2])):
        if left == joined:
            continue
        size = memory.themes[left].size if left is not None else 0
        figures = {"share": round(min(1.0, n / size), 4)} if size else {}
        if left is None:
            kind, theme, other = "join", joined, None
        elif joined is None:
            kind, theme, other = "leave", left, None
        else:
            kind, theme, other = "move", left, joined
            figures["similarity"] = memory.index.likeness(left, joined) or 0.0
        note(connection, memory, epoch, kind, theme or 0, other, tickets=n, reason=reason, figures=figures)


def dormant_themes(memory: MinerState) -> dict[int, datetime | None]:
    """The dormant themes, each with the time of its last ticket."""
    return {theme: one.last_seen for theme, one in memory.themes.items() if one.state == "dormant"}


def note_revivals(
    connection: Connection,
    memory: MinerState,
    slept: Mapping[int, datetime | None],
    moment: EpochWindow,
    silence: timedelta,
) -> None:
    """Let dormant themes that took a recent ticket in this epoch live again, under their old ids.

    `slept` is what `dormant_themes` said when the epoch began, `silence` the time after which a theme is dormant.
    """
    changed: dict[int, tuple[str, str]] = {}
    for theme, before in sorted(slept.items()):
        record = memory.themes[theme]
        if record.state != "dormant" or record.last_seen is None or moment.end - record.last_seen > silence:
            continue
        record.state, record.status = changed[theme] = "live", "known" if record.known_issue is not None else "ongoing"
        days = None if before is None else round((record.last_seen - before).total_seconds() / 86_400, 2)
        note(
            connection, memory, moment.epoch, "revival", theme,
            tickets=record.size, reason="returned", figures={"silent_days": days},
        )  # fmt: skip
    set_statuses(connection, changed)
