"""The made-up database of the console's benchmark: its counts are those of its tickets, and its pages open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from bench.console.corpus import cells, make_corpus
from bench.console.generate import fill
from bench.console.load import SPREAD_SECONDS, delays
from console.app import create_app
from console.settings import ConsoleSettings
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from store.schema import assignments, counts, theme_layout
from tests.console.conftest import Client, console_parts, wall_clock

TICKETS, THEMES = 3_000, 90


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a small filled database of each kind."""
    opened = open_database(database_url)
    upgrade(opened)
    fill(opened, TICKETS, THEMES)
    yield opened
    opened.dispose()


def test_the_database_is_in_order_and_its_pages_open(engine: Engine) -> None:
    """Counts add up to the tickets of each theme, every theme has a place, and the pages that are measured answer."""
    with engine.connect() as connection:
        counted = select(counts.c.theme_id, func.sum(counts.c.n)).where(counts.c.segment_id == 1)
        found = {theme: int(n) for theme, n in connection.execute(counted.group_by(counts.c.theme_id))}
        held = select(assignments.c.theme_id, func.count()).group_by(assignments.c.theme_id)
        sizes = {theme: int(n) for theme, n in connection.execute(held)}
        placed = connection.execute(select(func.count()).select_from(theme_layout)).scalar_one()
    assert found.pop(0) == TICKETS
    assert found == sizes
    assert placed == len(sizes)
    parts = console_parts()
    app = create_app(engine, clock=wall_clock, settings=ConsoleSettings(port=0), mining=MiningSettings(), parts=parts)
    client = Client(app)
    for path in ("/", "/themes/map", "/themes/7", "/launches/L-bench", "/incidents", "/incidents/1", "/launches"):
        assert client.get(path).status_code == 200, path


def test_the_cells_come_in_order_and_once() -> None:
    """Rows of counts ascend by key, so that they can be written without a search for each."""
    found = [cell[:3] for cell in cells(make_corpus(500, 30), block=7)]
    assert found == sorted(set(found))


def test_monitors_wait_as_a_browser_does(root: Path) -> None:
    """After news a page waits up to as long as the script of the console says."""
    script = (root / "console/static/console.js").read_text()
    assert f"SPREAD_MILLISECONDS = {1000 * SPREAD_SECONDS:.0f};" in script


def test_a_delay_is_counted_from_the_close_before_it() -> None:
    """The first moment after each close counts, and what comes only after the next one is missing."""
    assert delays([[1.5, 2.5, 9.0]], [1.0, 2.0, 3.0, 8.0]) == [0.5, 0.5, float("inf"), 1.0]
