"""Alerts for people: their list with filters, and what was sent of one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, or_, select

from models.alert import AlertKind
from models.segment import Segment
from models.spikes.explain.plain_verdict import EpisodeCounts, PlainVerdict, verdict_of_alert
from store.alerts import Alert, AlertState
from store.board.paging import ROWS, ListPage, count_of, offset_of
from store.board.theme_names import SurvivingNames, theme_names
from store.schema import alerts, spikes, themes
from store.survivors import family
from store.types import LARGEST_ID

STATES = tuple(one.value for one in AlertState)
KINDS = tuple(one.value for one in AlertKind)
SORTS = {
    "newest": (alerts.c.opened_at.desc(), alerts.c.id.desc()),
    "oldest": (alerts.c.opened_at, alerts.c.id),
    "state": (
        case({"open": 0, "acknowledged": 1}, value=alerts.c.state, else_=2), alerts.c.opened_at.desc(), alerts.c.id.desc(),
    ),
    "severity": (spikes.c.severity.desc().nulls_last(), alerts.c.id.desc()),
}  # fmt: skip
"""Orders of the list, by the name that its address has."""

AUDIENCES = 200
"""Audiences that the filter offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Which alerts are listed; an empty text and None mean any. `text` is looked for in reasons and names of themes."""

    state: str = ""
    kind: str = ""
    audience: str = ""
    theme: int | None = None
    text: str = ""
    sort: str = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """An alert with the name of its theme, the severity of its spike (None without one) and its verdict."""

    alert: Alert
    theme_name: str
    severity: float | None
    verdict: PlainVerdict

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does: the keys of `alerts list --json`, and more."""
        return {
            **self.alert.as_json(), "theme_name": self.theme_name, "severity": self.severity, "answer": self.verdict.as_json(),
        }  # fmt: skip


def alert_list(connection: Connection, query: AlertQuery) -> ListPage[ListedAlert]:
    """List the alerts that a query chooses, a page of 100."""
    chosen = _chosen(connection, query)
    order = SORTS.get(query.sort, SORTS["newest"])
    rows = connection.execute(chosen.order_by(*order).limit(ROWS).offset(offset_of(query.page))).all()
    names = theme_names(connection, [row.theme_id for row in rows])
    return ListPage(tuple(_listed(row, names) for row in rows), count_of(connection, chosen), query.page)


def listed_alert(connection: Connection, alert_id: int) -> ListedAlert | None:
    """Read one alert as the list shows it; None where there is none of the number."""
    row = connection.execute(_joined().where(alerts.c.id == alert_id)).one_or_none() if _valid(alert_id) else None
    return None if row is None else _listed(row, theme_names(connection, [row.theme_id]))


def alert_audiences(connection: Connection) -> tuple[str, ...]:
    """Read the audiences that alerts went to, by name."""
    query = select(alerts.c.audience).distinct().order_by(alerts.c.audience).limit(AUDIENCES)
    return tuple(connection.execute(query).scalars())


def _joined() -> Select[Any]:
    """Select alerts with the figures of their spikes."""
    figures = (
        spikes.c.observed, spikes.c.expected, spikes.c.p_value, spikes.c.severity, spikes.c.segment,
        spikes.c.kind.label("spike_kind"),
    )  # fmt: skip
    return select(alerts, *figures).outerjoin(spikes, spikes.c.id == alerts.c.spike_id)


def _chosen(connection: Connection, query: AlertQuery) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (alerts.c.state, query.state),
        (alerts.c.kind, query.kind),
        (alerts.c.audience, query.audience),
    ):
        if value:
            conditions.append(column == value)
    if query.theme is not None:
        members = family(connection, query.theme) if _valid(query.theme) and query.theme else [query.theme]
        conditions.append(alerts.c.theme_id.in_([one for one in members if _valid(one)]))
    if query.text:
        named = select(themes.c.id).where(themes.c.name.icontains(query.text, autoescape=True))
        conditions.append(or_(alerts.c.reason.icontains(query.text, autoescape=True), alerts.c.theme_id.in_(named)))
    return _joined().where(*conditions)


def _listed(row: Row[Any], names: SurvivingNames) -> ListedAlert:
    alert = Alert(
        alert_id=row.id, kind=row.kind, theme_id=names.theme(row.theme_id), audience=row.audience, opened_at=row.opened_at,
        reason=row.reason, spike_id=row.spike_id, state=row.state, incident_id=row.incident_id,
    )  # fmt: skip
    verdict = verdict_of_alert((), alert.reason, _counts(row))
    return ListedAlert(alert, names.name(row.theme_id), row.severity, verdict)


def _counts(row: Row[Any]) -> EpisodeCounts | None:
    """Return the counts of an alert's spike; None where it has none."""
    if row.observed is None:
        return None
    return EpisodeCounts(
        observed=row.observed, expected=row.expected, p_value=row.p_value, kind=row.spike_kind,
        segment=Segment.of(row.segment or {}),
    )  # fmt: skip


def _valid(number: int) -> bool:
    return abs(number) <= LARGEST_ID
