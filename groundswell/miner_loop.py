"""The stand-by miner: waits for the lease, mines up to the frontier while it has it, and sends the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import Engine

from pipelines.epoch.run import Mined
from pipelines.miner import Miner, MinerBusy
from pipelines.settings import MiningSettings
from store.database import reading
from store.errors import LeaseLost
from store.offsets import read_offsets
from stream.kafka.frontier import REPLAYING, Partition, caught_up, frontier
from stream.kafka.topics import Topics

EPOCHS_PER_ROUND = 200
"""Epochs that are mined before the outbox is sent again: a long replay must not delay alerts."""


class Frontier:
    """Says up to which epoch may be mined, from the stored offsets and the broker's ends."""

    def __init__(
        self,
        engine: Engine,
        ends: Callable[[], Mapping[tuple[str, int], int]],
        topics: Topics,
        settings: MiningSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._ends = ends
        self._topics = topics
        self._settings = settings
        self._clock = clock

    def until(self) -> int | None:
        """First epoch that must stay open; None where nothing may close.

        1. Read the clock and what is stored of the tickets.
        2. Ask the broker for its ends: what is written after that is not earlier than what was read, except for lateness.
        3. Read what is stored of plans and changes: epochs close only when that has reached the ends.
        """
        now = self._clock()
        tickets = self._rows(self._topics.tickets)
        ends = self._ends()
        plans = {place: end for place, end in ends.items() if place[0] != self._topics.tickets}
        rows = [row for name in (self._topics.launches, self._topics.changes) for row in self._rows(name).values()]
        if not caught_up({(row["stream"], row["partition"]): row["position"] for row in rows}, plans):
            return None
        partitions = [
            _partition(tickets.get(number), end)
            for (topic, number), end in sorted(ends.items())
            if topic == self._topics.tickets
        ]
        return frontier(partitions, epoch=self._settings.epoch, lateness=self._settings.lateness, now=now)

    def _rows(self, topic: str) -> dict[int, Mapping[str, Any]]:
        with reading(self._engine) as connection:
            return {row["partition"]: row for row in read_offsets(connection, [topic])}


def _partition(row: Mapping[str, Any] | None, end: int) -> Partition:
    if row is None:
        return Partition(0, end)
    return Partition(
        position=row["position"], end=end, newest=row["newest"],
        ended=row["ended"], replaying=row["fingerprint"] == REPLAYING,
    )  # fmt: skip


class MiningLimit(Protocol):
    """Says how far may be mined."""

    def until(self) -> int | None:
        """First epoch that must stay open; None where nothing may close."""


class MinerFollower(Protocol):
    """Who wants to know how the miner fares."""

    def stands_by(self, holder: str) -> None:
        """Another process mines."""

    def holds(self, until: int | None) -> None:
        """The lease is ours; epochs before `until` may close, or None may."""

    def mined(self, mined: Mined) -> None:
        """An epoch was closed."""

    def failed(self, error: Exception) -> None:
        """A round failed; the next one tries again."""


class MinerLoop:
    """Rounds of a miner that may have to wait for the lease. Run it in a thread of its own."""

    def __init__(
        self,
        miner: Miner,
        frontier: MiningLimit,
        deliver: Callable[[], None],
        *,
        follower: MinerFollower,
        wait: Callable[[float], object],
        stop: Callable[[], bool],
        every: timedelta = timedelta(seconds=2),
    ) -> None:
        self._miner = miner
        self._frontier = frontier
        self._deliver = deliver
        self._follower = follower
        self._wait = wait
        self._stop = stop
        self._every = every.total_seconds()

    def run(self) -> None:
        """Repeat until stopped, then release the lease."""
        while not self._stop():
            if not self.round():
                self._wait(self._every)
        self.release()

    def release(self) -> None:
        """Release the lease, so that nobody has to wait for it."""
        try:
            self._miner.release()
        except Exception as error:  # noqa: BLE001 (the lease runs out by itself)
            self._follower.failed(error)

    def round(self) -> bool:
        """Mine what may be mined now, and send. True where more waits. No exception leaves it: the next round tries again."""
        try:
            self._miner.hold()
            # What people decided does not wait until tickets close an epoch.
            self._miner.decide()
            until = self._frontier.until()
            self._follower.holds(until)
            epochs = self._mine(until)
            self._deliver()
        except MinerBusy as busy:
            self._follower.stands_by(busy.holder)
        except LeaseLost:
            self._follower.stands_by("another process")
        except Exception as error:  # noqa: BLE001 (database and broker come back; what does not shows in readiness)
            self._follower.failed(error)
        else:
            return epochs == EPOCHS_PER_ROUND
        return False

    def _mine(self, until: int | None) -> int:
        if until is None:
            return 0
        return sum(1 for _ in islice(self._reported(self._miner.mine_until(until, self._stop)), EPOCHS_PER_ROUND))

    def _reported(self, mined: Iterator[Mined]) -> Iterator[Mined]:
        for one in mined:
            self._follower.mined(one)
            yield one
