"""Shortfall: planned volume that does not come, told once for each line of a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from alerts.gates import AlertDecision
from alerts.ownership import Ownership
from alerts.reason import where
from models.alert import AlertKind
from models.bucket import BUCKETS_PER_HOUR, start_of
from models.formats import amount, counted
from models.segment import Segment
from models.spikes import ALL_TICKETS, Episode, LaunchEffect, ThemeFacts, ThemeLift
from models.spikes.expectation.lift import deviation_of
from models.spikes.statistics.count_tails import upper_tail
from pipelines.context import EpochWindow
from pipelines.epoch.alerts import open_for_spike
from pipelines.epoch.causes import explain_plan
from pipelines.epoch.launches import effects, looked_at, meant_most
from pipelines.launches.resolve_plans import clearly_meant
from pipelines.state import MinerState
from store.reviews import count_windows
from store.spikes import StoredSpike, write_spikes

MISSING_FROM = 10.0
"""Expected tickets below which a planned theme that does not come is not told: its silence says little."""
MISSING_SHARE = 0.5
"""Share of the window that must have passed: a plan says how much comes, not when."""
MISSING_AFTER = 24 * BUCKETS_PER_HOUR
"""Buckets after which a long launch is judged all the same."""


def report_missing(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    facts: Mapping[int, ThemeFacts],
    episodes: Sequence[Episode],
    ownership: Ownership,
    dimensions: Sequence[str],
) -> int:
    """Tell of planned themes that have not come by far, once a launch and plan line. Returns how many were told.

    A group is missing when its count since the launch began is so small that the plan, with its tolerance, explains it with a
    probability of at most `launch_level` only, shared among the lines. Each gets a row among the spikes, which is over at once.
    """
    plans = effects(memory, moment)
    launches = {launch.launch_id: launch for launch in moment.launches}
    found = []
    for plan in plans:
        lines = [*plan.expected, *_for_all(plan)]
        if not _is_time(plan, moment) or not lines:
            continue
        named = {theme for group in plan.expected for theme in group.theme_ids}
        told = {
            one.theme_id
            for one in memory.spikes.values()
            if one.kind == "missing_volume" and one.launch_id == plan.launch_id
        }
        for group in lines:
            unclear = group.core is not None and not clearly_meant(memory, launches, plan.launch_id, group.core)
            if group.lift <= 1.0 or group.theme_ids & told or unclear:
                continue
            short = _short(connection, memory, moment, plan, group, named, facts, episodes, plans)
            p_value = min(1.0, short.p_value * len(lines))
            if short.observed >= short.expected or p_value > memory.detector.settings.launch_level:
                continue
            launch = launches[plan.launch_id]
            spike, decision = _missing(memory, moment, plan, short, p_value, launch.title)
            themes = _others(memory, named) if ALL_TICKETS in group.theme_ids else sorted(group.theme_ids)
            spike = explain_plan(connection, moment, spike, launch, themes, dimensions)
            memory.spikes[spike.spike_id] = spike
            found.append((spike, decision))
    write_spikes(connection, [spike for spike, _ in found])
    for spike, decision in found:
        open_for_spike(connection, memory, moment, decision, spike, ownership)
    return len(found)


class _Short(NamedTuple):
    """A line of a plan since the launch began: its theme, where it was looked at, what came, what was expected, and how likely."""

    theme: int
    segment: Segment
    observed: int
    expected: float
    p_value: float


def _is_time(plan: LaunchEffect, moment: EpochWindow) -> bool:
    due = min(MISSING_SHARE * (plan.end - plan.start), MISSING_AFTER)
    return due <= moment.bucket - plan.start and moment.bucket <= plan.end


def _short(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    plan: LaunchEffect,
    group: ThemeLift,
    named: Collection[int],
    facts: Mapping[int, ThemeFacts],
    episodes: Sequence[Episode],
    plans: Sequence[LaunchEffect],
) -> _Short:
    """Hold a line against its plan; one for all against what no other line (`named`) is for. Too few to tell of are as expected."""
    window = (plan.start, moment.bucket)
    segment, number = looked_at(memory, plan.scope)
    whole = ALL_TICKETS in group.theme_ids
    known, mean, variance = memory.detector.forecast(
        [ALL_TICKETS, *sorted(named)] if whole else meant_most(group), segment, [window], memory.counts,
        end_bucket=moment.bucket, themes=facts, episodes=episodes, launches=plans, lift=group.lift,
    )  # fmt: skip
    expected = float(mean[0].sum() - mean[1:].sum()) if whole else float(mean.sum())
    lead = ALL_TICKETS if whole else known[int(np.argmax(mean[:, 0]))]
    if expected < MISSING_FROM:
        return _Short(lead, segment, 0, 0.0, 1.0)
    spread = float(variance[:1].sum() if whole else variance.sum())
    spread += (deviation_of(plan.tolerance, memory.detector.settings.tolerance_coverage) * expected) ** 2
    # What was planned may have come in any theme that is like it.
    tickets = count_windows(connection, number, [window], {*named, *group.theme_ids})[0]
    observed = sum(tickets.get(theme, 0) for theme in group.theme_ids)
    observed -= sum(tickets.get(theme, 0) for theme in named) if whole else 0
    return _Short(lead, segment, observed, expected, 1.0 - float(upper_tail(observed, expected, spread)))


def _others(memory: MinerState, named: Collection[int]) -> list[int]:
    """The themes that no line names; none, which stands for all tickets, where none is named."""
    return sorted(theme for theme, one in memory.themes.items() if one.live and theme not in named) if named else []


def _for_all(plan: LaunchEffect) -> list[ThemeLift]:
    """The line of a plan for all themes, as one for all tickets; none where a plan has no such line."""
    return [] if plan.lift_all is None else [ThemeLift(frozenset({ALL_TICKETS}), plan.lift_all)]


def _missing(
    memory: MinerState, moment: EpochWindow, plan: LaunchEffect, short: _Short, q_value: float, title: str
) -> tuple[StoredSpike, AlertDecision]:
    spike = StoredSpike(
        spike_id=memory.next_id("spike"), theme_id=short.theme, segment=short.segment, kind="missing_volume",
        start=start_of(plan.start), end=moment.end, detected_at=moment.detected_at, observed=short.observed, expected=short.expected,
        ratio=short.observed / short.expected, p_value=short.p_value, q_value=q_value, severity=0.0, now_observed=short.observed,
        launch_id=plan.launch_id, gate=None, evidence=(), verdict="The plan has not come true.", note=None,
        state={"theme_ids": [short.theme]},
    )  # fmt: skip
    reason = (
        f"only {counted(short.observed, 'ticket')} since {title} began where its plan led to expect "
        f"{amount(short.expected)} by now{where(short.segment)}"
    )
    return spike, AlertDecision(notify=True, gate=None, kind=AlertKind.MISSING_VOLUME, reason=reason)
