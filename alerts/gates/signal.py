"""Signals, and the facts that they are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.settings import AlertSettings
from alerts.silences.matching import ActiveSilence
from models.alert import AlertKind
from models.launch import Launch
from models.planned_rise import PlannedRise
from models.recurring import Recurrence
from models.segment import EVERYTHING, Segment
from models.spike import Spike
from models.theme import KnownIssue


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert that was already opened for the same theme."""

    kind: AlertKind
    opened_at: datetime
    spike_id: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false spike alerts a week an audience accepts."""

    audience: str
    false_alerts_per_week: float


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """An event that was alerted, of which a spike is a part.

    Parameters
    ----------
    name: what it is called in a sentence: "incident 14".
    because: why the spike is a part of it: "it began at the same time in the same segment".
    excess: the greatest number of tickets beyond the usual that one of its alerts is about; None where that is not known any more.
    """

    name: str
    because: str
    excess: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """Something that may be worth an alert: a new theme, a spike, a launch excess, missing volume, a return after a fix.

    Parameters
    ----------
    kind: what the alert would be.
    sentence: its figures as people read them.
    theme_id, theme_name, segment: where it is; theme 0 is all tickets.
    tickets, requesters: how many of each; a ticket without a requester counts as one requester.
    start: its onset.
    spike: the episode; None where the signal is none.
    sized: whether the minimum of tickets and requesters applies; it does not to volume that is missing.
    asks: least number of false alerts a week that an audience must accept to be alerted.
    born_at: end of the epoch that discovered the theme; None for all tickets, and where it does not matter.
    learning_until: end of the detector's learning period where the spike was found in it; None where it was not.
    """

    kind: AlertKind
    sentence: str
    theme_id: int
    theme_name: str
    tickets: int
    requesters: int
    start: datetime
    segment: Segment = EVERYTHING
    spike: Spike | None = None
    sized: bool = True
    asks: float = 0.0
    born_at: datetime | None = None
    learning_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalFacts:
    """What a signal is judged by, apart from itself.

    Parameters
    ----------
    now: end of the epoch that is decided.
    record_start: time of the first ticket on record, from which the learning period runs.
    past: alerts of the theme, of any kind.
    planned_by: the launch that plans for a new theme; the launch whose plan a spike exceeds.
    known_issue: what a specialist said about the theme, over all themes of the known issue; or that the theme is archived or resolved.
    tickets_of_issue: tickets of the known issue's other themes since the signal began, where it is.
    budget: that of the audience; None where all audiences accept what is detected.
    accepted: false alerts a week that the detector keeps to.
    larger: the spike that this one is a part of.
    event: the event that this spike is a part of, where it was alerted already.
    silences: those in force that cover the signal.
    recurring: how it came before at the same hours, as long as it brings no more than then; None for other signals.
    planned_rise: the line of a plan that explains a rise of a theme which the plan's text does not reach.
    only_language: the language of a theme whose tickets have only that in common; None for a theme of one problem.
    """

    now: datetime
    record_start: datetime
    settings: AlertSettings
    past: tuple[PastAlert, ...] = ()
    planned_by: Launch | None = None
    known_issue: KnownIssue | None = None
    tickets_of_issue: int = 0
    budget: Budget | None = None
    accepted: float = 1.0
    larger: Spike | None = None
    event: ReportedEvent | None = None
    silences: tuple[ActiveSilence, ...] = ()
    recurring: Recurrence | None = None
    planned_rise: PlannedRise | None = None
    only_language: str | None = None
