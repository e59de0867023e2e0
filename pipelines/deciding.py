"""What people decided, applied first thing in the next epoch."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from models.bucket import bucket_of
from models.segment import EVERYTHING
from models.spikes.series import SeriesKey
from pipelines.memory import Memory
from pipelines.moment import Moment
from store.decisions import Decision, DecisionKind, mark_applied, pending_decisions, surviving_theme
from store.themes import change_theme

USUAL_OVER = timedelta(days=1)
"""A flagged theme's own volume is that of the day before: people know the trouble as it is now."""


def apply_decisions(connection: Connection, memory: Memory, moment: Moment) -> set[int]:
    """Apply pending decisions in the order in which they were made. Returns the themes whose tickets changed."""
    waiting = sorted(
        (decision for listed in pending_decisions(connection).values() for decision in listed),
        key=lambda one: one.decision_id,
    )
    for decision in waiting:
        _apply(connection, memory, moment, decision)
    mark_applied(connection, [decision.decision_id for decision in waiting], moment.epoch)
    return set()


def _apply(connection: Connection, memory: Memory, moment: Moment, decision: Decision) -> None:
    theme = surviving_theme(connection, decision.theme_id)
    record = memory.themes[theme]
    if decision.kind == DecisionKind.KNOWN_ISSUE:
        since = moment.end - moment.length
        record.known_issue = {
            **{name: decision.payload.get(name) for name in ("title", "jira", "workaround")},
            "since": since.isoformat(),
            "usual_per_day": _volume(memory, theme, moment),
        }
    elif decision.kind == DecisionKind.CLEAR_KNOWN_ISSUE:
        record.known_issue = None
    change_theme(connection, theme, known_issue=record.known_issue)


def _volume(memory: Memory, theme: int, moment: Moment) -> float:
    start = bucket_of(moment.end - USUAL_OVER)
    return float(memory.counts.total(SeriesKey(theme, EVERYTHING), start, moment.bucket))
