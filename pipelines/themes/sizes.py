"""Sizes of themes, and the times of their first and last tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from models.theme import ThemeState
from pipelines.context import EpochContext
from pipelines.state.themes import ThemeRecord
from store.themes import measure_themes, set_sizes, set_statuses, split_themes


def measure_sizes(context: EpochContext, touched: Collection[int]) -> None:
    """Read sizes and times of themes from their tickets, and store them; merged themes are left out.

    A theme whose last tickets have gone, after other themes were split off it, ends as split.
    """
    themes = context.state.themes
    live = sorted(theme for theme in touched if themes[theme].state is not ThemeState.MERGED)
    found = measure_themes(context.connection, live)
    emptied = [theme for theme in live if theme not in found and themes[theme].live and themes[theme].size]
    for theme in live:
        record = themes[theme]
        record.size, record.first_seen, record.last_seen = found.get(theme, (0, None, None))
    set_sizes(context.connection, [_row(themes[theme]) for theme in live])
    ended = split_themes(context.connection, emptied)
    for theme in ended:
        themes[theme].end_split()
    _store_states(context, [themes[theme] for theme in ended])
    _revive_split(context, [themes[theme] for theme in live if theme in found])


def add_arrivals(context: EpochContext, arrivals: Iterable[tuple[int, datetime]]) -> None:
    """Add counted tickets (theme, time) to the sizes of their themes.

    The result is that of `measure_sizes`, without reading the themes' tickets.
    """
    changed: dict[int, ThemeRecord] = {}
    for theme, time in arrivals:
        record = changed[theme] = context.state.themes[theme]
        record.add_ticket(time)
    set_sizes(context.connection, [_row(record) for _, record in sorted(changed.items())])
    _revive_split(context, changed.values())


def _revive_split(context: EpochContext, holding: Iterable[ThemeRecord]) -> None:
    """Let themes that had ended as split take tickets again, since they have some."""
    revived = [record for record in holding if record.state is ThemeState.SPLIT]
    for record in revived:
        record.revive()
    _store_states(context, revived)


def _store_states(context: EpochContext, records: Iterable[ThemeRecord]) -> None:
    set_statuses(context.connection, {one.theme_id: (one.state.value, one.status.value) for one in records})


def _row(record: ThemeRecord) -> dict[str, Any]:
    return {
        "key": record.theme_id, "size": record.size, "first_seen": record.first_seen, "last_seen": record.last_seen,
    }  # fmt: skip
