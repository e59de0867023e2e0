"""Runs of flows: when each began and ended, and what became of it. Prefect keeps its own records elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from models.times import rfc3339
from store.schema import flow_runs

KEPT = 50
"""Runs that are kept of each flow, the newest ones."""


class RunOutcome(StrEnum):
    """How a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FlowRun:
    """One run of a flow; times are wall clock. `ended_at` and `outcome` are None while it runs, or where its process was killed."""

    run_id: int
    flow: str
    started_at: datetime
    ended_at: datetime | None
    outcome: RunOutcome | None
    problem: str | None

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {
            "id": self.run_id, "flow": self.flow, "started_at": rfc3339(self.started_at), "ended_at": rfc3339(self.ended_at),
            "outcome": None if self.outcome is None else self.outcome.value, "problem": self.problem,
        }  # fmt: skip


def begin_run(connection: Connection, flow: str, at: datetime) -> int:
    """Note that a run of a flow began; returns its number. The oldest runs of the flow beyond `KEPT` are forgotten."""
    made = connection.execute(insert(flow_runs).values(flow=flow, started_at=at))
    run_id = int((made.inserted_primary_key or (0,))[0])
    oldest = (
        select(flow_runs.c.id)
        .where(flow_runs.c.flow == flow)
        .order_by(flow_runs.c.id.desc())
        .offset(KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    connection.execute(delete(flow_runs).where(flow_runs.c.flow == flow, flow_runs.c.id < oldest))
    return run_id


def end_run(connection: Connection, run_id: int, at: datetime, problem: str | None = None) -> None:
    """Note that a run ended, and why where it failed; `problem` is one redacted sentence."""
    outcome = RunOutcome.COMPLETED if problem is None else RunOutcome.FAILED
    connection.execute(
        update(flow_runs).where(flow_runs.c.id == run_id).values(ended_at=at, outcome=outcome.value, problem=problem)
    )


def latest_runs(connection: Connection) -> list[FlowRun]:
    """Read the newest run of each flow, by name."""
    newest = select(func.max(flow_runs.c.id)).group_by(flow_runs.c.flow)
    return _read(connection, flow_runs.c.id.in_(newest), flow_runs.c.flow)


def runs_of(connection: Connection, flow: str) -> list[FlowRun]:
    """Read the runs that are kept of a flow, the newest first."""
    return _read(connection, flow_runs.c.flow == flow, flow_runs.c.id.desc())


def _read(connection: Connection, condition: Any, order: Any) -> list[FlowRun]:
    return [
        FlowRun(
            row.id, row.flow, row.started_at, row.ended_at, None if row.outcome is None else RunOutcome(row.outcome),
            row.problem,
        )
        for row in connection.execute(select(flow_runs).where(condition).order_by(order))
    ]  # fmt: skip
