"""Decisions take effect at once: the process in which a person decides applies them where no miner holds the lease."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from models.embedding import Embedder
from pipelines.miner import Miner, MinerBusy, ModelChanged
from pipelines.rules import Rules
from store.database import reading
from store.decisions import is_due
from store.epochs import read_miner
from store.errors import LeaseLost, StoreError

TRIED_EVERY = timedelta(seconds=0.2)


@dataclass(frozen=True, slots=True)
class Application:
    """What came of applying what people decided.

    Parameters
    ----------
    holder: the miner that holds the lease, and applies it within seconds; None where there is none.
    problem: why it could not be applied, in one sentence without a full stop; it stays pending. None where nothing failed.
    """

    holder: str | None = None
    problem: str | None = None

    @property
    def done(self) -> bool:
        """Whether nothing waits any more that could be applied."""
        return self.holder is None and self.problem is None


class DecisionApplier:
    """Applies decisions that were committed, in the first open epoch, which stays open.

    Parameters
    ----------
    engine: the database.
    rules: returns what mining receives from outside; the model of the database takes the place of theirs.
    clock: the wall clock, for the lease.
    wait: waits for so many seconds.
    make_embedder: makes the embedder that compares the names of themes that a split makes; called when first needed.
    patience: how long a miner that holds the lease is waited for. Another process that decides has it for a moment only.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Callable[[], Rules],
        clock: Callable[[], datetime],
        *,
        wait: Callable[[float], object],
        make_embedder: Callable[[], Embedder] | None = None,
        patience: timedelta = timedelta(seconds=3),
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._clock = clock
        self._wait = wait
        self._make_embedder = make_embedder
        self._tries = max(1, round(patience / TRIED_EVERY))
        # Threads of one process have one name as holders of the lease.
        self._one_at_a_time = Lock()

    def __call__(self) -> Application:
        """Apply what is due. No failure leaves it: what could not be applied stays pending."""
        holder: str | None = None
        with self._one_at_a_time:
            for tried in range(self._tries):
                if tried:
                    self._wait(TRIED_EVERY.total_seconds())
                try:
                    holder = self._apply()
                except LeaseLost:
                    holder = "another process"
                except StoreError as error:
                    return Application(problem=str(error))
                except DBAPIError:
                    return Application(problem="the database did not answer")
                except Exception as error:  # noqa: BLE001 (the decision is stored; the next epoch that is mined fails as loudly)
                    return Application(problem=f"it failed with {type(error).__name__}: {str(error)[:200]}")
                if holder is None:
                    return Application()
        return Application(holder=holder)

    def _apply(self) -> str | None:
        """Apply while something is due; returns who holds the lease instead.

        What is committed while the lease is ours is found when it is looked for again after the release, or else finds the lease free.
        """
        while (model := self._due()) is not None:
            rules = replace(self._rules(), model=model)
            miner = Miner(self._engine, rules, self._clock, make_embedder=self._embedder_of(model))
            try:
                miner.decide_alone()
            except MinerBusy as busy:
                return busy.holder
            finally:
                miner.release()
        return None

    def _due(self) -> str | None:
        """Return the model that the database was mined with where a decision is due; None where none is."""
        with reading(self._engine) as connection:
            if not is_due(connection):
                return None
            return str(read_miner(connection).state.get("model", self._rules().model))

    def _embedder_of(self, model: str) -> Callable[[], Embedder] | None:
        make = self._make_embedder
        if make is None:
            return None

        def checked() -> Embedder:
            embedder = make()
            if embedder.name != model:
                raise ModelChanged(model, embedder.name)
            return embedder

        return checked
