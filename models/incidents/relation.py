"""Relations: which incident a signal belongs to, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.alert import AlertKind
from models.incidents.incident import Incident
from models.incidents.policy import IncidentPolicy
from models.incidents.signals import IncidentSignal
from models.spikes.statistics.count_tails import upper_tail
from models.theme import ALL_TICKETS

SAME_ONSET = timedelta(hours=1)
"""Onsets in one segment that are so close are one event: two problems that begin there within the hour are rare."""
BROAD = 0.25
"""Share of all tickets from which a segment alone is no place: two problems of one hour in it may well have nothing in common."""
RELATED = 0.2
"""Cosine from which two themes in a broad segment may be one event; those of different subjects have about 0."""
SIMILAR_ONSET = timedelta(hours=4)
"""Onsets of similar texts that are so close are one event. The onset of a small theme is known to a few hours only."""
SIMILAR = 0.5
"""Cosine of the centres of what two themes took since their onsets from which they are about one thing. On the replays, pairs of
one event have 0.47 to 0.98, pairs of two events at the same time -0.3 to 0.45."""
AT_ONCE = timedelta(minutes=30)
ALMOST_SIMILAR = 0.35
"""The same for onsets that are half an hour apart or less."""
MOVED = 0.5
"""Share of the smaller theme's tickets that was moved between two themes from which they are one event."""
ALL_ONSET = timedelta(hours=2)
"""Onsets of all tickets and of a theme that are so close are one event. Many themes blur the onset of all tickets."""
CAUSE_SHARE = 1 / 3
"""Share of the excess of all tickets that a theme must have to be its cause."""
COVERED_SHARE = 0.5
"""Share of the excess of all tickets that an incident must account for, so that all tickets are no event of their own."""
PROPORTIONAL = 0.01
"""Probability from which a theme rises no more than all tickets do."""


class Relation(StrEnum):
    """Why a signal belongs to an incident."""

    SAME_SPIKE = "same_spike"
    """A gate found that it is a part of a spike of the incident."""
    SAME_THEME = "same_theme"
    SHARED_TICKETS = "shared_tickets"
    """Tickets went from one theme to the other."""
    SAME_PLAN = "same_plan"
    """Two lines of one plan do not come true."""
    SAME_SEGMENT = "same_segment"
    """It began at the same time in the same segment, or in a part of it."""
    SIMILAR_TEXT = "similar_text"
    """It began at the same time, and the texts are similar."""
    CAUSE = "cause"
    """The theme accounts for the rise of all tickets."""
    PART = "part"
    """The theme rises as much as all tickets do."""

    @property
    def because(self) -> str:
        """The relation as the end of a sentence: `It joined the incident, because ...`."""
        return _BECAUSE[self]


_BECAUSE = {
    Relation.SAME_SPIKE: "it is a part of a larger spike",
    Relation.SAME_THEME: "it is the same theme",
    Relation.SHARED_TICKETS: "tickets moved between the themes",
    Relation.SAME_PLAN: "it is the same plan",
    Relation.SAME_SEGMENT: "it began at the same time in the same segment",
    Relation.SIMILAR_TEXT: "it began at the same time with similar texts",
    Relation.CAUSE: "it accounts for the rise of all tickets",
    Relation.PART: "it rises as all tickets do",
}


@dataclass(frozen=True, slots=True)
class ThemeLink:
    """What two themes have in common.

    `likeness` is the cosine of the centres of what each took since its onset, None where that is not known; `moved` is the share
    of the smaller one's tickets that was moved between them lately, in [0, 1]; `share` is that of the wider one of their segments among
    all tickets of the last day.
    """

    likeness: float | None = None
    moved: float = 0.0
    share: float = 0.0


Links = Callable[[IncidentSignal, IncidentSignal], ThemeLink]
"""Finds what the themes of two signals have in common; called only for pairs that it can decide."""


@dataclass(frozen=True, slots=True)
class IncidentMatch:
    """The incident that a signal belongs to, and why."""

    incident_id: int
    relation: Relation


def find_incident(
    signal: IncidentSignal,
    incidents: Iterable[Incident],
    links: Links,
    now: datetime,
    policy: IncidentPolicy,
    part_of: int | None = None,
) -> IncidentMatch | None:
    """Find the incident that a signal belongs to; None where it is an event of its own.

    Rises and missing volume are never one event. `part_of` is the spike that a gate found the signal to be a part of. Incidents that
    last come before one that ended, the strongest relation before the others, and then the incident whose onset is closest.
    """
    known = [one for one in incidents if one.merged_into is None and one.missing == signal.missing]
    lasting = sorted((one for one in known if one.lasts), key=lambda one: (one.distance(signal), one.incident_id))
    for relation in Relation:
        for incident in lasting:
            if _is(relation, signal, incident, links, part_of):
                return IncidentMatch(incident.incident_id, relation)
    ended = [one for one in known if one.may_return(now, policy)]
    for incident in sorted(ended, key=lambda one: (one.end or now, one.incident_id), reverse=True):
        if _returns(signal, incident):
            return IncidentMatch(incident.incident_id, Relation.SAME_THEME)
    return None


def _returns(signal: IncidentSignal, incident: Incident) -> bool:
    """Check whether a signal is an ended incident that is back: its theme, in a place that can hold the same tickets."""
    return signal.theme_id in incident.themes and signal.segment.compatible(incident.segment)


def _is(relation: Relation, signal: IncidentSignal, incident: Incident, links: Links, part_of: int | None) -> bool:
    match relation:
        case Relation.SAME_SPIKE:
            return part_of is not None and any(one.spike_id == part_of for one in incident.signals)
        case Relation.SAME_THEME:
            return signal.theme_id in incident.themes
        case Relation.SAME_PLAN:
            return (
                signal.missing
                and signal.launch_id is not None
                and signal.launch_id in {one.launch_id for one in incident.signals}
            )
        case Relation.CAUSE | Relation.PART:
            return not signal.missing and _with_all_tickets(relation, signal, incident)
    if signal.missing or signal.theme_id == ALL_TICKETS:
        return False
    themes = [one for one in incident.signals if one.theme_id not in (signal.theme_id, ALL_TICKETS)]
    return any(_joined(relation, signal, one, links) for one in themes)


def _joined(relation: Relation, signal: IncidentSignal, other: IncidentSignal, links: Links) -> bool:
    apart = abs(signal.start - other.start)
    if relation is Relation.SHARED_TICKETS:
        return links(signal, other).moved >= MOVED
    if relation is Relation.SAME_SEGMENT:
        both = bool(signal.segment.pairs and other.segment.pairs)
        nested = signal.segment.within(other.segment) or other.segment.within(signal.segment)
        return both and nested and apart <= SAME_ONSET and _is_place(links(signal, other))
    if apart > SIMILAR_ONSET or not signal.segment.compatible(other.segment):
        return False
    likeness = links(signal, other).likeness
    return likeness is not None and likeness >= (ALMOST_SIMILAR if apart <= AT_ONCE else SIMILAR)


def _is_place(link: ThemeLink) -> bool:
    """Check whether a segment is narrow enough, or its themes similar enough, for one event."""
    return link.share < BROAD or (link.likeness is not None and link.likeness >= RELATED)


def _with_all_tickets(relation: Relation, signal: IncidentSignal, incident: Incident) -> bool:
    """Check whether a signal of all tickets and an incident of themes are one event, or the other way round."""
    if signal.theme_id == ALL_TICKETS:
        close = [one for one in incident.signals if _close(one, signal)]
        return relation is Relation.CAUSE and _largest_excess(close) >= COVERED_SHARE * signal.excess > 0
    whole = next((one for one in incident.signals if one.theme_id == ALL_TICKETS and _close(one, signal)), None)
    if whole is None or whole.excess <= 0:
        return False
    if relation is Relation.CAUSE:
        return incident.theme_id == ALL_TICKETS and signal.excess >= CAUSE_SHARE * whole.excess
    lifted = max(signal.expected, 0.05) * whole.observed / max(whole.expected, 0.05)
    return float(upper_tail(signal.observed, lifted, lifted)) >= PROPORTIONAL


def _close(one: IncidentSignal, other: IncidentSignal) -> bool:
    return abs(one.start - other.start) <= ALL_ONSET and one.segment.compatible(other.segment)


def _largest_excess(signals: list[IncidentSignal]) -> float:
    """Return the excess of the themes together, each counted once by its largest signal."""
    by_theme: dict[int, float] = {}
    for one in signals:
        if one.theme_id != ALL_TICKETS and one.kind is not AlertKind.MISSING_VOLUME:
            by_theme[one.theme_id] = max(by_theme.get(one.theme_id, 0.0), one.excess)
    return sum(by_theme.values())
