"""Missing planned volume: alerts about plans that do not come true, once for each line of a plan."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alerts.gates import AlertSignal, decide
from alerts.reason import where
from models.alert import AlertKind
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR, start_of
from models.formats import amount, counted
from models.launch import Launch
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes import LaunchEffect, ThemeLift
from models.spikes.expectation.lift import deviation_of
from models.spikes.statistics.count_tails import upper_tail
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext
from pipelines.epoch.alerts import apply_gate, note, open_for_spike, signal_facts
from pipelines.epoch.causes import explain_plan
from pipelines.epoch.detection import Detection
from pipelines.launches.effects import counted_scope, meant_most
from pipelines.launches.resolve_plans import clearly_meant
from store.reviews import count_windows
from store.spikes import SpikeState, StoredSpike, write_spikes

MISSING_FROM = 10.0
"""Expected tickets below which a planned theme that does not come is not reported: so few tickets may be missing by chance."""
MISSING_SHARE = 0.5
"""Share of the window that must have passed: a plan says how much comes, not when."""
MISSING_AFTER = 24 * BUCKETS_PER_HOUR
"""Buckets after which a long launch is judged all the same."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a plan. `named` are the themes that the plan's lines name: a line for all themes is about the others."""

    launch: Launch
    plan: LaunchEffect
    group: ThemeLift
    named: Collection[int]

    @property
    def for_all(self) -> bool:
        return ALL_TICKETS in self.group.theme_ids


class _Shortfall(NamedTuple):
    """A line since the launch began: its theme, the segment that was counted, what came, what was expected, and how likely."""

    theme: int
    segment: Segment
    observed: int
    expected: float
    p_value: float


def report_missing(context: EpochContext) -> int:
    """Report planned themes that have by far not come, once for a launch and plan line. Returns how many were reported.

    A line is missing when its count since the launch began is so small that the plan, with its tolerance, explains it with a
    probability of at most `launch_level`, shared among the lines. Each gets a row among the spikes, which has ended already.
    """
    detection = Detection(context.state, context.window)
    level = context.state.detector.settings.launch_level
    found = []
    for launch, plan in zip(context.window.launches, detection.launches, strict=True):
        lines = _lines(context, launch, plan)
        reported = _reported(context, launch)
        for line in lines:
            if line.group.theme_ids & reported or not _is_clear(context, line):
                continue
            short = _shortfall(context, detection, line)
            p_value = min(1.0, short.p_value * len(lines))
            if short.observed < short.expected and p_value <= level:
                found.append(_missing(context, line, short, p_value))
    for spike, sentence in found:
        _decide(context, spike, sentence)
    return len(found)


def _decide(context: EpochContext, spike: StoredSpike, sentence: str) -> None:
    """Write the spike of a line that did not come, and alert it unless a silence covers it."""
    signal = AlertSignal(
        kind=AlertKind.MISSING_VOLUME, sentence=sentence, theme_id=spike.theme_id,
        theme_name=context.state.themes.name_of(spike.theme_id), tickets=spike.observed, requesters=0, start=spike.start,
        segment=spike.segment, spike=spike, sized=False,
    )  # fmt: skip
    decision = decide(signal, signal_facts(context, signal, planned_by=context.window.launch(spike.launch_id)))
    decided = apply_gate(context, spike, decision)
    write_spikes(context.connection, [decided])
    note(context, signal, decision, open_for_spike(context, decision, decided) if decision.notify else None)


def _lines(context: EpochContext, launch: Launch, plan: LaunchEffect) -> list[_Line]:
    """Return the lines of a plan, that for all themes last; none while it is too early to judge them."""
    bucket = context.window.bucket
    due = min(MISSING_SHARE * (plan.end - plan.start), MISSING_AFTER)
    if not due <= bucket - plan.start or bucket > plan.end:
        return []
    named = {theme for group in plan.expected for theme in group.theme_ids}
    groups = [*plan.expected]
    if plan.lift_all is not None:
        groups.append(ThemeLift(frozenset({ALL_TICKETS}), plan.lift_all))
    return [_Line(launch, plan, group, named) for group in groups]


def _reported(context: EpochContext, launch: Launch) -> set[int]:
    """Return the themes that were reported missing under a launch."""
    return {one.theme_id for one in context.state.episodes if one.missing and one.launch_id == launch.launch_id}


def _is_clear(context: EpochContext, line: _Line) -> bool:
    """Tell whether a line lifts its theme, and means it clearly."""
    core, launches = line.group.core, {launch.launch_id: launch for launch in context.window.launches}
    if line.group.lift <= 1.0:
        return False
    return core is None or clearly_meant(context.state, launches, line.launch.launch_id, core)


def _shortfall(context: EpochContext, detection: Detection, line: _Line) -> _Shortfall:
    """Compare a line with its plan; a line for all themes without the themes that others name.

    Where too few tickets are expected to be reported, the figures are those of a plan that came true.
    """
    plan, group, named, for_all = line.plan, line.group, line.named, line.for_all
    window = (plan.start, context.window.bucket)
    segment, number = counted_scope(context.state, plan.scope)
    asked = [ALL_TICKETS, *sorted(named)] if for_all else meant_most(group)
    known, mean, variance = detection.forecast(asked, segment, [window], group.lift)
    expected = float(mean[0].sum() - mean[1:].sum()) if for_all else float(mean.sum())
    lead = ALL_TICKETS if for_all else known[int(np.argmax(mean[:, 0]))]
    if expected < MISSING_FROM:
        return _Shortfall(lead, segment, 0, 0.0, 1.0)
    spread = float(variance[:1].sum() if for_all else variance.sum())
    spread += (deviation_of(plan.tolerance, context.state.detector.settings.tolerance_coverage) * expected) ** 2
    # What was planned may have come in any theme that is similar.
    tickets = count_windows(context.connection, number, [window], {*named, *group.theme_ids})[0]
    observed = sum(tickets.get(theme, 0) for theme in group.theme_ids)
    observed -= sum(tickets.get(theme, 0) for theme in named) if for_all else 0
    p_value = 1.0 - float(upper_tail(observed, expected, spread))
    subsets = () if for_all else _subset_tails(context, detection, line)
    return _Shortfall(lead, segment, observed, expected, max(p_value, *subsets) if subsets else p_value)


def _subset_tails(context: EpochContext, detection: Detection, line: _Line) -> list[float]:
    """Return the lower tails of the tickets nearest to a line's text, of each share of its themes that the text may mean.

    A theme may contain more than the text means, of which nothing is planned: then less comes than a plan for the entire theme says.
    So volume is missing only where every such share is (an intersection-union test, Berger 1982).
    """
    bucket, settings = context.window.bucket, context.state.detector.settings
    window = (max(line.plan.start, bucket - BUCKETS_PER_DAY), bucket)
    deviation = deviation_of(line.plan.tolerance, settings.tolerance_coverage)
    found = []
    for nearest in line.group.nearest:
        _, mean, variance = detection.forecast(nearest.theme_ids, nearest.segment, [window], line.group.lift)
        expected, noise = float(mean.sum()), float(variance.sum())
        if expected <= 0.0:
            continue
        for share, seen in zip(nearest.shares, nearest.seen([window])[:, 0].tolist(), strict=True):
            of_share = (1.0 - share) / (share * nearest.known)
            spread = share * noise + (deviation**2 + of_share) * (share * expected) ** 2
            found.append(1.0 - float(upper_tail(seen, share * expected, spread)))
    return found


def _missing(context: EpochContext, line: _Line, short: _Shortfall, q_value: float) -> tuple[StoredSpike, str]:
    """Make the spike of a line that did not come, explained and kept in the state, and the sentence that says so."""
    spike = StoredSpike(
        spike_id=context.state.counts.next_id("spike"), theme_id=short.theme, segment=short.segment,
        kind=SpikeKind.MISSING_VOLUME, start=start_of(line.plan.start), end=context.window.end,
        detected_at=context.window.detected_at, observed=short.observed, expected=short.expected,
        ratio=short.observed / short.expected, p_value=short.p_value, q_value=q_value, severity=0.0,
        now_observed=short.observed, launch_id=line.launch.launch_id, gate=None, verdict="The plan has not come true.",
        state=SpikeState(theme_ids=(short.theme,)),
    )  # fmt: skip
    spike = explain_plan(context, spike, line.launch, _meant(context, line))
    context.state.episodes.put(spike)
    reason = (
        f"only {counted(short.observed, 'ticket')} since {line.launch.title} began where its plan led to expect "
        f"{amount(short.expected)} by now{where(short.segment)}"
    )
    return spike, reason


def _meant(context: EpochContext, line: _Line) -> Sequence[int]:
    """Return all themes that a line means; none, which stands for all tickets, where a line for all is the only one."""
    if not line.for_all:
        return sorted(line.group.theme_ids)
    if not line.named:
        return []
    return sorted(record.theme_id for record in context.state.themes.live() if record.theme_id not in line.named)
