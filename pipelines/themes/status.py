"""State and status of themes: what people should think of a theme now, and the record of each change."""

from __future__ import annotations

from datetime import datetime

from models.formats import multiple
from models.known_issues import StatusFacts, next_status
from models.theme import ThemeState, ThemeStatus
from pipelines.context import EpochContext, EpochWindow
from pipelines.settings import MiningSettings
from pipelines.state.themes import ThemeRecord
from store.themes import set_statuses, write_themes
from store.transitions import StatusChange, write_transitions


def update_statuses(context: EpochContext) -> None:
    """Set the state and status of every live theme, and store those that changed."""
    rising = {spike.theme_id for spike in context.state.episodes.open() if spike.gate is None}
    changed: dict[int, tuple[str, str]] = {}
    for record in context.state.themes.live():
        rises = record.theme_id in rising
        found = status_of(record, context.window, context.rules.mining, rising=rises)
        if _spent(record, context.window, context.rules.mining, rising=rises):
            _forget_disposition(context, record)
            found = status_of(record, context.window, context.rules.mining, rising=rises)
        if found != (record.state, record.status):
            record.state, record.status = found
            changed[record.theme_id] = record.state.value, record.status.value
    set_statuses(context.connection, changed)


def status_of(
    record: ThemeRecord, window: EpochWindow, settings: MiningSettings, *, rising: bool
) -> tuple[ThemeState, ThemeStatus]:
    """Return the state and status of a theme that takes tickets; `rising`: it has an open spike that was alerted."""
    dormant = record.last_seen is None or window.end - record.last_seen > settings.dormant_after
    young = window.end - window.end_of(record.born_epoch) <= settings.new_for
    facts = StatusFacts(dormant=dormant, said=_said(record, rising=rising), rising=rising, young=young)
    return ThemeState.DORMANT if dormant else ThemeState.LIVE, next_status(record.status, facts)


def _said(record: ThemeRecord, *, rising: bool) -> ThemeStatus | None:
    """Return the status that a decision gives a theme; what is resolved and rises is back.

    Where a version holds the fix, the volume of older ones may rise without that.
    """
    said, issue = record.status_said, record.handling
    back = rising and said is ThemeStatus.RESOLVED and issue is not None and not issue.fixed_in
    return ThemeStatus.REGRESSED if back else said


def note_transitions(context: EpochContext) -> None:
    """Record each change of a theme's status since the epoch before, with its reason and who decided it."""
    changes = []
    for record in context.state.themes:
        if record.status is not record.noted_status:
            reason, actor = record.cause or (_reason(context, record), None)
            changes.append(
                StatusChange(
                    context.state.counts.next_id("transition"), record.theme_id, context.window.end, record.noted_status,
                    record.status, actor, reason,
                )
            )  # fmt: skip
            record.noted_status = record.status
        record.cause = None
    write_transitions(context.connection, changes)


def _spent(record: ThemeRecord, window: EpochWindow, settings: MiningSettings, *, rising: bool) -> bool:
    """Return whether what a person made of a theme holds no longer: it was archived and escalates, or it has been back for long."""
    said = record.disposition
    if said is None:
        return False
    if said["as"] == ThemeStatus.ARCHIVED.value:
        return rising
    back = record.handling is None and said.get("regressed_at")
    return bool(back) and not rising and window.end - _time(str(back)) > settings.new_for


def _forget_disposition(context: EpochContext, record: ThemeRecord) -> None:
    record.disposition = None
    write_themes(context.connection, [record.as_row()])


def _reason(context: EpochContext, record: ThemeRecord) -> str:
    """Say why the status of a theme changed where no person decided it."""
    if record.noted_status is None:
        return "it was discovered"
    if record.state is ThemeState.MERGED:
        return f"it was merged into theme {record.merged_into}"
    if record.state is ThemeState.SPLIT:
        return "all of its tickets went to themes that were split off it"
    if record.state is ThemeState.DORMANT:
        return f"it has had no ticket for {context.rules.mining.dormant_after.days} days"
    return _live_reason(context, record)


def _live_reason(context: EpochContext, record: ThemeRecord) -> str:
    if record.status is ThemeStatus.ESCALATING:
        return _rise(context, record)
    if record.noted_status is ThemeStatus.ESCALATING:
        return "its spike is over"
    if record.status in _REASONS:
        return _REASONS[record.status]
    return _AFTER.get(record.noted_status or record.status, f"it is {record.status.value}")


_REASONS = {
    ThemeStatus.RESOLVED: "its volume is usual again after the fix",
    ThemeStatus.REGRESSED: "tickets came back beyond what is usual",
}
_AFTER = {
    ThemeStatus.NEW: "it is not new any more",
    ThemeStatus.ARCHIVED: "it has tickets again",
    ThemeStatus.REGRESSED: "it has not risen again since it came back",
}


def _rise(context: EpochContext, record: ThemeRecord) -> str:
    handled = record.noted_status in (ThemeStatus.ARCHIVED, ThemeStatus.KNOWN)
    grew = "it grew beyond its own envelope" if handled else "its volume rises"
    rising = [one for one in context.state.episodes.open() if one.theme_id == record.theme_id and one.gate is None]
    worst = max(rising, key=lambda one: one.severity, default=None)
    return grew if worst is None else f"{grew} to {multiple(worst.ratio)} what is usual (spike {worst.spike_id})"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
