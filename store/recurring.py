"""Recurring rises: themes that rise at the same hours of each week or day, which no plan says."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from models.bucket import start_of
from models.launch import Launch
from models.recurring import LOOKED_BACK, TOLERANCE, WEEK, Recurrence, recurrence_of
from models.spike import SpikeKind
from models.theme import ALL_TICKETS
from models.times import rfc3339
from store.plans import read_launches
from store.schema import counts, spikes
from store.survivors import survivors


@dataclass(frozen=True, slots=True)
class RecurringRise:
    """A theme (the surviving one) that rises at the same hours; `newest` is the start of its last rise, `command` plans the next."""

    theme_id: int
    known: Recurrence
    newest: datetime
    command: str

    @property
    def times(self) -> int:
        """How many there were, the newest included."""
        return self.known.times + 1

    def as_json(self) -> dict[str, Any]:
        """Write the rise as `--json` does."""
        return {
            "theme_id": self.theme_id, "when": self.known.when(), "times": self.times, "first": rfc3339(self.known.first),
            "newest": rfc3339(self.newest), "lift": round(self.known.lift, 2), "p_value": self.known.p_value,
            "command": self.command,
        }  # fmt: skip


def read_recurring(connection: Connection, now: datetime) -> list[RecurringRise]:
    """Find the themes whose rises recur as of an event time, by theme; what a plan covers the next time is left out.

    It is what the gate `recurring` asks of each new rise, asked of the newest ones.
    """
    first = connection.execute(select(func.min(counts.c.bucket)).where(counts.c.theme_id == ALL_TICKETS)).scalar()
    if first is None:
        return []
    merged, launches = survivors(connection), read_launches(connection)
    by_theme: dict[int, list[Any]] = defaultdict(list)
    since = now - (LOOKED_BACK[WEEK] + 1) * WEEK
    query = (
        select(spikes.c.theme_id, spikes.c.start, spikes.c.end, spikes.c.ratio)
        .where(spikes.c.kind == SpikeKind.SPIKE.value, spikes.c.start >= since, spikes.c.start < now)
        .order_by(spikes.c.start, spikes.c.id)
    )
    for row in connection.execute(query):
        by_theme[merged.get(row.theme_id, row.theme_id)].append(row)
    found = (_newest(theme_id, rows, start_of(first), now) for theme_id, rows in sorted(by_theme.items()))
    return [one for one in found if one is not None and not _is_planned(one, now, launches)]


def _newest(theme_id: int, rows: list[Any], record_start: datetime, now: datetime) -> RecurringRise | None:
    for place in range(len(rows) - 1, -1, -1):
        row, before = rows[place], rows[:place]
        known = recurrence_of(row.start, [one for one in before if one.end is not None], record_start)
        if known is not None and now - row.start <= known.period + TOLERANCE:
            return RecurringRise(theme_id, known, row.start, known.plan_command(theme_id, max(now, row.start)))
    return None


def _is_planned(one: RecurringRise, now: datetime, launches: list[Launch]) -> bool:
    due = one.known.due_after(max(now, one.newest))
    return any(
        launch.start <= due + TOLERANCE
        and launch.end > due
        and any(lift.everything or lift.theme_id == one.theme_id for lift in launch.lifts)
        for launch in launches
    )
