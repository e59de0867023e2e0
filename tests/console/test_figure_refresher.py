"""Pages of figures bring these up to date before they show them, and say so where they cannot."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from console.figures import refresher as refreshing
from console.figures.refresher import STILL_COUNTING, FigureRefresher
from models.epochs import epoch_of
from models.service_levels.levels import ServiceLevels
from pipelines.handling.settings import FigureSettings
from store.database import open_database, upgrade
from tests.harness.children import PATIENCE_SECONDS
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

FIRST = epoch_of(START, 300.0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HandlingDesk]:
    """Return a database with one mined ticket that no figure has yet."""
    engine = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    upgrade(engine)
    found = HandlingDesk(engine)
    found.create("T-1", FIRST)
    found.close(epoch_of(START + timedelta(days=1), 300.0))
    yield found
    engine.dispose()


def _refresher(desk: HandlingDesk, **settings: Any) -> FigureRefresher:
    return FigureRefresher(desk.engine, lambda: NOW, FigureSettings(**settings))


def test_what_was_mined_since_is_folded_in(desk: HandlingDesk) -> None:
    """A page shows the tickets of all closed epochs; where there are no new ones, nothing is done."""
    refresher = _refresher(desk)
    assert refresher.bring_up_to_date(PATIENCE_SECONDS) is None
    assert list(desk.rows()) == ["T-1"]
    desk.create("T-2", epoch_of(START + timedelta(days=1), 300.0), 1440)
    desk.close(epoch_of(START + timedelta(days=2), 300.0))
    assert refresher.bring_up_to_date(PATIENCE_SECONDS) is None
    assert sorted(desk.rows()) == ["T-1", "T-2"]


def test_other_service_levels_make_the_figures_again(desk: HandlingDesk, tmp_path: Path) -> None:
    """Promises of a file that was set since are in the figures."""
    _refresher(desk).bring_up_to_date(PATIENCE_SECONDS)
    file = tmp_path / "levels.toml"
    file.write_text('[[policy]]\nname = "all"\ntargets = { first_reply = "1h" }\n')
    assert _refresher(desk, service_levels=file).bring_up_to_date(PATIENCE_SECONDS) is None
    with desk.engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT policy FROM sla_cycles").scalar_one() == "all"


def test_a_page_does_not_wait_long(desk: HandlingDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """While figures are made, pages show those that there are and say so; there is one refresh at a time."""
    running, go_on, begun = Event(), Event(), []

    def slow(*_: Any) -> None:
        begun.append(1)
        running.set()
        go_on.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(refreshing, "refresh", slow)
    refresher = _refresher(desk)
    assert refresher.bring_up_to_date(0.0) == STILL_COUNTING
    assert running.wait(PATIENCE_SECONDS)
    assert refresher.bring_up_to_date(0.0) == STILL_COUNTING
    assert begun == [1]
    go_on.set()
    refresher.bring_up_to_date(PATIENCE_SECONDS)


def test_a_failure_is_a_sentence(desk: HandlingDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a failing refresh nor a file that cannot be read keeps a page from being shown."""

    def failing(*_: Any) -> ServiceLevels:
        raise OSError("no space left")

    monkeypatch.setattr(refreshing, "refresh", failing)
    assert "could not be brought up to date (OSError)" in str(_refresher(desk).bring_up_to_date(PATIENCE_SECONDS))
    missing = _refresher(desk, service_levels=tmp_path / "none.toml")
    assert "Figures are not brought up to date" in str(missing.bring_up_to_date())
