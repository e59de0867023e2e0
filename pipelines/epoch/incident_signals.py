"""Signals of incidents in an epoch: made from spikes and themes, and what two of them have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from models.alert import AlertKind
from models.bucket import BUCKET_SECONDS, BUCKETS_PER_DAY, bucket_of
from models.incidents.incident import Incident
from models.incidents.level import SHORTEST, Level
from models.incidents.lifecycle import SHORTEST_WINDOW, WINDOWS
from models.incidents.relation import ThemeLink
from models.incidents.signals import IncidentSignal
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from models.theme import ALL_TICKETS
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
BUCKET = timedelta(seconds=BUCKET_SECONDS)
FEWEST_MOVED = 3
"""Fewer moved tickets than this show nothing."""


def signal_of_spike(spike: StoredSpike, kind: AlertKind, alert_id: int | None = None) -> IncidentSignal:
    """Make the signal that a spike is."""
    return IncidentSignal(
        kind=kind, theme_id=spike.theme_id, segment=spike.segment, start=spike.start, end=spike.end, observed=spike.observed,
        expected=spike.expected, severity=spike.severity, spike_id=spike.spike_id, launch_id=spike.launch_id, alert_id=alert_id,
    )  # fmt: skip


def signal_of_theme(context: EpochContext, theme: int, kind: AlertKind) -> IncidentSignal:
    """Make the signal of an alert that has no spike: a new theme, of which all tickets count, or a known issue that is back."""
    record, window = context.state.themes[theme], context.window
    start = record.first_seen or window.end
    if kind is not AlertKind.NEW_THEME:
        # The return was found in the volume of so long.
        start = max(start, window.end - context.rules.alerts.fix_settles)
    tickets = context.state.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(start), window.bucket)
    return IncidentSignal(kind=kind, theme_id=theme, segment=EVERYTHING, start=start, observed=tickets, expected=0.0)


def _theme_figures(context: EpochContext, known: IncidentSignal) -> IncidentSignal:
    """Return a signal without a spike with the figures that it has now, in the theme that has its tickets.

    It is over once nobody writes about the theme, once the theme is not new any more, and once a long known theme absorbed it.
    """
    window, theme = context.window, context.state.themes.survivor(known.theme_id)
    record = context.state.themes[theme]
    absorbed = theme != known.theme_id and (record.first_seen or known.start) < known.start - LONG_KNOWN
    if absorbed:
        return known.with_(theme_id=theme, end=window.end)
    tickets = context.state.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(known.start), window.bucket)
    last = max(record.last_seen or known.start, known.start)
    end = None
    if not record.live or window.end - last >= SILENT:
        end = min(last, window.end)
    elif window.end - known.start >= NOT_NEW:
        end = window.end
    return known.with_(theme_id=theme, observed=tickets, end=end)


def figures_of(context: EpochContext, incident: Incident) -> list[IncidentSignal]:
    """Return the signals of an incident that last, with the figures and themes that they have now."""
    found = []
    for one in incident.lasting:
        if one.burst is not None:
            found.append(burst_figures(context, one))
        elif one.spike_id is None:
            found.append(_theme_figures(context, one))
        elif one.spike_id in context.state.episodes:
            found.append(signal_of_spike(context.state.episodes[one.spike_id], one.kind, one.alert_id))
    current = [_ended_if_calm(context, one) for one in found]
    ended = [one for one in incident.signals if one.end is not None]
    return [with_recent(context, _ended_with_spikes(one, [*current, *ended])) for one in current]


def _ended_with_spikes(signal: IncidentSignal, others: list[IncidentSignal]) -> IncidentSignal:
    """End a new theme with the last of its own spikes: what is usual of it afterwards is not what was reported."""
    if signal.spike_id is not None or signal.burst is not None or signal.end is not None:
        return signal
    ends = [one.end for one in others if one.theme_id == signal.theme_id and one.spike_id is not None]
    known = [end for end in ends if end is not None]
    return signal.with_(end=max(known)) if known and len(known) == len(ends) else signal


def with_recent(context: EpochContext, signal: IncidentSignal) -> IncidentSignal:
    """Return a signal with its tickets in the trailing windows in which levels are compared."""
    counts, bucket, age = context.state.counts, context.window.bucket, context.window.end - signal.start
    if signal.end is not None or signal.missing or counts.number_of(signal.segment) is None:
        return signal
    rate = signal.expected / max(age, SHORTEST).total_seconds()
    key = SeriesKey(signal.theme_id, signal.segment)
    windows = [window for window in (SHORTEST_WINDOW, *WINDOWS) if window < age]
    recent = tuple(
        Level(counts.total(key, bucket - window // BUCKET, bucket), rate * window.total_seconds(), window)
        for window in windows
    )
    return signal.with_(recent=(*recent, Level(signal.observed, signal.expected, max(age, SHORTEST))))


def _ended_if_calm(context: EpochContext, signal: IncidentSignal) -> IncidentSignal:
    """End a rise that brings nothing any more, although the detector has not closed its episode."""
    if signal.end is not None or (signal.spike_id is None and signal.burst is None):
        return signal
    return signal.with_(end=calm_since(context, signal))


def link_of(context: EpochContext, one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
    """Find what the themes of two signals have in common: similar texts since their onsets, and tickets that moved lately."""
    state, window = context.state, context.window
    likeness = state.index.recent_likeness((one.theme_id, one.start), (other.theme_id, other.start))
    found = ThemeLink(
        likeness, share=_share(context, min(one.segment, other.segment, key=lambda place: len(place.pairs)))
    )
    since = window.number - int(MOVED_WITHIN / window.length)
    moved = most_moved(context.connection, one.theme_id, other.theme_id, since)
    if moved < FEWEST_MOVED:
        return found
    sizes = [
        state.counts.total(SeriesKey(signal.theme_id, EVERYTHING), bucket_of(signal.start), window.bucket)
        for signal in (one, other)
    ]
    # Where one of the themes has lost all that it took since, what the other one has counts.
    return replace(found, moved=min(1.0, moved / (min(sizes) or max(1, *sizes))))


def _share(context: EpochContext, segment: Segment) -> float:
    """Return the share of a segment among all tickets of the last day."""
    counts, bucket = context.state.counts, context.window.bucket
    own, everything = (
        counts.total(SeriesKey(ALL_TICKETS, place), bucket - BUCKETS_PER_DAY, bucket) for place in (segment, EVERYTHING)
    )
    return own / everything if everything else 0.0
