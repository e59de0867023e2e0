"""Changes that are evaluated from the command line: what was typed, or a recorded change, and the effect as it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from groundswell.errors import UsageError
from models.change import Change
from models.comparison.effect import ChangeEffect
from models.comparison.outcomes import Outcome
from models.formats import utc_minute
from models.metrics.cells import DIMENSIONS
from models.times import rfc3339
from pipelines.figures.query import FigureQuery, change_day
from pipelines.handling.comparison import ThemeChange, as_evaluated, read_change

BEFORE = timedelta(days=56)
"""How long before a change is compared by default."""


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What was typed: the id of a recorded change, or themes and a day; themes to compare with; the days of a period."""

    recorded: str | None
    themes: Sequence[int]
    at: str | None
    controls: Sequence[int]
    days: int


@dataclass(frozen=True, slots=True)
class EvaluatedChange:
    """What is evaluated: the change, the tickets by column to which it is limited, and sentences on where that comes from.

    `recorded` is the recorded change, None where there is none.
    """

    change: ThemeChange
    filters: Mapping[str, str | int]
    sentences: tuple[str, ...]
    recorded: Change | None = None

    @property
    def first(self) -> str:
        """Return the first day that is compared by default, as a person types it."""
        return (self.change.start - BEFORE).isoformat()


def evaluated(connection: Connection, asked: AskedChange) -> EvaluatedChange:
    """Return what is evaluated of what was typed. Raises `UsageError`, and ValueError as `read_change` does."""
    if asked.recorded is None:
        if asked.at is None or not asked.themes:
            missing = "--at" if asked.themes else "--theme"
            raise UsageError(
                f"received neither --change nor {missing}; valid is --change ID of a recorded change, or --theme ID with --at DAY"
            )
        day = change_day(asked.at, BEFORE)
        typed = ThemeChange(themes=asked.themes, controls=asked.controls, start=day, days=asked.days)
        return EvaluatedChange(typed, {}, ())
    if asked.at is not None:
        raise UsageError(
            "received --change with --at; a recorded change has a day of its own, so leave one of them out"
        )
    found = read_change(connection, asked.recorded)
    if not asked.themes and not found.themes:
        raise UsageError(
            f"received the change {found.change_id!r}, which names no themes; add --theme for each that it concerns"
        )
    limits: dict[str, str | int] = {name: value for name, value in found.scope.pairs if name in DIMENSIONS}
    change = as_evaluated(found, asked.themes, asked.controls, asked.days)
    return EvaluatedChange(change, limits, tuple(_sentences(found, change)), found)


def _sentences(found: Change, change: ThemeChange) -> Iterator[str]:
    yield f"{found.title} ({found.change_id}), {utc_minute(found.time)}."
    if change.begins_within and change.days == 1:
        yield "Its first day is left out, since it began within it."
    other = [f"{name} {value}" for name, value in found.scope.pairs if name not in DIMENSIONS]
    if other:
        yield f"It is recorded for {', '.join(other)} alone, by which figures are not kept: tickets of other values are counted, too."


def effect_row(effect: ChangeEffect, query: FigureQuery, outcome: Outcome, found: EvaluatedChange) -> dict[str, Any]:
    """Return the effect of a change as one JSON object."""
    change = found.recorded
    return {
        "outcome": outcome.value, "change": None if change is None else change.change_id,
        "title": None if change is None else change.title, "filters": dict(query.filters),
        "from": rfc3339(query.period.start), "to": rfc3339(query.period.end), "contradicted": effect.contradicted, **asdict(effect),
    }  # fmt: skip
