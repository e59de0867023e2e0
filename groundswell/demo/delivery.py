"""Deliveries: events on their way to us, slightly late, a few of them twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from groundswell.demo.story import stamp

LONGEST_DELAY = timedelta(minutes=2)
REPEATED = 0.01
"""Share of events that a connector delivers twice."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An event before it has an id; `arrival` is when it reaches us."""

    arrival: datetime
    source: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]


def arrival_of(rng: Random, time: datetime) -> datetime:
    """Most events come within seconds, a few almost two minutes late: the file is slightly out of order."""
    delay = timedelta(milliseconds=int(min(rng.expovariate(1 / 15), 115) * 1000))
    return time + delay


def deliver(rng: Random, pending: Sequence[Pending], end: datetime) -> list[dict[str, Any]]:
    """Give ids in the order of `time`, deliver some twice, sort by arrival; cut what comes after `end`."""
    kept = sorted(
        (event for event in pending if event.time < end),
        key=lambda event: (event.time, event.subject, event.type),
    )
    deliveries: list[tuple[datetime, int, dict[str, Any]]] = []
    for number, event in enumerate(kept, 1):
        deliveries.append((event.arrival, number, _cloud_event(number, event)))
        if rng.random() < REPEATED:
            deliveries.append((event.time + LONGEST_DELAY, number, _cloud_event(number, event)))
    deliveries.sort(key=lambda delivery: delivery[:2])
    return [event for _, _, event in deliveries]


def _cloud_event(number: int, event: Pending) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{number:06}",
        "source": event.source,
        "type": event.type,
        "time": stamp(event.time),
        "subject": event.subject,
        "data": event.data,
    }
