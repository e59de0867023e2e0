"""Feedback: the verdicts of readers, one for each subject and audience."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from models.feedback import FeedbackVerdict, FeedbackVote
from models.times import rfc3339
from store.schema import feedback
from store.upsert import upsert


def record_vote(connection: Connection, vote: FeedbackVote, *, token: str) -> None:
    """Record a verdict; an earlier one with the same `token` is replaced."""
    row = {
        "at": vote.at,
        "subject": vote.subject,
        "audience": vote.audience,
        "verdict": vote.verdict.value,
        "rule": vote.rule,
        "theme_id": vote.theme_id,
        "token": token,
    }
    upsert(connection, feedback, [row], ["token"])


def read_votes(connection: Connection) -> list[FeedbackVote]:
    """Read all verdicts in the order in which their subjects were first voted about."""
    return [_vote(row) for row in connection.execute(select(feedback).order_by(feedback.c.id))]


def _vote(row: Row[Any]) -> FeedbackVote:
    return FeedbackVote(
        subject=row.subject, audience=row.audience, verdict=FeedbackVerdict(row.verdict), rule=row.rule, theme_id=row.theme_id,
        at=row.at,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class StoredVote:
    """A verdict with the name of who gave it by link or by name: `token` is the same where the same person votes again."""

    vote: FeedbackVote
    token: str


def votes_about(connection: Connection, subject: str) -> list[StoredVote]:
    """Read the verdicts about a subject, in the order in which they were first given."""
    query = select(feedback).where(feedback.c.subject == subject).order_by(feedback.c.id)
    return [StoredVote(_vote(row), row.token) for row in connection.execute(query)]


def vote_as_json(vote: FeedbackVote) -> dict[str, Any]:
    """Write a verdict as listings print it."""
    return {
        "at": rfc3339(vote.at), "subject": vote.subject, "audience": vote.audience, "verdict": vote.verdict.value,
        "rule": vote.rule, "theme_id": vote.theme_id,
    }  # fmt: skip
