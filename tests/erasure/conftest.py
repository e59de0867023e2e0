"""What the tests of erasures share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.erasure.desk import Desk


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Return an empty database at head, of each kind in turn, with what erases from it."""
    made = Desk(database_url, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def sqlite_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Return the same on SQLite only."""
    made = Desk(sqlite_url, tmp_path)
    yield made
    made.engine.dispose()
