"""Spikes as signals: rises, launch excesses, missing volume, and known issues that escalate or return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from alerts.gates.signal import AlertSignal
from alerts.reason import excess_sentence, since, where
from models.alert import AlertKind
from models.formats import counted
from models.source_silence import silence_sentence, source_of
from models.spike import Spike
from models.theme import ALL_TICKETS, KnownIssue, ThemeStatus

if TYPE_CHECKING:
    from models.spikes.launches.learned_lift import LearnedLift


@dataclass(frozen=True, slots=True)
class AlertCandidate:
    """An open spike with what the gates need of its theme.

    `requesters` counts people behind `spike.observed`, a ticket without a requester as one of its own.
    `born_at` is the end of the epoch that discovered the theme, None for all tickets (theme 0).
    `launch_title` is set where `spike.launch_id` is; `missing` where the volume is below what is expected. `asks` is the
    least number of false alerts a week that an audience must accept to be alerted. `common` is the lift of all themes that the episode
    is compared with, under a plan for all of them. `learning_until` is the end of the detector's learning period where the spike was
    found in it, None where it was not. `theme_name` is that of its theme. `together` is the number of similar themes whose tickets
    are counted together, 0 for one theme.
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
    theme_name: str = ""
    together: int = 0


def spike_signal(episode: AlertCandidate, now: datetime) -> AlertSignal:
    """Describe an open spike as a signal at `now`, the end of the epoch that is decided."""
    spike = episode.spike
    return AlertSignal(
        kind=_kind(episode), sentence=_spike_sentence(episode, now), theme_id=spike.theme_id, theme_name=episode.theme_name,
        tickets=spike.observed, requesters=episode.requesters, start=spike.start, segment=spike.segment, spike=spike,
        sized=not episode.missing, asks=episode.asks, born_at=episode.born_at, learning_until=episode.learning_until,
    )  # fmt: skip


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
    source = source_of(spike.segment) if episode.missing else None
    if source is not None:
        return silence_sentence(source, spike.start, now, spike.expected)
    if episode.missing:
        expected = f"{spike.expected:.1f} were expected"
        return f"only {counted(spike.observed, 'ticket')} since {since(spike.start, now)} where {expected}{where(spike.segment)}"
    launch = episode.launch_title if spike.launch_id is not None else None
    alone = spike.theme_id != ALL_TICKETS
    return excess_sentence(spike, now, launch, episode.common, alone=alone, together=episode.together)
