"""What a detector would have found in the made-up corpus: spikes with causes, alerts, incidents, launches and changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert

from bench.console.corpus import END, START, Corpus, name_of
from models.alert import AlertKind
from models.bucket import bucket_of
from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind
from models.incidents.signals import IncidentSignal
from models.segment import Segment
from store import schema
from store.incidents import write_incident_events, write_incidents

OPEN, CLOSED = 60, 600
"""Spikes that last, on the last day, and those of the four weeks before."""

LAUNCH, PLANNED = "L-bench", 60
LAUNCH_START = END.replace(minute=0) - timedelta(hours=6)
LAUNCH_END = LAUNCH_START + timedelta(hours=12)
LAUNCHES, CHANGES = 40, 400


def write_events(connection: Connection, corpus: Corpus, model: str, seed: int = 2) -> None:
    """Write it, and the row of the miner."""
    rng = np.random.default_rng(seed)
    biggest = (np.argsort(-corpus.sizes[1:]) + 1).tolist()
    rows = [_spike(number, biggest, rng) for number in range(1, OPEN + CLOSED + 1)]
    _give_evidence(corpus, rows)
    connection.execute(insert(schema.spikes), rows)
    connection.execute(insert(schema.causes), [_cause(row) for row in rows])
    connection.execute(insert(schema.alerts), [_alert(row) for row in rows])
    connection.execute(insert(schema.decided_signals), [_signal(row) for row in rows])
    found = [_incident(row) for row in rows]
    write_incidents(connection, found)
    for incident in found:
        write_incident_events(connection, incident, _timeline(incident), notified=True)
    connection.execute(insert(schema.launches), list(_launches()))
    connection.execute(insert(schema.changes), [_change(number) for number in range(CHANGES)])
    connection.execute(insert(schema.lineage), [_step(number, corpus.themes) for number in range(1, 2_001)])
    state = {"epoch_seconds": 300.0, "model": model, "open_spikes": OPEN, "record_start": START.isoformat()}
    connection.execute(
        insert(schema.miner),
        [{"name": "miner", "next_epoch": bucket_of(END), "first_epoch": bucket_of(START), "state": state}],
    )


def _spike(number: int, biggest: list[int], rng: np.random.Generator) -> dict[str, Any]:
    lasts = number <= OPEN
    start = END - timedelta(minutes=int(rng.integers(30, 600))) if lasts else START + timedelta(
        minutes=int(rng.integers(1_440, 26 * 1_440))
    )  # fmt: skip
    theme = biggest[number - 1] if lasts else biggest[int(rng.integers(0, len(biggest) // 4))]
    observed, expected = int(rng.integers(20, 400)), float(rng.uniform(2, 12))
    return {
        "id": number, "theme_id": theme, "segment": {} if number % 3 else {"region": "BR"}, "kind": "spike", "start": start,
        "end": None if lasts else start + timedelta(hours=4), "detected_at": start + timedelta(minutes=25), "observed": observed,
        "expected": expected, "ratio": observed / expected, "p_value": 1e-9, "q_value": 1e-7, "severity": float(rng.uniform(5, 90)),
        "now_observed": observed, "launch_id": None, "gate": None, "incident_id": number, "evidence": [],
        "verdict": "Two thirds of the excess is on ios.", "note": None, "state": {},
    }  # fmt: skip


def _give_evidence(corpus: Corpus, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        own = np.flatnonzero(corpus.theme == row["theme_id"])[-5:]
        row["evidence"] = [f"T-{number:07}" for number in own.tolist()]


def _cause(spike: dict[str, Any]) -> dict[str, Any]:
    return {
        "spike_id": spike["id"], "rank": 1, "kind": "segment", "segment": {"platform": "ios"}, "change_id": None, "contribution": 0.66,
        "relative_risk": 5.1, "interval": [3.9, 6.6], "score": 8.0, "reason": "iOS holds 66 % of the excess and 30 % of what is usual.",
    }  # fmt: skip


def _alert(spike: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": spike["id"], "kind": "spike", "theme_id": spike["theme_id"], "spike_id": spike["id"],
        "state": "open" if spike["end"] is None else "resolved", "audience": "payments-live", "opened_at": spike["detected_at"],
        "reason": _reason(spike), "incident_id": spike["id"],
    }  # fmt: skip


def _signal(spike: dict[str, Any]) -> dict[str, Any]:
    stage = {
        "stage": "minimum_tickets",
        "gate": None,
        "passed": True,
        "value": spike["observed"],
        "threshold": 5,
        "unit": "tickets",
        "reason": "-",
    }
    return {
        "epoch": bucket_of(spike["detected_at"]), "at": spike["detected_at"], "kind": "spike", "theme_id": spike["theme_id"],
        "spike_id": spike["id"], "alert_id": spike["id"], "incident_id": spike["id"], "gate": None, "silence_id": None,
        "reason": _reason(spike), "stages": [stage],
    }  # fmt: skip


def _reason(spike: dict[str, Any]) -> str:
    return f"{spike['observed']} tickets where {spike['expected']:.1f} were expected"


def _incident(spike: dict[str, Any]) -> Incident:
    segment = Segment.of(spike["segment"])
    signal = IncidentSignal(
        kind=AlertKind.SPIKE, theme_id=spike["theme_id"], segment=segment, start=spike["start"], observed=spike["observed"],
        expected=spike["expected"], severity=spike["severity"], end=spike["end"], spike_id=spike["id"], alert_id=spike["id"],
    )  # fmt: skip
    return Incident(
        incident_id=spike["id"], theme_id=spike["theme_id"], segment=segment, audience="payments-live", opened_at=spike["detected_at"],
        start=spike["start"], end=spike["end"], severity=spike["severity"], revision=1, signals=(signal,), onsets=(spike["start"],),
        shown=spike["observed"], segments=(segment,),
    )  # fmt: skip


def _timeline(incident: Incident) -> Iterator[IncidentEvent]:
    yield IncidentEvent(IncidentEventKind.OPENED, incident.opened_at, "a spike", {})
    if incident.end is not None:
        yield IncidentEvent(IncidentEventKind.ENDED, incident.end, "over", {})


def _launches() -> Iterator[dict[str, Any]]:
    def launch(subject: str, title: str, start: datetime, end: datetime) -> dict[str, Any]:
        return {
            "source": "/plans", "subject": subject, "id": f"{subject}-1", "time": START, "kind": "launch", "title": title,
            "start": start,
            "end": end, "scope": {"business_line": "live"}, "tolerance": 0.3, "expected": [{"theme": 1, "lift": 3.0}], "abouts": None,
        }  # fmt: skip

    yield launch(LAUNCH, "The launch that runs", LAUNCH_START, LAUNCH_END)
    for number in range(LAUNCHES - 1):
        start = START + timedelta(hours=16 * number)
        yield launch(f"L-{number}", f"Launch {number}", start, start + timedelta(hours=8))


def _change(number: int) -> dict[str, Any]:
    return {
        "source": "/releases", "subject": f"C-{number}", "id": f"C-{number}-1", "time": START + timedelta(hours=1.6 * number),
        "kind": "release", "title": f"App 38.1.{number}", "scope": {"platform": "ios"}, "url": "https://releases.example.com/",
    }  # fmt: skip


def _step(number: int, themes: int) -> dict[str, Any]:
    theme, other = number % themes + 1, (number * 7) % themes + 1
    return {
        "id": number, "epoch": bucket_of(START) + number, "kind": "move", "theme_id": theme, "other_id": other, "tickets": 3,
        "reason": "reorganised", "figures": {"share": 0.1, "name": name_of(theme)},
    }  # fmt: skip
