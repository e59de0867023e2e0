"""Drivers of a change as the command prints them."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from groundswell.table import print_table
from models.formats import harmless
from models.metrics.driver_sentences import (
    driver_sentences,
    effect_words,
    interval_words,
    value_words,
)
from models.metrics.drivers import ChangeDrivers, Driver
from pipelines.figures.driver_rows import name_of


def print_drivers(found: ChangeDrivers, names: Mapping[str, str]) -> None:
    """Print a change as a table of what each theme contributes, with the sentences that say what it means."""
    metric = found.metric
    rows = [{"of": one} for one in found.drivers]
    print_table(f"What explains the change: {metric.title_words.lower()}", rows, {
        "theme": lambda row: _name(row["of"], names),
        "#before": lambda row: value_words(metric, row["of"].before.value),
        "#now": lambda row: value_words(metric, row["of"].after.value),
        "#cases": lambda row: f"{row['of'].before.number:,} to {row['of'].after.number:,}",
        "#by mix": lambda row: effect_words(metric, row["of"].effects.mix.value),
        "#by figure": lambda row: effect_words(metric, row["of"].effects.rate.value),
        "#together": lambda row: effect_words(metric, row["of"].effects.total.value),
        "95 % interval": lambda row: interval_words(metric, row["of"].effects.total),
    }, "No tickets in one of the periods.")  # fmt: skip
    for sentence in driver_sentences(found, names):
        typer.echo(harmless(sentence))
    if found.medians is not None:
        before, after = (value_words(metric, one) for one in found.medians)
        typer.echo(f"The median, which is no sum over themes, went from {before} to {after}.")


def _name(driver: Driver, names: Mapping[str, str]) -> str:
    marks = [word for word, holds in (("new", driver.is_new), ("gone", driver.is_gone)) if holds]
    return harmless(" ".join([name_of(driver.theme, names), *(f"({word})" for word in marks)]))
