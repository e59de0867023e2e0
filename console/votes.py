"""Votes of people who are signed in: whether an alert or an incident was useful to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection

from models.access import Person
from models.feedback import FeedbackVerdict, FeedbackVote
from store.alerts import get_alert
from store.audit import record
from store.feedback import record_vote
from store.incidents import get_incident


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteSubject:
    """What is voted about: its name, who received it, and the rule that made it."""

    subject: str
    audience: str
    rule: str
    theme_id: int | None


def alert_subject(connection: Connection, alert_id: int) -> VoteSubject:
    """Return what a vote about an alert is about. Raises `AlertUnknown`."""
    alert = get_alert(connection, alert_id)
    return VoteSubject(
        subject=f"alert:{alert_id}", audience=alert.audience, rule=alert.kind, theme_id=alert.theme_id or None
    )


def incident_subject(connection: Connection, incident_id: int) -> VoteSubject:
    """Return what a vote about an incident is about. Raises `IncidentUnknown`."""
    incident = get_incident(connection, incident_id)
    return VoteSubject(
        subject=f"incident:{incident_id}", audience=incident.audience, rule=incident.lead.kind.value,
        theme_id=incident.theme_id or None,
    )  # fmt: skip


def vote(
    connection: Connection, person: Person, about: VoteSubject, verdict: FeedbackVerdict, at: datetime
) -> FeedbackVote:
    """Record what a person says of something; a later vote of the same person replaces it, and the audit log has both."""
    made = FeedbackVote(
        subject=about.subject, audience=about.audience, verdict=verdict, rule=about.rule, theme_id=about.theme_id, at=at
    )
    record_vote(connection, made, token=vote_token(person, about.subject))
    detail = {"verdict": verdict.value, "audience": about.audience}
    record(connection, at=at, actor=person.name, action="feedback", subject=about.subject, detail=detail)
    return made


def vote_token(person: Person, subject: str) -> str:
    """Name a person's vote about a subject; links of messages have tokens of their own."""
    return sha256(f"person\n{person.name}\n{subject}".encode()).hexdigest()
