"""The rows of a digest as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from models.change import Change
from models.segment import Segment
from models.trends.trend import VolumeTrend
from store.board.series import HourlySeries
from store.digests import DigestWindow
from store.promises import PromiseState
from store.recurring import RecurringRise


@dataclass(frozen=True, slots=True)
class DigestTheme:
    """A live or dormant theme.

    `mix` holds its tickets of the week before the window's end by their full segment.
    """

    theme_id: int
    name: str
    status: str
    size: int
    first_seen: datetime | None
    keywords: tuple[str, ...] = ()
    known_issue: Mapping[str, Any] | None = None
    owner: str | None = None
    mix: Mapping[Segment, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DigestCause:
    """One cause of a spike; `contribution` is the share of the excess, or of what is missing, that it explains.

    `score` says how well it is supported, larger is better among causes of one kind; `relative_risk` is None where it is not known.
    """

    kind: str
    reason: str
    contribution: float
    segment: Segment | None = None
    change_id: str | None = None
    relative_risk: float | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class DigestSpike:
    """An episode that overlaps the window, with its causes by rank; `theme_id` is the surviving theme, 0 for all tickets."""

    spike_id: int
    theme_id: int
    segment: Segment
    kind: str
    start: datetime
    end: datetime | None
    observed: int
    expected: float
    ratio: float
    severity: float
    launch_id: str | None
    gate: str | None
    evidence: tuple[str, ...]
    verdict: str
    note: str | None = None
    causes: tuple[DigestCause, ...] = ()
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """An alert that was opened in the window; `theme_id` is the surviving theme, 0 for all tickets."""

    alert_id: int
    kind: str
    theme_id: int
    spike_id: int | None
    state: str
    audience: str
    opened_at: datetime
    incident_id: int | None = None


@dataclass(frozen=True, slots=True)
class IncidentNotice:
    """An incident that overlaps the window or of which news went out in it.

    `theme_id` is the surviving theme that causes it (0: all tickets), `audience` who must act, and `sent_to` are the audiences that
    were notified in the window. `surviving_id` is the incident that it was merged into, itself where it was not.
    """

    incident_id: int
    surviving_id: int
    theme_id: int
    segment: Segment
    start: datetime
    end: datetime | None
    audience: str
    severity: float
    sent_to: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DigestLaunch:
    """The newest revision of a launch whose window overlaps the digest's."""

    launch_id: str
    kind: str
    title: str
    start: datetime
    end: datetime
    scope: Segment


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A ticket that may be quoted, redacted as it is stored."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a theme's tickets of the window concern.

    `customers` counts requesters (a ticket without one is not counted). `escalated` of `asked` tickets are escalated: `asked` are those
    of which a source states whether they are. `breaches` counts tickets with a missed service level, None where no source states any.
    """

    customers: int = 0
    escalated: int = 0
    asked: int = 0
    breaches: int | None = None

    @property
    def escalated_share(self) -> float | None:
        """Share of escalated tickets, 0 to 1; None where no source states it."""
        return self.escalated / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class DigestProcedure:
    """The newest version of a procedure, and the themes that it is for, as they are merged now."""

    slug: str
    title: str
    version: int
    review_on: date | None
    themes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DigestRows:
    """All that a digest of a window is built from, for every audience.

    `series` holds the window's hours by theme id (0: all tickets); `previous` counts tickets of the window before, by theme;
    `alerts` were opened in the window, and `announced` are the themes whose new_theme alert was. `quotes` (best first) and `reach`
    are by theme, for the themes that `add_detail` was asked for; `no_demand` counts the window's tickets that no customer wrote by
    kind.
    `weeks` holds the tickets of the windows before by theme, the oldest first, where `add_weeks` was asked for them.
    `trends` are the rises of days and weeks that overlap the window, `recurring` the themes that rise at the same hours as of its end.
    `promises` are by theme, for the themes that `add_detail` was asked for; `procedures` are all.
    """

    window: DigestWindow
    themes: tuple[DigestTheme, ...] = ()
    series: Mapping[int, HourlySeries] = field(default_factory=dict)
    previous: Mapping[int, int] = field(default_factory=dict)
    spikes: tuple[DigestSpike, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    launches: tuple[DigestLaunch, ...] = ()
    alerts: tuple[AlertNotice, ...] = ()
    incidents: tuple[IncidentNotice, ...] = ()
    quotes: Mapping[int, tuple[QuoteRow, ...]] = field(default_factory=dict)
    reach: Mapping[int, Reach] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()
    no_demand: Mapping[str, int] = field(default_factory=dict)
    weeks: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    trends: tuple[VolumeTrend, ...] = ()
    recurring: tuple[RecurringRise, ...] = ()
    promises: Mapping[int, PromiseState] = field(default_factory=dict)
    procedures: tuple[DigestProcedure, ...] = ()

    def hours(self, theme_id: int) -> HourlySeries:
        """Return the window's hours of a theme; empty where nothing is known of it."""
        return self.series.get(theme_id, ())

    def observed(self, theme_id: int) -> int:
        """Return the tickets of a theme in the window."""
        return sum(hour.observed for hour in self.hours(theme_id))
