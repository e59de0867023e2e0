"""Clock skew: how far the clock of a live source is ahead of ours, as far as arrivals show it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta

WINDOW = 500
"""Newest arrivals of a source that its estimate is made of."""

FEWEST = 10
"""Arrivals from which a source has an estimate: one wrong date is none."""

QUANTILE = 0.8
"""Of the leads of the arrivals: delays make them smaller, a few wrong dates make them larger."""

LIVE = timedelta(hours=1)
"""Events that are older when they arrive are a backlog, which shows nothing about clocks."""

FURTHEST = timedelta(hours=15)
"""An hour more than any zone is ahead of UTC: local time that was sent as UTC. Beyond it a time is wrong."""

NOTEWORTHY = timedelta(minutes=1)
"""Less is the usual disagreement of clocks."""


class ClockSkew:
    """Estimates of how far the clocks of sources are ahead.

    An event arrives no earlier than it was created, so its time less the time of its arrival is at most the skew of its
    source's clock. A clock that is behind looks like a delay and is not estimated.
    """

    def __init__(self, known: Mapping[str, float]) -> None:
        """Start from the stored estimates, in seconds."""
        self._stored = dict(known)
        self._estimates = dict(known)
        self._leads: dict[str, deque[float]] = {}

    def saw(self, source: str, lead: timedelta) -> None:
        """Take note of an arrival: event time less wall clock."""
        if not -LIVE <= lead <= FURTHEST:
            return
        leads = self._leads.setdefault(source, deque(maxlen=WINDOW))
        leads.append(lead.total_seconds())
        if len(leads) >= FEWEST:
            self._estimates[source] = max(0.0, sorted(leads)[int(QUANTILE * (len(leads) - 1))])

    def of(self, source: str) -> timedelta:
        """Return how far a source's clock is ahead; zero where nothing shows it."""
        return timedelta(seconds=self._estimates.get(source, 0.0))

    def unstored(self) -> dict[str, float]:
        """Return the estimates, in seconds, that differ noteworthily from the stored ones."""
        least = NOTEWORTHY.total_seconds()
        return {
            source: round(seconds, 1)
            for source, seconds in self._estimates.items()
            if abs(seconds - self._stored.get(source, 0.0)) >= least
        }

    def stored(self, skews: Mapping[str, float]) -> None:
        """Take note that estimates were stored."""
        self._stored.update(skews)
