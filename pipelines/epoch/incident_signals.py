"""Signals of incidents in an epoch: made from spikes and themes, and what two of them have in common."""

from __future__ import annotations

from datetime import timedelta

from models.alert import AlertKind
from models.bucket import bucket_of
from models.incidents.incident import Incident
from models.incidents.relation import ThemeLink
from models.incidents.signals import IncidentSignal
from models.segment import EVERYTHING
from models.spikes import SeriesKey
from pipelines.context import EpochContext
from pipelines.epoch.incident_returns import burst_figures, calm_since
from store.spikes import StoredSpike
from store.themes import most_moved

SILENT = timedelta(hours=12)
"""A new theme is over as an incident when nobody wrote about it for so long."""
NOT_NEW = timedelta(hours=72)
"""A theme is no longer an incident because it is new: its volume is its level."""
LONG_KNOWN = timedelta(days=1)
"""A new theme that was merged into one which is older by this is new no longer; a spike of the older one goes on by itself."""
MOVED_WITHIN = timedelta(days=1)
"""Tickets that moved between two themes within this time show that they are one event."""
FEWEST_MOVED = 3
"""Fewer moved tickets than this show nothing."""


def signal_of_spike(spike: StoredSpike, kind: AlertKind, alert_id: int | None = None) -> IncidentSignal:
    """Make the signal that a spike is."""
    return IncidentSignal(
        kind=kind, theme_id=spike.theme_id, segment=spike.segment, start=spike.start, end=spike.end, observed=spike.observed,
        expected=spike.expected, severity=spike.severity, spike_id=spike.spike_id, launch_id=spike.launch_id, alert_id=alert_id,
    )  # fmt: skip


def signal_of_theme(
    context: EpochContext, theme: int, kind: AlertKind, known: IncidentSignal | None = None
) -> IncidentSignal:
    """Make the signal of an alert that has no spike: all tickets of the theme since its onset count.

    `known` is the signal as it was; None for one that is new. It is over once nobody writes about the theme, and once the theme is
    not new any more.
    """
    record, window = context.state.themes[theme], context.window
    start = known.start if known else record.first_seen or window.end
    tickets = context.state.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(start), window.bucket)
    end = None
    if known is not None:
        last = max(record.last_seen or start, start)
        absorbed = theme != known.theme_id and (record.first_seen or start) < start - LONG_KNOWN
        if not record.live or window.end - last >= SILENT:
            end = min(last, window.end)
        elif absorbed or window.end - start >= NOT_NEW:
            end = window.end
    return IncidentSignal(
        kind=kind, theme_id=theme, segment=EVERYTHING, start=start, end=end, observed=tickets, expected=0.0,
        alert_id=known.alert_id if known else None,
    )  # fmt: skip


def figures_of(context: EpochContext, incident: Incident) -> list[IncidentSignal]:
    """Return the signals of an incident that last, with the figures and themes that they have now."""
    found = []
    for one in incident.lasting:
        if one.burst is not None:
            found.append(burst_figures(context, one))
        elif one.spike_id is None:
            theme = context.state.themes.survivor(one.theme_id)
            found.append(signal_of_theme(context, theme, one.kind, one))
        elif one.spike_id in context.state.episodes:
            found.append(signal_of_spike(context.state.episodes[one.spike_id], one.kind, one.alert_id))
    return [_ended_if_calm(context, one) for one in found]


def _ended_if_calm(context: EpochContext, signal: IncidentSignal) -> IncidentSignal:
    """End a rise that brings nothing any more, although the detector has not closed its episode."""
    if signal.end is not None or (signal.spike_id is None and signal.burst is None):
        return signal
    return signal.with_(end=calm_since(context, signal))


def link_of(context: EpochContext, one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
    """Find what the themes of two signals have in common: similar texts since their onsets, and tickets that moved lately."""
    state, window = context.state, context.window
    likeness = state.index.recent_likeness((one.theme_id, one.start), (other.theme_id, other.start))
    since = window.number - int(MOVED_WITHIN / window.length)
    moved = most_moved(context.connection, one.theme_id, other.theme_id, since)
    if moved < FEWEST_MOVED:
        return ThemeLink(likeness)
    sizes = [
        state.counts.total(SeriesKey(signal.theme_id, EVERYTHING), bucket_of(signal.start), window.bucket)
        for signal in (one, other)
    ]
    # Where one of the themes has lost all that it took since, what the other one has counts.
    return ThemeLink(likeness, min(1.0, moved / (min(sizes) or max(1, *sizes))))
