"""The row of a ticket's handling: what figures are computed from, one row per ticket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models.metrics.history import HandlerKind, TicketHistory, WaitedFor, WaitingSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHandling:
    """What one ticket's history comes to; times are UTC, None where a thing has not happened.

    Parameters
    ----------
    created_at, removed_at: as in the history.
    first_reply_at, first_human_reply_at: first public answer by anybody; by a person, in the company or at a vendor.
    first_resolved_at: when it was solved first.
    first_reopened_at: when it was reopened first.
    resolved_at: when it was solved last; None while it is open.
    resolved_by: who handled it when it was solved first; None before.
    handled_by, vendor, team: who handled it last.
    reopens: how often it was reopened.
    replies, human_replies: public answers; those of persons.
    replies_before_resolution: public answers until it was solved first.
    messages: messages of the requester after the creation.
    transfers: changes of handler, vendor or team after the creation.
    had_human: whether a person handled or answered it at any time.
    escalated_at, csat, rated_at, priority: as in the history.
    requester_wait, third_party_wait: seconds that it waited for the requester, for a third party; a wait that lasts is not in it.
    """

    created_at: datetime
    removed_at: datetime | None
    first_reply_at: datetime | None
    first_human_reply_at: datetime | None
    first_resolved_at: datetime | None
    first_reopened_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None
    handled_by: str | None
    vendor: str | None
    team: str | None
    reopens: int
    replies: int
    human_replies: int
    replies_before_resolution: int
    messages: int
    transfers: int
    had_human: bool
    escalated_at: datetime | None
    csat: int | None
    rated_at: datetime | None
    priority: str | None
    requester_wait: float
    third_party_wait: float


def summarize(history: TicketHistory) -> TicketHandling:
    """Return the row of a history."""
    human = [reply.time for reply in history.replies if reply.by is not HandlerKind.AI]
    first = history.resolutions[0] if history.resolutions else None
    before = [reply for reply in history.replies if first is None or reply.time <= first.time]
    last = history.resolutions[-1] if history.resolutions else None
    current = history.handling[-1]
    return TicketHandling(
        created_at=history.created_at,
        removed_at=history.removed_at,
        first_reply_at=history.replies[0].time if history.replies else None,
        first_human_reply_at=human[0] if human else None,
        first_resolved_at=None if first is None else first.time,
        first_reopened_at=None if first is None else first.reopened_at,
        resolved_at=last.time if last is not None and last.reopened_at is None else None,
        resolved_by=None if first is None else history.handler_at(first.time).handled_by,
        handled_by=current.handled_by,
        vendor=current.vendor,
        team=current.team,
        reopens=sum(one.reopened_at is not None for one in history.resolutions),
        replies=len(history.replies),
        human_replies=len(human),
        replies_before_resolution=len(before),
        messages=len(history.messages),
        transfers=len(history.handling) - 1,
        had_human=bool(human) or any(span.handled_by in _PERSONS for span in history.handling),
        escalated_at=history.escalated_at,
        csat=history.csat,
        rated_at=history.rated_at,
        priority=history.priority,
        requester_wait=_seconds(history.waiting, WaitedFor.REQUESTER),
        third_party_wait=_seconds(history.waiting, WaitedFor.THIRD_PARTY),
    )


_PERSONS = (HandlerKind.HUMAN.value, HandlerKind.VENDOR.value)


def _seconds(spans: Sequence[WaitingSpan], waited_for: WaitedFor) -> float:
    """Return the seconds of the ended spans; one that lasts is not counted before it ends."""
    return sum(
        (span.end - span.start).total_seconds()
        for span in spans
        if span.waited_for is waited_for and span.end is not None
    )
