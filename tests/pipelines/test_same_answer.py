"""The same events give the same answer, whatever the miner went through: over stories of several sizes and seeds."""

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from models.bucket import bucket_of
from models.embedding import HashingEmbedder
from models.epochs import epoch_end
from pipelines.epoch.run import Rules
from pipelines.epoch.run import mine as mine_epoch
from pipelines.miner import Miner, next_due
from pipelines.state import restore
from store.database import open_database, reading
from store.epochs import MinerRow, first_waiting, read_miner
from store.schema import events
from tests.harness.sources import open_events
from tests.pipelines.answer import Answer, read_answer
from tests.pipelines.chain import NOW, make_rules, make_run, open_new
from tests.pipelines.miner_memory import memory_of
from tests.pipelines.story import START, Story

LEARNING = timedelta(days=3)


@dataclass(frozen=True)
class Case:
    """A story, and rules under which a miner forgets much of it."""

    seed: int
    days: int
    per_day: int
    epoch: timedelta
    remembered: int
    """Tickets that the themes' memory holds: fewer than the story has, so that exemplars are kept."""
    history_hours: int
    """Hours of counts that a baseline learns from: shorter than the story."""

    def __str__(self) -> str:
        """Name the case in the list of tests."""
        return f"{self.days}x{self.per_day}:{self.seed}"

    @property
    def story(self) -> Story:
        """The story: many tickets are redacted as soon as the first themes were learned from them."""
        story = Story(self.seed, days=self.days, per_day=self.per_day)
        story.redact(START + LEARNING + timedelta(hours=2), 0.15)
        return story

    @property
    def rules(self) -> Rules:
        """Rules of the case."""
        rules = make_rules(epoch=self.epoch, learning=LEARNING, gather_pool=40)
        themes = rules.mining.themes.model_copy(update={"memory": self.remembered})
        spikes = rules.mining.spikes.model_copy(
            update={"history_hours": self.history_hours, "recent_buckets": 2 * 288, "learning_hours": 72}
        )
        return replace(rules, mining=rules.mining.model_copy(update={"themes": themes, "spikes": spikes}))


CASES = (
    Case(seed=1, days=7, per_day=45, epoch=timedelta(hours=1), remembered=250, history_hours=96),
    Case(seed=8, days=8, per_day=70, epoch=timedelta(hours=2), remembered=300, history_hours=120),
    Case(seed=5, days=7, per_day=110, epoch=timedelta(hours=2), remembered=400, history_hours=96),
)


@dataclass(frozen=True)
class Mined:
    """What a run answered that mined while it read, and a database that holds the same events and mined none of them."""

    case: Case
    answer: Answer
    stored: Path


@pytest.fixture(scope="module", params=CASES, ids=str)
def mined(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mined:
    """Return a story as an embedded run leaves it."""
    case: Case = request.param
    folder = tmp_path_factory.mktemp("story")
    path = folder / "story.jsonl"
    path.write_bytes(b"".join(one.line for one in case.story.events()))
    answer = ingest(folder / "mined.db", path, case.rules)
    # Nothing is old enough to be mined before the end.
    patient = replace(case.rules, mining=case.rules.mining.model_copy(update={"lateness": timedelta(days=400)}))
    ingest(folder / "stored.db", path, patient, keep_open=True)
    return Mined(case, answer, folder / "stored.db")


@pytest.fixture
def stored(mined: Mined, tmp_path: Path) -> Iterator[Engine]:
    """Return a copy of the database in which nothing is mined."""
    shutil.copy(mined.stored, tmp_path / "again.db")
    engine = open_database(f"sqlite:///{tmp_path / 'again.db'}")
    yield engine
    engine.dispose()


def ingest(database: Path, path: Path, rules: Rules, *, keep_open: bool = False) -> Answer:
    """Ingest a file into a new database."""
    engine = open_new(f"sqlite:///{database}")
    with open_events(path) as source:
        done = make_run(engine, rules).ingest([source], keep_open=keep_open)
    assert done.outcome.late == 0
    found = read_answer(engine)
    engine.dispose()
    return found


def mine(engine: Engine, rules: Rules, every: int) -> int:
    """Mine all that is stored; after so many epochs a new miner reads its memory back from the store. Returns the epochs."""
    until, epochs = _end(engine), 0
    while True:
        miner = Miner(engine, rules, clock=lambda: NOW, make_embedder=HashingEmbedder)
        done = sum(1 for _ in islice(miner.mine_until(until), every))
        miner.release()
        epochs += done
        if done < every:
            return epochs


def test_the_cases_hold_what_the_promise_is_about(mined: Mined):
    """Each story has themes with a past, spikes, alerts, expected ranges and erased tickets."""
    assert {row[2] for row in mined.answer.rows["lineage"]} >= {"birth", "join"}
    for name in ("spikes", "alerts", "bands", "corrections", "courses", "tombstones"):
        assert mined.answer.rows[name], name


def mine_failing(engine: Engine, rules: Rules, chance: random.Random) -> tuple[int, int]:
    """Mine all that is stored, by miners whose transactions fail at random and which are replaced at random.

    Returns how often one failed, and how many miners there were.
    """
    until, failures, miners = _end(engine), 0, 0
    while True:
        miner, miners = Miner(engine, rules, clock=lambda: NOW, make_embedder=HashingEmbedder), miners + 1
        for _ in range(chance.randint(1, 6)):
            what, left = chance.choice([("commit", 12), ("before_cursor_execute", 300)])
            with failing(engine, what, chance.randint(1, left)):
                try:
                    if all(False for _ in miner.mine_until(until)):
                        return failures, miners
                except Failure:
                    failures += 1
        miner.release()


class Failure(Exception):
    """Represents a database that fails."""


@contextmanager
def failing(engine: Engine, what: str, count: int) -> Iterator[None]:
    """Let the engine's `count`-th event of a kind fail."""
    left = count

    def strike(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Failure

    event.listen(engine, what, strike)
    try:
        yield
    finally:
        event.remove(engine, what, strike)


def _end(engine: Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(select(func.max(events.c.epoch))).scalar_one() + 1


@pytest.mark.parametrize("every", [1, 100_000])
def test_a_restored_miner_that_is_far_behind_gives_the_same_answer(mined: Mined, stored: Engine, every: int):
    """Mining long after all was read, and restored at every k-th epoch, changes no row: themes, lineage, expected ranges, alerts."""
    assert mine(stored, mined.case.rules, every) > 80
    assert read_answer(stored).differences(mined.answer) == []


def test_failing_transactions_and_restarts_at_any_epochs_give_the_same_answer(mined: Mined, stored: Engine):
    """Whatever the epochs whose transaction fails, and whether the same miner or another one repeats them, no row changes."""
    failures, miners = mine_failing(stored, mined.case.rules, random.Random(mined.case.seed))
    assert failures > 5
    assert miners > 3
    assert read_answer(stored).differences(mined.answer) == []


def test_a_restart_has_in_memory_what_the_miner_had(mined: Mined, stored: Engine):
    """The state that is restored from the store after an epoch is that with which the miner goes on."""
    rules, until, state, row, mined_epochs = mined.case.rules, _end(stored), None, MinerRow(), 0
    seconds = rules.mining.epoch.total_seconds()
    while (epoch := _next(stored, row, until, seconds)) is not None:
        with stored.begin() as connection:
            state = state or restore(connection, row, rules.watched, rules.model, START)
            mine_epoch(connection, state, epoch, rules)
            row, end, mined_epochs = read_miner(connection), epoch_end(epoch, seconds), mined_epochs + 1
            # To restore costs as much as to mine.
            if mined_epochs % 5 == 0:
                again = restore(connection, row, rules.watched, rules.model, end)
                ours, restored = (memory_of(one, bucket_of(end)) for one in (state, again))
                assert [name for name in ours if ours[name] != restored[name]] == [], epoch
    assert state is not None
    assert state.episodes.by_id()
    assert state.plans.reviews


def _next(engine: Engine, row: MinerRow, until: int, seconds: float) -> int | None:
    with reading(engine) as connection:
        return next_due(row, first_waiting(connection), until, seconds)


def test_another_order_within_the_allowed_lateness_gives_the_same_answer(mined: Mined, tmp_path: Path):
    """The same events, each delayed anew but none more than allowed, change no row."""
    case = mined.case
    shuffled = case.story.shuffled(random.Random(case.seed))
    path = tmp_path / "shuffled.jsonl"
    path.write_bytes(b"".join(one.line for one in shuffled))
    assert ingest(tmp_path / "shuffled.db", path, case.rules).differences(mined.answer) == []
