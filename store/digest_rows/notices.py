"""What went out in a window: alerts, and incidents with the audiences that were notified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from models.segment import Segment
from store.digest_rows.records import AlertNotice, IncidentNotice
from store.digests import DigestWindow
from store.records import chunks
from store.schema import alerts, incident_events, incidents, outbox


def alert_notices(connection: Connection, window: DigestWindow, merged: Mapping[int, int]) -> tuple[AlertNotice, ...]:
    """Read the alerts that were opened in the window; `merged` gives the survivors of merged themes."""
    query = (
        select(alerts).where(alerts.c.opened_at > window.start, alerts.c.opened_at <= window.end).order_by(alerts.c.id)
    )
    return tuple(
        AlertNotice(
            row.id, row.kind, merged.get(row.theme_id, row.theme_id), row.spike_id, row.state, row.audience,
            row.opened_at, row.incident_id,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def incident_notices(
    connection: Connection, window: DigestWindow, merged: Mapping[int, int]
) -> tuple[IncidentNotice, ...]:
    """Read the incidents that overlap the window, and those of which news went out in it."""
    revisions = _notified(connection, window)
    during = (incidents.c.start < window.end, or_(incidents.c.end.is_(None), incidents.c.end > window.start))
    found = {row.id: row for row in connection.execute(select(incidents).where(*during))}
    for chunk in chunks(sorted(revisions.keys() - found.keys())):
        found |= {row.id: row for row in connection.execute(select(incidents).where(incidents.c.id.in_(chunk)))}
    _add_survivors(connection, found)
    sent = _sent_to(connection, revisions)
    return tuple(_notice(one, found, merged, sent.get(one, frozenset())) for one in sorted(found))


def _add_survivors(connection: Connection, found: dict[int, Row[Any]]) -> None:
    """Read the incidents that others were merged into, however often."""
    while missing := {row.merged_into for row in found.values() if row.merged_into is not None} - found.keys():
        for chunk in chunks(sorted(missing)):
            found |= {row.id: row for row in connection.execute(select(incidents).where(incidents.c.id.in_(chunk)))}
        if missing - found.keys():
            return


def _survivor(incident_id: int, found: Mapping[int, Row[Any]]) -> int:
    seen = {incident_id}
    while (after := found[incident_id].merged_into) in found and after not in seen:
        incident_id = after
        seen.add(incident_id)
    return incident_id


def _notice(
    incident_id: int, found: Mapping[int, Row[Any]], merged: Mapping[int, int], sent_to: frozenset[str]
) -> IncidentNotice:
    """Describe an incident; of one that was merged into another, what it is about is said by that one."""
    surviving = _survivor(incident_id, found)
    row = found[surviving]
    return IncidentNotice(
        incident_id=incident_id, surviving_id=surviving,
        theme_id=merged.get(row.theme_id, row.theme_id),
        segment=Segment.of(row.segment), start=row.start, end=row.end, audience=row.audience,
        severity=row.severity, sent_to=sent_to,
    )  # fmt: skip


def _notified(connection: Connection, window: DigestWindow) -> dict[int, list[int]]:
    """Return the revisions that were sent in the window, by incident."""
    query = select(incident_events.c.incident_id, incident_events.c.revision).where(
        incident_events.c.notified, incident_events.c.at > window.start, incident_events.c.at <= window.end
    )
    found: dict[int, list[int]] = defaultdict(list)
    for incident_id, revision in connection.execute(query):
        found[incident_id].append(revision)
    return found


def _sent_to(connection: Connection, revisions: Mapping[int, Sequence[int]]) -> dict[int, frozenset[str]]:
    """Return the audiences that the outbox has a message of these revisions for, by incident."""
    wanted = {(incident_id, revision) for incident_id, all_of in revisions.items() for revision in all_of}
    if not wanted:
        return {}
    found: dict[int, set[str]] = defaultdict(set)
    query = select(outbox.c.key, outbox.c.audience).where(outbox.c.kind == "incident")
    for key, audience in connection.execute(query):
        _, incident_id, revision, *_ = key.split(":")
        if (int(incident_id), int(revision)) in wanted:
            found[int(incident_id)].add(audience)
    return {incident_id: frozenset(names) for incident_id, names in found.items()}
