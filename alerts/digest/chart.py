"""The chart of a theme: hourly tickets against the expected band, spikes shaded, as SVG or as text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from alerts.digest.build import DigestHour, SpikeStory
from alerts.reason import amount, counted

WIDTH, HEIGHT = 720, 132
LEFT, RIGHT, TOP, BOTTOM = 30, 4, 8, 20
"""Margins in the units of the viewBox; the left one holds the scale, the lower one the hours."""

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(hours: Sequence[DigestHour]) -> str:
    """Hourly tickets as a line of blocks, for Markdown; a dot is an hour without a ticket.

    >>> from datetime import UTC, datetime
    >>> sparkline([Hour(datetime(2026, 11, 20, hour, tzinfo=UTC), n) for hour, n in enumerate((0, 1, 8))])
    '·▁█'
    """
    most = max((hour.observed for hour in hours), default=0)
    return "".join(
        "·" if not hour.observed else _BLOCKS[max(0, -(-hour.observed * len(_BLOCKS) // most) - 1)] for hour in hours
    )


def alternative(hours: Sequence[DigestHour], spikes: Sequence[SpikeStory]) -> str:
    """The chart in words."""
    total = sum(hour.observed for hour in hours)
    if not total:
        return f"No ticket in {counted(len(hours), 'hour')}."
    peak = max(hours, key=lambda hour: hour.observed)
    usual = f", where {amount(peak.mean)} were expected" if peak.mean is not None else ""
    words = (
        f"{counted(total, 'ticket')} in {counted(len(hours), 'hour')}; "
        f"{peak.observed} in the busiest one, from {peak.start:%H:%M} UTC{usual}"
    )
    if spikes:
        first = min(spikes, key=lambda spike: spike.start)
        words += f"; spike from {first.start:%H:%M} UTC on"
    return f"{words}."


def chart(hours: Sequence[DigestHour], spikes: Sequence[SpikeStory], name: str) -> Markup:
    """Draw the hours as inline SVG; `name` is the theme's and titles the drawing.

    Colours come from the page's classes, so that it fits light, dark and paper.
    """
    if not hours:
        return Markup("")
    scale = _Scale(hours)
    parts = [
        *(_shade(scale, spike) for spike in spikes),
        _grid(scale),
        *_band(scale, hours),
        *(_bar(scale, index, hour, spikes) for index, hour in enumerate(hours)),
        *_mean(scale, hours),
        *_ticks(scale, hours),
    ]
    label = escape(f"{name}. {alternative(hours, spikes)}")
    return Markup(
        '<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">{parts}</svg>'
    ).format(width=WIDTH, height=HEIGHT, label=label, parts=Markup("").join(parts))


class _Scale:
    """From hours and tickets to places in the viewBox."""

    def __init__(self, hours: Sequence[DigestHour]) -> None:
        self.first = hours[0].start
        self.step = (WIDTH - LEFT - RIGHT) / len(hours)
        self.most = _round_up(max(max(hour.observed, hour.high or 0.0) for hour in hours))

    def x(self, index: float) -> float:
        return round(LEFT + index * self.step, 1)

    def x_of(self, time: datetime) -> float:
        return self.x((time - self.first).total_seconds() / 3600)

    def y(self, tickets: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * min(tickets / self.most, 1.0), 1)


def _round_up(most: float) -> float:
    for limit in (4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100):
        if most <= limit:
            return float(limit)
    digits = 10 ** (len(str(int(most))) - 1)
    return float(-(-most // (digits / 2)) * (digits / 2))


def _shade(scale: _Scale, spike: SpikeStory) -> Markup:
    left, right = scale.x_of(spike.start), scale.x_of(spike.end)
    return Markup('<rect class="spike" x="{}" y="{}" width="{}" height="{}"/>').format(
        left, TOP, round(max(right - left, 2.0), 1), HEIGHT - TOP - BOTTOM
    )


def _grid(scale: _Scale) -> Markup:
    return Markup("").join(
        Markup('<path class="grid" d="M{} {}H{}"/><text class="scale" x="{}" y="{}">{}</text>').format(
            LEFT,
            scale.y(tickets),
            WIDTH - RIGHT,
            LEFT - 5,
            round(scale.y(tickets) + 3.5, 1),
            f"{tickets:g}" if tickets == int(tickets) else "",
        )
        for tickets in (0, scale.most / 2, scale.most)
    )


def _runs(hours: Sequence[DigestHour]) -> list[list[int]]:
    """Stretches of hours for which a band was said."""
    runs: list[list[int]] = []
    for index, hour in enumerate(hours):
        if hour.mean is None:
            continue
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return runs


def _band(scale: _Scale, hours: Sequence[DigestHour]) -> list[Markup]:
    drawn = []
    for run in _runs(hours):
        upper = [
            f"{scale.x(i)} {scale.y(hours[i].high or 0)} {scale.x(i + 1)} {scale.y(hours[i].high or 0)}" for i in run
        ]
        lower = [
            f"{scale.x(i + 1)} {scale.y(hours[i].low or 0)} {scale.x(i)} {scale.y(hours[i].low or 0)}"
            for i in reversed(run)
        ]
        drawn.append(Markup('<path class="band" d="M{}Z"/>').format(" ".join([*upper, *lower])))
    return drawn


def _mean(scale: _Scale, hours: Sequence[DigestHour]) -> list[Markup]:
    drawn = []
    for run in _runs(hours):
        steps = " ".join(
            f"{scale.x(i)} {scale.y(hours[i].mean or 0)} {scale.x(i + 1)} {scale.y(hours[i].mean or 0)}" for i in run
        )
        drawn.append(Markup('<path class="mean" d="M{}"/>').format(steps))
    return drawn


def _bar(scale: _Scale, index: int, hour: DigestHour, spikes: Sequence[SpikeStory]) -> Markup:
    if not hour.observed:
        return Markup("")
    above = _in_spike(hour, spikes) if hour.high is None else hour.observed > hour.high
    gap = min(scale.step * 0.22, 4)
    usual = f", {amount(hour.mean)} expected" if hour.mean is not None else ""
    told = f"{hour.start:%Y-%m-%d %H:%M} UTC: {counted(hour.observed, 'ticket')}{usual}"
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}</title></rect>').format(
        "bar above" if above else "bar",
        round(scale.x(index) + gap / 2, 1),
        scale.y(hour.observed),
        round(scale.step - gap, 1),
        round(scale.y(0) - scale.y(hour.observed), 1),
        told,
    )


def _in_spike(hour: DigestHour, spikes: Sequence[SpikeStory]) -> bool:
    return any(spike.start < hour.start + timedelta(hours=1) and spike.end > hour.start for spike in spikes)


def _ticks(scale: _Scale, hours: Sequence[DigestHour]) -> list[Markup]:
    days = len(hours) > 72
    every = 24 if days else 6 if len(hours) > 12 else 1
    drawn = []
    for index, hour in enumerate(hours):
        if (hour.start.hour % every) or (days and hour.start.hour):
            continue
        label = f"{hour.start:%d %b}" if days else f"{hour.start:%H:%M}"
        drawn.append(Markup('<text class="hour" x="{}" y="{}">{}</text>').format(scale.x(index), HEIGHT - 5, label))
    return drawn
