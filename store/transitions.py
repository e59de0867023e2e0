"""Changes of the status of themes: each with its time, its reason and who decided it. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from models.theme import ThemeStatus
from models.times import rfc3339
from store.schema import theme_transitions
from store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of a theme's status at an event time; `before` is None at its birth, `actor` None where nobody decided it."""

    change_id: int
    theme_id: int
    at: datetime
    before: ThemeStatus | None
    after: ThemeStatus
    actor: str | None
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Write the change as `--json` and the API do."""
        return {
            "at": rfc3339(self.at), "theme_id": self.theme_id, "from": None if self.before is None else self.before.value,
            "to": self.after.value, "actor": self.actor, "reason": self.reason,
        }  # fmt: skip


def write_transitions(connection: Connection, changes: Sequence[StatusChange]) -> None:
    """Record changes."""
    rows = [
        {
            "id": one.change_id, "theme_id": one.theme_id, "at": one.at,
            "from_status": None if one.before is None else one.before.value, "to_status": one.after.value, "actor": one.actor,
            "reason": one.reason,
        }
        for one in changes
    ]  # fmt: skip
    insert_new(connection, theme_transitions, rows)


def read_transitions(connection: Connection, theme_ids: Collection[int]) -> list[StatusChange]:
    """Read the changes of some themes, in the order in which they happened."""
    query = select(theme_transitions).where(theme_transitions.c.theme_id.in_(list(theme_ids)))
    return [
        StatusChange(
            row.id, row.theme_id, row.at, None if row.from_status is None else ThemeStatus(row.from_status),
            ThemeStatus(row.to_status), row.actor, row.reason,
        )
        for row in connection.execute(query.order_by(theme_transitions.c.id))
    ]  # fmt: skip
