"""Detect and explain, written down: episodes become spike rows with evidence and causes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from models.segment import EVERYTHING
from models.spikes import ALL_TICKETS, Episode, Finding, SeriesKey, ThemeFacts
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import MISSING, SpikeSignal
from pipelines.context import EpochWindow
from pipelines.epoch.causes import explain_spike
from pipelines.epoch.launches import effects, running_at
from pipelines.settings import MiningSettings
from pipelines.state import MinerState
from store.bands import write_bands
from store.spikes import StoredSpike, write_spikes


def theme_facts(memory: MinerState) -> dict[int, ThemeFacts]:
    """What the baseline needs of each live theme."""
    return {
        theme: ThemeFacts(bucket_of(one.first_seen), _flagged(one.known_issue))
        for theme, one in memory.themes.items()
        if one.live and one.first_seen is not None
    }


def _flagged(issue: Mapping[str, Any] | None) -> int | None:
    since = (issue or {}).get("since")
    return bucket_of(datetime.fromisoformat(since)) if since else None


def known_episodes(memory: MinerState) -> list[Episode]:
    """The episodes on record; a theme whose tickets took an episode along had one until then."""
    lent = [
        Episode(
            one.state["lent"][0],
            one.segment,
            bucket_of(one.start),
            one.state["lent"][1],
            _signal(one.kind),
            None,
            one.severity,
        )
        for one in memory.spikes.values()
        if one.state.get("lent") and one.state["lent"][1] > bucket_of(one.start)
    ]
    return lent + [
        Episode(
            one.theme_id, one.segment, bucket_of(one.start), None if one.end is None else bucket_of(one.end),
            _signal(one.kind), one.launch_id, one.severity,
        )
        for one in memory.spikes.values()
        # A plan that did not come true is no episode: the volume was usual.
        if one.kind != "missing_volume" or one.launch_id is None
    ]  # fmt: skip


def _signal(kind: str) -> SpikeSignal:
    if kind == "launch_excess":
        return "launch_excess"
    return "missing_volume" if kind == "missing_volume" else "spike"


def detect_spikes(
    connection: Connection, memory: MinerState, moment: EpochWindow, settings: MiningSettings
) -> list[StoredSpike]:
    """Judge the epoch and write the spikes that opened, moved or closed. Returns them, in the order of the findings."""
    found, findings = find(memory, moment)
    explained = [
        explain_spike(connection, memory, moment, spike, finding, settings)
        for spike, finding in zip(found, findings, strict=True)
    ]
    for spike in explained:
        memory.spikes[spike.spike_id] = spike
    write_spikes(connection, explained)
    return explained


def judge(memory: MinerState, moment: EpochWindow) -> tuple[DetectionContext, list[Finding]]:
    """What the detector says of the epoch, with the scene that it judged."""
    return memory.detector.judge(
        moment.bucket,
        memory.counts,
        themes=theme_facts(memory),
        episodes=known_episodes(memory),
        launches=effects(memory, moment),
    )


def find(memory: MinerState, moment: EpochWindow) -> tuple[list[StoredSpike], list[Finding]]:
    """Judge the epoch and keep its spikes in memory; nothing is explained or written yet."""
    _, findings = judge(memory, moment)
    found = [_spike(memory, moment, finding) for finding in findings]
    memory.spikes.update({spike.spike_id: spike for spike in found})
    return found, findings


def _spike(memory: MinerState, moment: EpochWindow, finding: Finding) -> StoredSpike:
    known = _open_spike(memory, finding)
    figures: dict[str, Any] = {
        "segment": finding.segment, "start": start_of(finding.start), "end": None if finding.end is None else start_of(finding.end),
        "observed": finding.observed, "expected": finding.expected, "ratio": finding.ratio, "p_value": finding.p_value,
        "q_value": finding.q_value, "severity": finding.severity, "now_observed": finding.observed,
    }  # fmt: skip
    if known is not None and finding.change != "opened":
        note = "it lasted until it became the theme's level" if finding.shifted else known.note
        # Another episode opens soon after this one only if it is far more severe: than this one ever was.
        figures["severity"] = max(known.severity, finding.severity)
        budget = min(known.state.get("budget", 0.0), finding.budget)
        return known.with_(**figures, note=note, state={**known.state, "budget": budget, **_common(finding)})
    return StoredSpike(
        spike_id=memory.next_id("spike"), theme_id=finding.theme_id, kind=finding.signal, detected_at=moment.detected_at,
        launch_id=finding.launch_id, gate=finding.gate, evidence=(), verdict="",
        note=_note(moment, finding),
        state={
            "theme_ids": list(finding.theme_ids), "budget": finding.budget if isfinite(finding.budget) else 0.0,
            **_common(finding),
        },
        **figures,
    )  # fmt: skip


def _common(finding: Finding) -> dict[str, Any]:
    """The common lift under a plan for all themes, where the episode is held against one."""
    return {} if finding.common is None else {"common": finding.common.as_json()}


def _note(moment: EpochWindow, finding: Finding) -> str | None:
    if finding.near:
        return "counted, in all segments, are the tickets nearest to the plan's text: the theme may hold more than it means"
    return None if finding.launch_id is not None else running_at(moment, finding.start)


def _open_spike(memory: MinerState, finding: Finding) -> StoredSpike | None:
    """The open episode that a finding goes on with: of its theme, and of a rise or of what is missing."""
    missing = finding.signal == MISSING
    for one in memory.spikes.values():
        same = one.end is None and one.theme_id == finding.theme_id and (one.kind == MISSING) == missing
        if same and (not missing or (one.segment, one.launch_id) == (finding.segment, finding.launch_id)):
            return one
    return None


def expect_hour(connection: Connection, memory: MinerState, moment: EpochWindow) -> None:
    """Write what is expected in the hour that begins, for every live theme and for all tickets, before anything of it is seen."""
    hour = moment.bucket // BUCKETS_PER_HOUR
    span = (hour * BUCKETS_PER_HOUR, (hour + 1) * BUCKETS_PER_HOUR)
    facts, known, plans = theme_facts(memory), known_episodes(memory), effects(memory, moment)
    rows = []
    for theme in (ALL_TICKETS, *sorted(facts)):
        found = memory.detector.band(
            SeriesKey(theme, EVERYTHING),
            [span],
            memory.counts,
            end_bucket=moment.bucket,
            themes=facts,
            episodes=known,
            launches=plans,
        )
        for one in found:
            running = [
                plan
                for plan in plans
                if plan.start < span[1] and plan.end > span[0] and plan.lift_of(theme) is not None
            ]
            rows.append({
                "theme_id": theme, "hour": hour, "mean": one.mean, "low": one.low, "high": one.high,
                "launch_id": running[0].launch_id if running else None,
            })  # fmt: skip
    write_bands(connection, rows)
