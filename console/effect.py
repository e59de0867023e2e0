"""Decisions take effect at once: what is committed is applied in the background, and what is said of it until then."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from sqlalchemy import Connection, Engine

from models.clock import Clock
from pipelines.immediate import Application
from store.database import reading
from store.decisions import Decision, read_decision
from store.lease import lease_in_force

PATIENCE = timedelta(seconds=2)
"""So long the answer to a form waits for its decision; a merge of a very large theme takes longer, and the page follows it."""
ATTEMPTS = 20
"""How often a decision that a miner should have applied is tried again: the miner may have ended before it saw the decision."""


@dataclass(frozen=True, slots=True)
class Effect:
    """How far a decision is: `state` is `applied`, `refused`, `undone`, `applying`, `waiting` or `pending`, with a sentence."""

    state: str
    sentence: str


class Effects:
    """Applies decisions in a thread of its own, one after the other.

    Parameters
    ----------
    apply: applies what is due, see `DecisionApplier`.
    clock: the wall clock, for the lease. cap: how many tickets one decision may move.
    patience: how long a request waits.
    """

    def __init__(
        self, apply: Callable[[], Application], clock: Clock, *, cap: int, patience: timedelta = PATIENCE
    ) -> None:
        self.cap = cap
        self._apply = apply
        self._clock = clock
        self._patience = patience.total_seconds()
        self._pool = ThreadPoolExecutor(1, "decisions")
        self._lock = Lock()
        self._running = 0
        self._problem: str | None = None

    def take(self) -> None:
        """Apply what was decided and committed; returns once it is applied, or after a short time while it still is."""
        with self._lock:
            self._running += 1
        try:
            self._pool.submit(self._run).result(self._patience)
        except StillRunning:
            # The page says so, and follows.
            return

    def settle(self, engine: Engine, made: Decision) -> Decision:
        """Let a committed decision take effect; returns it as it is then."""
        self.take()
        with reading(engine) as connection:
            return read_decision(connection, made.decision_id)

    def of(self, connection: Connection, decision: Decision) -> Effect:
        """Say how far a decision is."""
        if decision.state != "pending":
            return Effect(decision.state, _settled(decision))
        with self._lock:
            running, problem = self._running > 0, self._problem
        if running:
            return Effect("applying", "It is being applied now.")
        holder = lease_in_force(connection, self._clock())
        if holder is not None:
            return Effect("waiting", f"Waiting for the miner at {holder}, which applies it within seconds.")
        if problem is not None:
            return Effect("pending", f"Not applied yet: {problem}. The next epoch that is mined applies it.")
        return Effect("pending", "Not applied yet: the next epoch that is mined applies it.")

    def close(self) -> None:
        """Let what runs come to its end, and take nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        try:
            found = self._apply()
            for _ in range(ATTEMPTS):
                if found.holder is None:
                    break
                self._settle(found)
                found = self._apply()
            self._settle(found)
        finally:
            with self._lock:
                self._running = max(0, self._running - 1)

    def _settle(self, found: Application) -> None:
        with self._lock:
            self._problem = found.problem


def _settled(decision: Decision) -> str:
    if decision.state == "applied":
        return "It is applied."
    if decision.state == "refused":
        return f"It was refused: {decision.refusal}."
    if decision.undone_by == decision.decision_id:
        return "It was withdrawn before it was applied."
    return f"It was undone by decision {decision.undone_by}."
