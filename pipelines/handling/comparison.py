"""Comparisons of stored tickets: groups on the same case mix, and themes that a change concerns against others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, time
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.access import EVERYTHING, AccessScope
from models.change import Change
from models.comparison.change_rules import ChangeRules
from models.comparison.differences import evaluate_change
from models.comparison.effect import ChangeEffect
from models.comparison.medians import compare_medians
from models.comparison.outcomes import Outcome, correlation_of_days, panel_rows, rate_cells, time_cells
from models.comparison.report import CaseMixReport, Measure
from models.comparison.rules import ComparisonRules
from models.comparison.standardize import compare_rates
from models.metrics.figures import FigurePeriod
from store.handling import read_created
from store.plans import read_changes
from store.service_levels import read_kept
from store.themes import read_themes

DIMENSIONS = ("theme_id", "user_type", "priority")
"""What makes the case mix."""

_SEED = 20
"""Of permutations and of the bootstrap: the same tickets give the same report."""


@dataclass(frozen=True, slots=True)
class ComparedTickets:
    """The tickets of a scope that are compared: created in a period, with values by column of `models.metrics.cells.DIMENSIONS`."""

    period: FigurePeriod
    filters: Mapping[str, str | int]
    scope: AccessScope = EVERYTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChange:
    """A change that is evaluated.

    Parameters
    ----------
    themes: those that it concerns.
    controls: those to compare with; none: matched.
    start: its first day. days: of a period, 1 or 7.
    begins_within: whether it began within its first day, which is left out then, where periods are days.
    """

    themes: Sequence[int]
    controls: Sequence[int]
    start: date
    days: int = 1
    begins_within: bool = False


def compare_groups(
    connection: Connection, tickets: ComparedTickets, outcome: Outcome, by: str, reference: str | None = None
) -> CaseMixReport | None:
    """Compare the groups of a column, such as `vendor`, by an outcome; None where no ticket has it.

    reference: group that the others are compared with; None for all others of each. Raises ValueError for an unknown one.
    """
    rows = _read(connection, tickets, outcome, by)
    dimensions = tuple(name for name in DIMENSIONS if name != by)
    _name_themes(connection, rows)
    generator = np.random.default_rng(_SEED)
    correlation, days = correlation_of_days(rows, outcome, by, dimensions, generator)
    rules = ComparisonRules(
        dimensions=tuple("theme" if name == "theme_id" else name for name in dimensions),
        day_correlation=correlation,
        days=days,
    )
    if outcome.is_time:
        times = time_cells(rows, outcome, by, dimensions, tickets.period.known_until)
        return compare_medians(times, generator, rules, reference=reference) if times else None
    rates = rate_cells(rows, outcome, by, dimensions)
    return compare_rates(rates, rules, reference=reference) if rates else None


def read_change(connection: Connection, change_id: str) -> Change:
    """Read a recorded change by its id, such as that of a version of a procedure. Raises ValueError for an unknown one."""
    found = next((one for one in reversed(read_changes(connection)) if one.change_id == change_id), None)
    if found is None:
        raise ValueError(f"received the change {change_id!r}; known are those that `groundswell changes list` shows")
    return found


def as_evaluated(change: Change, themes: Sequence[int], controls: Sequence[int], days: int) -> ThemeChange:
    """Return what is evaluated of a recorded change: its first day in UTC, and `themes`, or those that it names."""
    began = change.time.astimezone(UTC)
    return ThemeChange(
        themes=themes or change.themes, controls=controls, start=began.date(), days=days, begins_within=began.time() != time(),
    )  # fmt: skip


def evaluate_theme_change(
    connection: Connection,
    tickets: ComparedTickets,
    change: ThemeChange,
    outcome: Outcome,
    rules: ChangeRules | None = None,
) -> ChangeEffect:
    """Estimate the effect of a change on a rate of the tickets of its themes.

    Raises ValueError for an outcome that is a time, whose newest tickets are still open, and as `evaluate_change` does.
    """
    if outcome.is_time:
        rates = ", ".join(one for one in Outcome if not one.is_time)
        raise ValueError(f"received the outcome {outcome.value!r}; valid for a change are {rates}")
    if change.begins_within and change.days == 1:
        rules = replace(rules or ChangeRules(), transition=1)
    rows = [row for row in _read(connection, tickets, outcome) if row["theme_id"] is not None]
    names = _name_themes(connection, rows)
    return evaluate_change(
        panel_rows(rows, outcome, "theme_id", change.start, change.days),
        [names.get(theme, str(theme)) for theme in change.themes],
        0,
        rules,
        controls=[names.get(theme, str(theme)) for theme in change.controls] or None,
        measure=Measure.RATE,
    )


def _read(
    connection: Connection, tickets: ComparedTickets, outcome: Outcome, by: str | None = None
) -> list[dict[str, Any]]:
    """Read the tickets created in the period, with what the outcome needs."""
    period = tickets.period
    rows = read_created(connection, period.start, period.end, tickets.filters, by, tickets.scope)
    if outcome is Outcome.KEPT:
        kept = read_kept(connection, period.start, period.end, period.known_until)
        for row in rows:
            row["kept"] = kept.get(row["ticket_id"])
    return rows


def _name_themes(connection: Connection, rows: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Write the name of each row's theme after its number, and return the names by number."""
    names = {one: f"{one} {row.name}" for one, row in read_themes(connection).items()}
    for row in rows:
        row["theme_id"] = names.get(row["theme_id"], str(row["theme_id"] or ""))
    return names
