"""Known issues: their states and those of themes, which changes are allowed, and how tickets attach. No database."""

from models.known_issues.attachment import AttachmentWay, confidence_of
from models.known_issues.issue_state import IssueState, open_states
from models.known_issues.stale import IssueActivity, StaleReason, stale_reasons
from models.known_issues.theme_status import StatusFacts, next_status, refuse_decision
from models.known_issues.transitions import TransitionRefused

__all__ = [
    "AttachmentWay", "IssueActivity", "IssueState", "StaleReason", "StatusFacts", "TransitionRefused", "confidence_of", "next_status",
    "open_states", "refuse_decision", "stale_reasons",
]  # fmt: skip
