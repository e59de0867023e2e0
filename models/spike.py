"""A spike: an episode in which a theme, somewhere, has more tickets than its calendar leads one to expect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.alert import Gate
from models.segment import Segment


class SpikeKind(StrEnum):
    """What a spike is: a rise against the usual, a rise against a launch's plan, or volume that does not come."""

    SPIKE = "spike"
    LAUNCH_EXCESS = "launch_excess"
    MISSING_VOLUME = "missing_volume"


@dataclass(frozen=True, slots=True)
class Spike:
    """One episode.

    `start` and `end` are bucket edges in UTC, `end` None while it is open; `detected_at` is the end of the epoch that opened
    it plus the allowed lateness. `observed` counts tickets from `start` on, `expected` is their predictive mean. `gate` names
    what withheld the alert, or None. `launch_id` is set where the excess is over a launch's plan.
    """

    spike_id: int
    theme_id: int
    segment: Segment
    start: datetime
    end: datetime | None
    detected_at: datetime
    observed: int
    expected: float
    ratio: float
    p_value: float
    q_value: float
    severity: float
    launch_id: str | None
    gate: Gate | None
