"""`groundswell audit list` shows who did what."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.audit import record
from store.database import open_database, upgrade
from tests.groundswell.front import Run, front_door

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with three lines."""
    monkeypatch.chdir(tmp_path)
    engine = open_database(sqlite_url)
    upgrade(engine)
    with engine.begin() as connection:
        for n, (actor, action) in enumerate([("ann", "merge"), ("bob", "merge"), ("ann", "looked at text")]):
            record(
                connection, at=NOON.replace(hour=12 + n), actor=actor, action=action, subject=f"theme {n}", detail={}
            )
    engine.dispose()
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", sqlite_url)
    return front_door(monkeypatch, capfd)


def test_lines_are_listed_and_filtered(run: Run):
    """The newest line comes first; each option keeps the lines that are exactly so, and a time without a zone is in UTC."""
    assert [row["subject"] for row in json.loads(run("audit", "list", "--json").out)] == [
        "theme 2",
        "theme 1",
        "theme 0",
    ]
    found = run("audit", "list", "--json", "--person", "ann", "--action", "merge", "--since", "2026-11-20T12:00")
    assert json.loads(found.out) == [
        {"at": "2026-11-20T12:00:00Z", "actor": "ann", "action": "merge", "subject": "theme 0", "detail": {}}
    ]
    assert "looked at text" in run("audit", "list", "--until", "2026-11-20T14:00:01Z").out
    assert "No line of the audit log" in run("audit", "list", "--subject", "theme").out


def test_a_time_that_is_none_is_refused(run: Run):
    """One sentence says how a time is written."""
    done = run("audit", "list", "--since", "yesterday")
    assert done.code == 2
    assert "valid is a form such as" in done.err
