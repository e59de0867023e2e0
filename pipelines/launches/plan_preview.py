"""The preview of a plan: which themes and how many usual tickets each line means, and what the plan leads to expect in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from models.bucket import bucket_of
from models.count_range import CountRange
from models.earlier_windows import BucketSpan, EarlierWindows, earlier_windows
from models.event import LaunchData
from models.formats import utc_minute
from models.launch_forecast import LiftedWeeks, forecast, mean_of
from models.segment import Segment
from models.spikes.expectation.lift import deviation_of
from models.theme import ALL_TICKETS
from pipelines.launches.plan_lines import (
    EmbedText,
    IndexCache,
    ResolvedLine,
    launches_around,
    resolve_lines,
    without_repeats,
)
from pipelines.settings import MiningSettings
from store.epochs import read_mined_until
from store.launch_counts import ScopeCounts, count_in_scope, read_record
from store.records import chunks
from store.schema import themes

LONGEST = timedelta(days=60)
"""A longer window is previewed by its first 60 days: it is a season, which the calendar learns."""


@dataclass(frozen=True, slots=True)
class PreviewedTheme:
    """A theme that a line means: its usual tickets in the window, inside the scope."""

    theme_id: int
    name: str
    usual: float
    lift: float
    lifted: bool

    def as_json(self) -> dict[str, Any]:
        """Write the theme as the JSON interface shows it; `lifted` False for a theme that shares the envelope of another."""
        return {
            "theme_id": self.theme_id, "name": self.name, "usual": round(self.usual, 1), "lift": round(self.lift, 3),
            "lifted": self.lifted,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PreviewedLine:
    """A line of a plan: its themes, its usual tickets, and those that it leads to expect. `rest`: it lifts all other themes."""

    themes: tuple[PreviewedTheme, ...]
    usual: float
    expected: float
    rest: bool

    def as_json(self) -> dict[str, Any]:
        """Write the line as the JSON interface shows it."""
        return {
            "themes": [one.as_json() for one in self.themes], "usual": round(self.usual, 1), "expected": round(self.expected, 1),
            "rest": self.rest,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a plan means now.

    Parameters
    ----------
    usual, total: all tickets of the scope in the window, as usual and under the plan; None where nothing is known.
    basis: what the usual volume is founded on, in a sentence. warnings: what the plan does not do, a sentence each.
    """

    lines: tuple[PreviewedLine, ...]
    usual: float | None
    total: CountRange | None
    basis: str
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Write the preview as the JSON interface shows it."""
        total = self.total
        return {
            "lines": [one.as_json() for one in self.lines], "usual": None if self.usual is None else round(self.usual, 1),
            "expected": None if total is None else round(total.mean, 1), "low": None if total is None else round(total.low, 1),
            "high": None if total is None else round(total.high, 1), "basis": self.basis, "warnings": list(self.warnings),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRules:
    """What a plan is previewed by; `own_id` is the launch that is revised, None for a new one."""

    mining: MiningSettings
    cache: IndexCache
    embed: EmbedText
    own_id: str | None = None


def preview_plan(
    connection: Connection, plan: LaunchData, rules: PreviewRules, known_since: datetime | None = None
) -> PlanPreview:
    """Work out what a plan means. Its names must have been checked; `known_since` is None for as soon as possible."""
    lines = without_repeats(resolve_lines(connection, plan, rules.mining, rules.cache, rules.embed))
    scope = Segment.of(plan.scope)
    span = _span(plan)
    earlier = usual_windows(connection, span, scope, rules.own_id)
    ids = sorted({theme for line in lines for group in line.groups for theme in group.theme_ids} | {ALL_TICKETS})
    counts = count_in_scope(connection, scope, ids, earlier.windows, span[1] - span[0])
    deviation = deviation_of(plan.tolerance, rules.mining.spikes.tolerance_coverage)
    lift_all = next((line.lift_all for line in lines if line.lift_all is not None), None)
    every_week = _weeks(counts, [ALL_TICKETS])
    total = forecast(lifted_weeks(lines, counts), every_week, lift_all, deviation)
    warnings = [*effect_warnings(plan, read_mined_until(connection), known_since), *_warnings(plan, lines, counts)]
    return PlanPreview(
        lines=tuple(_preview_lines(connection, lines, counts)),
        usual=mean_of(every_week) if every_week else None,
        total=total,
        basis=earlier.sentence,
        warnings=tuple(warnings),
    )


def usual_windows(connection: Connection, span: BucketSpan, scope: Segment, own_id: str | None) -> EarlierWindows:
    """Find the earlier windows that say what is usual in a window of buckets, inside a scope."""
    record = read_record(connection)
    if record is None:
        return EarlierWindows("", ())
    others = [(bucket_of(start), bucket_of(end) + 1) for start, end in launches_around(connection, own_id, scope)]
    return earlier_windows(span, (record[0], min(record[1], span[0])), others)


def lifted_weeks(lines: Sequence[ResolvedLine], counts: ScopeCounts) -> list[LiftedWeeks]:
    """Return the lifted tickets of each group: those of the theme that it means most, the others share its envelope."""
    return [LiftedWeeks(group.lift, _weeks(counts, group.theme_ids[:1])) for line in lines for group in line.groups]


def effect_warnings(plan: LaunchData, mined_until: datetime | None, known_since: datetime | None) -> list[str]:
    """Say where a plan can no longer take effect, or not in all of its window.

    The miner knows a plan in the epochs that end after `known_since`, and never decides a mined epoch again.
    """
    since = max((one for one in (mined_until, known_since) if one is not None), default=None)
    if since is None:
        return []
    mined = since == mined_until
    what = f"tickets are mined until {utc_minute(since)}" if mined else f"it is known since {utc_minute(since)}"
    if plan.end <= since:
        return [f"This plan can no longer take effect: {what}, and its window ends at {utc_minute(plan.end)}."]
    if plan.start < since:
        return [f"This plan takes effect only from {utc_minute(since)} on: {what}, and its window begins before that."]
    return []


def _warnings(plan: LaunchData, lines: Sequence[ResolvedLine], counts: ScopeCounts) -> list[str]:
    found = []
    if not plan.expected:
        found.append(
            "This plan has no line: what past launches of its kind brought is expected, and nothing where there are none."
        )
    for at, (line, resolved) in enumerate(zip(plan.expected, lines, strict=True), start=1):
        if not resolved.groups and resolved.lift_all is None:
            why = "no theme is similar to its text yet" if line.about else "its themes are already in another line"
            found.append(
                f"Line {at} means nothing now: {why if line.like is None else 'nothing is known of that launch'}."
            )
    if not counts.counted and plan.scope:
        tail = ", the newest 10,000 of each week" if counts.cut else ""
        found.append(f"The scope is no segment that is counted: its usual volume is counted from tickets{tail}.")
    if plan.end - plan.start > LONGEST:
        found.append("The window is longer than 60 days: figures are of its first 60 days.")
    return found


def _preview_lines(connection: Connection, lines: Sequence[ResolvedLine], counts: ScopeCounts) -> list[PreviewedLine]:
    names = _names(connection, {theme for line in lines for group in line.groups for theme in group.theme_ids})
    named = sum(mean_of(_weeks(counts, group.theme_ids[:1])) for line in lines for group in line.groups)
    rest = max(0.0, mean_of(_weeks(counts, [ALL_TICKETS])) - named)
    found = []
    for line in lines:
        shown = tuple(
            PreviewedTheme(theme, names.get(theme, ""), mean_of(_weeks(counts, [theme])), group.lift, lifted=place == 0)
            for group in line.groups
            for place, theme in enumerate(group.theme_ids)
        )
        usual = sum(one.usual for one in shown if one.lifted) + (rest if line.lift_all is not None else 0.0)
        expected = sum(one.usual * one.lift for one in shown if one.lifted) + rest * (line.lift_all or 0.0)
        found.append(PreviewedLine(shown, usual, expected, rest=line.lift_all is not None))
    return found


def _weeks(counts: ScopeCounts, theme_ids: Sequence[int]) -> list[float]:
    return [float(sum(counts.total(theme, week) for theme in theme_ids)) for week in range(len(counts.spans))]


def _span(plan: LaunchData) -> BucketSpan:
    start = bucket_of(plan.start)
    return start, max(start + 1, bucket_of(min(plan.end, plan.start + LONGEST)))


def _names(connection: Connection, theme_ids: set[int]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for part in chunks(theme_ids):
        query = select(themes.c.id, themes.c.name).where(themes.c.id.in_(part))
        found.update({row.id: row.name for row in connection.execute(query)})
    return found
