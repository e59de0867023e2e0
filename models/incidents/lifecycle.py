"""The life of an incident: what joining signals, figures and time make of it, and what of that is news."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.incidents.incident import (
    MOST_ONSETS,
    Incident,
    IncidentEvent,
    IncidentEventKind,
    IncidentState,
    News,
    WaitingNews,
)
from models.incidents.level import Level, has_grown
from models.incidents.policy import IncidentPolicy
from models.incidents.relation import Relation
from models.incidents.sentences import bursts_sentence, growth_sentence, over_sentence
from models.incidents.signals import IncidentSignal, level_of
from models.segment import EVERYTHING, Segment
from models.theme import ALL_TICKETS

WINDOWS = (timedelta(hours=1), timedelta(hours=3), timedelta(hours=6))
"""Trailing windows over which a level is compared with the one that was reported: the longer, the fewer tickets an hour suffice."""
SHORTEST_WINDOW = timedelta(minutes=30)
"""The level that a message reports may be that of so short a time."""
ANOTHER_BURST = timedelta(hours=2)
"""A signal whose onset is so long before that of the burst is about another one: onsets of one burst are estimated to an hour or so."""
SHOWN_GROWTH = 2
"""A message is updated when the incident has this many times the tickets that it shows."""
OLD = timedelta(days=1)
"""A message of so long ago does not say what an incident is about, once another theme causes it."""
LARGER = 2.0
"""A theme takes the place of another one as the cause where its excess is this many times greater."""


@dataclass(frozen=True, slots=True)
class IncidentStep:
    """An incident after a step, and what the step did."""

    incident: Incident
    events: tuple[IncidentEvent, ...] = ()

    def then(self, step: IncidentStep) -> IncidentStep:
        """Continue with a later step of the same incident."""
        return IncidentStep(step.incident, (*self.events, *step.events))


def open_incident(incident_id: int, signal: IncidentSignal, audience: str, reason: str, now: datetime) -> IncidentStep:
    """Open an incident for a signal; its message waits to be sent."""
    opened = Incident(
        incident_id=incident_id, theme_id=signal.theme_id, segment=signal.segment, audience=audience, opened_at=now,
        start=signal.start, end=signal.end if signal.missing and signal.end else None, severity=signal.severity,
        signals=(signal,), onsets=(signal.start,), segments=(signal.segment,), waiting=(WaitingNews(News.OPENED, now),),
    )  # fmt: skip
    return IncidentStep(opened, (_event(IncidentEventKind.OPENED, now, reason, signal),))


def join(incident: Incident, signal: IncidentSignal, relation: Relation, reason: str, now: datetime) -> IncidentStep:
    """Let a signal join an incident that lasts: an update, and no news of its own.

    One that began long before the burst that lasts is about the burst before, whatever comes now.
    """
    if incident.bursts > 1 and signal.end is None and incident.start - signal.start > ANOTHER_BURST:
        signal = signal.with_(end=incident.start)
    grown = incident.put(signal).with_(
        severity=max(incident.severity, signal.severity),
        start=incident.start if incident.bursts > 1 else min(incident.start, signal.start),
    )
    joined = f"{reason}; it joined, because {relation.because}"
    step = IncidentStep(grown, (_event(IncidentEventKind.JOINED, now, joined, signal),))
    return step.then(find_cause(step.incident, now))


def come_back(incident: Incident, signal: IncidentSignal, reason: str, now: datetime) -> IncidentStep:
    """Let an incident that ended return with a signal; this is sent at once."""
    bursts = incident.bursts + 1
    onsets = (*incident.onsets, signal.start)[-MOST_ONSETS:]
    back = incident.put(signal).with_(
        state=IncidentState.OPEN, end=None, start=signal.start, severity=max(incident.severity, signal.severity), bursts=bursts,
        onsets=onsets, theme_id=signal.theme_id, segment=signal.segment, segments=(signal.segment,), reported=None, shown=0,
        handled="", waiting=(WaitingNews(News.RETURNED, now),),
    )  # fmt: skip
    sentence = f"{bursts_sentence(bursts, onsets)}; {reason}"
    return IncidentStep(back, (_event(IncidentEventKind.RETURNED, now, sentence, signal),))


def join_late(incident: Incident, signal: IncidentSignal, reason: str, now: datetime, *, calm: bool) -> IncidentStep:
    """Let a signal join an incident that ended, whose burst it is: nothing of it is new.

    Where it is not `calm`, the incident goes on, which is an update.
    """
    if calm:
        known = incident.put(signal.with_(end=signal.end or incident.end))
        late = f"{reason}; it is the burst that is over already"
    else:
        known = incident.put(signal).with_(state=IncidentState.OPEN, end=None)
        late = f"{reason}; the burst goes on"
    known = known.with_(severity=max(incident.severity, signal.severity))
    return IncidentStep(known, (_event(IncidentEventKind.JOINED, now, late, signal),))


def find_cause(incident: Incident, now: datetime) -> IncidentStep:
    """Name the theme that causes an incident: a theme in place of all tickets, or one with a far greater excess than the present one.

    The title of an incident is that theme. This is an update, unless the last message is a day old: then it was about something else.
    """
    rises = [one for one in incident.lasting if one.theme_id != ALL_TICKETS and not one.missing]
    if not rises:
        return IncidentStep(incident)
    largest = max(rises, key=lambda one: (one.excess, -one.theme_id))
    present = max((one.excess for one in rises if one.theme_id == incident.theme_id), default=None)
    if largest.theme_id == incident.theme_id or (present is not None and largest.excess < LARGER * max(present, 1.0)):
        return IncidentStep(incident)
    if incident.theme_id != ALL_TICKETS and present is None:
        # What is left of a cause that is over is not the cause.
        return IncidentStep(incident)
    named = incident.with_(theme_id=largest.theme_id)
    event = _event(IncidentEventKind.CAUSE_FOUND, now, "another theme causes most of it", largest)
    if incident.reported_at is not None and now - incident.reported_at >= OLD:
        named = _wait(named, News.ESCALATED, now)
    return IncidentStep(named, (event,))


def follow(
    incident: Incident, figures: Sequence[IncidentSignal], now: datetime, policy: IncidentPolicy
) -> IncidentStep:
    """Take over the figures that the signals of an incident have at the end of an epoch, and find what of them is news.

    `figures` are the signals that changed, those that ended included.
    """
    if not incident.lasts:
        return IncidentStep(incident)
    for one in figures:
        known = next((other for other in incident.signals if other.same_as(one)), None)
        if known is not None:
            incident = _title_follows(incident.put(known.read_at(now, one)), known, one)
    step = IncidentStep(incident.with_(severity=max([incident.severity, *(one.severity for one in figures)])))
    step = step.then(_end(step.incident, now, policy))
    if not step.incident.lasts:
        return step
    step = step.then(find_cause(step.incident, now))
    step = step.then(_widen(step.incident, now))
    return step.then(_escalate(step.incident, now, policy))


def _title_follows(incident: Incident, before: IncidentSignal, now: IncidentSignal) -> Incident:
    """Let the title follow the tickets of a signal into another theme, where no other signal has the theme any more."""
    left = before.theme_id == incident.theme_id and now.theme_id != before.theme_id
    if not left or any(one.theme_id == before.theme_id for one in incident.signals):
        return incident
    return incident.with_(theme_id=now.theme_id)


def escalate(incident: Incident, reason: str, now: datetime) -> IncidentStep:
    """Note an escalation that a gate found: a known issue beyond its own envelope."""
    return IncidentStep(
        _wait(incident, News.ESCALATED, now), (IncidentEvent(IncidentEventKind.ESCALATED, now, reason, {}),)
    )


def current_level(incident: Incident, now: datetime) -> Level:
    """Return the level that a message reports: the highest over the trailing windows, or that since the onset where the track is short.

    The highest, so that a rise which is reported at its beginning is not an escalation once it fills a whole window.
    """
    age = max(now - incident.start, timedelta(0))
    windows = dict.fromkeys(min(age, window) for window in (SHORTEST_WINDOW, *WINDOWS))
    levels = [level for window in windows if (level := level_of(incident.lasting, now, window)) is not None]
    if levels:
        return max(levels, key=lambda one: one.excess_per_hour)
    lead = incident.lead
    return Level(lead.observed, lead.expected, max(now - lead.start, timedelta(0)))


def _escalate(incident: Incident, now: datetime, policy: IncidentPolicy) -> IncidentStep:
    before = incident.reported
    if before is None or incident.missing or any(one.news is News.ESCALATED for one in incident.waiting):
        return IncidentStep(incident)
    for window in WINDOWS:
        level = level_of(incident.lasting, now, window)
        if level is not None and has_grown(before, level, policy.escalation):
            event = IncidentEvent(
                IncidentEventKind.ESCALATED, now, growth_sentence(before, level), {"before": before.as_json(), "now": level.as_json()}
            )  # fmt: skip
            return IncidentStep(_wait(incident, News.ESCALATED, now), (event,))
    return IncidentStep(incident)


def _widen(incident: Incident, now: datetime) -> IncidentStep:
    """Note the place of an incident; a segment that shares no ticket with those that were reported is news."""
    place = _place(incident)
    placed = incident if place == incident.segment else incident.with_(segment=place)
    new = [
        one.segment
        for one in placed.lasting
        if one.segment.pairs and not any(one.segment.compatible(known) for known in placed.segments)
    ]
    if not new or (not place.pairs and EVERYTHING in placed.segments):
        return IncidentStep(placed)
    events = tuple(
        IncidentEvent(IncidentEventKind.NEW_SEGMENT, now, f"it is also in {one}", {"segment": one.as_dict()})
        for one in dict.fromkeys(new)
    )
    widened = placed.with_(segments=(*placed.segments, *dict.fromkeys(new)))
    return IncidentStep(_wait(widened, News.NEW_SEGMENT, now), events)


def _place(incident: Incident) -> Segment:
    """Return the segment of an incident: that of the signals of its cause which contains the others, else everything."""
    own = [one.segment for one in incident.lasting if one.theme_id == incident.theme_id]
    if not own:
        return incident.segment
    widest = min(own, key=lambda one: len(one.pairs))
    return widest if all(one.within(widest) for one in own) else EVERYTHING


def _end(incident: Incident, now: datetime, policy: IncidentPolicy) -> IncidentStep:
    ends = [one.end for one in incident.signals if one.end is not None]
    if len(ends) < len(incident.signals) or not ends:
        return IncidentStep(incident.with_(end=None))
    end = max(ends)
    if now - end < policy.ends_after:
        return IncidentStep(incident)
    over = incident.with_(state=IncidentState.ENDED, end=end)
    if incident.missing and incident.lead.launch_id is not None:
        # What a plan promised by then has not come: nothing of it is over.
        return IncidentStep(over)
    if incident.reported_at is None:
        # Nothing is opened for what is already calm.
        event = IncidentEvent(IncidentEventKind.CALMED, now, "it was over before it was reported", {})
        return IncidentStep(over.with_(waiting=()), (event,))
    reason = over_sentence(over, end)
    kept = tuple(one for one in over.waiting if one.news in (News.OPENED, News.RETURNED))
    ended = over.with_(waiting=(*kept, WaitingNews(News.ENDED, now)))
    return IncidentStep(ended, (IncidentEvent(IncidentEventKind.ENDED, now, reason, {"end": end.isoformat()}),))


def _wait(incident: Incident, news: News, now: datetime) -> Incident:
    if any(one.news is news for one in incident.waiting):
        return incident
    return incident.with_(waiting=(*incident.waiting, WaitingNews(news, now)))


def _event(kind: IncidentEventKind, now: datetime, reason: str, signal: IncidentSignal) -> IncidentEvent:
    detail = {
        "kind": signal.kind.value, "theme_id": signal.theme_id, "segment": signal.segment.as_dict(), "spike_id": signal.spike_id,
        "alert_id": signal.alert_id,
    }  # fmt: skip
    return IncidentEvent(kind, now, reason, detail)
