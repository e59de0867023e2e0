"""Drivers of a change in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.formats import elapsed, signed_points
from models.metrics.decomposition import Term
from models.metrics.driver_metric import DriverMetric
from models.metrics.drivers import ChangeDrivers, Driver


def value_words(metric: DriverMetric, value: float | None) -> str:
    """Write a figure: `91.2 %`, `3 h 20 min`; a dash where there is none."""
    if value is None:
        return "–"
    return elapsed(value) if metric.is_time else f"{100 * value:.1f} %"


def effect_words(metric: DriverMetric, value: float) -> str:
    """Write what something contributes: `+3.2 points`, `-25 min`."""
    return f"{_signed(metric, value)}{'' if metric.is_time else ' points'}"


def interval_words(metric: DriverMetric, term: Term) -> str:
    """Write the interval of 95 % of what something contributes: `-5.0 to -3.4`; an end near 0 that leaves 0 out has two digits."""
    low, high = term.interval()
    if not metric.is_time and _is_certain(term) and "0.0" in (signed_points(low), signed_points(high)):
        return f"{100 * low:+.2f} to {100 * high:+.2f}"
    return f"{_signed(metric, low)} to {_signed(metric, high)}"


def _signed(metric: DriverMetric, value: float) -> str:
    if metric.is_time:
        return f"{'-' if value <= -0.5 else '+'}{elapsed(abs(value))}"
    return signed_points(value)


def driver_sentences(found: ChangeDrivers, names: Mapping[str, str]) -> list[str]:
    """Say what changed, what the mix of themes and what the rates within them contribute, and which theme contributes most.

    names: what themes are called, by theme.
    """
    metric, whole = found.metric, found.whole
    change = f"{effect_words(metric, whole.total.value)} ({interval_words(metric, whole.total)})"
    before, after = (value_words(metric, one.value) for one in (found.before, found.after))
    mix, rate = (
        f"{effect_words(metric, one.value)} ({interval_words(metric, one)})" for one in (whole.mix, whole.rate)
    )
    said = [
        f"{_figure_name(found)} went from {before} to {after}: {change}.",
        f"The mix of themes contributes {mix}, the figures of the themes themselves {rate}.",
    ]
    said.extend(_theme_sentence(metric, [one for one in found.drivers if one.theme is not None], names))
    return said


def _theme_sentence(metric: DriverMetric, themes: Sequence[Driver], names: Mapping[str, str]) -> list[str]:
    """Say which theme contributes most of those whose interval does not hold 0, or that none does; themes: the largest first."""
    if not themes:
        return []
    chosen = next((one for one in themes if _is_certain(one.effects.total)), None)
    if chosen is None:
        return ["No single theme's contribution can be told from chance."]
    name = names.get(chosen.theme or "", theme_words(chosen.theme))
    most = "most" if chosen is themes[0] else "most of the themes whose contribution can be told from chance"
    total = f"{effect_words(metric, chosen.effects.total.value)} ({interval_words(metric, chosen.effects.total)})"
    return [f"“{name}” contributes {most}: {total}{_reason(metric, chosen)}."]


def _figure_name(found: ChangeDrivers) -> str:
    title = found.metric.title_words
    if found.horizon is None:
        return title
    return (
        f"{title} (restricted mean: what takes longer than {elapsed(found.horizon)} counts as {elapsed(found.horizon)})"
    )


def theme_words(theme: str | None) -> str:
    """Write a theme without a name: `theme 12`, `tickets without a theme`, or the gathered ones."""
    if theme is None:
        return "all other tickets"
    return f"theme {theme}" if theme else "tickets without a theme"


def _reason(metric: DriverMetric, driver: Driver) -> str:
    if driver.is_new:
        return ", a theme that had no tickets before"
    if driver.is_gone:
        return ", a theme that has no tickets any more"
    mix, rate = driver.effects.mix.value, driver.effects.rate.value
    if abs(rate) >= abs(mix):
        words = (value_words(metric, one.value) for one in (driver.before, driver.after))
        return f", where the figure went from {' to '.join(words)}"
    return f", of which there were {driver.before.number:,} before and {driver.after.number:,} now"


def _is_certain(term: Term) -> bool:
    low, high = term.interval()
    return low > 0 or high < 0
