"""State and status of themes: what people should think of a theme now."""

from __future__ import annotations

from models.theme import ThemeState, ThemeStatus
from pipelines.context import EpochContext, EpochWindow
from pipelines.settings import MiningSettings
from pipelines.state.themes import ThemeRecord
from store.themes import set_statuses


def update_statuses(context: EpochContext) -> None:
    """Set the state and status of every live theme, and store those that changed."""
    rising = {spike.theme_id for spike in context.state.episodes.open() if spike.gate is None}
    changed: dict[int, tuple[str, str]] = {}
    for record in context.state.themes.live():
        found = status_of(record, context.window, context.rules.mining, rising=record.theme_id in rising)
        if found != (record.state, record.status):
            record.state, record.status = found
            changed[record.theme_id] = record.state.value, record.status.value
    set_statuses(context.connection, changed)


def status_of(
    record: ThemeRecord, window: EpochWindow, settings: MiningSettings, *, rising: bool
) -> tuple[ThemeState, ThemeStatus]:
    """Return the state and status of a theme that takes tickets; `rising`: it has an open spike that was alerted."""
    if record.last_seen is None or window.end - record.last_seen > settings.dormant_after:
        return ThemeState.DORMANT, ThemeStatus.ARCHIVED
    by_flag = record.status_by_flag
    if rising and by_flag is not ThemeStatus.REGRESSED:
        return ThemeState.LIVE, ThemeStatus.ESCALATING
    if by_flag is not None:
        return ThemeState.LIVE, by_flag
    new = window.end - window.end_of(record.born_epoch) <= settings.new_for
    return ThemeState.LIVE, ThemeStatus.NEW if new else ThemeStatus.ONGOING
