"""Decisions of people: appended with an audit row, pending until the miner applies them in its next epoch."""

from store.decisions.append import append_decision, carry_decisions, undo_decision
from store.decisions.decision import DISPOSITIONS, FLAGS, INCIDENTS, MEMBERSHIPS, NO_THEME, Decision, DecisionKind
from store.decisions.due import due_decisions, is_due, mark_applied, mark_undone, tickets_decided
from store.decisions.known_issue import clear_known_issue, fix_known_issue, flag_known_issue
from store.decisions.read import (
    RECENT,
    decisions_in_force,
    incident_decisions,
    pending_decisions,
    read_decision,
    read_decisions,
    recent_decisions,
)
from store.decisions.rests import resting_on

__all__ = [
    "DISPOSITIONS",
    "FLAGS",
    "INCIDENTS",
    "MEMBERSHIPS",
    "NO_THEME",
    "RECENT",
    "Decision",
    "DecisionKind",
    "append_decision",
    "carry_decisions",
    "clear_known_issue",
    "decisions_in_force",
    "due_decisions",
    "fix_known_issue",
    "flag_known_issue",
    "incident_decisions",
    "is_due",
    "mark_applied",
    "mark_undone",
    "pending_decisions",
    "read_decision",
    "read_decisions",
    "recent_decisions",
    "resting_on",
    "tickets_decided",
    "undo_decision",
]
