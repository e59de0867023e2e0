"""Views of what was found: themes, their spikes, and the incidents that these are signs of."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Table, case, func, select

from store.schema import alerts, causes, incidents, spikes, themes
from store.views.view import SqlView, ValueKind, ViewColumn, shown


def _count(table: Table, column: Column[Any], of: Column[Any], name: str, meaning: str) -> ViewColumn:
    number = select(func.count()).select_from(table).where(column == of).scalar_subquery()
    return shown(number, meaning, name=name, kind=ValueKind.INTEGER)


def _theme_name(theme_id: Column[Any]) -> ViewColumn:
    name: ColumnElement[Any] = case((theme_id == 0, "All tickets"), else_=themes.c.name)
    return shown(name, "name of the theme", name="theme_name", kind=ValueKind.TEXT)


V_THEME = SqlView(
    "v_theme",
    "One row for each theme.",
    (
        shown(themes.c.id, "number of the theme", name="theme_id"),
        shown(themes.c.name, "name of the theme", name="theme_name"),
        shown(themes.c.state, "whether it takes tickets: live, dormant, merged or split"),
        shown(themes.c.status, "what to think of it: new, ongoing, escalating, regressed, known, resolved or archived"),
        shown(themes.c.size, "tickets in it"),
        shown(themes.c.first_seen, "when its first ticket was created", name="first_seen_at"),
        shown(themes.c.last_seen, "when its latest ticket was created", name="last_seen_at"),
        shown(themes.c.language),
        shown(themes.c.several_problems),
        shown(themes.c.merged_into, "theme that it was merged into; NULL: it was not"),
        shown(themes.c.owner, "team that owns it"),
        _count(spikes, spikes.c.theme_id, themes.c.id, "spikes", "spikes of it"),
    ),
    themes,
    key=("theme_id",),
)

V_SPIKE = SqlView(
    "v_spike",
    "One row for each spike: more tickets of a theme than expected, or none where some are expected.",
    (
        shown(spikes.c.id, "number of the spike", name="spike_id"),
        shown(spikes.c.theme_id, "theme that it is of; 0: all tickets"),
        _theme_name(spikes.c.theme_id),
        shown(spikes.c.segment, "where it is, as JSON: values by dimension; empty: everywhere"),
        shown(spikes.c.kind, "spike, launch_excess or missing_volume"),
        shown(spikes.c.start, "its onset", name="started_at"),
        shown(spikes.c.end, "its end; NULL: it lasts", name="ended_at"),
        shown(spikes.c.detected_at, "when it was found, in time of events"),
        shown(spikes.c.observed, "tickets when it was found"),
        shown(spikes.c.expected, "tickets that were expected"),
        shown(spikes.c.ratio, "observed by expected"),
        shown(spikes.c.p_value, "probability of so many tickets by chance"),
        shown(spikes.c.q_value, "the same after correction for all that was tested"),
        shown(spikes.c.severity, "how much it matters"),
        shown(spikes.c.now_observed, "tickets since its onset"),
        shown(spikes.c.launch_id, "launch that it is compared with; NULL: none"),
        shown(spikes.c.gate, "why it was not alerted; NULL: it was"),
        shown(spikes.c.incident_id),
        _count(causes, causes.c.spike_id, spikes.c.id, "causes", "causes that were found"),
    ),
    spikes.outerjoin(themes, themes.c.id == spikes.c.theme_id),
    key=("spike_id",),
    period="started_at",
)

V_INCIDENT = SqlView(
    "v_incident",
    "One row for each incident: the signals that are one event.",
    (
        shown(incidents.c.id, "number of the incident", name="incident_id"),
        shown(incidents.c.state),
        shown(incidents.c.theme_id),
        _theme_name(incidents.c.theme_id),
        shown(incidents.c.segment, "where it is, as JSON: values by dimension; empty: everywhere"),
        shown(incidents.c.opened_at),
        shown(incidents.c.start, name="started_at"),
        shown(incidents.c.end, name="ended_at"),
        shown(incidents.c.audience),
        shown(incidents.c.severity),
        shown(incidents.c.merged_into, "incident that it was merged into; NULL: it was not"),
        shown(incidents.c.revision),
        _count(spikes, spikes.c.incident_id, incidents.c.id, "spikes", "spikes that are signs of it"),
        _count(alerts, alerts.c.incident_id, incidents.c.id, "alerts", "alerts about it"),
    ),
    incidents.outerjoin(themes, themes.c.id == incidents.c.theme_id),
    key=("incident_id",),
    period="started_at",
)
