"""A run that is killed at any point and started again leaves what one clean run leaves."""

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from store.database import open_database
from tests.pipelines.chain import (
    SHORT_CUT,
    listings,
    mined_rows,
    open_new,
    run_story,
    short_rules,
    short_story,
    write_parts,
)


class Crash(BaseException):
    """Represents the end of the process: nothing in the chain may catch it and continue."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the two files of the short story."""
    return write_parts(tmp_path_factory.mktemp("story"), short_story().parts(SHORT_CUT))


@pytest.fixture(scope="module")
def clean(paths: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database into which the story was ingested in one clean run; tests only read it."""
    engine = open_new(f"sqlite:///{tmp_path_factory.mktemp('clean') / 'groundswell.db'}")
    run_story(engine, paths, rules=short_rules(), batch=16)
    yield engine
    engine.dispose()


def crash_after(engine: Engine, what: str, count: int) -> None:
    """Let the engine's `count`-th event of a kind from now on crash."""
    left = [count]

    def strike(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    event.listen(engine, what, strike)


@pytest.mark.parametrize("what", ["commit", "before_cursor_execute"])
def test_a_crash_at_any_commit_or_statement(clean: Engine, database_url: str, paths: tuple[Path, Path], what: str):
    """Crashes at random commits, and in the middle of transactions, change no row of what is mined."""
    chance = random.Random(5)
    open_new(database_url).dispose()
    crashes = 0
    while True:
        engine = open_database(database_url)
        crash_after(engine, what, chance.randint(2, 50 if what == "commit" else 500))
        try:
            run_story(engine, paths, rules=short_rules(), batch=16)
        except Crash:
            crashes += 1
        else:
            break
        finally:
            engine.dispose()
    engine = open_database(database_url)
    assert crashes > 3
    assert mined_rows(engine) == mined_rows(clean)
    assert listings(engine) == listings(clean)
    engine.dispose()


def test_a_killed_process(clean: Engine, database_url: str, paths: tuple[Path, Path], root: Path):
    """SIGKILL at random points of a real process: the next one takes the lease at once and goes on to the same listings."""
    chance = random.Random(11)
    open_new(database_url).dispose()
    command = [sys.executable, "-m", "tests.pipelines.driver", database_url, *map(str, paths)]
    for kill in (True, True, True, False):
        # Three times this many are fewer than the story takes: each process is killed before its end.
        statements = chance.randint(100, 1_500) if kill else 0
        done = subprocess.run([*command, str(statements)], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if kill else 0), done.stderr
    engine = open_database(database_url)
    assert mined_rows(engine) == mined_rows(clean)
    assert listings(engine) == listings(clean)
    engine.dispose()
