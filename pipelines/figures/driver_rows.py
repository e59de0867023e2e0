"""Drivers of a change as `kpis drivers --json` and the API give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from models.metrics.decomposition import MixAndRate, Term
from models.metrics.driver_sentences import driver_sentences, theme_words
from models.metrics.drivers import ChangeDrivers
from models.times import rfc3339
from pipelines.figures.query import FigureQuery, earlier_period
from store.scoped import scoped_names


def read_theme_names(connection: Connection, query: FigureQuery, found: ChangeDrivers) -> dict[str, str]:
    """Read what the themes of drivers are called, by theme as text, as a person of the query's scope may see it."""
    themes = [one.theme for one in found.drivers if one.theme]
    names = scoped_names(connection, query.scope, [int(one) for one in themes]) if themes else {}
    return {one: names.get(int(one), theme_words(one)) for one in themes}


def change_row(found: ChangeDrivers, query: FigureQuery, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a change and its drivers as one JSON object; the totals of `drivers` sum to that of the change."""
    period, earlier = query.period, earlier_period(query.period)
    return {
        "metric": found.metric.value, "from": rfc3339(period.start), "to": rfc3339(period.end),
        "before_from": rfc3339(earlier.start), "before_to": rfc3339(earlier.end), "known_until": rfc3339(period.known_until),
        "horizon_seconds": found.horizon, "medians": found.medians, "before": asdict(found.before), "after": asdict(found.after),
        **_effects(found.whole), "sentences": driver_sentences(found, names),
        "drivers": [
            {
                "theme": int(one.theme) if one.theme else None, "name": name_of(one.theme, names), "others": one.theme is None,
                "new": one.is_new, "gone": one.is_gone, "borrowed": one.borrowed, "before": asdict(one.before),
                "after": asdict(one.after), **_effects(one.effects),
            }
            for one in found.drivers
        ],
    }  # fmt: skip


def name_of(theme: str | None, names: Mapping[str, str]) -> str:
    """Return what a theme, or the gathered ones, are called."""
    return names.get(theme, theme_words(theme)) if theme else theme_words(theme)


def _effects(effects: MixAndRate) -> dict[str, Any]:
    return {name: _term(getattr(effects, name)) for name in ("mix", "rate", "total")}


def _term(term: Term) -> dict[str, float]:
    low, high = term.interval()
    return {"value": term.value, "low": low, "high": high}
