"""Merging and splitting incidents: their signals, figures and onsets."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from models.incidents.incident import Incident, IncidentState, News, WaitingNews
from models.incidents.signals import IncidentSignal


def merged(into: Incident, given: Incident, now: datetime) -> tuple[Incident, Incident]:
    """Return two incidents after one was merged into the other, which has its signals from then on: (into, given)."""
    whole = into
    for signal in given.signals:
        whole = whole.put(signal)
    lasts = any(one.end is None for one in whole.signals)
    whole = whole.with_(
        severity=max(into.severity, given.severity), start=min(into.start, given.start), stale=True,
        opened_at=min(into.opened_at, given.opened_at), segments=tuple(dict.fromkeys((*into.segments, *given.segments))),
        state=IncidentState.OPEN if lasts or into.lasts else into.state, end=None if lasts else into.end,
    )  # fmt: skip
    gone = given.with_(
        state=IncidentState.MERGED, merged_into=into.incident_id, end=given.end or now, waiting=(), stale=True
    )
    return whole, gone


def split(
    incident: Incident, leaving: Collection[IncidentSignal], new_id: int, now: datetime
) -> tuple[Incident, Incident]:
    """Return an incident without some of its signals, and the incident that these are from then on.

    The two are never merged again automatically. Raises `ValueError` where all of the signals, or none, would leave.
    """
    own = [one for one in incident.signals if not any(one.same_as(other) for other in leaving)]
    parting = [one for one in incident.signals if any(one.same_as(other) for other in leaving)]
    if not own or not parting:
        raise ValueError("an incident is split into two parts, each with at least one signal")
    left = _of_signals(incident, own).with_(apart=(*incident.apart, new_id), stale=True)
    made = _of_signals(incident, parting).with_(
        incident_id=new_id, revision=0, reported_at=None, reported=None, shown=0, audiences=(), opened_at=now, merged_into=None,
        apart=(*incident.apart, incident.incident_id), onsets=(min(one.start for one in parting),), bursts=1, waiting=(),
    )  # fmt: skip
    if made.lasts:
        made = made.with_(waiting=(WaitingNews(News.OPENED, now),))
    return left, made


def separated(
    into: Incident, gone: Incident, keys: Collection[tuple[int | None, int | None]]
) -> tuple[Incident, Incident]:
    """Return two incidents after their merge was undone: `keys` are (spike, alert) of the signals that return to `gone`."""
    returning = [one for one in into.signals if (one.spike_id, one.alert_id) in keys]
    own = [one for one in into.signals if (one.spike_id, one.alert_id) not in keys]
    left = _of_signals(into, own or list(into.signals)).with_(
        apart=tuple(sorted({*into.apart, gone.incident_id})), stale=True
    )
    back = _of_signals(gone, returning or list(gone.signals)).with_(
        merged_into=None, apart=tuple(sorted({*gone.apart, into.incident_id})), stale=True
    )
    return left, back


def _of_signals(incident: Incident, signals: list[IncidentSignal]) -> Incident:
    """Return an incident with other signals: its theme, place, onset, end and severity follow from them."""
    lasts = any(one.end is None for one in signals)
    lead = max(signals, key=lambda one: (one.end is None, one.severity, one.observed))
    themes = {one.theme_id for one in signals}
    ends = [one.end for one in signals if one.end is not None]
    return incident.with_(
        signals=tuple(signals), theme_id=incident.theme_id if incident.theme_id in themes else lead.theme_id,
        segment=lead.segment, segments=tuple(dict.fromkeys(one.segment for one in signals)),
        start=min(one.start for one in signals), end=None if lasts else max(ends), severity=max(one.severity for one in signals),
        state=IncidentState.OPEN if lasts else IncidentState.ENDED,
    )  # fmt: skip
