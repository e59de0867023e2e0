"""Decisions take effect at once, and what is mined afterwards does not depend on when they did."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models.embedding import HashingEmbedder
from pipelines.decisions.preview import propose_merge, propose_move, propose_rename, propose_split, propose_undo
from pipelines.immediate import DecisionApplier
from pipelines.miner import Miner
from store.database import open_database, reading
from store.decisions import Decision, carry_decisions
from store.epochs import read_miner
from store.listings import list_decisions
from tests.harness.children import PATIENCE_SECONDS
from tests.pipelines.chain import NOW, listings, mined_rows
from tests.pipelines.office import RULES, Office, check_counts, store_events

HERE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database file that holds the story's events, none of them mined."""
    folder = tmp_path_factory.mktemp("stored")
    store_events(f"sqlite:///{folder / 'stored.db'}", folder)
    return folder / "stored.db"


@pytest.fixture(scope="module")
def learned(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same, mined to the fifth day."""
    file = tmp_path_factory.mktemp("mined") / "mined.db"
    _release(Office.copy(stored, file).until(days=5))
    return file


@pytest.fixture
def office(learned: Path, tmp_path: Path) -> Iterator[Office]:
    """Return an office over a copy of the learned database; nothing mines it."""
    opened = Office.copy(learned, tmp_path / "office.db")
    yield opened
    opened.engine.dispose()


def applier(engine: Engine, **changes: object) -> DecisionApplier:
    """Compose what applies decisions, without waiting."""
    rules = replace(RULES, mining=RULES.mining.model_copy(update=changes))
    return DecisionApplier(engine, lambda: rules, lambda: NOW, wait=lambda _: None, patience=timedelta(seconds=1))


def _release(office: Office) -> None:
    office.restart()
    office.engine.dispose()


def _open_epoch(engine: Engine) -> int | None:
    with reading(engine) as connection:
        return read_miner(connection).next_epoch


def test_a_merge_takes_effect_at_once(office: Office):
    """Tickets, counts, sizes and names are those after the merge; no epoch was closed, and the lease is free again."""
    one, other = office.pair()
    brought, before = office.members(other), _open_epoch(office.engine)
    merge = office.decided(propose_merge, [other], one)
    assert applier(office.engine)().done
    assert office.look(merge).state == "applied"
    assert brought <= office.members(one)
    assert (office.theme(other).state, office.theme(other).size) == ("merged", 0)
    check_counts(office.engine)
    assert _open_epoch(office.engine) == before
    office.decided(propose_undo, merge.decision_id)
    assert applier(office.engine)().done
    assert office.members(other) == brought
    check_counts(office.engine)


def test_the_parts_of_a_split_have_names_at_once(office: Office):
    """A new theme is named by its tickets when it is made, with the embedder that the database was mined with."""
    one, _ = office.pair()
    split = office.decided(propose_split, one, sorted(office.members(one))[::2])
    apply = DecisionApplier(
        office.engine, lambda: RULES, lambda: NOW, wait=lambda _: None, make_embedder=HashingEmbedder
    )
    assert apply().done
    (made,) = office.look(split).outcome["created"]
    assert office.theme(made).name not in ("", "unnamed", office.theme(one).name)
    assert office.theme(made).size > 3


def _decide_much(office: Office, *, at_once: bool) -> list[Decision]:
    """Make decisions of every kind through the story: at once, or left to the miner."""
    made: list[Decision] = []

    def decided(what: object, *arguments: object, **options: object) -> Decision:
        decision = office.decided(what, *arguments, **options)
        made.append(decision)
        if at_once:
            office.restart()
            assert applier(office.engine)().done
            assert office.look(decision).state in ("applied", "undone")
        return decision

    one, other = office.pair(purity=0)
    decided(propose_split, one, sorted(office.members(one))[::3], "A third")
    decided(propose_rename, other, "Parcels")
    office.until(days=5.2)
    merge = decided(propose_merge, [other], one)
    office.until(days=5.6)
    decided(propose_undo, merge.decision_id)
    # A decision names the theme that survives when it is made, so that both ways look at the same themes first.
    office.until(days=5.8)
    decided(propose_move, sorted(office.members(one))[-2:], None)
    decided(propose_move, sorted(office.members(one))[:3], other, pin=True)
    office.until(days=8)
    return made


@pytest.fixture(scope="module")
def pending(learned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Return the story in which every decision waited for the miner; tests only read it."""
    opened = Office.copy(learned, tmp_path_factory.mktemp("pending") / "pending.db")
    _decide_much(opened, at_once=False)
    yield opened
    opened.engine.dispose()


@pytest.mark.long
def test_deciding_at_once_is_deciding_before_the_epoch(pending: Office, office: Office):
    """Decisions that are applied at once, one by one, and the epochs after them, leave the rows of decisions that waited."""
    _decide_much(office, at_once=True)
    assert mined_rows(office.engine) == mined_rows(pending.engine)
    assert listings(office.engine) == listings(pending.engine)
    check_counts(office.engine)


def test_a_replay_honours_decisions_that_took_effect_at_once(pending: Office, stored: Path, tmp_path: Path):
    """The same events with the decisions on record, each due in the epoch that was open then, give the same rows."""
    replay = Office.copy(stored, tmp_path / "replay.db")
    with reading(pending.engine) as connection:
        listed = list_decisions(connection)
    with replay.engine.begin() as connection:
        carry_decisions(connection, listed)
    replay.until(days=8)
    assert mined_rows(replay.engine) == mined_rows(pending.engine)
    replay.engine.dispose()


@pytest.mark.postgres
def test_postgres_decides_at_once(postgres_url: str, tmp_path: Path):
    """On PostgreSQL a merge is applied between two epochs, and mining goes on from there."""
    store_events(postgres_url, tmp_path)
    office = Office(open_database(postgres_url)).until(days=5)
    office.restart()
    one, other = office.pair()
    merge = office.decided(propose_merge, [other], one)
    assert applier(office.engine)().done
    assert office.look(merge).state == "applied"
    check_counts(office.engine)
    office.until(days=5.3)
    check_counts(office.engine)
    office.engine.dispose()


def test_where_a_miner_holds_the_lease_it_applies_the_decision(office: Office):
    """The one who decides reads who mines; the miner applies the decision although no new epoch may close."""
    miner = Miner(office.engine, RULES, lambda: NOW, "far:1")
    miner.hold()
    one, _ = office.pair()
    rename = office.decided(propose_rename, one, "Money")
    found = applier(office.engine)()
    assert (found.holder, found.problem, found.done) == ("far:1", None, False)
    assert office.look(rename).state == "pending"
    assert miner.decide() == [rename.decision_id]
    assert office.theme(one).name == "Money"
    assert miner.decide() == []
    miner.release()


def test_what_cannot_be_applied_stays_pending_and_says_why(office: Office):
    """With another length of epochs nothing is applied and nothing is lost; the miner applies it later."""
    one, _ = office.pair()
    rename = office.decided(propose_rename, one, "Money")
    found = applier(office.engine, epoch=timedelta(minutes=5))()
    assert not found.done
    assert "mined in epochs of 3600" in (found.problem or "")
    assert office.look(rename).state == "pending"
    office.until(days=5.1)
    assert office.look(rename).state == "applied"


def test_before_anything_was_mined_a_decision_waits(stored: Path, tmp_path: Path):
    """Without a first epoch there is nothing to apply a decision to, and that is no failure."""
    office = Office.copy(stored, tmp_path / "empty.db")
    assert applier(office.engine)().done
    office.engine.dispose()


def _process(url: str, statement: int = 0) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.pipelines.decider", url, str(statement)]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("statement", [1, 12, 30])
def test_a_process_that_is_killed_between_deciding_and_applying(office: Office, tmp_path: Path, statement: int):
    """Whatever it had begun is rolled back: the decision is pending, and the next one who applies it does so at once."""
    one, other = office.pair()
    before = mined_rows(office.engine)
    merge = office.decided(propose_merge, [other], one)
    killed = _process(str(office.engine.url), statement)
    _, said = killed.communicate(timeout=PATIENCE_SECONDS)
    assert killed.returncode == -signal.SIGKILL, said
    assert office.look(merge).state == "pending"
    assert mined_rows(office.engine) == before
    assert applier(office.engine)().done
    assert office.look(merge).state == "applied"
    check_counts(office.engine)


def test_two_processes_at_once(office: Office):
    """Two processes that apply decisions at the same moment apply each once; neither says that it failed."""
    one, other = office.pair()
    made = [office.decided(propose_rename, one, "Money"), office.decided(propose_rename, other, "Parcels")]
    deciding = [_process(str(office.engine.url)) for _ in range(2)]
    for process in deciding:
        out, said = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, out.strip()) == (0, "done"), said
    assert [office.look(one).state for one in made] == ["applied", "applied"]
    assert (office.theme(one).name, office.theme(other).name) == ("Money", "Parcels")
    assert len([row for row in office.lineage("rename") if row.figures["after"] in ("Money", "Parcels")]) == 2


def test_two_threads_of_one_process(office: Office):
    """Requests that decide at the same moment do not take the lease from each other."""
    one, other = office.pair()
    apply = applier(office.engine)

    def decide(theme: int) -> Decision:
        made = office.decided(propose_rename, theme, f"Name {theme}")
        assert apply().done
        return made

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(decide, (one, other)))
    assert [office.look(one).state for one in made] == ["applied", "applied"]
