"""The chart of an item as SVG by Matplotlib: hourly tickets, the expected band, and the spikes. The same input gives the same bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from models.bucket import hour_start
from models.count_range import CountRange
from models.plan_position import position_of
from models.times import parse_rfc3339, rfc3339
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

PNG_DPI = 192

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


@dataclass(frozen=True, slots=True)
class PlotStep:
    """One bar: its tickets, and the range expected of it, None where there is none."""

    observed: int
    expected: CountRange | None = None

    @property
    def above(self) -> bool:
        """Whether it exceeds its range."""
        return self.expected is not None and self.observed > self.expected.high


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: bars of `unit` each from `start` on, spikes as shades, and the picture in words. Times are timezone-aware."""

    start: datetime
    unit: timedelta
    steps: tuple[PlotStep, ...]
    spans: tuple[PlotSpan, ...]
    summary: str
    timezone: str = "UTC"

    def as_json(self) -> dict[str, Any]:
        """Write it as the facts of a digest hold it."""
        ranges = [
            None
            if one.expected is None
            else [round(one.expected.low, 2), round(one.expected.mean, 2), round(one.expected.high, 2)]
            for one in self.steps
        ]
        return {
            "start": rfc3339(self.start), "unit_seconds": int(self.unit.total_seconds()), "summary": self.summary,
            "observed": [one.observed for one in self.steps], "expected": ranges, "timezone": self.timezone,
            "spans": [[rfc3339(one.start), rfc3339(one.end)] for one in self.spans],
        }  # fmt: skip

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Plot:
        """Read what `as_json` wrote."""
        steps = [
            PlotStep(observed, None if limits is None else CountRange(limits[1], limits[0], limits[2]))
            for observed, limits in zip(stored["observed"], stored["expected"], strict=True)
        ]
        spans = [PlotSpan(parse_rfc3339(start), parse_rfc3339(end)) for start, end in stored["spans"]]
        unit = timedelta(seconds=stored["unit_seconds"])
        return cls(
            parse_rfc3339(stored["start"]), unit, tuple(steps), tuple(spans), stored["summary"], stored["timezone"]
        )


def plot_of(series: HourlySeries, summary: str, spans: Sequence[PlotSpan] = (), timezone: str = "UTC") -> Plot | None:
    """Lay out hourly tickets, which `summary` describes in words; None where there are no hours.

    Bars are hours, or days of 24 hours from the beginning on where the hours would be too many to tell apart.
    """
    if not series:
        return None
    wide = 1 if len(series) <= MOST_HOURS else 24
    parts = [series[place : place + wide] for place in range(0, len(series), wide)]
    steps = tuple(PlotStep(sum(hour.observed for hour in part), _expected(part)) for part in parts)
    return Plot(hour_start(series[0].hour), timedelta(hours=wide), steps, tuple(spans), summary, timezone)


def _expected(part: HourlySeries) -> CountRange | None:
    if len(part) == 1:
        band = part[0].band
        return None if band is None else CountRange(band.mean, band.low, band.high)
    return position_of(part).envelope


def svg_of(plot: Plot) -> str:
    """Draw a picture as SVG, with its description as title and accessible name."""
    return _described(
        _shortened(_drawn(plot, "svg", {"Date": None, "Creator": None, "Type": None, "Format": None}).decode()),
        plot.summary,
    )


def png_of(plot: Plot) -> bytes:
    """Draw a picture as PNG, twice as fine as its size in a mail, for the mail programs that show no SVG."""
    return _drawn(plot, "png", {"Software": None})


def _drawn(plot: Plot, form: str, metadata: dict[str, None]) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # The style of the process is left alone: only what is drawn and written inside sees it.
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        _draw(figure.add_subplot(), plot)
        written = io.BytesIO()
        figure.savefig(written, format=form, dpi=PNG_DPI, metadata=metadata)
    return written.getvalue()


def _draw(axes: Axes, plot: Plot) -> None:
    from matplotlib.ticker import MaxNLocator

    steps, last = plot.steps, float(len(plot.steps))
    for span in plot.spans:
        left = max(0.0, (span.start - plot.start) / plot.unit)
        right = last if span.end is None else min(last, (span.end - plot.start) / plot.unit)
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
    axes.set_xlim(0, last)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    _label(axes, plot)


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


def _label(axes: Axes, plot: Plot) -> None:
    hourly = plot.unit == timedelta(hours=1)
    zone = ZoneInfo(plot.timezone)
    starts = [(plot.start + place * plot.unit).astimezone(zone) for place in range(len(plot.steps))]
    every = next(one for one in (1, 2, 3, 6, 12, 24, 48, 96, 192, 384) if len(starts) / one <= MOST_LABELS)
    shown = [(place, one) for place, one in enumerate(starts) if (one.hour if hourly else place) % every == 0]
    texts = [f"{one:%H:%M}" if hourly else f"{one.day} {one:%b}" for _, one in shown]
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
