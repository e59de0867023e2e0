"""The chart of a figure by day: a line, the band in which usual days lie, and what was launched or changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from alerts.chart.scale import step_of
from alerts.chart.timeline import ChartMark, Label
from models.arrays import Floats
from models.metrics.expected_band import SeriesKind
from pipelines.figures.overview import LeadNumber

_LABELS = 7
"""Day labels along a chart: what fits on the screen of a telephone."""

_MARK_PERCENT = 3.0
_MARK_ROWS = 3
_SECOND_STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    10_800,
    21_600,
    43_200,
    86_400,
    172_800,
    432_000,
)
_SHARE_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A day: its place in percent of the width and height, whether it lies outside its band, and the day in words."""

    x: float
    y: float
    outside: bool
    description: str


@dataclass(frozen=True, slots=True)
class TrendMark:
    """Something that happened: when, its title and kind, and where it leads to ("" for nowhere)."""

    time: datetime
    title: str
    kind: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class TrendChart:
    """The geometry of a chart in a box of `days` by 100 units; `line`, `band` and `mean` are SVG paths, `summary` says it in words."""

    days: int
    line: str
    band: str
    mean: str
    points: tuple[TrendPoint, ...]
    values: tuple[Label, ...]
    labels: tuple[Label, ...]
    marks: tuple[ChartMark, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    step: float

    def y(self, value: float) -> float:
        return round(100.0 * (1 - (value - self.low) / (self.high - self.low)), 2)

    def ticks(self) -> list[float]:
        return [self.low + self.step * at for at in range(round((self.high - self.low) / self.step) + 1)]


def trend_chart(
    number: LeadNumber, title: str, start: datetime, say: Callable[[float], str], marks: Sequence[TrendMark] = ()
) -> TrendChart | None:
    """Lay out the days of a figure; None where no day has a value. `start` is the first day in UTC, `say` writes a value."""
    if not np.isfinite(number.days).any():
        return None
    days, band = len(number.days), number.band
    scale = _scale(number)
    said = [_described(number, day, start, say) for day in range(days)]
    outside = set(number.outside)
    points = tuple(
        TrendPoint(round(100 * (day + 0.5) / days, 2), scale.y(float(value)), day in outside, said[day])
        for day, value in enumerate(number.days)
        if math.isfinite(value)
    )
    every = max(1, -(-days // _LABELS))
    labels = tuple(
        Label(round(100 * (day + 0.5) / days, 2), f"{start + timedelta(days=day):%-d %b}")
        for day in range(0, days, every)
    )
    return TrendChart(
        days, _line(number.days, scale), _band(band.low, band.high, scale), _steps(band.middle, scale), points,
        tuple(Label(scale.y(value), say(value)) for value in scale.ticks()), labels, _placed(marks, start, days),
        _summary(number, title, start, said),
    )  # fmt: skip


def _scale(number: LeadNumber) -> _Scale:
    shown = np.concatenate((number.days, number.band.high, number.band.low))
    shown = shown[np.isfinite(shown)]
    low, high = float(shown.min()), float(shown.max())
    kind = number.figure.kind
    if kind is SeriesKind.SHARE:
        step = _first(_SHARE_STEPS, max(high - low, 0.02) / 4)
        low, high = max(0.0, step * math.floor(low / step + 1e-9)), min(1.0, step * math.ceil(high / step - 1e-9))
        return _Scale(low, max(high, low + step), step)
    if kind is SeriesKind.DURATION:
        step = _first(_SECOND_STEPS, max(high, 1.0) / 4)
        step *= max(1, math.ceil(high / step / 5))
    else:
        step = step_of(max(high, 1.0))
    return _Scale(0.0, step * math.ceil(max(high, step) / step), step)


def _first(steps: Sequence[float], least: float) -> float:
    return next((step for step in steps if step >= least), steps[-1])


def _line(values: Floats, scale: _Scale) -> str:
    path, joined = "", False
    for day, value in enumerate(values):
        known = math.isfinite(value)
        if known:
            path += f"{'L' if joined else 'M'}{day + 0.5} {scale.y(float(value))}"
        joined = known
    return path


def _band(low: Floats, high: Floats, scale: _Scale) -> str:
    return "".join(
        f"M{day} {scale.y(float(high[day]))}h1V{scale.y(float(low[day]))}h-1Z" for day in np.flatnonzero(np.isfinite(low)).tolist()
    )  # fmt: skip


def _steps(middle: Floats, scale: _Scale) -> str:
    return "".join(f"M{day} {scale.y(float(middle[day]))}h1" for day in np.flatnonzero(np.isfinite(middle)).tolist())


def _placed(marks: Sequence[TrendMark], start: datetime, days: int) -> tuple[ChartMark, ...]:
    placed: list[ChartMark] = []
    ends = [-100.0] * _MARK_ROWS
    for number, mark in enumerate(marks, 1):
        at = min(max(100 * ((mark.time - start) / timedelta(days=1)) / days, 0.0), 100.0)
        row = next((row for row, end in enumerate(ends) if at - end >= _MARK_PERCENT), 0)
        ends[row] = at
        placed.append(ChartMark(round(at, 2), number, row, f"{mark.kind}: {mark.title}, {mark.time:%a %-d %b %H:%M}"))
    return tuple(placed)


def _described(number: LeadNumber, day: int, start: datetime, say: Callable[[float], str]) -> str:
    value, band = float(number.days[day]), number.band
    text = f"{start + timedelta(days=day):%a %-d %b}: {say(value) if math.isfinite(value) else 'not known yet'}"
    if not math.isfinite(band.low[day]):
        return text
    return f"{text}, expected {say(float(band.low[day]))} to {say(float(band.high[day]))}"


def _summary(number: LeadNumber, title: str, start: datetime, said: Sequence[str]) -> str:
    last = start + timedelta(days=len(said) - 1)
    text = f"{title} by day from {start:%-d %b} to {last:%-d %b}"
    if not np.isfinite(number.band.low).any():
        return f"{text}, without an expected band: fewer than two weeks before are known."
    outside = [said[day] for day in number.outside]
    if not outside:
        return f"{text}: every day that is known lies inside the expected band."
    more = f" and {len(outside) - 3} more" if len(outside) > 3 else ""
    return f"{text}: {len(outside)} outside the expected band ({'; '.join(outside[:3])}{more})."
