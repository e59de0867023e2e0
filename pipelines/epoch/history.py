"""History: tickets from before the record begins, mined between two epochs."""

from __future__ import annotations

from sqlalchemy import Connection

from models.epochs import epoch_of, epoch_start
from pipelines.context import EpochContext
from pipelines.epoch.counts import write_count_changes
from pipelines.epoch.tickets import take_tickets
from pipelines.rules import Rules
from pipelines.state import MinerState
from pipelines.themes.sizes import measure_sizes
from store.epochs import MinerRow, take_events, write_miner
from store.themes import forget_tickets


def mine_history(connection: Connection, state: MinerState, epoch: int, rules: Rules) -> int:
    """Take the waiting events of epochs before the first one that was mined; returns how many there were.

    Tickets are assigned to the themes that there are and counted in their own buckets, as part of the open epoch `epoch`,
    which is judged with them. The record begins with the oldest of them, so that baselines and learning periods use them. Nothing
    that was decided is decided again, and no theme is discovered: what is rare today is of no concern because it was not then.
    """
    first = state.first_epoch
    taken = [] if first is None else take_events(connection, epoch, first)
    if not taken:
        return 0
    context = EpochContext.begin(connection, state, epoch, rules)
    tickets = take_tickets(context, taken)
    # The tickets of the last `assign` are those around which an epoch looks for new themes.
    state.index.forget(tickets.passing)
    forget_tickets(connection, sorted(tickets.passing))
    measure_sizes(context, tickets.touched)
    write_count_changes(context)
    start = epoch_start(epoch_of(taken[0].time, state.epoch_seconds), state.epoch_seconds)
    state.record_start = min(state.record_start or start, start)
    write_miner(connection, MinerRow(epoch, first, state.as_json()))
    return len(taken)
