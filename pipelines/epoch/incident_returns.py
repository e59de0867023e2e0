"""Returns of incidents: an incident that ended is back as soon as its theme bursts again.

The detector asks more of a theme shortly after an episode (`rearm_hours`), so that the tail of one is not another. An incident that
is known needs less: it is the same event again. Its burst has no row among the spikes until the detector finds it, too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from models.alert import AlertKind
from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from models.incidents.calm import calm_window, goes_on, is_burst, is_calm
from models.incidents.incident import Incident
from models.incidents.signals import IncidentSignal
from models.spikes import SeriesKey
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext
from pipelines.epoch.detection import Detection
from store.tickets import read_attributes

WINDOWS = (3, 6, 12)
"""Trailing buckets in which a burst is looked for: the longest is the time after which an incident has ended."""
MOST_TICKETS = 500
HOUR = timedelta(hours=1)


def find_returns(context: EpochContext) -> list[tuple[Incident, IncidentSignal]]:
    """Find the incidents that ended and burst again at the end of this epoch, each with the signal of its burst."""
    policy, now = context.rules.alerts.incidents, context.window.end
    found = []
    detection: Detection | None = None
    for incident in context.state.incidents:
        if incident.missing or not incident.may_return(now, policy) or not _may_burst(context, incident):
            continue
        detection = detection or Detection(context.state, context.window)
        signal = _burst_of(context, detection, incident)
        if signal is not None:
            found.append((incident, signal))
    return found


def burst_figures(context: EpochContext, known: IncidentSignal) -> IncidentSignal:
    """Return a burst that the detector has not found, with the figures that it has now; what is usual is as at its onset."""
    theme, now = context.state.themes.survivor(known.theme_id), context.window.end
    start, bucket = bucket_of(known.start), context.window.bucket
    return known.with_(
        theme_id=theme, observed=context.state.counts.total(SeriesKey(theme, known.segment), start, bucket),
        expected=known.usual * ((now - known.start) / HOUR),
    )  # fmt: skip


def calm_since(context: EpochContext, signal: IncidentSignal, *, opened: bool = True) -> datetime | None:
    """Return since when a rise has brought nothing beyond the usual; None while it goes on.

    `opened`: whether people were notified of it (see `models.incidents.calm`).
    """
    window = calm_window(context.window.end - signal.start, opened=opened)
    lately = _lately(context, signal, window)
    return lately[0] if lately is not None and is_calm(*lately[1:], signal.excess) else None


def is_over(context: EpochContext, signal: IncidentSignal) -> bool:
    """Return whether a rise that was taken for over is: what comes lately is not more than usual."""
    lately = _lately(context, signal, calm_window(context.window.end - signal.start))
    return lately is not None and not goes_on(*lately[1:])


def _lately(context: EpochContext, signal: IncidentSignal, window: timedelta) -> tuple[datetime, int, float] | None:
    """Return when a trailing window begins, its tickets, and those expected in it; None where the rise is younger, or not counted."""
    counts, now = context.state.counts, context.window.end
    age = now - signal.start
    if signal.missing or age <= window or counts.number_of(signal.segment) is None:
        return None
    since = start_of(bucket_of(now - window))
    tickets = counts.total(SeriesKey(signal.theme_id, signal.segment), bucket_of(since), context.window.bucket)
    return since, tickets, signal.expected * ((now - since) / age)


def _may_burst(context: EpochContext, incident: Incident) -> bool:
    """Check what costs little: enough tickets in the last hour, since the incident ended, and no known issue that covers them."""
    theme = context.state.themes.survivor(incident.theme_id)
    record = context.state.themes.get(theme)
    issue = None if record is None else record.issue
    if (issue is not None and not issue.resolved) or (record is None and theme != ALL_TICKETS):
        return False
    first = _first_bucket(context, incident, max(WINDOWS))
    tickets = context.state.counts.total(SeriesKey(theme, incident.segment), first, context.window.bucket)
    return tickets >= context.rules.alerts.min_tickets


def _first_bucket(context: EpochContext, incident: Incident, width: int) -> int:
    """Return the first bucket of a trailing window that is not a part of the burst before."""
    ended = bucket_of(incident.end or context.window.end)
    return max(context.window.bucket - width, ended)


def _burst_of(context: EpochContext, detection: Detection, incident: Incident) -> IncidentSignal | None:
    theme, state = context.state.themes.survivor(incident.theme_id), context.state
    key = SeriesKey(theme, incident.segment)
    for width in WINDOWS:
        window = (_first_bucket(context, incident, width), context.window.bucket)
        if window[0] >= window[1]:
            continue
        tickets = state.counts.total(key, *window)
        known, mean, variance = detection.forecast([theme], incident.segment, [window])
        if not known or tickets < context.rules.alerts.min_tickets:
            continue
        usual, planned = float(mean[0, 0]), detection.expected_range(key, [window])[0]
        if tickets <= planned.high or not is_burst(tickets, usual, float(variance[0, 0])):
            continue
        start = _onset(context, key, window)
        if _requesters(context, theme, incident, start) >= context.rules.alerts.min_requesters:
            return IncidentSignal(
                kind=AlertKind.SPIKE, theme_id=theme, segment=incident.segment, start=start, observed=tickets, expected=usual,
                severity=tickets - usual, burst=incident.bursts + 1, usual=usual / (window[1] - window[0]) * BUCKETS_PER_HOUR,
            )  # fmt: skip
    return None


def _onset(context: EpochContext, key: SeriesKey, window: tuple[int, int]) -> datetime:
    """Return the start of the first bucket of a window that has a ticket."""
    counts = context.state.counts.by_bucket(key, *window)
    return start_of(window[0] + int((counts > 0).argmax()))


def _requesters(context: EpochContext, theme: int, incident: Incident, start: datetime) -> int:
    themes = [] if theme == ALL_TICKETS else [theme]
    tickets = read_attributes(context.connection, themes, start, context.window.end, MOST_TICKETS)
    return len({one.person for one in tickets if incident.segment.holds(one.attributes)})
