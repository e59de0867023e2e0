"""One miner at a time."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from groundswell.embedded import EmbeddedRun
from models.embedding import HashingEmbedder
from pipelines.miner import EpochChanged, Miner, MinerBusy, ModelChanged
from store.errors import LeaseLost
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, make_rules, mined_rows, open_new, short_rules, short_story, write_parts

RULES = short_rules()
FAR = 10**9


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that does not move."""
    return Clock()


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """Return a database that holds the events of a story's start, not mined yet."""
    opened = open_new(database_url)
    path, _ = write_parts(tmp_path, short_story().parts(timedelta(hours=12)))
    waiting = RULES.mining.model_copy(update={"lateness": timedelta(days=30)})
    rules = replace(RULES, mining=waiting)
    with open_events(path) as source:
        EmbeddedRun(opened, HashingEmbedder(), rules, clock=lambda: NOW, requester_key=KEY).ingest(
            [source], keep_open=True
        )
    yield opened
    opened.dispose()


def test_a_second_miner_is_refused(engine: Engine, clock: Clock):
    """While one miner has the lease, another one is refused and reads who has it; after the release it may mine."""
    one, two = Miner(engine, RULES, clock, "far:1"), Miner(engine, RULES, clock, "far:2")
    next(one.mine_until(FAR))
    with pytest.raises(MinerBusy, match="far:1"):
        next(two.mine_until(FAR))
    one.release()
    assert next(two.mine_until(FAR)).events >= 0


def test_a_paused_miner_leaves_no_trace(engine: Engine, clock: Clock):
    """A miner whose lease another one took while it was paused finds its token outdated, and its epoch is rolled back."""
    one, two = Miner(engine, RULES, clock, "far:1"), Miner(engine, RULES, clock, "far:2")
    paused = one.mine_until(FAR)
    next(paused)
    clock.now += RULES.mining.lease + timedelta(seconds=1)
    next(two.mine_until(FAR))
    before = mined_rows(engine)
    with pytest.raises(LeaseLost):
        next(paused)
    assert mined_rows(engine) == before
    assert next(two.mine_until(FAR)).events >= 0


def test_mining_prolongs_the_lease(engine: Engine, clock: Clock):
    """A miner that works keeps its lease for as long as it works."""
    one, two = Miner(engine, RULES, clock, "far:1"), Miner(engine, RULES, clock, "far:2")
    working = one.mine_until(FAR)
    for _ in range(4):
        next(working)
        clock.now += RULES.mining.lease * 0.8
    with pytest.raises(MinerBusy):
        next(two.mine_until(FAR))


def test_a_dead_process_holds_nobody_up(engine: Engine, clock: Clock):
    """The lease of a process of this machine that is gone is taken at once, without waiting for its end."""
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    dead = Miner(engine, RULES, clock, f"{socket.gethostname()}:{gone.stdout.strip()}")
    next(dead.mine_until(FAR))
    alive = Miner(engine, RULES, clock, f"{socket.gethostname()}:{os.getpid()}")
    assert next(alive.mine_until(FAR)).events >= 0


def test_the_length_of_an_epoch_cannot_change(engine: Engine, clock: Clock):
    """A database that was mined in hours is not mined on in half hours."""
    miner = Miner(engine, RULES, clock)
    next(miner.mine_until(FAR))
    miner.release()
    with pytest.raises(EpochChanged, match="3600"):
        next(Miner(engine, make_rules(), clock).mine_until(FAR))


def test_vectors_of_two_models_never_mix(engine: Engine, clock: Clock):
    """A database that was mined with one embedding model is not mined on with another."""
    miner = Miner(engine, RULES, clock)
    next(miner.mine_until(FAR))
    miner.release()
    with pytest.raises(ModelChanged, match="another-model"):
        next(Miner(engine, replace(RULES, model="another-model"), clock).mine_until(FAR))
