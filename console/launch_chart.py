"""The chart of the volume inside a launch's scope: a bar for each step, with what is expected of it."""

from __future__ import annotations

from datetime import datetime

from alerts.chart.scale import HEIGHT, step_of, ticks_of, y_of
from alerts.chart.timeline import LABELS, Bar, Chart, Label
from console.zone import clock_text, zone_of
from models.formats import counted, figure
from pipelines.launches.scope_volume import ScopeVolume, VolumeStep

_EVERY = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672)
"""Hours between two labels."""


def volume_chart(volume: ScopeVolume, zone: str | None) -> Chart | None:
    """Lay out the steps of a launch; labels are in the viewer's zone, an IANA name. None where there is nothing to show.

    No bar is marked as above: that a step is beyond what is expected is no signal of the detector.
    """
    steps = volume.steps
    highest = max(
        (max(step.observed or 0, step.expected.high if step.expected else 0.0) for step in steps), default=0.0
    )
    if highest <= 0:
        return None
    unit = step_of(max(highest, 1.0))
    top = unit * -(-max(highest, 1.0) // unit)
    begun = [place for place, step in enumerate(steps) if step.observed is not None]
    width = 0.7
    bars = tuple(
        _bar(
            place,
            step,
            top,
            width,
            _description(step, zone),
            running=bool(begun) and place == begun[-1] < len(steps) - 1,
        )
        for place, step in enumerate(steps)
    )
    return Chart(
        hours=len(steps), bar_width=width, bars=bars, band=_band(steps, top), mean=_mean(steps, top), spikes=(), launches=(),
        marks=(), values=tuple(Label(100.0 * (1 - value / top), figure(value)) for value in ticks_of(top)),
        days=_labels(steps, volume.minutes, zone), summary=_summary(volume, zone),
    )  # fmt: skip


def _bar(place: int, step: VolumeStep, top: float, width: float, description: str, *, running: bool) -> Bar:
    height = round(HEIGHT * (step.observed or 0) / top, 3)
    x = round(place + (1 - width) / 2, 3)
    return Bar(
        x, round(HEIGHT - height, 3), height, above=False, signal=False, running=running, description=description
    )


def _description(step: VolumeStep, zone: str | None) -> str:
    said = clock_text(step.start, zone)
    parts = [] if step.observed is None else [counted(step.observed, "ticket")]
    if step.usual is not None:
        parts.append(f"usual {figure(step.usual)}")
    if step.expected is not None:
        parts.append(f"expected {figure(step.expected.low)} to {figure(step.expected.high)}")
    return f"{said}: {', '.join(parts) or 'nothing yet'}"


def _band(steps: tuple[VolumeStep, ...], top: float) -> str:
    known = [(place, step.expected) for place, step in enumerate(steps) if step.expected is not None]
    if not known:
        return ""
    forth = "".join(f"V{y_of(found.high, top)}H{place + 1}" for place, found in known)
    back = "".join(f"V{y_of(found.low, top)}H{place}" for place, found in reversed(known))
    return f"M{known[0][0]} {y_of(known[0][1].high, top)}{forth}{back}Z"


def _mean(steps: tuple[VolumeStep, ...], top: float) -> str:
    known = [(place, y_of(step.expected.mean, top)) for place, step in enumerate(steps) if step.expected is not None]
    if not known:
        return ""
    return f"M{known[0][0]} {known[0][1]}" + "".join(f"V{y}H{place + 1}" for place, y in known)


def _labels(steps: tuple[VolumeStep, ...], minutes: int, zone: str | None) -> tuple[Label, ...]:
    hours = len(steps) * minutes / 60
    every = next((step for step in _EVERY if hours / step <= LABELS), _EVERY[-1])
    local = [(place, step.start.astimezone(zone_of(zone))) for place, step in enumerate(steps)]
    chosen = [(place, time) for place, time in local if _is_round(time, minutes, every)]
    text = "%H:%M" if hours <= 48 else "%-d %b"
    step = max(1, -(-len(chosen) // LABELS))
    return tuple(Label(round(100.0 * place / len(steps), 2), format(time, text)) for place, time in chosen[::step])


def _is_round(time: datetime, minutes: int, every: int) -> bool:
    """Check whether the first full hour that is a multiple of `every` falls into the step; from a day on, its midnight."""
    passed = 60 * (time.hour % min(every, 24)) + time.minute
    return passed == 0 or (minutes > 60 and passed < minutes)


def _summary(volume: ScopeVolume, zone: str | None) -> str:
    began = clock_text(volume.steps[0].start, zone)
    known = "" if volume.usual is None else f" where {figure(volume.usual)} are usual"
    return f"Tickets in the scope by {volume.minutes} minutes from {began} on: {counted(volume.observed, 'ticket')} so far{known}."
