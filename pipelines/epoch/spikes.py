"""The spikes of an epoch: what the detector finds becomes rows with evidence and causes."""

from __future__ import annotations

from math import isfinite
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, start_of
from models.formats import amount
from models.segment import EVERYTHING
from models.source_silence import source_of
from models.spikes import Finding, LaunchEffect
from models.spikes.episodes.episode import EpisodeChange
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext, EpochWindow
from pipelines.epoch.causes import explain_spike
from pipelines.epoch.detection import Detection
from pipelines.epoch.launches import running_at
from pipelines.state import MinerState
from store.bands import write_bands
from store.sources import sends_events
from store.spikes import SpikeState, StoredSpike, write_spikes


def detect_spikes(context: EpochContext) -> list[StoredSpike]:
    """Judge the epoch and write the spikes that opened, changed or closed. Returns them, in the order of the findings."""
    found = find(context.connection, context.state, context.window)
    explained = [explain_spike(context, spike, finding) for spike, finding in found]
    context.state.episodes.put(*explained)
    write_spikes(context.connection, explained)
    return explained


def find(connection: Connection, state: MinerState, window: EpochWindow) -> list[tuple[StoredSpike, Finding]]:
    """Judge the epoch and keep its spikes in the state, each with its finding; nothing is explained or written yet.

    A source of which no ticket came, but other events did, sends: it is not reported as incomplete data.
    """
    _, findings = Detection(state, window).judge()
    judged = [finding for finding in findings if not _sends(connection, window, finding)]
    found = [(_spike(state, window, finding), finding) for finding in judged]
    state.episodes.put(*(spike for spike, _ in found))
    return found


def _sends(connection: Connection, window: EpochWindow, finding: Finding) -> bool:
    """Return whether a finding says that a source is silent, which sent events since."""
    source = source_of(finding.segment)
    if source is None or finding.change != EpisodeChange.OPENED:
        return False
    since = start_of(finding.start)
    first = window.number - (window.end - since) // window.length
    return sends_events(connection, source, since, (first, window.number))


def expect_hour(context: EpochContext) -> None:
    """Write what is expected in the hour that begins, for every live theme and for all tickets, before any of it is seen."""
    hour = context.window.bucket // BUCKETS_PER_HOUR
    span = (hour * BUCKETS_PER_HOUR, (hour + 1) * BUCKETS_PER_HOUR)
    detection = Detection(context.state, context.window)
    rows: list[dict[str, Any]] = []
    expected = detection.expected_ranges((ALL_TICKETS, *sorted(detection.facts)), EVERYTHING, span)
    for theme, one in expected.items():
        running = [plan for plan in detection.launches if _lifts(plan, theme, span)]
        launch_id = running[0].launch_id if running else None
        rows.append({
            "theme_id": theme, "hour": hour, "mean": one.mean, "low": one.low, "high": one.high, "launch_id": launch_id,
        })  # fmt: skip
    write_bands(context.connection, rows)


def _lifts(plan: LaunchEffect, theme: int, span: tuple[int, int]) -> bool:
    return plan.start < span[1] and plan.end > span[0] and plan.lift_of(theme) is not None


def _spike(state: MinerState, window: EpochWindow, finding: Finding) -> StoredSpike:
    """The spike of a finding: a new one, or the open one that it continues, with the figures of this epoch."""
    known = state.episodes.continued_by(finding)
    figures: dict[str, Any] = {
        "segment": finding.segment, "start": start_of(finding.start), "end": None if finding.end is None else start_of(finding.end),
        "observed": finding.observed, "expected": finding.expected, "ratio": finding.ratio, "p_value": finding.p_value,
        "q_value": finding.q_value, "severity": finding.severity, "now_observed": finding.observed,
    }  # fmt: skip
    common = None if finding.common is None else finding.common.as_json()
    if known is not None and finding.change != EpisodeChange.OPENED:
        note = "it lasted until it became the theme's level" if finding.shifted else known.note
        # The episode's highest severity is kept: the next one opens soon after its end only if it is far more severe.
        figures["severity"] = max(known.severity, finding.severity)
        budget = min(known.state.budget, finding.budget)
        kept = known.state.with_(budget=budget, common=common or known.state.common)
        return known.with_(**figures, note=note, state=kept)
    budget = finding.budget if isfinite(finding.budget) else 0.0
    return StoredSpike(
        spike_id=state.counts.next_id("spike"), theme_id=finding.theme_id, kind=finding.kind,
        detected_at=window.detected_at, launch_id=finding.launch_id,
        gate=finding.gate, note=_note(window, finding),
        state=SpikeState(theme_ids=tuple(finding.theme_ids), budget=budget, common=common), **figures,
    )  # fmt: skip


def _note(window: EpochWindow, finding: Finding) -> str | None:
    if finding.nearest:
        return "counted are the tickets nearest to the plan's text: the theme may hold more than it means"
    if finding.launch_id is not None:
        return None
    pooled = _pooled_note(finding) if len(finding.theme_ids) > 1 else None
    return "; ".join(one for one in (pooled, running_at(window, finding.start)) if one) or None


def _pooled_note(finding: Finding) -> str:
    """Write which small themes rise together; numbers of themes and not their names, which an erasure may take away."""
    others = ", ".join(str(theme) for theme in finding.theme_ids if theme != finding.theme_id)
    return (
        f"{len(finding.theme_ids)} similar small themes rise together: {finding.observed} tickets where "
        f"{amount(finding.expected)} were expected; the others are {others}"
    )
