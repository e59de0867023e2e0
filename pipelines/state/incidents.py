"""Incidents in the miner's state: those that last, those that may return, and the epoch's signals that belong to none yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.incidents.incident import Incident
from models.incidents.signals import IncidentSignal


@dataclass(frozen=True, slots=True)
class PendingSignal:
    """A signal that passed its gates in this epoch.

    `audience` must act on it, and `reason` is the sentence of its alert.
    """

    signal: IncidentSignal
    audience: str
    reason: str


class Incidents:
    """Incidents by id, in the order in which they were opened."""

    def __init__(self, incidents: Iterable[Incident] = ()) -> None:
        self._incidents = {one.incident_id: one for one in incidents}
        self.pending: list[PendingSignal] = []

    def __getitem__(self, incident_id: int) -> Incident:
        return self._incidents[incident_id]

    def __contains__(self, incident_id: object) -> bool:
        return incident_id in self._incidents

    def __iter__(self) -> Iterator[Incident]:
        return iter(self._incidents.values())

    def put(self, *incidents: Incident) -> None:
        """Add incidents, or replace those of the same id."""
        self._incidents.update({one.incident_id: one for one in incidents})

    def load(self, incidents: Iterable[Incident]) -> None:
        """Add older incidents that are not in the state, before a decision changes them."""
        for one in incidents:
            self._incidents.setdefault(one.incident_id, one)
        self._incidents = dict(sorted(self._incidents.items()))

    def active(self) -> list[Incident]:
        """List the incidents that last, or about which something waits to be sent."""
        return [one for one in self if one.lasts or one.waiting or one.stale]

    def take_pending(self) -> list[PendingSignal]:
        """Return the signals of the epoch in the order in which they are joined, and forget them.

        All tickets come first, so that the theme which causes them joins them, and larger signals before their parts.
        """
        taken, self.pending = self.pending, []
        return sorted(
            taken,
            key=lambda one: (
                one.signal.theme_id != 0, -one.signal.severity, -one.signal.excess, one.signal.start, one.signal.alert_id or 0
            ),
        )  # fmt: skip

    def trim(self, now: datetime, returns: timedelta) -> None:
        """Drop the incidents that a restart at this time would not load."""
        since = current_since(now, returns)
        self._incidents = {
            key: one
            for key, one in self._incidents.items()
            if one.lasts or one.stale or one.end is None or one.end > since
        }


def current_since(now: datetime, returns: timedelta) -> datetime:
    """Return the time before which an incident must have ended not to be in the state, where one may return for so long.

    A day more, in which what waits to be sent about its end is sent.
    """
    return now - returns - timedelta(days=1)
