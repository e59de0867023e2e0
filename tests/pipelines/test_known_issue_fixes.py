"""A known issue that is marked as fixed: resolved when its volume is usual again, regressed when tickets return."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from groundswell.embedded import EmbeddedRun
from models.embedding import HashingEmbedder
from models.theme import KnownIssue
from pipelines.decisions.preview import propose_undo
from store.database import reading
from store.decisions import clear_known_issue, fix_known_issue, flag_known_issue
from store.errors import KnownIssueMissing
from store.listings import list_alerts, list_themes
from tests.harness.sources import open_events
from tests.pipelines.chain import KEY, NOW, open_new, theme_about, write_parts
from tests.pipelines.office import RULES, Office
from tests.pipelines.story import START, Story

FIXED_ON, RETURNS_ON = 6.5, 9.0


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database mined to shortly after a burst about logins on the sixth day; another one comes on the tenth day."""
    folder = tmp_path_factory.mktemp("stored")
    story = Story(days=12, per_day=45)
    story.burst("login", START + timedelta(days=5, hours=8), timedelta(hours=4), tickets=60)
    story.burst("login", START + timedelta(days=RETURNS_ON), timedelta(hours=5), tickets=45)
    engine = open_new(f"sqlite:///{folder / 'stored.db'}")
    waiting = RULES.mining.model_copy(update={"lateness": timedelta(days=30)})
    run = EmbeddedRun(engine, HashingEmbedder(), replace(RULES, mining=waiting), clock=lambda: NOW, requester_key=KEY)
    for path in write_parts(folder, story.parts(timedelta(days=4))):
        with open_events(path) as source:
            run.ingest([source], keep_open=True)
    office = Office(engine).until(days=5.4)
    office.restart()
    engine.dispose()
    return folder / "stored.db"


@pytest.fixture
def office(stored: Path, tmp_path: Path) -> Iterator[Office]:
    """Return an office over a copy of that database."""
    opened = Office.copy(stored, tmp_path / "office.db")
    yield opened
    opened.engine.dispose()


def _login(office: Office) -> int:
    with reading(office.engine) as connection:
        return theme_about(connection, "login")


def _flag(office: Office) -> int:
    theme = _login(office)
    with office.engine.begin() as connection:
        flag_known_issue(connection, theme, KnownIssue(title="Logins fail"), actor="ada", at=NOW)
    return theme


def _fix(office: Office, theme: int, **fix) -> int:
    with office.engine.begin() as connection:
        return fix_known_issue(connection, theme, actor="ada", at=NOW, **fix).decision_id


def _row(office: Office, theme: int) -> dict:
    with reading(office.engine) as connection:
        return next(row for row in list_themes(connection) if row["id"] == theme)


def _alerts(office: Office, theme: int) -> list[str]:
    with reading(office.engine) as connection:
        return [row["kind"] for row in list_alerts(connection) if row["theme_id"] == theme]


@pytest.mark.parametrize("restart", [False, True])
def test_a_fixed_issue_is_resolved_and_then_regresses_with_one_alert(office, restart):
    """Known, resolved when the volume is usual again, regressed with exactly one alert: also by a miner that starts anew."""
    theme = _flag(office)
    office.until(days=6)
    assert _row(office, theme)["status"] == "known"
    _fix(office, theme, fixed_at=START + timedelta(days=FIXED_ON))
    office.until(days=FIXED_ON + 0.5)
    assert _row(office, theme)["status"] == "known"
    office.until(days=RETURNS_ON - 0.1)
    assert _row(office, theme)["status"] == "resolved"
    assert "regressed" not in _alerts(office, theme)
    if restart:
        office.restart()
    office.until(days=12)
    row = _row(office, theme)
    assert row["status"] == "regressed"
    assert row["known_issue"]["resolved_at"] < row["known_issue"]["regressed_at"]
    assert _alerts(office, theme).count("regressed") == 1


def test_a_version_that_nobody_uses_yet_shows_no_return(office):
    """Tickets of older versions do not show that a fix has failed."""
    theme = _flag(office)
    _fix(office, theme, version="6.0.0")
    office.until(days=12)
    assert _row(office, theme)["status"] == "resolved"
    assert "regressed" not in _alerts(office, theme)


def test_tickets_of_the_fixed_version_show_the_return(office):
    """A version counts as fixed from itself on: `5.1.0` is one of the two versions of the story."""
    theme = _flag(office)
    _fix(office, theme, version="5.1.0", why="shipped")
    office.until(days=12)
    assert _row(office, theme)["status"] == "regressed"


def test_a_fix_can_be_undone(office):
    """Undoing the fix brings the known issue back as it was."""
    theme = _flag(office)
    office.until(days=6)
    before = _row(office, theme)["known_issue"]
    fix = _fix(office, theme, fixed_at=START + timedelta(days=FIXED_ON))
    office.until(days=6.2)
    assert _row(office, theme)["known_issue"]["fixed_at"]
    office.decided(propose_undo, fix)
    office.until(days=6.4)
    assert _row(office, theme)["known_issue"] == before


def test_only_a_known_issue_can_be_fixed(office):
    """A theme without a flag cannot be marked as fixed; one whose flag is pending can."""
    theme = _login(office)
    with pytest.raises(KnownIssueMissing, match="flag it with"):
        _fix(office, theme, version="6.0.0")
    _flag(office)
    _fix(office, theme, version="6.0.0")
    with office.engine.begin() as connection:
        clear_known_issue(connection, theme, actor="ada", at=NOW)
    with pytest.raises(KnownIssueMissing):
        _fix(office, theme, version="6.0.1")
    assert _row(office, theme)["known_issue"] is None
