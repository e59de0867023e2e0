"""The service levels of an installation: its policies, and the business hours that they name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.metrics.business_hours import BusinessClock, BusinessSchedule, always_open
from models.metrics.history import TicketHistory
from models.service_levels.cycle import ServiceCycle, cycles_of
from models.service_levels.policy import ServicePolicy, policy_of

AHEAD = timedelta(days=120)
"""How far after the last known day a promise may be due."""


@dataclass(frozen=True, slots=True)
class ServiceLevels:
    """Policies in the order in which they are tried, and the business hours by name.

    `text` is what they were read from: other levels have another text, so that what was computed from them is computed again.
    """

    policies: Sequence[ServicePolicy] = ()
    schedules: Mapping[str, BusinessSchedule] = field(default_factory=dict)
    text: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of what they were read from."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


class LevelClocks:
    """The cycles of tickets by the levels of an installation, with a clock for each schedule over the days from `first` on."""

    def __init__(self, levels: ServiceLevels, first: datetime, last: datetime) -> None:
        self._levels = levels
        start, end = first.date() - timedelta(days=1), (max(first, last) + AHEAD).date()
        self._clocks = {name: BusinessClock(one, start, end) for name, one in levels.schedules.items()}
        self._always = BusinessClock(always_open(), start, end)

    def cycles(
        self, history: TicketHistory, attributes: Mapping[str, str | None]
    ) -> tuple[str, list[ServiceCycle]] | None:
        """Return the name of the policy of a ticket and its cycles; None where no policy is for it."""
        policy = policy_of(self._levels.policies, attributes)
        if policy is None:
            return None
        clock = self._always if policy.schedule is None else self._clocks[policy.schedule]
        return policy.name, cycles_of(history, policy, clock)
