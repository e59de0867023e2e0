"""Reported events on record: of which incident a spike was a part when it was judged first, where its texts are not compared anew."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from alerts.gates import ReportedEvent
from models.alert import AlertKind, Gate
from pipelines.context import EpochWindow
from store.alerts import list_alerts
from store.journal import read_courses
from store.spikes import StoredSpike, read_spikes


class PastEvents:
    """The incidents on record with their alerts, and the spikes that were withheld as parts of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._incidents = {one.spike_id: one.incident_id for one in read_spikes(connection)}
        self._alerts = [one for one in list_alerts(connection) if one.incident_id is not None]

    def event_of(self, window: EpochWindow, spike: StoredSpike, alerted: Collection[int]) -> ReportedEvent | None:
        """Return the event that a spike's theme was a part of at the end of an epoch, if one of its alerts would exist.

        `alerted`: themes of which spikes would have been alerted by then. Alerts of new themes are as they were.
        """
        rows = read_courses(self._connection, window.number + 1)
        for spike_id, row in rows.items():
            incident = self._incidents.get(spike_id)
            withheld = row.gate == Gate.PART_OF_AN_INCIDENT and row.end is None and row.theme_id == spike.theme_id
            if not withheld or incident is None:
                continue
            reported = (one for one in self._alerts if one.incident_id == incident)
            if any(
                one.opened_at <= window.detected_at
                if one.kind == AlertKind.NEW_THEME
                else one.spike_id in rows and rows[one.spike_id].theme_id in alerted
                for one in reported
            ):
                return ReportedEvent(f"incident {incident}", "it was a part of it when it was judged first", None)
        return None
