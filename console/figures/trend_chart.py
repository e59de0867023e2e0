"""The chart of a figure by day: a line, the band in which usual days lie, and what was launched or changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from alerts.chart.scale import step_of
from alerts.chart.timeline import Label
from models.arrays import Floats
from models.metrics.expected_band import SeriesKind
from pipelines.figures.overview import LeadNumber

_EACH_DAY, _LABELS = 7, 5
"""Up to so many days each has a label; more have so many labels: what fits on the screen of a telephone."""

_TICK_PERCENT = 9.0
"""Marks closer than this would cover each other and become one."""

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
class TrendTick:
    """The mark of a day above a chart: its place in percent, the numbers in the list of what happened, and that in words."""

    at: float
    text: str
    description: str


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
    marks: tuple[TrendTick, ...]
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
    every = 1 if days <= _EACH_DAY else -(-days // _LABELS)
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


def _placed(marks: Sequence[TrendMark], start: datetime, days: int) -> tuple[TrendTick, ...]:
    """Return the marks of what happened, in the order of time; those of one day or of days close to each other are one mark."""
    places = [100 * ((mark.time - start) // timedelta(days=1) + 0.5) / days for mark in marks]
    groups: list[list[int]] = []
    for number, at in enumerate(places):
        if groups and at - places[groups[-1][0]] < _TICK_PERCENT:
            groups[-1].append(number)
        else:
            groups.append([number])
    return tuple(_tick(group, places, marks) for group in groups)


def _tick(group: Sequence[int], places: Sequence[float], marks: Sequence[TrendMark]) -> TrendTick:
    first, last = group[0], group[-1]
    return TrendTick(
        round((places[first] + places[last]) / 2, 2),
        str(first + 1) if first == last else f"{first + 1}–{last + 1}",
        "; ".join(f"{marks[one].kind}: {marks[one].title}" for one in group),
    )


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
