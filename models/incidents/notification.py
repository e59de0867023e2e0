"""Notification: which of the news about an incident is sent now, and which waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.incidents.incident import Incident, IncidentState, News, WaitingNews
from models.incidents.lifecycle import SHOWN_GROWTH, current_level
from models.incidents.policy import IncidentPolicy
from models.incidents.sentences import news_sentence

_AT_ONCE = frozenset({News.RETURNED, News.UNCOVERED})
"""News that waits for nothing."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What is sent of an incident now: `news`, or an update of its message where that is None.

    `sentences` say what is new, the most important first.
    """

    news: News | None
    sentences: tuple[str, ...] = ()


def notify(
    incident: Incident, now: datetime, policy: IncidentPolicy, *, changed: bool
) -> tuple[Incident, Notification | None]:
    """Decide what is sent of an incident at the end of an epoch.

    `changed`: whether something happened that its message shows. Of several news that are due, one message reports the most
    important; the others are in its text. An incident whose first message waits is not updated before.
    """
    due = [one for one in incident.waiting if _is_due(one, incident, now, policy)]
    if any(one.news is News.OPENED for one in incident.waiting) and not due:
        return incident, None
    if not due and _is_reminder_due(incident, now, policy):
        due = [WaitingNews(News.REMINDER, now)]
    sent = [one.news for one in due if one.news is not News.ENDED or policy.send_ends]
    news = min(sent, key=list(News).index, default=None)
    grown = incident.lead.observed >= SHOWN_GROWTH * max(incident.shown, 1)
    if news is None and not (changed or incident.stale or due or (grown and incident.state is IncidentState.OPEN)):
        return incident, None
    left = tuple(one for one in incident.waiting if one not in due)
    sent_now = incident.with_(revision=incident.revision + 1, waiting=left, shown=incident.lead.observed, stale=False)
    if news is None:
        return sent_now, Notification(None)
    level = current_level(incident, now)
    said = [news_sentence(one, incident, level) for one in sorted(sent, key=list(News).index)]
    notification = Notification(news, tuple(one for one in said if one))
    if news is News.REMINDER and incident.reported is not None:
        # A quiet night is no measure: the next morning would be an escalation.
        level = max(level, incident.reported, key=lambda one: one.excess_per_hour)
    return sent_now.with_(reported_at=now, reported=level), notification


def _is_due(waiting: WaitingNews, incident: Incident, now: datetime, policy: IncidentPolicy) -> bool:
    if waiting.news in _AT_ONCE:
        return True
    if waiting.news is News.OPENED:
        return now - waiting.since >= policy.group_wait
    return incident.reported_at is None or now - incident.reported_at >= policy.group_interval


def _is_reminder_due(incident: Incident, now: datetime, policy: IncidentPolicy) -> bool:
    if not policy.repeat_interval or incident.handled or incident.state is not IncidentState.OPEN or incident.missing:
        return False
    return incident.reported_at is not None and now - incident.reported_at >= policy.repeat_interval
