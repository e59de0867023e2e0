"""What signalled on the seeded launch day, in addition: an incident with its messages, and decisions with their stages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, insert

from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.incidents.lifecycle import join, open_incident
from models.incidents.relation import Relation
from models.incidents.signals import IncidentSignal
from models.segment import EVERYTHING, Segment
from store import schema
from store.decided_signals import DecidedSignal, note_decision
from store.incidents import give_incident, give_spikes, write_incident_events, write_incidents
from tests.console.seed import END, HOSTILE

BR = Segment.of({"region": "BR"})


def seed_incident(
    engine: Engine, incident_id: int = 1, *, alerts: tuple[int, ...] = (90, 91), parts: tuple[int, ...] = ()
) -> None:
    """Write an incident of the hostile theme with its alerts, a spike, and a message that was sent and one that was not.

    `parts` are spikes of it that had no alert of their own.
    """
    first = IncidentSignal(
        kind=AlertKind.SPIKE, theme_id=12, segment=BR, start=END - timedelta(hours=2), observed=40, expected=2.5, severity=9.0,
        spike_id=1, alert_id=alerts[0],
    )  # fmt: skip
    step = open_incident(incident_id, first, "payments-live", f"40 tickets about {HOSTILE}", END)
    for number, alert in enumerate(alerts[1:], start=2):
        joining = first.with_(theme_id=2, segment=EVERYTHING, spike_id=number, alert_id=alert)
        step = step.then(join(step.incident, joining, Relation.SIMILAR_TEXT, "9 tickets", END))
    for part in parts:
        joining = first.with_(theme_id=2, segment=EVERYTHING, spike_id=part, alert_id=None)
        step = step.then(join(step.incident, joining, Relation.SIMILAR_TEXT, "9 tickets", END))
    with engine.begin() as connection:
        write_incidents(connection, [step.incident])
        write_incident_events(connection, step.incident, step.events, notified=True)
        for alert in alerts:
            row = {
                "id": alert,
                "kind": "spike",
                "theme_id": 12,
                "spike_id": 1,
                "state": "open",
                "audience": "payments-live",
            }
            connection.execute(insert(schema.alerts).values(**row, opened_at=END, reason=f"about {HOSTILE}"))
        give_incident(connection, alerts, incident_id)
        give_spikes(connection, [1], incident_id)
        for number, state in enumerate(("sent", "failed")):
            connection.execute(insert(schema.outbox).values(_message(incident_id, number, state, alerts)))


def _message(incident_id: int, number: int, state: str, alerts: tuple[int, ...]) -> dict[str, Any]:
    payload = {
        "incident_id": incident_id, "revision": number, "title": HOSTILE, "news": "opened", "theme_id": 12, "theme_name": HOSTILE,
        "reason": f"40 tickets about {HOSTILE}", "observed": 40, "expected": 2.5, "segment": {"region": "BR"},
        "alert_ids": list(alerts),
        "evidence": ["T-12-0", "T-12-1"], "kind": "spike", "why": "owner",
    }  # fmt: skip
    return {
        "key": f"incident:{incident_id}:{number}:payments-live", "kind": "incident", "audience": "payments-live", "payload": payload,
        "state": state, "attempts": 2, "channels": ["slack"] if state == "sent" else None, "sent_at": END,
        "sequence": f"incident:{incident_id}:payments-live", "problem": None if state == "sent" else f"refused: {HOSTILE}",
    }  # fmt: skip


def seed_decisions(engine: Engine) -> None:
    """Write the decision that opened alert 1, and that which withheld spike 3."""
    passed = StageResult(
        stage=StageName.LEARNING, passed=True, value=200, threshold=168, unit="hours", reason="themes are learned"
    )
    stopped = StageResult(
        stage=StageName.MINIMUM_REQUESTERS, passed=False, value=2, threshold=5, unit="people", reason="an alert needs 5 people",
        gate=Gate.FEWER_REQUESTERS_THAN_MINIMUM,
    )  # fmt: skip
    known = {"epoch": 1, "at": END - timedelta(hours=3)}
    with engine.begin() as connection:
        note_decision(connection, DecidedSignal(
            **known, kind=AlertKind.LAUNCH_EXCESS, theme_id=1, spike_id=1, alert_id=1, reason=f"about {HOSTILE}", stages=(passed,),
        ))  # fmt: skip
        note_decision(connection, DecidedSignal(
            **known, kind=AlertKind.SPIKE, theme_id=8, spike_id=3, reason="withheld", stages=(passed, stopped),
            gate=Gate.FEWER_REQUESTERS_THAN_MINIMUM,
        ))  # fmt: skip
