"""Alerts: what an alert is about, and the gates that withhold one."""

from __future__ import annotations

from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert is about."""

    NEW_THEME = "new_theme"
    SPIKE = "spike"
    LAUNCH_EXCESS = "launch_excess"
    MISSING_VOLUME = "missing_volume"
    ESCALATING = "escalating"
    REGRESSED = "regressed"


class Gate(StrEnum):
    """Why nobody is notified. The values are stored and shown, at most 32 characters."""

    LEARNING_PERIOD_LASTS = "learning_period_lasts"
    PLANNED_BY_A_LAUNCH = "planned_by_a_launch"
    RISES_AS_PLANNED = "rises_as_planned"
    KNOWN_ISSUE_WITHIN_ENVELOPE = "known_issue_within_envelope"
    ARCHIVED_UNTIL_ESCALATING = "archived_until_escalating"
    FEWER_TICKETS_THAN_MINIMUM = "fewer_tickets_than_minimum"
    FEWER_REQUESTERS_THAN_MINIMUM = "fewer_requesters_than_minimum"
    THEME_ALREADY_ALERTED = "theme_already_alerted"
    SPIKE_ALREADY_ALERTED = "spike_already_alerted"
    BEYOND_FALSE_ALERT_BUDGET = "beyond_false_alert_budget"
    PART_OF_ANOTHER_SPIKE = "part_of_another_spike"
    PART_OF_AN_INCIDENT = "part_of_an_incident"
    RECURRING = "recurring"
    SEVERAL_PROBLEMS = "several_problems"
    CALM_AGAIN = "calm_again"
    """Of decisions only: a spike that nobody was notified of in time keeps no gate, since it may go on."""
    MUTED = "muted"
    SILENCED = "silenced"

    @property
    def because(self) -> str:
        """The gate as the end of a sentence: `No alert of its own, because ...`."""
        return _BECAUSE[self]

    @property
    def passing(self) -> bool:
        """True where the gate may open later: what it withheld is decided again at the next epoch."""
        return self in _PASSING


_BECAUSE = {
    Gate.LEARNING_PERIOD_LASTS: "themes were still learned silently",
    Gate.PLANNED_BY_A_LAUNCH: "a launch expects it",
    Gate.RISES_AS_PLANNED: "it rises as a launch plans, and is like what the plan means",
    Gate.KNOWN_ISSUE_WITHIN_ENVELOPE: "the known issue is within its own envelope",
    Gate.ARCHIVED_UNTIL_ESCALATING: "the theme is archived until it escalates",
    Gate.FEWER_TICKETS_THAN_MINIMUM: "there are too few tickets",
    Gate.FEWER_REQUESTERS_THAN_MINIMUM: "too few people wrote",
    Gate.THEME_ALREADY_ALERTED: "the theme's own alert reported it",
    Gate.SPIKE_ALREADY_ALERTED: "the spike was alerted before",
    Gate.BEYOND_FALSE_ALERT_BUDGET: "its audience accepts fewer false alerts",
    Gate.RECURRING: "it comes at the same hours of each week or day",
    Gate.SEVERAL_PROBLEMS: "the theme is of several problems in one language",
    Gate.CALM_AGAIN: "it was over before it could be reported",
    Gate.PART_OF_ANOTHER_SPIKE: "a larger spike of another theme in the same segment is reported",
    Gate.PART_OF_AN_INCIDENT: "the incident that it belongs to is reported",
    Gate.MUTED: "a mute rule covers it",
    Gate.SILENCED: "a silence covers it",
}

_PASSING = frozenset(
    {
        Gate.RISES_AS_PLANNED,
        Gate.KNOWN_ISSUE_WITHIN_ENVELOPE,
        Gate.ARCHIVED_UNTIL_ESCALATING,
        Gate.FEWER_TICKETS_THAN_MINIMUM,
        Gate.FEWER_REQUESTERS_THAN_MINIMUM,
        Gate.BEYOND_FALSE_ALERT_BUDGET,
        Gate.PART_OF_ANOTHER_SPIKE,
        Gate.PART_OF_AN_INCIDENT,
        Gate.RECURRING,
        Gate.SEVERAL_PROBLEMS,
        Gate.CALM_AGAIN,
        Gate.MUTED,
        Gate.SILENCED,
    }
)
