"""Incidents for people: their list, and for each its signals, alerts, spikes, evidence and timeline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, select

from models.incidents.incident import Incident, IncidentState
from models.incidents.recurrence import period_of, period_text
from models.incidents.signals import IncidentSignal
from models.spike import SpikeKind
from models.spikes.explain.plain_verdict import EpisodeCounts, PlainVerdict, verdict_of_episode
from models.times import rfc3339
from store.alerts import Alert, alerts_of_incident
from store.board.paging import ROWS, ListPage, count_of, offset_of
from store.board.spikes import SpikeRow, spike_rows
from store.board.theme_names import SurvivingNames, theme_names
from store.board.theme_quotes import Quote, quotes_of
from store.incident_listings import state_of
from store.incidents import alert_states, get_incident, read_incident_events, read_incidents
from store.schema import incidents, spikes, themes
from store.types import LARGEST_ID

QUOTES = 6
SPIKES = 20
OWNERS = 200
SUGGESTED = 20
"""Incidents that the search for one to merge with offers."""

OPEN, ENDED = IncidentState.OPEN.value, IncidentState.ENDED.value
STATES = tuple(one.value for one in IncidentState)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    """Which incidents are listed; empty and None mean any. `text` is looked for in names of themes.

    `ended_since`: those that ended at this time or later. `severity`: the least one. `owner`: an audience.
    """

    state: str = ""
    owner: str = ""
    severity: float = 0.0
    ended_since: datetime | None = None
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as the list shows it; `state` is that which people see, `title` the name of its theme."""

    incident: Incident
    title: str
    theme_id: int
    state: str
    every: str | None

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does, with keys of `incidents list --json`."""
        one = self.incident
        return {
            "id": one.incident_id, "state": self.state, "theme_id": self.theme_id, "theme_name": self.title,
            "segment": one.segment.as_dict(), "opened_at": rfc3339(one.opened_at), "start": rfc3339(one.start), "end": rfc3339(one.end),
            "audience": one.audience, "severity": one.severity, "observed": one.lead.observed, "expected": one.lead.expected,
            "bursts": one.bursts, "merged_into": one.merged_into,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """All that an incident's page shows."""

    row: IncidentRow
    signals: tuple[tuple[IncidentSignal, str], ...]
    alerts: tuple[Alert, ...]
    spikes: tuple[SpikeRow, ...]
    quotes: tuple[Quote, ...]
    events: tuple[Row[Any], ...]

    @property
    def parts(self) -> tuple[tuple[IncidentSignal, str], ...]:
        """The signals with a spike that had no alert of their own, each with the name of its theme."""
        return tuple((one, name) for one, name in self.signals if one.alert_id is None and one.spike_id is not None)

    @property
    def verdict(self) -> PlainVerdict:
        """Whether people were alerted, with the figures of the signal that leads it."""
        lead = self.row.incident.lead
        p_value = next((one.p_value for one in self.spikes if one.spike_id == lead.spike_id), None)
        counts = EpisodeCounts(
            observed=lead.observed, expected=lead.expected, p_value=p_value,
            kind=SpikeKind.MISSING_VOLUME if lead.missing else SpikeKind.SPIKE, segment=lead.segment,
        )  # fmt: skip
        return verdict_of_episode(counts, None, lead.alert_id or next((one.alert_id for one in self.alerts), None))

    @property
    def lasted(self) -> timedelta | None:
        """How long its last burst was; None while it lasts."""
        incident = self.row.incident
        end: datetime | None = incident.end
        return None if end is None else end - incident.start


def incident_list(connection: Connection, query: IncidentQuery) -> ListPage[IncidentRow]:
    """List the incidents that a query chooses, those that last first, and then the newest first, a page of 100."""
    chosen = select(incidents.c.id).where(*_conditions(query))
    order = (case((incidents.c.end.is_(None), 0), else_=1), incidents.c.start.desc(), incidents.c.id.desc())
    ids = list(connection.execute(chosen.order_by(*order).limit(ROWS).offset(offset_of(query.page))).scalars())
    read = {one.incident_id: one for one in read_incidents(connection, ids)}
    rows = _rows(connection, [read[one] for one in ids])
    return ListPage(tuple(rows), count_of(connection, chosen), query.page)


def incident_owners(connection: Connection) -> tuple[str, ...]:
    """Read the audiences that own incidents, by name."""
    query = select(incidents.c.audience).distinct().order_by(incidents.c.audience).limit(OWNERS)
    return tuple(connection.execute(query).scalars())


def mergeable_incidents(connection: Connection, incident_id: int, text: str) -> tuple[IncidentRow, ...]:
    """Search the incidents that one could be merged with: by the name of their theme, or by number; the newest first."""
    own = get_incident(connection, incident_id)
    number = text.strip().lstrip("#")
    if number.isdecimal() and len(number) <= len(str(LARGEST_ID)):
        conditions = [incidents.c.id == int(number)] if int(number) <= LARGEST_ID else [incidents.c.id.is_(None)]
    else:
        conditions = _conditions(IncidentQuery(text=text))
    query = select(incidents.c.id).where(
        *conditions, incidents.c.id != incident_id, incidents.c.state != IncidentState.MERGED.value
    )
    ids = list(connection.execute(_newest(query)).scalars())
    read = {one.incident_id: one for one in read_incidents(connection, ids)}
    return tuple(_rows(connection, [read[one] for one in ids if read[one].missing == own.missing]))


def _newest(query: Select[Any]) -> Select[Any]:
    return query.order_by(incidents.c.start.desc(), incidents.c.id.desc()).limit(SUGGESTED)


def _conditions(query: IncidentQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.state:
        found.append(incidents.c.state == query.state)
    if query.owner:
        found.append(incidents.c.audience == query.owner)
    if query.severity > 0:
        found.append(incidents.c.severity >= query.severity)
    if query.ended_since is not None:
        found.append(incidents.c.end >= query.ended_since)
    if query.text:
        named = select(themes.c.id).where(themes.c.name.icontains(query.text, autoescape=True))
        found.append(incidents.c.theme_id.in_(named))
    return found


def incident_page(connection: Connection, incident_id: int) -> IncidentPage:
    """Read an incident. Raises `IncidentUnknown`."""
    (row,) = _rows(connection, [get_incident(connection, incident_id)])
    names = theme_names(connection, [one.theme_id for one in row.incident.signals])
    signals = [(one, names.name(one.theme_id)) for one in row.incident.signals]
    episodes = spike_rows(connection, spikes.c.incident_id == incident_id)
    evidence = list(dict.fromkeys(ticket for episode in episodes for ticket in episode.evidence))
    alerts = alerts_of_incident(connection, incident_id)
    events = read_incident_events(connection, [incident_id]).get(incident_id, [])
    return IncidentPage(
        row, tuple(signals), tuple(alerts), tuple(episodes[:SPIKES]), quotes_of(connection, evidence)[:QUOTES], tuple(events)
    )  # fmt: skip


def _rows(connection: Connection, found: Collection[Incident]) -> list[IncidentRow]:
    names = theme_names(connection, [one.theme_id for one in found])
    states = alert_states(connection, [one.incident_id for one in found])
    return [_row(one, names, states.get(one.incident_id, ())) for one in found]


def _row(one: Incident, names: SurvivingNames, states: Collection[str]) -> IncidentRow:
    period = period_of(one.onsets)
    every = None if period is None else period_text(period)
    return IncidentRow(one, names.name(one.theme_id), names.theme(one.theme_id), state_of(one, states), every)
