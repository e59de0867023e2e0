"""Detect and explain, written down: episodes become spike rows with evidence and causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from models.causes import explain
from models.launch import Launch
from models.segment import EVERYTHING
from models.spikes import ALL_TICKETS, Episode, Finding, LaunchEffect, SeriesKey, ThemeFacts, ThemeLift
from models.themes import representatives
from pipelines.memory import Memory
from pipelines.moment import Moment
from pipelines.settings import MiningSettings
from store.bands import write_bands
from store.plans import read_changes
from store.spikes import StoredSpike, write_causes, write_spikes
from store.tickets import read_attributes, read_vectors

EVIDENCE = 5
REFERENCE_TICKETS = 1_000
"""Tickets from before the spike that say what is usual: enough for shares of one percent."""
BACKGROUND_TICKETS = 2_000
"""Tickets of all themes that fill in where the theme itself has hardly a past."""
WINDOW_TICKETS = 5_000
CHANGES_BACK = timedelta(days=2)
"""How long before a spike a change may lie to be considered at all; the explanation weighs time itself."""
GUARD = timedelta(hours=6)
GROWTH = 1.5
"""An open spike is explained again each time it has grown by this factor: early figures are few."""


def resolve_plans(memory: Memory, moment: Moment) -> None:
    """Resolve the plans of running launches to themes, anew at each epoch: themes born meanwhile are among them."""
    for launch in moment.launches:
        if launch.start < moment.end and (moment.end <= launch.end or launch.launch_id not in memory.planned):
            memory.planned[launch.launch_id] = [_meant(memory, launch, at) for at in range(len(launch.lifts))]


def _meant(memory: Memory, launch: Launch, at: int) -> list[int]:
    lift = launch.lifts[at]
    if lift.about is not None:
        return sorted(_survivor(memory, theme) for theme, _ in memory.index.similar(lift.about))
    return [] if lift.theme_id is None else [_survivor(memory, lift.theme_id)]


def _survivor(memory: Memory, theme: int) -> int:
    while (record := memory.themes.get(theme)) is not None and record.merged_into is not None:
        theme = record.merged_into
    return theme


def planned_themes(memory: Memory) -> dict[str, set[int]]:
    """Themes that each launch plans for, however they were named."""
    return {
        launch: {_survivor(memory, theme) for group in groups for theme in group}
        for launch, groups in memory.planned.items()
    }


def effects(memory: Memory, moment: Moment) -> list[LaunchEffect]:
    """The launches as the detector sees them."""
    found = []
    for launch in moment.launches:
        groups = memory.planned.get(launch.launch_id, [])
        lifts = [
            ThemeLift(frozenset(_survivor(memory, theme) for theme in group), one.lift)
            for group, one in zip(groups, launch.lifts, strict=False)
            if group
        ]
        found.append(LaunchEffect(
            launch_id=launch.launch_id, start=bucket_of(launch.start), end=max(bucket_of(launch.start) + 1, bucket_of(launch.end)),
            scope=launch.scope, tolerance=launch.tolerance, expected=tuple(lifts),
            lift_all=next((one.lift for one in launch.lifts if one.everything), None),
        ))  # fmt: skip
    return found


def theme_facts(memory: Memory) -> dict[int, ThemeFacts]:
    """What the baseline needs of each live theme."""
    return {
        theme: ThemeFacts(bucket_of(one.first_seen), _flagged(one.known_issue))
        for theme, one in memory.themes.items()
        if one.live and one.first_seen is not None
    }


def _flagged(issue: Mapping[str, Any] | None) -> int | None:
    since = (issue or {}).get("since")
    return bucket_of(datetime.fromisoformat(since)) if since else None


def episodes(memory: Memory) -> list[Episode]:
    """The episodes on record."""
    return [
        Episode(
            one.theme_id, one.segment, bucket_of(one.start), None if one.end is None else bucket_of(one.end),
            "launch_excess" if one.kind == "launch_excess" else "spike", one.launch_id, one.severity,
        )
        for one in memory.spikes.values()
    ]  # fmt: skip


def detect(connection: Connection, memory: Memory, moment: Moment, settings: MiningSettings) -> list[StoredSpike]:
    """Judge the epoch and write the spikes that opened, moved or closed. Returns them, in the order of the findings."""
    findings = memory.detector.detect(
        moment.bucket,
        memory.counts,
        themes=theme_facts(memory),
        episodes=episodes(memory),
        launches=effects(memory, moment),
    )
    found = [_spike(memory, moment, finding) for finding in findings]
    for spike in found:
        memory.spikes[spike.spike_id] = spike
    explained = [
        _explain(connection, moment, spike, finding, settings) for spike, finding in zip(found, findings, strict=True)
    ]
    for spike in explained:
        memory.spikes[spike.spike_id] = spike
    write_spikes(connection, explained)
    return explained


def _spike(memory: Memory, moment: Moment, finding: Finding) -> StoredSpike:
    known = _open_spike(memory, finding.theme_id)
    figures: dict[str, Any] = {
        "segment": finding.segment, "start": start_of(finding.start), "end": None if finding.end is None else start_of(finding.end),
        "observed": finding.observed, "expected": finding.expected, "ratio": finding.ratio, "p_value": finding.p_value,
        "q_value": finding.q_value, "severity": finding.severity, "now_observed": finding.observed,
    }  # fmt: skip
    if known is not None and finding.change != "opened":
        note = "it lasted until it became the theme's level" if finding.shifted else known.note
        # Another episode opens soon after this one only if it is far more severe: than this one ever was.
        figures["severity"] = max(known.severity, finding.severity)
        return known.with_(**figures, note=note)
    return StoredSpike(
        spike_id=memory.next_id("spike"), theme_id=finding.theme_id, kind=finding.signal, detected_at=moment.detected_at,
        launch_id=finding.launch_id, gate=finding.gate, evidence=(), verdict="", note=None,
        state={"theme_ids": list(finding.theme_ids)}, **figures,
    )  # fmt: skip


def _open_spike(memory: Memory, theme_id: int) -> StoredSpike | None:
    return next((one for one in memory.spikes.values() if one.end is None and one.theme_id == theme_id), None)


def _explain(
    connection: Connection, moment: Moment, spike: StoredSpike, finding: Finding, settings: MiningSettings
) -> StoredSpike:
    changes = read_changes(connection, spike.start - CHANGES_BACK, moment.end)
    told = spike.state.get("explained")
    due = (
        told is None
        or finding.change == "closed"
        or spike.observed >= GROWTH * told
        or len(changes) != spike.state.get("changes")
    )
    if not due:
        return spike
    end = spike.end or moment.end
    themes = sorted(finding.theme_ids or (spike.theme_id,))
    chosen = [] if themes == [ALL_TICKETS] else themes
    tickets = read_attributes(connection, chosen, spike.start, end, WINDOW_TICKETS)
    # The last hours before the start may hold the spike's own first tickets.
    before = spike.start - GUARD
    usual = read_attributes(connection, chosen, None, before, REFERENCE_TICKETS)
    background = read_attributes(connection, [], None, before, BACKGROUND_TICKETS)
    answer = explain(
        [one[3] for one in tickets],
        [one[3] for one in usual],
        finding.total_expected,
        start=spike.start,
        background=[one[3] for one in background],
        dispersion=finding.dispersion,
        dimensions=settings.dimensions,
        changes=changes,
        launches=moment.launches,
    )
    write_causes(connection, spike.spike_id, [_cause_row(cause) for cause in answer.causes])
    inside = [one[0] for one in tickets if spike.segment.holds(one[3])]
    return spike.with_(
        evidence=_evidence(connection, inside[-200:], moment, {one[0]: one[1] for one in tickets}),
        verdict=answer.verdict,
        state={
            **spike.state,
            "explained": spike.observed,
            "changes": len(changes),
            "requesters": _requesters(tickets, inside),
        },
    )


def _requesters(tickets: Sequence[tuple[str, datetime, str | None, Any]], inside: Sequence[str]) -> int:
    wanted = set(inside)
    return len({one[2] or one[0] for one in tickets if one[0] in wanted})


def _evidence(
    connection: Connection, ids: Sequence[str], moment: Moment, times: Mapping[str, datetime]
) -> tuple[str, ...]:
    vectors = read_vectors(connection, ids, moment.model)
    known = [one for one in ids if one in vectors]
    if not known:
        return tuple(ids[-EVIDENCE:])
    import numpy as np

    chosen = representatives(np.stack([vectors[one] for one in known]), [times[one] for one in known])
    return tuple(known[at] for at in chosen)


def _cause_row(cause: Any) -> dict[str, Any]:
    return {
        "kind": cause.kind, "segment": None if cause.segment is None else cause.segment.as_dict(), "change_id": cause.change_id,
        "contribution": cause.contribution, "relative_risk": cause.relative_risk,
        "interval": None if cause.interval is None else list(cause.interval), "score": cause.score, "reason": cause.reason,
    }  # fmt: skip


def expect_hour(connection: Connection, memory: Memory, moment: Moment) -> None:
    """Write what is expected in the hour that begins, for every live theme and for all tickets, before anything of it is seen."""
    hour = moment.bucket // BUCKETS_PER_HOUR
    span = (hour * BUCKETS_PER_HOUR, (hour + 1) * BUCKETS_PER_HOUR)
    facts, known, plans = theme_facts(memory), episodes(memory), effects(memory, moment)
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
