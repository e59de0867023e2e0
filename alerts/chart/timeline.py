"""The chart of a timeline: geometry only, as plain numbers that a template writes as SVG.

Bars and bands are in a box of one unit per hour by `HEIGHT` units, which the page stretches to its width; labels are outside it and
placed in percent, so that they keep their size on a narrow screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from alerts.chart.scale import HEIGHT, is_above, mean_path, runs_of, summary_of, ticks_of, top_of, y_of
from models.bucket import hour_start
from models.formats import counted, figure, local_weekday
from store.board import ChangeRow, Hour, HourlySeries, LaunchRow

WIDE_HOURS = 36
"""Up to so many hours bars are drawn slim, so that the band shows next to them."""

LABELS = 7
"""Day labels along a chart: what fits on the screen of a telephone."""

MARK_PERCENT = 3.0
"""Marks closer than this would cover each other and go to another row."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour's tickets; `above`: they exceed the band; `signal`: in a spike, too; `running`: the hour has not ended."""

    x: float
    y: float
    height: float
    above: bool
    signal: bool
    running: bool
    description: str


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a place, in percent of the chart's width or height."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Shade:
    """A range of hours: a spike or a launch."""

    x: float
    width: float
    description: str


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A change: its place in percent, its number in the list under the chart, and that number's row."""

    at: float
    number: int
    row: int
    description: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A timeline. `band` and `mean` are SVG paths; `summary` description in words what the picture shows."""

    hours: int
    bar_width: float
    bars: tuple[Bar, ...]
    band: str
    mean: str
    spikes: tuple[Shade, ...]
    launches: tuple[Shade, ...]
    marks: tuple[ChartMark, ...]
    values: tuple[Label, ...]
    days: tuple[Label, ...]
    summary: str


class ChartSpike(Protocol):
    """A spike that a chart shades; `end` is None while it is open."""

    @property
    def spike_id(self) -> int:
        """Its number."""

    @property
    def start(self) -> datetime:
        """Its first instant."""

    @property
    def end(self) -> datetime | None:
        """Its last instant."""

    @property
    def verdict(self) -> str:
        """What explains it, in a sentence."""


def chart_of(
    series: HourlySeries,
    *,
    spikes: Sequence[ChartSpike] = (),
    changes: Sequence[ChangeRow] = (),
    launches: Sequence[LaunchRow] = (),
    until: datetime | None = None,
    zone: tzinfo = UTC,
) -> Chart | None:
    """Lay out a timeline, with space for the hours up to `until` and its times in `zone`; None where there are no hours."""
    if not series:
        return None
    top = top_of(series)
    began, hours = hour_start(series[0].hour), len(series)
    if until is not None:
        hours = max(hours, math.ceil((until - began) / timedelta(hours=1)))
    return Chart(
        hours=hours,
        bar_width=_bar_width(hours),
        bars=_bars(series, top, _bar_width(hours), spikes, zone),
        band=_band(series, top),
        mean=mean_path(series, top),
        spikes=tuple(
            _shade(began, hours, spike.start, spike.end, f"Spike {spike.spike_id}: {spike.verdict}")
            for spike in spikes
            if _overlaps(began, hours, spike.start, spike.end)
        ),
        launches=tuple(
            _shade(began, hours, launch.start, launch.end, f"{launch.kind}: {launch.title}") for launch in launches
        ),
        marks=_marks(began, hours, changes, zone),
        values=tuple(Label(100.0 * (1 - value / top), figure(value)) for value in ticks_of(top)),
        days=_days(series[0].hour, hours, zone),
        summary=summary_of(series, zone),
    )


def _bar_width(hours: int) -> float:
    return 0.5 if hours <= WIDE_HOURS else 0.78


def _bars(
    series: HourlySeries, top: float, width: float, spikes: Sequence[ChartSpike], zone: tzinfo
) -> tuple[Bar, ...]:
    bars = []
    for place, hour in enumerate(series):
        height = round(HEIGHT * hour.observed / top, 3)
        x = round(place + (1 - width) / 2, 3)
        y = round(HEIGHT - height, 3)
        # Only the last hour of a series can be under way; the first one may begin before what the series covers.
        last = place == len(series) - 1
        above, running = is_above(hour), last and hour.share < 1
        start = hour_start(hour.hour)
        signal = above and any(_overlaps(start, 1, spike.start, spike.end) for spike in spikes)
        text = _description(hour, zone, last=last)
        bars.append(Bar(x, y, height, above=above, signal=signal, running=running, description=text))
    return tuple(bars)


def _description(hour: Hour, zone: tzinfo, *, last: bool) -> str:
    text = f"{local_weekday(hour_start(hour.hour), zone)}: {counted(hour.observed, 'ticket')}"
    if hour.band is None:
        return f"{text}, no expectation yet"
    so_far = "" if hour.share == 1 else " so far" if last else " in the part of the hour that counts"
    limits = f"{figure(hour.band.low)} to {figure(hour.band.high)}"
    return f"{text}{so_far}, expected {figure(hour.band.mean)} ({limits})"


def _band(series: HourlySeries, top: float) -> str:
    paths = []
    for run in runs_of(series):
        upper = [(place, hour.band.high) for place, hour in run if hour.band]
        lower = [(place, hour.band.low) for place, hour in reversed(run) if hour.band]
        forth = "".join(f"V{y_of(value, top)}H{place + 1}" for place, value in upper)
        back = "".join(f"V{y_of(value, top)}H{place}" for place, value in lower)
        paths.append(f"M{run[0][0]} {y_of(upper[0][1], top)}{forth}{back}Z")
    return "".join(paths)


def _overlaps(began: datetime, hours: int, start: datetime, end: datetime | None) -> bool:
    return start < began + timedelta(hours=hours) and (end is None or end > began)


def _shade(began: datetime, hours: int, start: datetime, end: datetime | None, description: str) -> Shade:
    left = max(0.0, (start - began) / timedelta(hours=1))
    right = float(hours) if end is None else min(float(hours), (end - began) / timedelta(hours=1))
    return Shade(round(left, 3), round(max(0.0, right - left), 3), description)


def _marks(began: datetime, hours: int, changes: Sequence[ChangeRow], zone: tzinfo) -> tuple[ChartMark, ...]:
    marks: list[ChartMark] = []
    free_from: list[float] = []
    for number, change in enumerate(changes, start=1):
        at = min(100.0, max(0.0, 100.0 * ((change.time - began) / timedelta(hours=1)) / hours))
        row = next((row for row, free in enumerate(free_from) if at >= free), len(free_from))
        free_from[row : row + 1] = [at + MARK_PERCENT]
        marks.append(
            ChartMark(round(at, 2), number, row, f"{local_weekday(change.time, zone)}, {change.kind}: {change.title}")
        )
    return tuple(marks)


def _days(first: int, hours: int, zone: tzinfo) -> tuple[Label, ...]:
    if hours <= 48:
        every, text = next(step for step in (1, 2, 3, 6, 12) if hours / step <= LABELS), "%H:%M"
    else:
        every, text = 24 * -(-hours // 24 // LABELS), "%-d %b"
    days, labels = every // 24, []
    for place in range(hours):
        local = hour_start(first + place).astimezone(zone)
        # A day is labelled at its midnight in the zone, also where that is not 24 hours after the last one.
        begins = local.hour == 0 and local.toordinal() % days == 0 if days else local.hour % every == 0
        if begins:
            labels.append(Label(round(100.0 * place / hours, 2), format(local, text)))
    return tuple(labels)
