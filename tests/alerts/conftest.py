"""What the tests of alerts share: the launch day, stored."""

from __future__ import annotations

import pytest

from store.database import open_database, upgrade
from tests.alerts import launch_day


@pytest.fixture
def engine(database_url):
    """A database with the launch day in it."""
    engine = open_database(database_url)
    upgrade(engine)
    launch_day.seed(engine)
    yield engine
    engine.dispose()
