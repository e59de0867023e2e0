"""The same events give the same answer, whatever the miner went through: over stories of several sizes and seeds."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from models.embedding import HashingEmbedder
from pipelines.epoch.run import Rules
from pipelines.miner import Miner
from store.database import open_database, reading
from store.schema import events
from tests.harness.sources import open_events
from tests.pipelines.answer import Answer, read_answer
from tests.pipelines.chain import NOW, make_rules, make_run, open_new
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
    with reading(engine) as connection:
        until = connection.execute(select(func.max(events.c.epoch))).scalar_one() + 1
    epochs = 0
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


@pytest.mark.parametrize("every", [1, 6, 100_000])
def test_a_restored_miner_that_is_far_behind_gives_the_same_answer(mined: Mined, stored: Engine, every: int):
    """Mining long after all was read, and restored at every k-th epoch, changes no row: themes, lineage, expected ranges, alerts."""
    assert mine(stored, mined.case.rules, every) > 80
    assert read_answer(stored).differences(mined.answer) == []


def test_another_order_within_the_allowed_lateness_gives_the_same_answer(mined: Mined, tmp_path: Path):
    """The same events, each delayed anew but none more than allowed, change no row."""
    case = mined.case
    shuffled = case.story.shuffled(random.Random(case.seed))
    path = tmp_path / "shuffled.jsonl"
    path.write_bytes(b"".join(one.line for one in shuffled))
    assert ingest(tmp_path / "shuffled.db", path, case.rules).differences(mined.answer) == []
