"""Listings: what `--json` prints and the JSON API serves. Nothing in them depends on the wall clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from models.epochs import epoch_end
from models.times import rfc3339
from store.alerts import list_alerts as stored_alerts
from store.decisions import Decision, DecisionKind, pending_decisions, read_decisions
from store.epochs import read_miner
from store.plans import read_changes, read_launches
from store.schema import assignments, lineage, themes, tickets
from store.spikes import read_causes, read_spikes
from store.survivors import survivors

Listing = list[dict[str, Any]]


def list_themes(connection: Connection, *, members: bool = False) -> Listing:
    """List themes by id; with `members` also the ids of their tickets that count."""
    pending = pending_decisions(connection)
    listed = [_theme(row, pending.get(row.id, ())) for row in connection.execute(select(themes).order_by(themes.c.id))]
    if members:
        belonging = _members(connection)
        for one in listed:
            one["tickets"] = belonging.get(one["id"], [])
    return listed


def list_spikes(connection: Connection) -> Listing:
    """List spikes by id, each with its causes."""
    merged = survivors(connection)
    names = {row.id: row.name for row in connection.execute(select(themes.c.id, themes.c.name))}
    causes = read_causes(connection)
    listed = []
    for spike in read_spikes(connection):
        theme = merged.get(spike.theme_id, spike.theme_id)
        listed.append({
            "id": spike.spike_id, "theme_id": theme, "theme_name": names.get(theme, "All tickets"),
            "kind": spike.kind, "segment": spike.segment.as_dict(),
            "start": rfc3339(spike.start), "end": rfc3339(spike.end), "detected_at": rfc3339(spike.detected_at),
            "observed": spike.observed, "expected": spike.expected, "ratio": spike.ratio, "p_value": spike.p_value,
            "q_value": spike.q_value, "severity": spike.severity, "launch_id": spike.launch_id, "gate": spike.gate,
            "now_observed": spike.now_observed, "note": spike.note, "verdict": spike.verdict,
            "evidence": list(spike.evidence), "causes": [_cause(cause) for cause in causes.get(spike.spike_id, ())],
            "incident_id": spike.incident_id,
        })  # fmt: skip
    return listed


def list_alerts(connection: Connection) -> Listing:
    """List alerts by id."""
    return [alert.as_json() for alert in stored_alerts(connection)]


def list_launches(connection: Connection) -> Listing:
    """List launches by start, as they are planned now."""
    return [
        {
            "id": one.launch_id, "kind": one.kind, "title": one.title, "start": rfc3339(one.start), "end": rfc3339(one.end),
            "scope": one.scope.as_dict(), "tolerance": one.tolerance, "lifts": [lift.lift for lift in one.lifts],
            "expected": [dict(line) for line in one.written],
        }
        for one in read_launches(connection)
    ]  # fmt: skip


def list_changes(connection: Connection) -> Listing:
    """List changes by time."""
    return [
        {
            "id": one.change_id, "kind": one.kind, "title": one.title, "time": rfc3339(one.time), "scope": one.scope.as_dict(),
            "url": one.url, "themes": list(one.themes),
        }
        for one in read_changes(connection)
    ]  # fmt: skip


def _theme(row: Any, pending: tuple[Decision, ...]) -> dict[str, Any]:
    names = [one.payload["name"] for one in pending if one.kind == DecisionKind.RENAME]
    return {
        "id": row.id, "name": names[-1] if names else row.name, "state": row.state, "status": row.status, "size": row.size,
        "first_seen": rfc3339(row.first_seen), "last_seen": rfc3339(row.last_seen), "keywords": list(row.keywords),
        "known_issue": _known_issue(row.known_issue, pending), "owner": row.owner, "merged_into": row.merged_into,
        "name_pinned": row.name_pinned,
        "pending": [{"id": one.decision_id, "kind": one.kind, "actor": one.actor, "why": one.why} for one in pending],
    }  # fmt: skip


def _known_issue(stored: Mapping[str, Any] | None, pending: tuple[Decision, ...]) -> dict[str, Any] | None:
    """Return the flag as it will be once pending decisions are applied; it says so while they are not."""
    flag = dict(stored) if stored is not None else None
    for decision in pending:
        if decision.kind == DecisionKind.KNOWN_ISSUE:
            said = {name: decision.payload.get(name) for name in ("title", "jira", "workaround")}
            issue = decision.payload.get("issue") or (flag or {}).get("issue") or decision.decision_id
            flag = {**said, "issue": issue, "pending": True}
        elif decision.kind == DecisionKind.CLEAR_KNOWN_ISSUE:
            flag = None
        elif decision.kind == DecisionKind.FIX_KNOWN_ISSUE and flag is not None:
            fix = {"fixed_in": decision.payload.get("version"), "fixed_at": decision.payload.get("at")}
            flag = {**flag, **fix, "pending": True}
        elif decision.kind == DecisionKind.UPDATE_KNOWN_ISSUE and flag is not None:
            said = {
                name: decision.payload[name]
                for name in ("title", "jira", "workaround", "state")
                if name in decision.payload
            }
            flag = {**flag, **said, "pending": True}
    return flag


def _cause(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "segment", "change_id", "contribution", "relative_risk", "interval", "score", "reason")
    return {name: row[name] for name in names}


def _members(connection: Connection) -> dict[int, list[str]]:
    query = (
        select(assignments.c.theme_id, assignments.c.ticket_id)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id.is_not(None), tickets.c.counted)
    )
    found: dict[int, list[str]] = {}
    for theme, ticket in connection.execute(query):
        found.setdefault(theme, []).append(ticket)
    # Sorted here and not by the database: PostgreSQL's collation is not SQLite's.
    return {theme: sorted(listed) for theme, listed in found.items()}


def list_lineage(connection: Connection) -> Listing:
    """List what became of themes, in the order in which it happened."""
    seconds = read_miner(connection).state.get("epoch_seconds", 300.0)
    return [
        {
            "at": rfc3339(epoch_end(row.epoch, seconds)), "kind": row.kind, "theme_id": row.theme_id,
            "other_id": row.other_id, "tickets": row.tickets, "reason": row.reason, "figures": row.figures,
        }
        for row in connection.execute(select(lineage).order_by(lineage.c.id))
    ]  # fmt: skip


def list_decisions(connection: Connection) -> Listing:
    """List what people decided, in the order in which they did: `state` is pending, applied, undone or refused."""
    return [decision_as_json(one) for one in read_decisions(connection)]


def decision_as_json(one: Decision) -> dict[str, Any]:
    """Write a decision as listings print it."""
    return {
        "id": one.decision_id, "at": rfc3339(one.at), "actor": one.actor, "kind": one.kind, "theme_id": one.theme_id,
        "state": one.state, "why": one.why, "payload": dict(one.payload), "applied_epoch": one.applied_epoch,
        "undone_by": one.undone_by, "outcome": None if one.outcome is None else dict(one.outcome),
    }  # fmt: skip
