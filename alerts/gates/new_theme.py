"""New themes as signals."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from alerts.gates.signal import AlertSignal
from alerts.reason import since
from models.alert import AlertKind
from models.formats import counted
from models.launch import Launch


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


def new_theme_signal(candidate: NewThemeCandidate, now: datetime) -> AlertSignal:
    """Describe a new theme as a signal at `now`, the end of the epoch that is decided."""
    people = counted(candidate.requesters, "requester")
    tickets = counted(candidate.tickets, "ticket")
    return AlertSignal(
        kind=AlertKind.NEW_THEME,
        sentence=f"{tickets} from {people} since {since(candidate.first_seen, now)} about something not seen before: {candidate.name}",
        theme_id=candidate.theme_id, theme_name=candidate.name, tickets=candidate.tickets, requesters=candidate.requesters,
        start=candidate.first_seen,
    )  # fmt: skip


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
