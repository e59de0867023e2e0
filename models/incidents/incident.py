"""An incident: the signals that are one event, what was reported about it, and what waits to be reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from models.incidents.level import Level
from models.incidents.policy import IncidentPolicy
from models.incidents.signals import IncidentSignal
from models.segment import Segment
from models.times import parse_rfc3339

MOST_ENDED = 40
"""Signals that are over and are kept: a burst every hour would make the row grow without bound."""
MOST_ONSETS = 60
"""Bursts whose onsets are kept: two months of a daily one."""


class IncidentState(StrEnum):
    """The state of an incident."""

    OPEN = "open"
    ENDED = "ended"
    MERGED = "merged"
    """It was found to be the same event as another incident, or a person said so."""


class News(StrEnum):
    """What about an incident is sent as a message of its own, the most important first."""

    OPENED = "opened"
    RETURNED = "returned"
    ESCALATED = "escalated"
    NEW_SEGMENT = "new_segment"
    ASSIGNED = "assigned"
    """Another audience owns it now: for that audience it is new."""
    UNCOVERED = "uncovered"
    """A silence that hid it has ended: it is sent to those that missed something, as new or as a reminder."""
    ENDED = "ended"
    REMINDER = "reminder"


class IncidentEventKind(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    JOINED = "joined"
    CAUSE_FOUND = "cause_found"
    """Another theme is its cause from now on."""
    ESCALATED = "escalated"
    NEW_SEGMENT = "new_segment"
    RETURNED = "returned"
    ENDED = "ended"
    CALMED = "calmed"
    """It was over before it was reported, so that nothing was sent."""
    REMINDER = "reminder"
    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    UNCOVERED = "uncovered"
    """A silence that hid it from an audience has ended."""
    MERGED = "merged"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """One line of an incident's timeline: `reason` is a sentence, `detail` its figures; `news` what it was sent as, if it was."""

    kind: IncidentEventKind
    at: datetime
    reason: str
    detail: Mapping[str, Any]
    news: News | None = None


@dataclass(frozen=True, slots=True)
class WaitingNews:
    """News that waits for the end of an interval."""

    news: News
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One event.

    Parameters
    ----------
    theme_id: the theme that causes it; 0 for all tickets. segment: where it is; everything where it is not limited to a segment.
    opened_at: event time of the first notification. start: onset of the first signal of the burst that lasts, or lasted last.
    end: end of its last signal; None while one lasts.
    severity: the greatest of its signals. revision: grows with each change that its message shows.
    signals: what belongs to it, in the order in which it joined.
    onsets: starts of its bursts, ascending; the newest ones. bursts: how many there were.
    reported_at: event time of the last message that was sent; None before the first. reported: its level then.
    shown: tickets that the message shows. segments: those that were reported.
    waiting: news that is not sent yet. first_at: when its first signal came.
    apart: incidents that a person split it from, or that it was split from.
    audiences: who has its message, each with the reason. owned_by: what its owner was derived from.
    handled: `acknowledged` or `resolved` where people did that with all of its alerts; empty otherwise.
    stale: whether its message is to be updated.
    missed: audiences that missed news of it, because a silence hid it from them.
    """

    incident_id: int
    theme_id: int
    segment: Segment
    audience: str
    opened_at: datetime
    start: datetime
    end: datetime | None = None
    state: IncidentState = IncidentState.OPEN
    severity: float = 0.0
    merged_into: int | None = None
    revision: int = 0
    signals: tuple[IncidentSignal, ...] = ()
    onsets: tuple[datetime, ...] = ()
    bursts: int = 1
    reported_at: datetime | None = None
    reported: Level | None = None
    shown: int = 0
    segments: tuple[Segment, ...] = ()
    waiting: tuple[WaitingNews, ...] = ()
    apart: tuple[int, ...] = ()
    audiences: tuple[tuple[str, str], ...] = ()
    owned_by: str = ""
    handled: str = ""
    stale: bool = False
    missed: tuple[str, ...] = ()

    def with_(self, **changes: Any) -> Self:
        """Copy the incident with some fields replaced."""
        return replace(self, **changes)

    @property
    def lasts(self) -> bool:
        """Whether it is open: a signal that is related to it joins it."""
        return self.state is IncidentState.OPEN

    @property
    def missing(self) -> bool:
        """Whether it is about volume that does not come."""
        return bool(self.signals) and self.signals[0].missing

    @property
    def themes(self) -> frozenset[int]:
        """The themes of its signals, and the one that causes it."""
        return frozenset({self.theme_id, *(one.theme_id for one in self.signals)})

    @property
    def lasting(self) -> tuple[IncidentSignal, ...]:
        """Its signals that are not over."""
        return tuple(one for one in self.signals if one.end is None)

    @property
    def lead(self) -> IncidentSignal:
        """The signal that its message describes: of the theme that causes it, the most severe one that lasts, or lasted last."""
        own = [one for one in self.signals if one.theme_id == self.theme_id] or list(self.signals)
        return max(own, key=lambda one: (one.end is None, one.start >= self.start, one.severity, one.observed))

    def may_return(self, now: datetime, policy: IncidentPolicy) -> bool:
        """Check whether a new burst is this incident again."""
        return self.state is IncidentState.ENDED and self.end is not None and now - self.end <= policy.return_window

    def is_over(self, signal: IncidentSignal, policy: IncidentPolicy) -> bool:
        """Check whether a signal is a part of the burst that has ended: it began before its end, or while it settled."""
        return (
            self.state is IncidentState.ENDED and self.end is not None and signal.start <= self.end + policy.ends_after
        )

    def distance(self, signal: IncidentSignal) -> timedelta:
        """Return how far its closest onset is from that of a signal."""
        return min((abs(one.start - signal.start) for one in self.signals), default=abs(self.start - signal.start))

    def put(self, signal: IncidentSignal) -> Self:
        """Add a signal, or replace the one about the same row."""
        if any(one.same_as(signal) for one in self.signals):
            return self.with_(signals=tuple(signal if one.same_as(signal) else one for one in self.signals))
        ended = [one for one in self.signals if one.end is not None]
        dropped = ended[: max(0, len(ended) - MOST_ENDED)]
        return self.with_(signals=(*(one for one in self.signals if one not in dropped), signal))

    def state_data(self) -> dict[str, Any]:
        """Write what the row of an incident holds apart from its columns."""
        return {
            "signals": [one.as_json() for one in self.signals],
            "onsets": [one.isoformat() for one in self.onsets],
            "bursts": self.bursts,
            "reported_at": self.reported_at.isoformat() if self.reported_at else None,
            "reported": self.reported.as_json() if self.reported else None,
            "shown": self.shown,
            "segments": [one.as_dict() for one in self.segments],
            "waiting": [[one.news.value, one.since.isoformat()] for one in self.waiting],
            "apart": list(self.apart),
            "audiences": [list(one) for one in self.audiences],
            "owned_by": self.owned_by,
            "handled": self.handled,
            "stale": self.stale,
            "missed": list(self.missed),
        }

    @classmethod
    def restore(cls, columns: Mapping[str, Any], data: Mapping[str, Any]) -> Self:
        """Make an incident of its columns, by the names of the fields, and of what `state_data` wrote."""
        return cls(
            **columns,
            signals=tuple(IncidentSignal.from_json(one) for one in data["signals"]),
            onsets=tuple(datetime.fromisoformat(one) for one in data["onsets"]),
            bursts=data["bursts"],
            reported_at=parse_rfc3339(data["reported_at"]),
            reported=Level.from_json(data["reported"]) if data["reported"] else None,
            shown=data["shown"],
            segments=tuple(Segment.of(one) for one in data["segments"]),
            waiting=tuple(WaitingNews(News(news), datetime.fromisoformat(at)) for news, at in data["waiting"]),
            apart=tuple(data["apart"]),
            audiences=tuple((name, why) for name, why in data["audiences"]),
            owned_by=data["owned_by"],
            handled=data["handled"],
            stale=data["stale"],
            missed=tuple(data.get("missed", ())),
        )
