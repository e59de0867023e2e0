"""The miner: closes epochs one after another, one transaction each, while it holds the lease."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from models.embedding import Embedder
from models.themes import Namer
from pipelines.epoch.run import Mined, mine
from pipelines.rules import Rules
from pipelines.state import MinerState, restore
from store.database import reading
from store.epochs import MinerRow, first_waiting, read_miner
from store.errors import LeaseLost, StoreError
from store.lease import check_lease, claim_lease, lease_holder, release_lease

Result = TypeVar("Result")

LOOK_AHEAD_DAYS = 21
"""Epochs without events are mined hour by hour for so long after the last one, so that silence is noticed and bands are
written; a longer gap in the record is skipped."""


class MinerBusy(StoreError):
    """Somebody else mines this database."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"the database is being mined by {holder}; wait until it has finished, or stop it")


class EpochChanged(StoreError):
    """The epoch's length was changed after tickets were mined."""

    def __init__(self, known: float, asked: float) -> None:
        super().__init__(
            f"received an epoch of {asked:g} seconds, but this database was mined in epochs of {known:g}; "
            "set mining.epoch back, or start a new database"
        )


class ModelChanged(StoreError):
    """Another embedding model than the one that the database was mined with."""

    def __init__(self, known: str, asked: str) -> None:
        super().__init__(
            f"received the embedding model {asked}, but this database was mined with {known}, and vectors of two models do not "
            "mix; set embedding.model back, run on a machine of the same kind, or start a new database"
        )


class Miner:
    """Mines a database up to an epoch. Between epochs it keeps its memory; after any failure it reads it back from the store."""

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        clock: Callable[[], datetime],
        holder: str | None = None,
        make_embedder: Callable[[], Embedder] | None = None,
    ) -> None:
        """Without `make_embedder` themes are named by their words alone."""
        self._engine = engine
        self._rules = rules
        self._clock = clock
        self._holder = holder or this_process()
        self._namer = Namer(make_embedder)
        self._memory: MinerState | None = None
        self._token: int | None = None

    def next_epoch(self) -> int | None:
        """First epoch that is not closed; None before the first."""
        with reading(self._engine) as connection:
            return read_miner(connection).next_epoch

    def hold(self) -> None:
        """Take the lease, or prolong it while there is nothing to mine.

        Raises `MinerBusy` when another process holds it, `LeaseLost` when one took it since.
        """
        token = self._hold()
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
        except LeaseLost:
            self._memory, self._token = None, None
            raise

    def mine_until(self, until: int, stop: Callable[[], bool] = lambda: False) -> Iterator[Mined]:
        """Close all epochs before `until` that have anything to decide, yielding what each did; `stop` ends it between two.

        Raises `MinerBusy` when another process holds the lease, `LeaseLost` when one took it while an epoch was mined.
        """
        token = self._hold()
        while not stop():
            with reading(self._engine) as connection:
                epoch = self._next(connection, until)
            if epoch is None:
                return
            yield self._mine(epoch, token)

    def act(self, change: Callable[[Connection, MinerState], Result]) -> Result:
        """Change what was mined between two epochs, in one transaction under the lease; memory is read back afterwards.

        Raises as `mine_until` does.
        """
        token = self._hold()
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
                return change(connection, self._recall(connection))
        finally:
            self._memory = None

    def release(self) -> None:
        """Give the lease back, so that nobody has to wait for it."""
        if self._token is not None:
            with self._engine.begin() as connection:
                release_lease(connection, self._token, self._clock())
            self._token = None

    def _hold(self) -> int:
        if self._token is not None:
            return self._token
        with self._engine.begin() as connection:
            other = lease_holder(connection)
            dead = other if other is not None and is_dead(other) else None
            token = claim_lease(connection, self._holder, self._clock(), self._rules.mining.lease, take_from=dead)
        # Only a claim that was committed is one.
        self._token = token
        # Another one may have mined since this one last held the lease.
        self._memory = None
        if self._token is None:
            raise MinerBusy(other or "another process")
        return self._token

    def _mine(self, epoch: int, token: int) -> Mined:
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
                memory = self._recall(connection)
                mined = mine(connection, memory, epoch, self._rules)
        except BaseException:
            # What the epoch changed in memory is not in the store: both start again from the last commit.
            self._memory, self._token = None, None
            raise
        self._memory = memory
        return mined

    def _recall(self, connection: Connection) -> MinerState:
        if self._memory is None:
            row = read_miner(connection)
            self._check_rules(row)
            end = datetime.fromtimestamp((row.next_epoch or 0) * self._seconds, UTC)
            self._memory = restore(connection, row, self._rules.watched, self._rules.model, end, self._namer)
        return self._memory

    def _check_rules(self, row: MinerRow) -> None:
        known = row.state.get("epoch_seconds", self._seconds)
        if known != self._seconds:
            raise EpochChanged(known, self._seconds)
        model = row.state.get("model", self._rules.model)
        if model != self._rules.model:
            raise ModelChanged(model, self._rules.model)

    @property
    def _seconds(self) -> float:
        return self._rules.mining.epoch.total_seconds()

    def _next(self, connection: Connection, until: int) -> int | None:
        """The next epoch with something to decide: events, an open spike to follow, or an hour that begins."""
        row = read_miner(connection)
        waiting = first_waiting(connection)
        if waiting is not None and waiting >= until:
            waiting = None
        return next_due(row, waiting, until, self._seconds)


def next_due(row: MinerRow, waiting: int | None, until: int, seconds: float) -> int | None:
    """The next epoch before `until` with something to decide.

    Parameters
    ----------
    row: where the miner stands.
    waiting: the oldest epoch that has events which none has taken.
    seconds: length of an epoch.
    """
    if row.next_epoch is None:
        return waiting
    if row.next_epoch >= until:
        return None
    if waiting is not None and waiting <= row.next_epoch:
        return row.next_epoch
    if row.state.get("open_spikes"):
        return row.next_epoch
    per_hour = max(1, round(3600 / seconds))
    hourly = row.next_epoch + (per_hour - 1 - row.next_epoch) % per_hour
    quiet_since = row.state.get("last_busy", row.next_epoch)
    if hourly - quiet_since > LOOK_AHEAD_DAYS * 24 * per_hour:
        return waiting
    soonest = hourly if waiting is None else min(waiting, hourly)
    return soonest if soonest < until else None


def this_process() -> str:
    """Name of this process: `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_dead(holder: str) -> bool:
    """Tell whether a holder was a process of this host that no longer runs: nobody has to wait for its lease."""
    host, _, pid = holder.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
