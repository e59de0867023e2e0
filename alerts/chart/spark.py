"""Small charts: the hours of one row, and an actual against its envelope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.chart.scale import HEIGHT, is_above, mean_path, summary_of, top_of, y_of
from store.board import HourlySeries


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


def spark_of(series: HourlySeries, top: float | None = None) -> Spark | None:
    """Lay out a small chart, on a scale of its own or up to `top` tickets an hour; None where there are no hours."""
    if not series:
        return None
    top = top or top_of(series)
    paths = {"usual": "", "above": "", "running": ""}
    for place, hour in enumerate(series):
        if hour.observed:
            kind = "running" if hour.share < 1 and place == len(series) - 1 else "above" if is_above(hour) else "usual"
            paths[kind] += f"M{place} {HEIGHT:g}V{y_of(hour.observed, top)}h.78V{HEIGHT:g}"
    return Spark(len(series), **paths, mean=mean_path(series, top), description=summary_of(series))


def common_top(several: Iterable[HourlySeries]) -> float:
    """Return the upper end of a scale that holds every hour of several charts."""
    return max((top_of(series) for series in several), default=1.0)


def bullet_of(actual: int, low: float, mean: float, high: float) -> Bullet:
    """Lay out an actual against its envelope."""
    scale = 100.0 / (max(actual, high, 1.0) * 1.05)
    return Bullet(low * scale, (high - low) * scale, mean * scale, actual * scale)
