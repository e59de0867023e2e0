"""Messages about incidents: who gets one, what it says, and its rows in the outbox."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from alerts.ownership import Ownership
from alerts.reason import excess_sentence, since
from alerts.recipients import recipients_of
from alerts.silences.matching import withheld_audiences
from alerts.subscriptions import RecipientFacts
from models.formats import amount, counted
from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind, News
from models.incidents.notification import Notification
from models.segment import Segment
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.context import EpochContext
from pipelines.launches.concerned import launches_concerned
from pipelines.launches.resolve_plans import planned_themes
from pipelines.ticket_mix import newest_mix
from store.outbox import enqueue
from store.spikes import read_causes

MOST_CAUSES = 3
"""Causes that a message names."""


def send_incident(
    context: EpochContext, incident: Incident, notification: Notification, events: Sequence[IncidentEvent]
) -> Incident:
    """Put a message about an incident into the outbox, for each of its audiences; returns it with those that have its message.

    An update goes to those that have the message. Where the owner changed, the new one gets the message as news, and the one before
    an update that says so. Audiences that a silence hides it from get nothing; what they missed is noted.
    """
    before = dict(incident.audiences)
    recipients = before if notification.news is None else _recipients(context, incident)
    payload = _payload(context, incident, notification, events)
    having = {}
    hidden, missed = hidden_from(context, incident), set(incident.missed)
    for audience, why in {**before, **recipients}.items():
        if audience in hidden or None in hidden:
            missed |= set() if notification.news is None else {audience}
            continue
        missed -= set() if notification.news is None else {audience}
        kept = audience in recipients
        news = _news_for(audience, incident, notification, known=audience in before) if kept else None
        _enqueue(context, incident, audience, {
            **payload, "news": None if news is None else news.value, "why": why if kept else f"it is with {incident.audience} now",
        })  # fmt: skip
        if kept:
            having[audience] = why
    kept_hidden = {audience: why for audience, why in before.items() if audience in hidden or None in hidden}
    return incident.with_(audiences=tuple({**kept_hidden, **having}.items()), missed=tuple(sorted(missed)))


def _enqueue(context: EpochContext, incident: Incident, audience: str, payload: Mapping[str, Any]) -> None:
    sequence = f"incident:{incident.incident_id}:{audience}"
    key = f"incident:{incident.incident_id}:{incident.revision}:{audience}"
    enqueue(context.connection, key=key, kind="incident", audience=audience, payload=payload, sequence=sequence)


def owner_basis(ownership: Ownership, theme: int) -> str:
    """Return a fingerprint of what decides the owner of an incident beyond its tickets: the ownership file, and its theme."""
    written = orjson.dumps(
        [asdict(one) for one in ownership.audiences],
        default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value),
        option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS,
    )
    return f"{hashlib.sha256(written).hexdigest()[:16]}:{theme}"


def owner_of(context: EpochContext, incident: Incident) -> str:
    """Return the audience that must act on an incident, by its newest tickets."""
    name = context.state.themes.name_of(incident.theme_id)
    return context.rules.ownership.audience_of(_mix(context, incident), incident.theme_id, name).name


def _news_for(audience: str, incident: Incident, notification: Notification, *, known: bool) -> News | None:
    """Return what is new for one audience: of a new owner, or of a silence that has ended, nothing for the others."""
    if notification.news is News.UNCOVERED and audience in incident.missed:
        return News.REMINDER if known else News.OPENED
    if notification.news is News.UNCOVERED and known:
        return None
    if notification.news not in (News.ASSIGNED, News.UNCOVERED) or audience == incident.audience:
        return notification.news
    return None if known else News.OPENED


def _recipients(context: EpochContext, incident: Incident) -> dict[str, str]:
    mix, lead = _mix(context, incident), incident.lead
    concerned = launches_concerned(
        context.window.launches, context.window.end, mix, exceeded=lead.launch_id, theme_id=incident.theme_id,
        themes_of=planned_themes(context.state),
    )  # fmt: skip
    name = context.state.themes.name_of(incident.theme_id)
    facts = RecipientFacts(kind=lead.kind, theme_id=incident.theme_id, name=name, mix=mix, launches=concerned)
    found = recipients_of(context.rules.ownership, incident.audience, facts)
    return {one.audience: one.why for one in found}


def _mix(context: EpochContext, incident: Incident) -> Counter[Segment]:
    """Count the attributes of the newest tickets since the onset; of all tickets where no theme is its cause."""
    theme, end = incident.theme_id, context.window.end
    # What does not come has no attributes: those of what came before count.
    mix = None if incident.missing else newest_mix(context.connection, theme, end, start=incident.lead.start)
    return mix or newest_mix(context.connection, theme, end)


def hidden_from(context: EpochContext, incident: Incident) -> set[str | None]:
    """Return the audiences that silences hide all lasting signals of an incident from; None among them stands for everyone."""
    hidden: set[str | None] | None = None
    for one in incident.lasting or (incident.lead,):
        found = context.silences.covering(context.state, one.theme_id, one.segment)
        own: set[str | None] = set(withheld_audiences(found))
        if any(silence.silence.matchers.audience is None for silence in found):
            own.add(None)
        if hidden is None:
            hidden = own
        elif None not in own:
            hidden = own if None in hidden else hidden & own
    return hidden or set()


def _payload(
    context: EpochContext, incident: Incident, notification: Notification, events: Sequence[IncidentEvent]
) -> dict[str, Any]:
    lead, themes = incident.lead, context.state.themes
    launch, spike = context.window.launch(lead.launch_id), context.state.episodes.get(lead.spike_id)
    name, record = themes.name_of(incident.theme_id), themes.get(incident.theme_id)
    causes = read_causes(context.connection, [spike.spike_id]).get(spike.spike_id, []) if spike else []
    return {
        "at": rfc3339(context.window.detected_at), "incident_id": incident.incident_id, "revision": incident.revision, "title": name,
        "state": incident.handled or incident.state.value,
        "reason": _reason(context, incident, notification, events), "theme_id": incident.theme_id, "theme_name": name,
        "segment": incident.segment.as_dict(), "severity": incident.severity, "observed": lead.observed,
        "expected": lead.expected, "since": rfc3339(lead.start), "end": rfc3339(incident.end), "kind": lead.kind.value,
        "alert_ids": [one.alert_id for one in incident.signals if one.alert_id is not None],
        "plan": launch.title if launch else None, "evidence": list(spike.evidence) if spike else [],
        "causes": [one["reason"] for one in causes[:MOST_CAUSES]], "returns": incident.bursts - 1,
        "known_issue": _known_issue(record.known_issue if record else None), "owner": incident.audience,
        "merged_into": incident.merged_into,
    }  # fmt: skip


def _known_issue(flag: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if flag is None else {name: flag.get(name) for name in ("title", "jira", "workaround")}


def _reason(
    context: EpochContext, incident: Incident, notification: Notification, events: Sequence[IncidentEvent]
) -> str:
    """Return what is new about an incident, and its figures."""
    if incident.merged_into is not None:
        return f"it goes on as incident {incident.merged_into}"
    opened = [one.reason for one in events if one.kind is IncidentEventKind.OPENED]
    if opened:
        return opened[0]
    if notification.news is News.ENDED:
        return "; ".join(notification.sentences)
    return "; ".join([*notification.sentences, figures_sentence(context, incident)])


def figures_sentence(context: EpochContext, incident: Incident) -> str:
    """Write the figures of an incident's leading signal as they are now."""
    lead, now = incident.lead, context.window.end
    spike = context.state.episodes.get(lead.spike_id)
    if lead.missing:
        return f"only {counted(lead.observed, 'ticket')} since {since(lead.start, now)} where {amount(lead.expected)} were expected"
    if spike is None:
        return f"{counted(lead.observed, 'ticket')} since {since(lead.start, now)}"
    launch = context.window.launch(spike.launch_id)
    title, alone = launch.title if launch else None, spike.theme_id != ALL_TICKETS
    return excess_sentence(spike, now, title, alone=alone, together=len(spike.together))
