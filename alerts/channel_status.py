"""How channels fare: what they did last, what waits for them, and what was given up and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alerts.ownership import BROADCAST, Ownership
from models.formats import counted
from models.times import rfc3339
from store.channel_states import ChannelState, read_channel_states
from store.outbox import OutboxState, StoredRow, read_unfinished

MOST_DEAD = 20
"""Rows that were given up which one channel shows, the newest ones."""


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """The status of one channel.

    waiting: rows that it has not taken yet, the oldest enqueued with the id `oldest`. dead: those that were given up.
    """

    state: ChannelState
    kind: str
    audiences: tuple[str, ...]
    waiting: tuple[StoredRow, ...]
    dead: tuple[StoredRow, ...]

    @property
    def good(self) -> bool:
        """Whether its last message was taken, if there was one, and none was given up."""
        return self.state.failures == 0 and not self.dead

    def sentence(self) -> str:
        """Say what is wrong with it."""
        parts = [f"{counted(self.state.failures, 'failure')} in a row"] if self.state.failures else []
        parts += [f"{counted(len(self.dead), 'message')} given up"] if self.dead else []
        return f"{self.state.name}: {', '.join(parts)}"

    def as_json(self) -> dict[str, Any]:
        """Write it as `channels status --json` prints it."""
        state = self.state
        return {
            "channel": state.name, "kind": self.kind, "audiences": list(self.audiences),
            "last_success_at": rfc3339(state.last_success_at), "last_failure_at": rfc3339(state.last_failure_at),
            "failures": state.failures, "problem": state.problem, "paused_until": rfc3339(state.paused_until),
            "held_until": rfc3339(state.held_until), "held_by": state.held_by,
            "waiting": len(self.waiting), "oldest_waiting": self.waiting[0].key if self.waiting else None,
            "dead": len(self.dead), "dead_rows": [{"key": row.key, "problem": row.problem} for row in self.dead[-MOST_DEAD:]],
        }  # fmt: skip


def channel_statuses(connection: Connection, kinds: Mapping[str, str], ownership: Ownership) -> list[ChannelStatus]:
    """Return the status of every channel that is set (`kinds` names its kind), and of others that something waits for."""
    states = read_channel_states(connection)
    rows = [(row, _names(row, ownership)) for row in read_unfinished(connection)]
    named = {name for _, names in rows for name in names} | {
        name for one in ownership.audiences for name in one.channels
    }
    return [
        ChannelStatus(
            states.get(name, ChannelState(name)),
            kinds.get(name, "kafka" if name == "kafka" else "not set up"),
            tuple(one.name for one in ownership.audiences if name in one.channels),
            _of(rows, name, dead=False),
            _of(rows, name, dead=True),
        )
        for name in dict.fromkeys([*kinds, *sorted(named | states.keys())])
    ]


def _of(rows: Iterable[tuple[StoredRow, Sequence[str]]], name: str, *, dead: bool) -> tuple[StoredRow, ...]:
    return tuple(row for row, names in rows if name in names and (row.state == OutboxState.FAILED) is dead)


def _names(row: StoredRow, ownership: Ownership) -> tuple[str, ...]:
    """Return the channels that have not taken a row."""
    channels = ("kafka",) if row.audience == BROADCAST else ownership.audience(row.audience).channels
    return tuple(name for name in channels if name not in row.channels)
