"""How channels fare: what they did last, and until when nothing is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from store.schema import channel_states
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class ChannelState:
    """The state of a channel; times are wall clock. `failures` counts those in a row, `problem` is the last one's, redacted.

    It is paused until `paused_until` after failures, and until `held_until` because a person, `held_by`, paused it.
    """

    name: str
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    problem: str | None = None
    failures: int = 0
    paused_until: datetime | None = None
    held_until: datetime | None = None
    held_by: str | None = None

    def resumes_at(self, now: datetime) -> datetime | None:
        """Return until when nothing is sent to it; None where it is not paused at `now`."""
        later = [until for until in (self.paused_until, self.held_until) if until is not None and now < until]
        return max(later, default=None)


def read_channel_states(connection: Connection) -> dict[str, ChannelState]:
    """Read the states of all channels that something was sent to, by name."""
    return {
        row.name: ChannelState(
            row.name,
            row.last_success_at,
            row.last_failure_at,
            row.problem,
            row.failures,
            row.paused_until,
            row.held_until,
            row.held_by,
        )
        for row in connection.execute(select(channel_states).order_by(channel_states.c.name))
    }


def write_channel_state(connection: Connection, state: ChannelState) -> None:
    """Write what sending to a channel came to; whether a person paused it stays as it is."""
    row = {
        "name": state.name, "last_success_at": state.last_success_at, "last_failure_at": state.last_failure_at,
        "problem": state.problem, "failures": state.failures, "paused_until": state.paused_until,
    }  # fmt: skip
    upsert(connection, channel_states, [row], ["name"])


def hold_channel(connection: Connection, name: str, until: datetime, by: str) -> None:
    """Note that a person paused a channel until `until` (wall clock): what is due meanwhile waits."""
    row = {"name": name, "failures": 0, "held_until": until, "held_by": by}
    upsert(connection, channel_states, [row], ["name"], only=["held_until", "held_by"])


def resume_channel(connection: Connection, name: str) -> None:
    """End a channel's pause, whoever made it: the next round of sending tries it."""
    resumed = {"paused_until": None, "held_until": None, "held_by": None}
    connection.execute(update(channel_states).where(channel_states.c.name == name).values(resumed))
