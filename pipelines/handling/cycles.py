"""The promises to a ticket as rows: those of our policies, and those that its source states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.metrics.history import TicketHistory
from models.service_levels.cycle import ServiceCycle
from models.service_levels.levels import LevelClocks
from models.service_levels.stated import StatedCycle, stated_cycles
from store.handling import StoredHistory

STATED = "stated"
"""The target of promises that the source states: their name says what they are."""

LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class CycleMaker:
    """Makes the rows of promises by the clocks of the service levels."""

    clocks: LevelClocks

    def rows(
        self, ticket_id: str, stored: StoredHistory, history: TicketHistory, row: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows of a ticket; `row` has its attributes and the latest priority."""
        found = self.clocks.cycles(history, row)
        for cycle in found[1] if found else ():
            yield _row(ticket_id, found[0] if found else "", cycle.target.value, cycle)
        for stated in stated_cycles(_custom_of(stored)):
            yield _row(ticket_id, stated.name[:LONGEST_NAME], STATED, stated)


def _custom_of(stored: StoredHistory) -> Mapping[str, Any]:
    """Return the ticket's own fields with the latest statement of its service levels."""
    latest = dict(stored.creation["custom"] or {})
    for _, _, data in stored.events:
        said = (data or {}).get("custom")
        if isinstance(said, Mapping) and isinstance(said.get("sla"), list):
            latest["sla"] = said["sla"]
    return latest


def _row(ticket_id: str, policy: str, target: str, cycle: ServiceCycle | StatedCycle) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id, "policy": policy, "target": target, "number": cycle.number, "started_at": cycle.started_at,
        "stopped_at": cycle.stopped_at, "due_at": cycle.due_at, "breached_at": cycle.breached_at,
        "elapsed": cycle.elapsed.total_seconds(),
    }  # fmt: skip
