"""What the charts share: the scale of tickets, the path of the mean, and the chart in words."""

from __future__ import annotations

import math
from datetime import UTC, tzinfo

from models.bucket import hour_start
from models.formats import counted, local_weekday
from store.board import Hour, HourlySeries

HEIGHT = 100.0
"""Height of a chart's box; its width is one unit per hour."""


def top_of(series: HourlySeries) -> float:
    """Return the upper end of the scale: the smallest multiple of the step that holds every count and limit."""
    highest = max((max(hour.observed, hour.band.high if hour.band else 0.0) for hour in series), default=0.0)
    step = step_of(max(highest, 1.0))
    return step * math.ceil(max(highest, 1.0) / step)


def step_of(highest: float) -> float:
    """Return the distance of two lines of the scale."""
    # Steps of 1, 2 or 5 times a power of ten, so that at most four lines are drawn; never a part of a ticket.
    power = 10.0 ** math.floor(math.log10(highest / 4)) if highest > 4 else 1.0
    return next((power * factor for factor in (1, 2, 5, 10) if highest / (power * factor) <= 4), power * 10)


def ticks_of(top: float) -> list[float]:
    """List the values of the lines of a scale that ends at `top`."""
    step = step_of(top)
    return [step * number for number in range(round(top / step) + 1)]


def is_above(hour: Hour) -> bool:
    """Return whether the tickets of an hour exceed its band."""
    return hour.band is not None and hour.observed > hour.band.high


def runs_of(series: HourlySeries) -> list[list[tuple[int, Hour]]]:
    """Group the hours that have a band, with their places, into runs without a gap."""
    runs: list[list[tuple[int, Hour]]] = []
    for place, hour in enumerate(series):
        if hour.band is None:
            continue
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append((place, hour))
        else:
            runs.append([(place, hour)])
    return runs


def mean_path(series: HourlySeries, top: float) -> str:
    """Return the SVG path of the expected mean."""
    paths = []
    for run in runs_of(series):
        steps = [(place, y_of(hour.band.mean, top)) for place, hour in run if hour.band]
        paths.append(f"M{steps[0][0]} {steps[0][1]}" + "".join(f"V{y}H{place + 1}" for place, y in steps))
    return "".join(paths)


def y_of(value: float, top: float) -> float:
    """Return the place of a number of tickets in the box, 0 at its top."""
    return round(HEIGHT * (1 - value / top), 2)


def summary_of(series: HourlySeries, zone: tzinfo = UTC) -> str:
    """Describe a chart in one sentence, with times in a zone."""
    highest = max(series, key=lambda hour: hour.observed)
    above = sum(map(is_above, series))
    began, ended = hour_start(series[0].hour), hour_start(series[-1].hour + 1)
    return (
        f"Tickets an hour from {local_weekday(began, zone)} to {local_weekday(ended, zone)}: "
        f"{counted(sum(hour.observed for hour in series), 'ticket')}, at most {highest.observed} in an hour "
        f"({local_weekday(hour_start(highest.hour), zone)}), {counted(above, 'hour')} above the expected band."
    )
