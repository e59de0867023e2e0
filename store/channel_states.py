"""How channels fare: what they did last, and until when nothing is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import channel_states
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The state of a channel; times are wall clock. `failures` counts those in a row, `problem` is the last one's, redacted."""

    name: str
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    problem: str | None = None
    failures: int = 0
    paused_until: datetime | None = None


def read_channel_states(connection: Connection) -> dict[str, ChannelState]:
    """Read the states of all channels that something was sent to, by name."""
    return {
        row.name: ChannelState(
            row.name, row.last_success_at, row.last_failure_at, row.problem, row.failures, row.paused_until
        )
        for row in connection.execute(select(channel_states).order_by(channel_states.c.name))
    }


def write_channel_state(connection: Connection, state: ChannelState) -> None:
    """Write the state of a channel."""
    row = {
        "name": state.name, "last_success_at": state.last_success_at, "last_failure_at": state.last_failure_at,
        "problem": state.problem, "failures": state.failures, "paused_until": state.paused_until,
    }  # fmt: skip
    upsert(connection, channel_states, [row], ["name"])
