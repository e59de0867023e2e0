"""What went out in a digest's window, and to whom: the reason why no such day is ordinary."""

from __future__ import annotations

from collections.abc import Mapping

from alerts.ownership import BROADCAST
from models.alert import AlertKind
from store.digest_rows import AlertNotice, DigestRows


def notices_by_audience(rows: DigestRows) -> dict[str, dict[str, int]]:
    """Return what went out to each audience: alerts, and incidents once, by their name; each with the theme that it is about.

    An incident counts for whom it was sent to, and for whom an alert of it names.
    """
    causing = _causing(rows)
    surviving = {incident.incident_id: incident.surviving_id for incident in rows.incidents}
    found: dict[str, dict[str, int]] = {}
    for incident in rows.incidents:
        for name in incident.sent_to:
            found.setdefault(name, {})[f"incident:{incident.surviving_id}"] = incident.theme_id
    for alert in rows.alerts:
        incident_id = alert.incident_id
        key = (
            f"alert:{alert.alert_id}" if incident_id is None else f"incident:{surviving.get(incident_id, incident_id)}"
        )
        found.setdefault(alert.audience, {})[key] = _lead(alert, causing)
    found.pop(BROADCAST, None)
    return found


def alert_kinds(theme_id: int, rows: DigestRows) -> frozenset[AlertKind]:
    """Return what the alerts of the window reported of the item of a theme."""
    causing = _causing(rows)
    known = {kind.value: kind for kind in AlertKind}
    return frozenset(known[one.kind] for one in rows.alerts if one.kind in known and _lead(one, causing) == theme_id)


def is_acknowledged(theme_id: int, rows: DigestRows) -> bool:
    """Return whether somebody acknowledged or resolved an alert of the item of a theme."""
    causing = _causing(rows)
    return any(one.state != "open" for one in rows.alerts if _lead(one, causing) == theme_id)


def _causing(rows: DigestRows) -> Mapping[int, int]:
    return {incident.incident_id: incident.theme_id for incident in rows.incidents}


def _lead(alert: AlertNotice, causing: Mapping[int, int]) -> int:
    return alert.theme_id if alert.incident_id is None else causing.get(alert.incident_id, alert.theme_id)
