"""The history that all timelines begin with, mined once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from store.database import open_database
from tests.timeline.desk import Desk, history, rules_of


@pytest.fixture(scope="session")
def mined_history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the history."""
    path = tmp_path_factory.mktemp("timeline") / "history.db"
    history(path)
    return path


@pytest.fixture
def make_desk(mined_history: Path, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Return a way to begin a timeline on a copy of the history, with settings of alerts."""
    opened: list[Engine] = []

    def make(**alerts: Any) -> Desk:
        copy = tmp_path / f"{len(opened)}.db"
        copy.write_bytes(mined_history.read_bytes())
        engine = open_database(f"sqlite:///{copy}")
        opened.append(engine)
        return Desk(engine, rules_of(**alerts))

    yield make
    for engine in opened:
        engine.dispose()
