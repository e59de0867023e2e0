"""Feedback: the verdicts of readers, one for each subject and audience."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

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
    return [
        FeedbackVote(
            subject=row.subject,
            audience=row.audience,
            verdict=FeedbackVerdict(row.verdict),
            rule=row.rule,
            theme_id=row.theme_id,
            at=row.at,
        )
        for row in connection.execute(select(feedback).order_by(feedback.c.id))
    ]


def vote_as_json(vote: FeedbackVote) -> dict[str, Any]:
    """Write a verdict as listings print it."""
    return {
        "at": rfc3339(vote.at), "subject": vote.subject, "audience": vote.audience, "verdict": vote.verdict.value,
        "rule": vote.rule, "theme_id": vote.theme_id,
    }  # fmt: skip
