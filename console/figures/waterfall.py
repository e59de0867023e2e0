"""The waterfall of a change: from the figure before, by what each theme contributes, to the figure now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from models.metrics.driver_sentences import effect_words, interval_words, value_words
from models.metrics.drivers import ChangeDrivers, Driver
from pipelines.figures.driver_rows import name_of


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """A row of a waterfall.

    Parameters
    ----------
    name, href: what it is, and the page of the theme ("" for none).
    x, width: its bar in percent of the width; join: where the bar before ended, None for the first.
    words: its value; more: interval or note, direction: better, worse or "".
    is_total: whether it is one of the two figures.
    """

    name: str
    href: str
    x: float
    width: float
    join: float | None
    words: str
    more: str
    direction: str
    is_total: bool = False


def waterfall(
    found: ChangeDrivers, names: Mapping[str, str], linked: Collection[str] = frozenset()
) -> list[WaterfallStep]:
    """Lay out a change, the largest contributions first; the scale begins below the smallest figure, not at zero.

    linked: the themes that have a page for whoever looks.
    """
    metric, before, after = found.metric, found.before.value or 0.0, found.after.value or 0.0
    levels = [before]
    for one in found.drivers:
        levels.append(levels[-1] + one.effects.total.value)
    low, high = min(*levels, after), max(*levels, after)
    margin = max(high - low, 1e-9) * 0.12
    first, span = max(low - margin, 0.0), max(high - low, 1e-9) + 2 * margin

    def at(value: float) -> float:
        return round(100.0 * (value - first) / span, 2)

    made = [WaterfallStep("Before", "", 0.0, at(before), None, value_words(metric, before), "", "", is_total=True)]
    for place, one in enumerate(found.drivers):
        step = _step(found, one, name_of(one.theme, names), (at(levels[place]), at(levels[place + 1])))
        made.append(replace(step, href=f"/themes/{one.theme}" if one.theme in linked else ""))
    made.append(
        WaterfallStep("Now", "", 0.0, at(after), at(levels[-1]), value_words(metric, after), "", "", is_total=True)
    )
    return made


def _step(found: ChangeDrivers, driver: Driver, name: str, edges: tuple[float, float]) -> WaterfallStep:
    total = driver.effects.total
    low, high = total.interval()
    marks = [word for word, holds in (("new", driver.is_new), ("gone", driver.is_gone)) if holds]
    more = [interval_words(found.metric, total), *marks]
    direction = _direction(found, total.value) if low > 0 or high < 0 else "within chance"
    return WaterfallStep(
        name, "", min(edges), abs(edges[1] - edges[0]), edges[0],
        effect_words(found.metric, total.value), ", ".join(more), direction,
    )  # fmt: skip


def _direction(found: ChangeDrivers, value: float) -> str:
    if not value:
        return ""
    return "better" if (value < 0) == found.metric.is_better_low else "worse"
