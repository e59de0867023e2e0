"""The chart of an item as SVG by Matplotlib: hourly tickets, the expected band, and the spikes. The same input gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from alerts.chart.scale import is_above, summary_of
from models.bucket import hour_start
from store.board import HourlySeries

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 6.4, 1.7
"""Inches; a mail program shows 96 points to the inch."""

_GAP = 0.11
"""Free space on each side of a bar, in hours."""

_BAR, _ABOVE, _BAND, _MEAN, _SPIKE = "#8fa9c4", "#c2410c", "#dfe8e1", "#2f6f43", "#fdeadb"

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


def plot_hours(series: HourlySeries, spans: Sequence[PlotSpan] = (), timezone: str = "UTC") -> str:
    """Draw hourly tickets as an SVG with a title and a description in words; empty where there are no hours."""
    if not series:
        return ""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # The style of the process is left alone: only what is drawn and written inside sees it.
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.add_subplot()
        zone = ZoneInfo(timezone)
        _draw(axes, series, spans, zone)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
    return _described(written.getvalue(), summary_of(series))


def _draw(axes: Axes, series: HourlySeries, spans: Sequence[PlotSpan], zone: ZoneInfo) -> None:
    from matplotlib.ticker import MaxNLocator

    places = list(range(len(series)))
    began = hour_start(series[0].hour)
    for span in spans:
        left = max(0.0, (span.start - began) / timedelta(hours=1))
        right = len(series) if span.end is None else min(float(len(series)), (span.end - began) / timedelta(hours=1))
        if right > left:
            axes.axvspan(left, right, color=_SPIKE, linewidth=0)
    limits: dict[str, list[float]] = {"low": [], "high": [], "mean": []}
    for hour in series:
        for name, values in limits.items():
            values.append(float("nan") if hour.band is None else getattr(hour.band, name))
    edges = [*places, len(series)]
    low, high = (_closed(limits[name]) for name in ("low", "high"))
    axes.fill_between(edges, low, high, step="post", color=_BAND, linewidth=0)
    # One path for all bars of a color: a mail program cuts off a page of more than 100 kB.
    for color, wanted in ((_BAR, False), (_ABOVE, True)):
        heights = [hour.observed if is_above(hour) is wanted else 0 for hour in series]
        axes.stairs(*_bars(heights), fill=True, color=color, linewidth=0)
    axes.step(edges, _closed(limits["mean"]), where="post", color=_MEAN, linewidth=1.0)
    axes.set_xlim(0, len(series))
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    _label(axes, series, zone)


def _bars(heights: Sequence[int]) -> tuple[list[float], list[float]]:
    """Return bars with gaps between them as values and edges of one stair line."""
    values: list[float] = []
    edges = [0.0]
    for place, height in enumerate(heights):
        values += [0.0, float(height), 0.0]
        edges += [place + _GAP, place + 1 - _GAP, place + 1.0]
    return values, edges


def _closed(values: list[float]) -> list[float]:
    """Repeat the last value, so that its step has an end."""
    return [*values, values[-1]]


def _label(axes: Axes, series: HourlySeries, zone: ZoneInfo) -> None:
    times = [hour_start(hour.hour).astimezone(zone) for hour in series]
    if len(series) <= 48:
        every = next(step for step in (1, 2, 3, 6, 12) if len(series) / step <= 9)
        shown = [(place, f"{time:%H:%M}") for place, time in enumerate(times) if time.hour % every == 0]
    else:
        days = [(place, time) for place, time in enumerate(times) if time.hour == 0]
        shown = [(place, f"{time.day}.{time.month}.") for place, time in days[:: max(1, len(days) // 8)]]
    axes.set_xticks([float(place) for place, _ in shown], [text for _, text in shown])


def _described(svg: str, summary: str) -> str:
    """Add what a reader who cannot see the picture is read: a title and a role (SVG 2, WAI-ARIA graphics)."""
    start = svg.index("<svg")
    opened = svg.index(">", start)
    head = svg[start:opened].replace("<svg", f'<svg role="img" aria-label="{escape(summary)}"', 1)
    return f"{head}>\n <title>{escape(summary)}</title>{svg[opened + 1 :]}"
