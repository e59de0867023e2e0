"""Decisions about a single theme that is no known issue: archived until it escalates, or resolved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.known_issues import TransitionRefused, refuse_decision
from models.theme import ThemeState, ThemeStatus
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from pipelines.decisions.known_issues import volume_before, volume_of
from pipelines.decisions.preview import DecisionInvalid, DecisionPreview, make_preview
from store.decisions import Decision, DecisionKind
from store.survivors import surviving_theme
from store.themes import read_themes

STATUS_OF = {DecisionKind.ARCHIVE: ThemeStatus.ARCHIVED, DecisionKind.RESOLVE: ThemeStatus.RESOLVED}

FORGIVEN = 0.25
"""Share of the settling time after a theme was resolved whose tickets do not show that it has come back: the last ones still arrive."""


def propose_disposition(connection: Connection, theme_id: int, kind: DecisionKind) -> DecisionPreview:
    """Preview archiving or resolving a theme. Raises `ThemeUnknown`, and `DecisionInvalid` with the changes that are allowed."""
    theme = surviving_theme(connection, theme_id)
    row = read_themes(connection)[theme]
    if row.state not in (ThemeState.LIVE, ThemeState.DORMANT):
        raise DecisionInvalid(f"theme {theme} was split, and its parts have its tickets; decide about these")
    if row.known_issue is not None:
        issue = row.known_issue.get("issue")
        commands = (
            f"`groundswell known-issues fix {issue}` or `groundswell known-issues update {issue}`"
            if issue
            else (f"`groundswell themes known-issue {theme}`")
        )
        raise DecisionInvalid(
            f"theme {theme} is {row.status} as {f'known issue {issue}' if issue else 'a known issue'}, and follows it; use {commands}"
        )
    before = ThemeStatus((row.disposition or {}).get("as") or row.status)
    if row.state == ThemeState.DORMANT and row.disposition is None:
        # A theme that is archived because it is silent can be archived until it escalates, too.
        before = ThemeStatus.ONGOING
    _check(theme, _as_shown(row, before), STATUS_OF[kind])
    return make_preview(connection, kind, theme, {}, [theme], [])


def _as_shown(row: Any, before: ThemeStatus) -> ThemeStatus:
    return ThemeStatus.REGRESSED if (row.disposition or {}).get("regressed_at") else before


def _check(theme: int, before: ThemeStatus, after: ThemeStatus) -> None:
    try:
        refuse_decision(theme, before, after)
    except TransitionRefused as error:
        raise DecisionInvalid(str(error)) from error


def apply_disposition(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Archive or resolve a theme, with the volume of now. Raises `DecisionRefused` where it has become a known issue."""
    record, context = effects.record(decision.theme_id), effects.context
    if record.known_issue is not None:
        raise DecisionRefused(f"theme {record.theme_id} is a known issue by now")
    before, start = record.disposition, context.window.start
    kind = DecisionKind(decision.kind)
    if kind is DecisionKind.ARCHIVE:
        figures: dict[str, Any] = {"usual_per_day": volume_of(context, record.theme_id)}
    else:
        settled = start + timedelta(seconds=FORGIVEN * context.rules.alerts.fix_settles.total_seconds())
        figures = {
            "fixed_at": start.isoformat(), "resolved_at": settled.isoformat(), "before_per_day": volume_before(context, record, None),
        }  # fmt: skip
    disposition = {"as": STATUS_OF[kind].value, "since": start.isoformat(), **figures}
    said = "archived until it escalates" if kind is DecisionKind.ARCHIVE else "resolved"
    effects.dispose(record, disposition, cause=(decision.why or said, decision.actor))
    return {"before": before}


def restore_disposition(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo that a theme was archived or resolved."""
    cause = (f"decision {undone.decision_id} was undone", undone.actor)
    effects.dispose(effects.record(undone.theme_id), (undone.outcome or {}).get("before"), cause=cause)
    return {}
