"""Figures whose change between two periods is a sum over themes."""

from __future__ import annotations

from enum import StrEnum


class DriverMetric(StrEnum):
    """A figure whose change is a sum over themes; the values are what is typed and the keys of `--json`."""

    SLA = "sla"
    FIRST_REPLY_SLA = "sla_first_reply"
    RESOLUTION_SLA = "sla_resolution"
    FIRST_REPLY = "first_reply"
    RESOLUTION = "resolution"
    CSAT = "csat"
    REOPEN_RATE = "reopen_rate"
    ESCALATION_RATE = "escalation_rate"
    TRANSFER_RATE = "transfer_rate"
    ONE_TOUCH_RATE = "one_touch_rate"

    @property
    def is_time(self) -> bool:
        """Whether it is a restricted mean, in seconds; the others are shares."""
        return self in (self.FIRST_REPLY, self.RESOLUTION)

    @property
    def is_better_low(self) -> bool:
        """Whether a lower figure is better."""
        return self.is_time or self in (self.REOPEN_RATE, self.ESCALATION_RATE, self.TRANSFER_RATE)

    @property
    def title_words(self) -> str:
        """What it is called."""
        return _TITLES[self]


_TITLES = {
    DriverMetric.SLA: "Promises kept",
    DriverMetric.FIRST_REPLY_SLA: "Promises of a first reply kept",
    DriverMetric.RESOLUTION_SLA: "Promises of a resolution kept",
    DriverMetric.FIRST_REPLY: "First reply time",
    DriverMetric.RESOLUTION: "Resolution time",
    DriverMetric.CSAT: "Satisfied",
    DriverMetric.REOPEN_RATE: "Reopened",
    DriverMetric.ESCALATION_RATE: "Escalated",
    DriverMetric.TRANSFER_RATE: "Transferred",
    DriverMetric.ONE_TOUCH_RATE: "One touch",
}
