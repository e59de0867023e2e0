"""The miner: mines epochs one after another, one transaction each, while it has the lease."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from models.embedding import Embedder
from models.epochs import epoch_end, epoch_start
from models.themes import Namer
from pipelines.decisions.concerned import concerned_themes
from pipelines.epoch.decided import apply_due
from pipelines.epoch.history import mine_history
from pipelines.epoch.run import Mined, mine
from pipelines.rules import Rules
from pipelines.state import MinerState, restore, restore_for_decisions
from pipelines.themes.layout import LayoutKeeper
from store.database import reading
from store.decisions import due_decisions, is_due
from store.epochs import MinerRow, first_waiting, read_miner, write_miner
from store.erasure.lock import share_with_erasures
from store.errors import LeaseLost, StoreError
from store.lease import check_lease, claim_lease, lease_holder, release_lease
from store.news import MinerProgress, read_progress

Result = TypeVar("Result")

LOOK_AHEAD_DAYS = 21
"""Epochs without events are mined hour by hour for this long after the last one, so that missing volume is noticed and expected
counts are written; a longer gap in the record is skipped."""


class MinerBusy(StoreError):
    """Another process mines this database."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"the database is being mined by {holder}; wait until it has finished, or stop it")


class EpochChanged(StoreError):
    """The length of an epoch was changed after tickets were mined."""

    def __init__(self, known: float, asked: float) -> None:
        super().__init__(
            f"received an epoch of {asked:g} seconds, but this database was mined in epochs of {known:g}; "
            "set mining.epoch back, or start a new database"
        )


class ModelChanged(StoreError):
    """The embedding model is not the one that the database was mined with."""

    def __init__(self, known: str, asked: str) -> None:
        super().__init__(
            f"received the embedding model {asked}, but this database was mined with {known}, and vectors of two models do not "
            "mix; set embedding.model back, run on a machine of the same kind, or start a new database"
        )


class Miner:
    """Mines a database up to an epoch.

    Between epochs it keeps its state; after any failure it restores the state from the store.

    Parameters
    ----------
    engine: the database.
    rules: see `Rules`.
    clock: the wall clock, for the lease.
    holder: who has the lease (default: this process).
    make_embedder: makes the embedder that compares names; without it themes are named by their words alone.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        clock: Callable[[], datetime],
        holder: str | None = None,
        make_embedder: Callable[[], Embedder] | None = None,
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._clock = clock
        self._holder = holder or this_process()
        self._namer = Namer(make_embedder)
        self._layout = LayoutKeeper(engine, rules.model)
        self._state: MinerState | None = None
        self._token: int | None = None

    def next_epoch(self) -> int | None:
        """Return the first epoch that is not mined; None before the first."""
        with reading(self._engine) as connection:
            return read_miner(connection).next_epoch

    def hold(self) -> None:
        """Take the lease, or prolong it while there is nothing to mine.

        Raises `MinerBusy` when another process has it, `LeaseLost` when one took it since.
        """
        token = self._hold()
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
        except LeaseLost:
            self._state, self._token = None, None
            raise

    def mine_until(self, until: int, stop: Callable[[], bool] = lambda: False) -> Iterator[Mined]:
        """Mine all epochs before `until` that have anything to decide, yielding what each did; `stop` ends it between two.

        What people decided meanwhile is applied between two epochs, and also where no epoch may be mined. Raises `MinerBusy` when
        another process has the lease, `LeaseLost` when one took it while an epoch was mined.
        """
        token = self._hold()
        while not stop() and (epoch := self._next(until)) is not None:
            yield self._mine(epoch, token)

    def decide(self) -> list[int]:
        """Apply what people decided, without closing an epoch; returns the numbers of the decisions that are applied now.

        Raises as `mine_until` does.
        """
        token = self._hold()
        with reading(self._engine) as connection:
            if not is_due(connection):
                return []
        return self._changed(token, self._decide)

    def decide_alone(self) -> list[int]:
        """Apply what people decided as `decide` does, in a process that does not mine.

        It reads only as much of the state as the decisions need, and keeps none of it. Raises as `mine_until` does.
        """
        token = self._hold()
        with self._engine.begin() as connection:
            check_lease(connection, token, self._clock(), self._rules.mining.lease)
            share_with_erasures(connection)
            row = read_miner(connection)
            if row.next_epoch is None:
                return []
            self._check_rules(row)
            themes = concerned_themes(connection, due_decisions(connection, row.next_epoch), row.next_epoch)
            end = epoch_start(row.next_epoch, self._seconds)
            state = restore_for_decisions(
                connection, row, self._rules.watched, self._rules.model, end, self._namer, themes
            )
            return self._decide(connection, state)

    def mine_history(self) -> int:
        """Mine what waits from before the record begins, between two epochs; returns how many events that were.

        Raises as `mine_until` does.
        """
        with reading(self._engine) as connection:
            row, waiting = read_miner(connection), first_waiting(connection)
        if row.first_epoch is None or waiting is None or waiting >= row.first_epoch:
            return 0
        epoch = row.next_epoch or row.first_epoch
        return self.act(lambda connection, state: mine_history(connection, state, epoch, self._rules))

    def act(self, change: Callable[[Connection, MinerState], Result]) -> Result:
        """Change what was mined between two epochs, in one transaction under the lease; the state is restored afterwards.

        Raises as `mine_until` does.
        """
        token = self._hold()
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
                share_with_erasures(connection)
                return change(connection, self._restored(connection))
        finally:
            self._state = None

    def settle_layout(self) -> None:
        """Bring the map of themes up to date with what was mined last."""
        epoch = self.next_epoch()
        if epoch is not None:
            self._layout.settle(epoch_start(epoch, self._seconds))

    def release(self) -> None:
        """Release the lease, so that nobody has to wait for it."""
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
        # Another process may have mined since this one last had the lease.
        self._state = None
        if self._token is None:
            raise MinerBusy(other or "another process")
        return self._token

    def _mine(self, epoch: int, token: int) -> Mined:
        mined = self._changed(token, lambda connection, state: mine(connection, state, epoch, self._rules))
        self._layout.follow(epoch_end(epoch, self._seconds))
        return mined

    def _decide(self, connection: Connection, state: MinerState) -> list[int]:
        row = read_miner(connection)
        if row.next_epoch is None:
            return []
        applied = apply_due(connection, state, row.next_epoch, self._rules)
        write_miner(connection, MinerRow(row.next_epoch, state.first_epoch, state.as_json()))
        return applied

    def _changed(self, token: int, change: Callable[[Connection, MinerState], Result]) -> Result:
        """Change what was mined in one transaction under the lease; the state is kept once that has committed."""
        try:
            with self._engine.begin() as connection:
                check_lease(connection, token, self._clock(), self._rules.mining.lease)
                share_with_erasures(connection)
                state = self._restored(connection)
                result = change(connection, state)
        except BaseException as error:
            # What was changed in the state is not in the store: it is restored from the last commit. The lease may still be ours,
            # and is checked with each change.
            self._state = None
            if isinstance(error, LeaseLost):
                self._token = None
            raise
        self._state = state
        return result

    def _restored(self, connection: Connection) -> MinerState:
        if self._state is None:
            row = read_miner(connection)
            self._check_rules(row)
            end = epoch_start(row.next_epoch or 0, self._seconds)
            self._state = restore(
                connection,
                row,
                self._rules.watched,
                self._rules.model,
                end,
                self._namer,
                self._rules.alerts.return_window,
            )
        return self._state

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

    def _next(self, until: int) -> int | None:
        """Apply what people decided; return the next epoch with something to decide: events, an open spike, or an hour that begins."""
        progress = self._progress()
        if progress.due:
            self.decide()
            progress = self._progress()
        waiting = progress.waiting
        if waiting is not None and waiting >= until:
            waiting = None
        return next_due(progress.row, waiting, until, self._seconds)

    def _progress(self) -> MinerProgress:
        with reading(self._engine) as connection:
            return read_progress(connection)


def next_due(row: MinerRow, waiting: int | None, until: int, seconds: float) -> int | None:
    """Return the next epoch before `until` with something to decide.

    Parameters
    ----------
    row: how far the miner is.
    waiting: the oldest epoch that has events which are not mined; None where there are none.
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
    """Name this process: `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def is_dead(holder: str) -> bool:
    """Tell whether a holder was a process of this host that does not run any more, so that its lease can be taken at once."""
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
