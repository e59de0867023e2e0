"""The chart of an item as SVG by Matplotlib: hourly tickets, the expected band, and the spikes. The same input gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from models.bucket import hour_start
from models.count_range import HourlyRange
from models.plan_position import position_of
from store.board import HourlySeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 6.4, 1.7
"""Inches; a mail program shows 96 points to the inch."""

_DECIMALS = re.compile(r"(?<![\w.])(-?\d+\.\d)\d+")
_PATH_ENDS = re.compile(r" *\n([LMz])")

_GAP = 0.11
"""Free space on each side of a bar, in hours."""

_BAR, _ABOVE, _BAND, _MEAN, _SPIKE = "#8fa9c4", "#c2410c", "#dfe8e1", "#2f6f43", "#fdeadb"

MOST_HOURS = 72
"""Up to three days are drawn by the hour, longer windows by the day."""

MOST_LABELS = 9

_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "groundswell",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.major.size": 0.0,
    "path.simplify": True,
    "axes.edgecolor": "#8a8f98",
    "xtick.color": "#4a4f58",
    "ytick.color": "#4a4f58",
}
"""The salt makes the ids in the file the same in each run; text stays text, so that it is read aloud and can be searched."""


@dataclass(frozen=True, slots=True)
class PlotSpan:
    """A spike to shade; `end` is None while it is open."""

    start: datetime
    end: datetime | None


def plot_hours(series: HourlySeries, summary: str, spans: Sequence[PlotSpan] = (), timezone: str = "UTC") -> str:
    """Draw hourly tickets as an SVG that `summary` describes in words; empty where there are no hours."""
    if not series:
        return ""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # The style of the process is left alone: only what is drawn and written inside sees it.
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        _draw(axes, series, spans, ZoneInfo(timezone))
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    return _described(_shortened(written.getvalue()), summary)


@dataclass(frozen=True, slots=True)
class PlotStep:
    """One bar: its tickets, the range expected of it (None where there is none), and its start in the readers' zone."""

    observed: int
    expected: HourlyRange | None
    start: datetime

    @property
    def above(self) -> bool:
        """Whether it exceeds its range."""
        return self.expected is not None and self.observed > self.expected.high


def _steps(series: HourlySeries, zone: ZoneInfo) -> list[PlotStep]:
    """Return the bars: hours, or days of 24 hours from the beginning on where the hours would be too many to tell apart."""
    starts = [hour_start(hour.hour).astimezone(zone) for hour in series]
    if len(series) <= MOST_HOURS:
        return [PlotStep(hour.observed, hour.band, start) for hour, start in zip(series, starts, strict=True)]
    days = [series[place : place + 24] for place in range(0, len(series), 24)]
    return [
        PlotStep(sum(hour.observed for hour in day), position_of(day).envelope, starts[24 * place])
        for place, day in enumerate(days)
    ]


def _draw(axes: Axes, series: HourlySeries, spans: Sequence[PlotSpan], zone: ZoneInfo) -> None:
    from matplotlib.ticker import MaxNLocator

    steps = _steps(series, zone)
    began, unit = hour_start(series[0].hour), timedelta(hours=1 if len(steps) == len(series) else 24)
    for span in spans:
        left = max(0.0, (span.start - began) / unit)
        right = float(len(steps)) if span.end is None else min(float(len(steps)), (span.end - began) / unit)
        if right > left:
            axes.axvspan(left, right, color=_SPIKE, linewidth=0)
    low, mean, high = (_closed([_limit(step, name) for step in steps]) for name in ("low", "mean", "high"))
    edges = list(range(len(steps) + 1))
    axes.fill_between(edges, low, high, step="post", color=_BAND, linewidth=0)
    # One path for all bars of a color: a mail program cuts off a page of more than 100 kB.
    for color, wanted in ((_BAR, False), (_ABOVE, True)):
        heights = [step.observed if step.above is wanted else 0 for step in steps]
        axes.stairs(*_bars(heights), fill=True, color=color, linewidth=0)
    axes.step(edges, mean, where="post", color=_MEAN, linewidth=1.0)
    axes.set_xlim(0, len(steps))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    _label(axes, steps)


def _limit(step: PlotStep, name: str) -> float:
    return float("nan") if step.expected is None else float(getattr(step.expected, name))


def _bars(heights: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return bars with gaps between them as values and edges of one stair line."""
    values: list[float] = []
    edges = [0.0]
    for place, height in enumerate(heights):
        if height:
            values += [0.0, float(height)]
            edges += [place + _GAP, place + 1 - _GAP]
    return [*values, 0.0], [*edges, float(len(heights))]


def _closed(values: list[float]) -> list[float]:
    """Repeat the last value, so that its step has an end."""
    return [*values, values[-1]]


def _label(axes: Axes, steps: Sequence[PlotStep]) -> None:
    hourly = len(steps) < 2 or steps[1].start - steps[0].start == timedelta(hours=1)
    every = next(one for one in (1, 2, 3, 6, 12, 24, 48) if len(steps) / one <= MOST_LABELS) if steps else 1
    shown = [(place, step) for place, step in enumerate(steps) if (step.start.hour if hourly else place) % every == 0]
    texts = [f"{step.start:%H:%M}" if hourly else f"{step.start.day} {step.start:%b}" for _, step in shown]
    axes.set_xticks([float(place) for place, _ in shown], texts)


def _shortened(svg: str) -> str:
    """Leave out what no reader sees: decimals beyond the first, and line ends inside paths."""
    drawing = svg[svg.index("<svg") :]
    return _DECIMALS.sub(r"\1", _PATH_ENDS.sub(r" \1", drawing))


def _described(svg: str, summary: str) -> str:
    """Add what a reader who cannot see the picture is read: a title and a role (SVG 2, WAI-ARIA graphics)."""
    opened = svg.index(">")
    head = svg[:opened].replace("<svg", f'<svg role="img" aria-label="{escape(summary)}"', 1)
    return f"{head}>\n <title>{escape(summary)}</title>{svg[opened + 1 :]}"
