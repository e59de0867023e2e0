"""Charts: geometry only, as plain numbers that a template writes as SVG.

Bars and bands are in a box of one unit per hour by `HEIGHT` units, which the page stretches to its width; labels are outside it and
placed in percent, so that they keep their size on a narrow screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from models.bucket import hour_start
from models.formats import counted, figure, utc_weekday
from store.board import ChangeRow, Hour, HourlySeries, LaunchRow

HEIGHT = 100.0
WIDE_HOURS = 36
"""Up to so many hours bars are drawn slim, so that the band shows next to them."""

LABELS = 7
"""Day labels along a chart: what fits on the screen of a telephone."""

MARK_PERCENT = 3.0
"""Marks closer than this would cover each other and go to another row."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour's tickets; `above`: they exceed the band; `running`: the hour has not ended."""

    x: float
    y: float
    height: float
    above: bool
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


@dataclass(frozen=True, slots=True)
class Spark:
    """A small chart of one row, in a box of `hours` by `HEIGHT`, all of it SVG paths.

    `usual` are the bars within their band, `above` those that exceed it, `running` that of the hour under way.
    """

    hours: int
    usual: str
    above: str
    running: str
    mean: str
    description: str


@dataclass(frozen=True, slots=True)
class Bullet:
    """An actual against its envelope on one scale, all in percent of the width."""

    low: float
    width: float
    mean: float
    actual: float


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
) -> Chart | None:
    """Lay out a timeline, with room for what is to come before `until`; None where there are no hours."""
    if not series:
        return None
    top = _top(series)
    began, hours = hour_start(series[0].hour), len(series)
    if until is not None:
        hours = max(hours, math.ceil((until - began) / timedelta(hours=1)))
    return Chart(
        hours=hours,
        bar_width=_bar_width(hours),
        bars=_bars(series, top, _bar_width(hours)),
        band=_band(series, top),
        mean=_mean(series, top),
        spikes=tuple(
            _shade(began, hours, spike.start, spike.end, f"Spike {spike.spike_id}: {spike.verdict}")
            for spike in spikes
            if _overlaps(began, hours, spike.start, spike.end)
        ),
        launches=tuple(
            _shade(began, hours, launch.start, launch.end, f"{launch.kind}: {launch.title}") for launch in launches
        ),
        marks=_marks(began, hours, changes),
        values=tuple(Label(100.0 * (1 - value / top), figure(value)) for value in _ticks(top)),
        days=_days(series[0].hour, hours),
        summary=_summary(series),
    )


def spark_of(series: HourlySeries) -> Spark | None:
    """Lay out a small chart; None where there are no hours."""
    if not series:
        return None
    top = _top(series)
    paths = {"usual": "", "above": "", "running": ""}
    for place, hour in enumerate(series):
        if hour.observed:
            kind = "running" if hour.share < 1 and place == len(series) - 1 else "above" if _above(hour) else "usual"
            paths[kind] += f"M{place} {HEIGHT:g}V{_y(hour.observed, top)}h.78V{HEIGHT:g}"
    return Spark(len(series), **paths, mean=_mean(series, top), description=_summary(series))


def bullet_of(actual: int, low: float, mean: float, high: float) -> Bullet:
    """Lay out an actual against its envelope."""
    scale = 100.0 / (max(actual, high, 1.0) * 1.05)
    return Bullet(low * scale, (high - low) * scale, mean * scale, actual * scale)


def _top(series: HourlySeries) -> float:
    highest = max((max(hour.observed, hour.band.high if hour.band else 0.0) for hour in series), default=0.0)
    step = _step(max(highest, 1.0))
    return step * math.ceil(max(highest, 1.0) / step)


def _step(highest: float) -> float:
    # Steps of 1, 2 or 5 times a power of ten, so that at most four lines are drawn; never a part of a ticket.
    power = 10.0 ** math.floor(math.log10(highest / 4)) if highest > 4 else 1.0
    return next((power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) <= 4), power * 10)


def _ticks(top: float) -> list[float]:
    step = _step(top)
    return [step * number for number in range(round(top / step) + 1)]


def _bar_width(hours: int) -> float:
    return 0.5 if hours <= WIDE_HOURS else 0.78


def _bars(series: HourlySeries, top: float, width: float) -> tuple[Bar, ...]:
    bars = []
    for place, hour in enumerate(series):
        height = round(HEIGHT * hour.observed / top, 3)
        x = round(place + (1 - width) / 2, 3)
        y = round(HEIGHT - height, 3)
        # Only the last hour of a series can be under way; the first one may begin before what the series covers.
        last = place == len(series) - 1
        running = last and hour.share < 1
        bars.append(Bar(x, y, height, above=_above(hour), running=running, description=_description(hour, last=last)))
    return tuple(bars)


def _above(hour: Hour) -> bool:
    return hour.band is not None and hour.observed > hour.band.high


def _description(hour: Hour, *, last: bool) -> str:
    text = f"{utc_weekday(hour_start(hour.hour))}: {counted(hour.observed, 'ticket')}"
    if hour.band is None:
        return f"{text}, no expectation yet"
    so_far = "" if hour.share == 1 else " so far" if last else " in the part of the hour that counts"
    limits = f"{figure(hour.band.low)} to {figure(hour.band.high)}"
    return f"{text}{so_far}, expected {figure(hour.band.mean)} ({limits})"


def _runs(series: HourlySeries) -> list[list[tuple[int, Hour]]]:
    runs: list[list[tuple[int, Hour]]] = []
    for place, hour in enumerate(series):
        if hour.band is None:
            continue
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append((place, hour))
        else:
            runs.append([(place, hour)])
    return runs


def _band(series: HourlySeries, top: float) -> str:
    paths = []
    for run in _runs(series):
        upper = [(place, hour.band.high) for place, hour in run if hour.band]
        lower = [(place, hour.band.low) for place, hour in reversed(run) if hour.band]
        forth = "".join(f"V{_y(value, top)}H{place + 1}" for place, value in upper)
        back = "".join(f"V{_y(value, top)}H{place}" for place, value in lower)
        paths.append(f"M{run[0][0]} {_y(upper[0][1], top)}{forth}{back}Z")
    return "".join(paths)


def _mean(series: HourlySeries, top: float) -> str:
    paths = []
    for run in _runs(series):
        steps = [(place, _y(hour.band.mean, top)) for place, hour in run if hour.band]
        paths.append(f"M{steps[0][0]} {steps[0][1]}" + "".join(f"V{y}H{place + 1}" for place, y in steps))
    return "".join(paths)


def _y(value: float, top: float) -> float:
    return round(HEIGHT * (1 - value / top), 2)


def _overlaps(began: datetime, hours: int, start: datetime, end: datetime | None) -> bool:
    return start < began + timedelta(hours=hours) and (end is None or end > began)


def _shade(began: datetime, hours: int, start: datetime, end: datetime | None, description: str) -> Shade:
    left = max(0.0, (start - began) / timedelta(hours=1))
    right = float(hours) if end is None else min(float(hours), (end - began) / timedelta(hours=1))
    return Shade(round(left, 3), round(max(0.0, right - left), 3), description)


def _marks(began: datetime, hours: int, changes: Sequence[ChangeRow]) -> tuple[ChartMark, ...]:
    marks: list[ChartMark] = []
    free_from: list[float] = []
    for number, change in enumerate(changes, start=1):
        at = min(100.0, max(0.0, 100.0 * ((change.time - began) / timedelta(hours=1)) / hours))
        row = next((row for row, free in enumerate(free_from) if at >= free), len(free_from))
        free_from[row : row + 1] = [at + MARK_PERCENT]
        marks.append(ChartMark(round(at, 2), number, row, f"{utc_weekday(change.time)}, {change.kind}: {change.title}"))
    return tuple(marks)


def _days(first: int, hours: int) -> tuple[Label, ...]:
    if hours <= 48:
        every, text = next(step for step in (1, 2, 3, 6, 12) if hours / step <= LABELS), "%H:%M"
    else:
        every, text = 24 * -(-hours // 24 // LABELS), "%-d %b"
    return tuple(
        Label(round(100.0 * place / hours, 2), format(hour_start(first + place), text))
        for place in range(hours)
        if (first + place) % every == 0
    )


def _summary(series: HourlySeries) -> str:
    highest = max(series, key=lambda hour: hour.observed)
    above = sum(map(_above, series))
    began, ended = hour_start(series[0].hour), hour_start(series[-1].hour + 1)
    return (
        f"Tickets an hour from {utc_weekday(began)} to {utc_weekday(ended)}: "
        f"{counted(sum(hour.observed for hour in series), 'ticket')}, at most {highest.observed} in an hour "
        f"({utc_weekday(hour_start(highest.hour))}), {counted(above, 'hour')} above the expected band."
    )
