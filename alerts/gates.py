"""Gates: whether a new theme or a spike alerts, and the sentence that says why.

Pure: all that decides is passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts.known_issue import known_issue_envelope
from alerts.reason import excess_sentence, since, where
from alerts.settings import AlertSettings
from models.alert import AlertKind, Gate
from models.formats import counted, utc_minute
from models.launch import Launch
from models.spike import Spike
from models.theme import ALL_TICKETS, KnownIssue, ThemeStatus

if TYPE_CHECKING:
    from models.spikes.launches.common_lift import LearnedLift

TOGETHER = timedelta(hours=6)
"""Onsets so close are taken for one: the longest window that localizes an onset, in which that of a small theme may show."""
LARGER = 4.0
"""How much more severe a spike is than its side effects: twice what would open it again soon after its end."""


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """Whether to notify, and as what; `gate` names what withheld it (None where `notify` is true)."""

    notify: bool
    gate: Gate | None
    kind: AlertKind
    reason: str


@dataclass(frozen=True, slots=True)
class PastAlert:
    """An alert that was already opened for the same theme."""

    kind: AlertKind
    opened_at: datetime
    spike_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewThemeCandidate:
    """A theme that was just discovered.

    `first_seen` is the time of its first ticket; `requesters` counts people, a ticket without a requester as
    one of its own.
    """

    theme_id: int
    name: str
    tickets: int
    requesters: int
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """How many false spike alerts a week an audience accepts."""

    audience: str
    false_alerts_per_week: float


@dataclass(frozen=True, slots=True)
class AlertCandidate:
    """An open spike with what the gates need of its theme.

    `requesters` counts people behind `spike.observed`, a ticket without a requester as one of its own.
    `born_at` is the end of the epoch that discovered the theme, None for all tickets (theme 0).
    `launch_title` is set where `spike.launch_id` is; `missing` where the volume is below what is expected. `asks` is the
    least number of false alerts a week that an audience must accept to be alerted. `common` is the lift of all themes that the episode
    is compared with, under a plan for all of them. `learning_until` is the end of the detector's learning period where the spike was
    found in it, None where it was not.
    """

    spike: Spike
    requesters: int
    status: ThemeStatus = ThemeStatus.ONGOING
    born_at: datetime | None = None
    known_issue: KnownIssue | None = None
    launch_title: str | None = None
    missing: bool = False
    common: LearnedLift | None = None
    asks: float = 0.0
    learning_until: datetime | None = None


def decide_new_theme(
    candidate: NewThemeCandidate,
    *,
    now: datetime,
    record_start: datetime,
    settings: AlertSettings,
    past: Sequence[PastAlert] = (),
    planned_by: Launch | None = None,
    known_issue: KnownIssue | None = None,
) -> AlertDecision:
    """Decide whether a new theme alerts; at most once in its life.

    Parameters
    ----------
    now
        End of the epoch that is decided.
    record_start
        Time of the first ticket on record: the learning period runs from there.
    past
        Alerts of this theme, of any kind. A spike alert of it counts too: its burst was already reported.
    planned_by
        A launch whose plan means this theme and whose window covers `now` (see `plan_covering`).
    """
    people = counted(candidate.requesters, "requester")
    tickets = counted(candidate.tickets, "ticket")
    seen = f"{tickets} from {people} since {since(candidate.first_seen, now)} about something not seen before: {candidate.name}"
    learned = record_start + settings.learning_period
    refusals = (
        (bool(past), Gate.THEME_ALREADY_ALERTED, "the theme was alerted before"),
        (
            now <= learned,
            Gate.LEARNING_PERIOD_LASTS,
            f"themes are learned silently until {utc_minute(learned)}",
        ),
        (
            planned_by is not None,
            Gate.PLANNED_BY_A_LAUNCH,
            f"{planned_by.title} expects it until {utc_minute(planned_by.end)}" if planned_by else "",
        ),
        (known_issue is not None, Gate.KNOWN_ISSUE_WITHIN_ENVELOPE, "it is flagged as a known issue"),
        *size_refusals(candidate.tickets, candidate.requesters, settings),
    )
    return decide_by(AlertKind.NEW_THEME, seen, refusals)


def decide_spike(
    episode: AlertCandidate,
    *,
    now: datetime,
    record_start: datetime,
    settings: AlertSettings,
    past: Sequence[PastAlert] = (),
    budget: Budget | None = None,
    larger: Spike | None = None,
) -> AlertDecision:
    """Decide whether an open spike alerts: once an episode, and not where it is a new theme's first burst.

    `budget` is that of the audience which would be alerted, None where all audiences accept what is detected. `larger` is a spike
    that this one is a part of (see `larger_one`).

    Decide the epoch's new themes first and pass their alerts in `past`: a theme that begins with a burst is
    alerted once.
    """
    refusals = (
        *_already_alerted(episode, past, settings),
        *_learning(episode, now, record_start, settings),
        *_known_issue(episode, now, settings),
        *_beyond_budget(episode, budget),
        *_side_effect(larger),
        *(() if episode.missing else size_refusals(episode.spike.observed, episode.requesters, settings)),
    )
    return decide_by(_kind(episode), _spike_sentence(episode, now), refusals)


def larger_one(spike: Spike, others: Iterable[Spike]) -> Spike | None:
    """Find the largest spike of another theme that a spike is a part of: in the same segment, begun at the same time.

    An event in one segment rarely is limited to one theme: another theme that rises there at the same time, and is less than a quarter
    as severe, is a side effect, and one alert is enough. The segment is that of a spike, or one that contains it. Spikes of all
    segments are never parts of each other, because they share only their time.
    """
    found = [
        one
        for one in others
        if (one.end is None or one.end > spike.start)
        and one.theme_id != spike.theme_id
        and one.severity > LARGER * spike.severity
        and abs(one.start - spike.start) <= TOGETHER
        and bool(one.segment.pairs and spike.segment.pairs)
        and (one.segment.within(spike.segment) or spike.segment.within(one.segment))
    ]
    return max(found, key=lambda one: (one.severity, -one.spike_id), default=None)


def plan_covering(
    theme_id: int, now: datetime, launches: Iterable[Launch], themes_of: Mapping[str, Collection[int]]
) -> Launch | None:
    """Find the launch that plans for a theme at `now`: its window covers it and `themes_of` names the theme.

    `themes_of` holds the themes that a plan's `theme` and `about` resolve to; `all` plans for no theme in
    particular.
    """
    for launch in launches:
        if launch.start <= now < launch.end and theme_id in themes_of.get(launch.launch_id, ()):
            return launch
    return None


def _kind(episode: AlertCandidate) -> AlertKind:
    if episode.missing:
        return AlertKind.MISSING_VOLUME
    if episode.spike.launch_id is not None:
        return AlertKind.LAUNCH_EXCESS
    if episode.known_issue is not None and episode.known_issue.resolved:
        # Where a version holds the fix, tickets of older ones are no return; `alerts.fixes` counts those of the others.
        return AlertKind.SPIKE if episode.known_issue.fixed_in else AlertKind.REGRESSED
    if episode.known_issue is not None:
        return AlertKind.ESCALATING
    return AlertKind.SPIKE


def _spike_sentence(episode: AlertCandidate, now: datetime) -> str:
    spike = episode.spike
    if episode.missing:
        expected = f"{spike.expected:.1f} were expected"
        return f"only {counted(spike.observed, 'ticket')} since {since(spike.start, now)} where {expected}{where(spike.segment)}"
    launch = episode.launch_title if spike.launch_id is not None else None
    return excess_sentence(spike, now, launch, episode.common, alone=spike.theme_id != ALL_TICKETS)


_Refusal = tuple[bool, Gate, str]


def _already_alerted(episode: AlertCandidate, past: Sequence[PastAlert], settings: AlertSettings) -> Iterator[_Refusal]:
    spike = episode.spike
    alerted = any(one.spike_id == spike.spike_id for one in past)
    yield alerted, Gate.SPIKE_ALREADY_ALERTED, "the spike was alerted before"
    as_new = any(one.kind is AlertKind.NEW_THEME and spike.start <= one.opened_at + settings.birth for one in past)
    yield as_new, Gate.THEME_ALREADY_ALERTED, "it is the burst that the new theme's own alert reported"


def _learning(
    episode: AlertCandidate, now: datetime, record_start: datetime, settings: AlertSettings
) -> Iterator[_Refusal]:
    new = episode.born_at is not None and episode.spike.start <= episode.born_at + settings.birth
    learned = record_start + settings.learning_period
    because = f"the theme is new, and themes are learned silently until {utc_minute(learned)}"
    yield new and now <= learned, Gate.LEARNING_PERIOD_LASTS, because
    if episode.learning_until is not None:
        because = f"usual counts are learned silently until {utc_minute(episode.learning_until)}"
        yield now <= episode.learning_until, Gate.LEARNING_PERIOD_LASTS, because


def _known_issue(episode: AlertCandidate, now: datetime, settings: AlertSettings) -> Iterator[_Refusal]:
    issue, spike = episode.known_issue, episode.spike
    if issue is None or episode.missing or issue.resolved:
        return
    most = spike.observed  # flagged in this very epoch: what is there now is what was flagged
    if issue.usual_per_day is not None:
        hours = (now - spike.start).total_seconds() / 3600
        most = known_issue_envelope(issue.usual_per_day, hours, settings.known_issue_growth)
    because = f"it is a known issue, and up to {most:,} are within its own envelope"
    yield spike.observed <= most, Gate.KNOWN_ISSUE_WITHIN_ENVELOPE, because


def _beyond_budget(episode: AlertCandidate, budget: Budget | None) -> Iterator[_Refusal]:
    if budget is None:
        return
    because = (
        f"{budget.audience} accepts {budget.false_alerts_per_week:g} false alerts a week, and so weak a sign takes "
        f"{episode.asks:.2g}"
    )
    yield episode.asks > budget.false_alerts_per_week, Gate.BEYOND_FALSE_ALERT_BUDGET, because


def _side_effect(larger: Spike | None) -> Iterator[_Refusal]:
    if larger is not None:
        because = f"it is a part of spike {larger.spike_id}, which is larger and began with it{where(larger.segment)}"
        yield True, Gate.PART_OF_ANOTHER_SPIKE, because


def size_refusals(tickets: int, requesters: int, settings: AlertSettings) -> tuple[_Refusal, _Refusal]:
    """Return the gates that withhold what has too few tickets or too few requesters."""
    return (
        (
            tickets < settings.min_tickets,
            Gate.FEWER_TICKETS_THAN_MINIMUM,
            f"an alert needs {counted(settings.min_tickets, 'ticket')}",
        ),
        (
            requesters < settings.min_requesters,
            Gate.FEWER_REQUESTERS_THAN_MINIMUM,
            f"an alert needs {counted(settings.min_requesters, 'requester')}",
        ),
    )


def decide_by(kind: AlertKind, sentence: str, refusals: Iterable[_Refusal]) -> AlertDecision:
    """Decide by the first gate that refuses; notify where none does."""
    for refused, gate, because in refusals:
        if refused:
            return AlertDecision(notify=False, gate=gate, kind=kind, reason=f"{sentence}; withheld because {because}")
    return AlertDecision(notify=True, gate=None, kind=kind, reason=sentence)
