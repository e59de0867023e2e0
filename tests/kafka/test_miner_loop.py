"""Stand-by miners: one mines, another takes over, and no failure ends a round."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event as hooks
from sqlalchemy.exc import OperationalError

from groundswell.miner_loop import Frontier, MinerLoop
from models.embedding import HashingEmbedder
from pipelines.miner import Miner
from store.database import open_database, reading, upgrade
from store.epochs import read_miner
from stream.kafka.headers import HeaderMark, mark_message
from stream.kafka.intake import Arrived, Intake
from stream.kafka.topics import Topics
from stream.processing import Processor
from tests.kafka.test_intake import Kept, Seen, message
from tests.pipelines.chain import make_rules

TOPICS = Topics("groundswell")


class Clock:
    """A clock that is set by the test."""

    def __init__(self):
        self.now = datetime(2026, 12, 1, tzinfo=UTC)

    def __call__(self):
        """The time that was set."""
        return self.now

    def tick(self, **by):
        """Let time pass."""
        self.now += timedelta(**by)


class Fate:
    """A miner's follower that remembers."""

    def __init__(self):
        self.events = Counter()

    def stands_by(self, holder):
        """Count it."""
        self.events["stands by"] += 1

    def holds(self, until):
        """Count it."""
        self.events["holds"] += 1

    def mined(self, mined):
        """Count its events."""
        self.events["mined"] += mined.events

    def failed(self, error):
        """Count it by its kind."""
        self.events[type(error).__name__] += 1


@pytest.fixture
def engine(database_url):
    """Return a database that holds three ended tickets."""
    engine = open_database(database_url)
    upgrade(engine)
    intake = Intake(
        engine,
        Processor(HashingEmbedder(), b"k", Clock()),
        Kept(),
        epoch=timedelta(minutes=30),
        follower=Seen(),
    )
    sent = mark_message(HeaderMark.ENDED)
    intake.take(TOPICS.tickets, [*(message(n, minute=n) for n in range(3)), Arrived(0, 3, sent.headers, sent.value)])
    yield engine
    engine.dispose()


@pytest.fixture
def clock():
    """Return a clock that is set by the test."""
    return Clock()


@pytest.fixture
def standby(engine, clock):
    """Return a function that makes a standby-by miner of another machine, and its follower."""
    ends = {(TOPICS.tickets, 0): 4, (TOPICS.launches, 0): 0, (TOPICS.changes, 0): 0}

    def make(holder, *, ends=ends, deliver=lambda: None):
        fate = Fate()
        rules = replace(make_rules(), broadcast=True)
        frontier = Frontier(engine, lambda: ends, TOPICS, rules.mining, clock)
        miner = Miner(engine, rules, clock, holder)
        return MinerLoop(miner, frontier, deliver, follower=fate, wait=lambda _: None, stop=lambda: False), fate

    return make


def open_epoch(engine):
    """First epoch that is not closed."""
    with reading(engine) as connection:
        return read_miner(connection).next_epoch


def test_one_mines_and_the_other_stands_by(engine, standby):
    """Of two processes the one with the lease mines; the other one waits without an error."""
    (first, one), (second, other) = standby("a:1"), standby("b:1")
    first.round()
    second.round()
    assert (one.events["mined"], other.events["mined"], other.events["stands by"]) == (3, 0, 1)


def test_another_takes_over_within_thirty_seconds(engine, standby, clock):
    """A miner that says nothing for its lease loses it: 20 s, and a round comes every 2 s."""
    (first, _), (second, other) = standby("a:1", ends={}), standby("b:1")
    first.round()
    clock.tick(seconds=19)
    second.round()
    assert other.events["holds"] == 0
    clock.tick(seconds=3)
    second.round()
    assert (other.events["holds"], other.events["mined"]) == (1, 3)


def test_the_lease_is_prolonged_without_anything_to_mine(standby, clock):
    """A quiet miner keeps its lease: the miner does not change without a reason."""
    (first, one), (second, other) = standby("a:1"), standby("b:1")
    for _ in range(5):
        first.round()
        clock.tick(seconds=15)
        second.round()
    assert (one.events["holds"], other.events["stands by"]) == (5, 5)


def test_one_that_was_paused_stands_by_again(engine, standby, clock):
    """A holder that slept past its lease finds its token outdated, throws its work away and waits."""
    (first, one), (second, _) = standby("a:1", ends={}), standby("b:1")
    first.round()
    clock.tick(seconds=60)
    second.round()
    mined = open_epoch(engine)
    first.round()
    assert one.events["stands by"] == 1
    assert open_epoch(engine) == mined


def test_plans_that_are_not_stored_hold_the_epochs(engine, standby):
    """While the launch topic has a message that no worker stored, nothing closes."""
    ends = {(TOPICS.tickets, 0): 4, (TOPICS.launches, 0): 1, (TOPICS.changes, 0): 0}
    first, one = standby("a:1", ends=ends)
    first.round()
    assert (one.events["holds"], one.events["mined"], open_epoch(engine)) == (1, 0, None)


def test_a_round_survives_the_database(engine, standby):
    """A database that fails costs a round, no more."""
    first, one = standby("a:1")
    failing = iter([True] + [False] * 99)

    @hooks.listens_for(engine, "commit")
    def refuse(_connection):
        if next(failing):
            raise OperationalError("COMMIT", {}, Exception("gone"))

    first.round()
    first.round()
    assert (one.events["OperationalError"], one.events["mined"]) == (1, 3)
