"""The volume inside a launch's scope: tickets by step of time, what is usual then, and what the plan leads to expect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from models.bucket import BUCKETS_PER_HOUR, bucket_of, start_of
from models.count_range import CountRange
from models.earlier_windows import BucketSpan
from models.launch import Launch
from models.launch_forecast import LiftedWeeks, forecast, mean_of
from models.spikes.expectation.lift import deviation_of
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.launches.plan_lines import LiftedThemes, stored_lines
from pipelines.launches.plan_preview import usual_windows
from store.board import Now
from store.launch_counts import ScopeCounts, count_in_scope

SHORT = timedelta(hours=12)
"""Launches of up to this length have a bar for each quarter of an hour, longer ones for each hour."""
HOURLY = timedelta(days=14)
"""Beyond this length a bar is a quarter of a day, so that a chart can be read."""
FOLLOWED = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class VolumeStep:
    """A step of the window: its tickets, None before it begins, and what is usual and expected in it; None where nothing is known."""

    start: datetime
    observed: int | None
    usual: float | None
    expected: CountRange | None

    def as_json(self) -> dict[str, Any]:
        """Write the step as the JSON interface shows it."""
        found = self.expected
        return {
            "start": rfc3339(self.start), "observed": self.observed, "usual": _rounded(self.usual),
            "expected": None if found is None else [round(one, 2) for one in (found.low, found.mean, found.high)],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScopeVolume:
    """The tickets in a scope during a launch.

    Parameters
    ----------
    minutes: length of a step. steps: those of the whole window, also those to come.
    observed, usual, expected: sums over the part that has passed; `usual` and `expected` None where nothing is known.
    whole: what is expected of the whole window. counted: False where it was counted from tickets, `cut` where not all of them were.
    basis: what the usual volume is founded on, in a sentence.
    """

    minutes: int
    steps: tuple[VolumeStep, ...]
    observed: int
    usual: float | None
    expected: CountRange | None
    whole: CountRange | None
    counted: bool
    cut: bool
    basis: str

    @property
    def ratio(self) -> float | None:
        """Tickets over what is usual; None where that is not known or nothing."""
        return self.observed / self.usual if self.usual else None

    def as_json(self) -> dict[str, Any]:
        """Write the volume as the JSON interface shows it."""
        return {
            "observed": self.observed, "usual": _rounded(self.usual), "step_minutes": self.minutes,
            "steps": [one.as_json() for one in self.steps], "counted": self.counted, "cut": self.cut, "basis": self.basis,
        }  # fmt: skip


def volume_of(connection: Connection, now: Now | None, launch: Launch, settings: SpikeSettings) -> ScopeVolume:
    """Count the tickets in the scope of a launch, also of one without a plan, and say what is usual and expected then."""
    step = step_of(launch.end - launch.start)
    first = bucket_of(launch.start)
    span = (first, max(first + 1, bucket_of(min(launch.end, launch.start + FOLLOWED) - timedelta(microseconds=1)) + 1))
    steps = -(-(span[1] - span[0]) // step)
    passed = 0 if now is None else max(0, min(span[1], now.bucket + 1) - span[0])
    earlier = usual_windows(connection, span, launch.scope, launch.launch_id)
    lines = stored_lines(connection, launch)
    groups = [group for line in lines for group in line.groups]
    ids = sorted({ALL_TICKETS, *(group.theme_ids[0] for group in groups)})
    seen = count_in_scope(connection, launch.scope, [ALL_TICKETS], [(span[0], span[0] + passed)], step)
    before = count_in_scope(connection, launch.scope, ids, _bounded(earlier.windows, seen), step)
    lift_all = next((line.lift_all for line in lines if line.lift_all is not None), None)
    plan = _Plan(groups, lift_all, deviation_of(launch.tolerance, settings.tolerance_coverage), before, steps)
    observed = seen.series(ALL_TICKETS, 0, steps)
    return ScopeVolume(
        minutes=5 * step,
        steps=tuple(
            VolumeStep(start_of(span[0] + at * step), observed[at] if at * step < passed else None, plan.usual(at, at + 1),
                       plan.expected(at, at + 1))
            for at in range(steps)
        ),
        observed=sum(observed),
        usual=plan.usual(0, passed / step),
        expected=plan.expected(0, passed / step),
        whole=plan.expected(0, steps),
        counted=seen.counted,
        cut=seen.cut or before.cut,
        basis=earlier.sentence,
    )  # fmt: skip


def step_of(length: timedelta) -> int:
    """Return how many buckets a bar has in the chart of a launch of this length."""
    if length <= SHORT:
        return BUCKETS_PER_HOUR // 4
    return BUCKETS_PER_HOUR if length <= HOURLY else 6 * BUCKETS_PER_HOUR


def _bounded(windows: Sequence[BucketSpan], seen: ScopeCounts) -> Sequence[BucketSpan]:
    """Look at one earlier window alone where tickets are counted one by one."""
    return windows if seen.counted else windows[:1]


@dataclass(frozen=True, slots=True)
class _Plan:
    groups: Sequence[LiftedThemes]
    lift_all: float | None
    deviation: float
    before: ScopeCounts
    steps: int

    def usual(self, start: float, end: float) -> float | None:
        """Return the usual tickets of steps [start, end); a part of a step counts by its share."""
        return mean_of(self._weeks(ALL_TICKETS, start, end)) if self.before.spans else None

    def expected(self, start: float, end: float) -> CountRange | None:
        """Return the expected tickets of steps [start, end)."""
        if not self.before.spans or end <= start:
            return None
        lines = [LiftedWeeks(group.lift, self._weeks(group.theme_ids[0], start, end)) for group in self.groups]
        return forecast(lines, self._weeks(ALL_TICKETS, start, end), self.lift_all, self.deviation)

    def _weeks(self, theme: int, start: float, end: float) -> list[float]:
        if isinstance(start, int) and end == start + 1:
            # One step of few weeks says little: it is smoothed with the steps before and after it.
            adjacent = [at for at in (start - 1, start, start + 1) if 0 <= at < self.steps]
            return [
                sum(week.get(theme, {}).get(at, 0) for at in adjacent) / len(adjacent) for week in self.before.spans
            ]
        return [
            sum(n * _share(at, start, end) for at, n in week.get(theme, {}).items() if start - 1 < at < end)
            for week in self.before.spans
        ]


def _share(at: int, start: float, end: float) -> float:
    return max(0.0, min(at + 1.0, end) - max(float(at), start))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
