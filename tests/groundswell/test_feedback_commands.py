"""`groundswell feedback`: verdicts from the command line."""

import json
from pathlib import Path

import pytest

from store.database import open_database, upgrade
from tests.alerts import launch_day
from tests.groundswell.front import Run, front_door


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sqlite_url: str) -> Run:
    """Return a way to run the command line on a launch day."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    launch_day.seed(engine)
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", sqlite_url)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    return front_door(monkeypatch, capfd)


def test_a_verdict_is_noted_listed_and_reported(run: Run):
    """The alert's audience and rule are those of the alert; a later verdict replaces it."""
    (first, *_) = json.loads(run("alerts", "list", "--json").out)
    number = str(first["id"])
    assert run("feedback", "add", number, "not_useful").code == 0
    (added,) = json.loads(run("feedback", "add", f"alert:{number}", "useful", "--json").out)
    (row,) = json.loads(run("feedback", "list", "--json").out)
    assert added == row
    assert (row["subject"], row["verdict"], row["rule"]) == (f"alert:{number}", "useful", first["kind"])
    assert row["audience"] == first["audience"]
    (week,) = json.loads(run("feedback", "report", "--json").out)
    assert (week["useful"], week["not_useful"], week["precision"]) == (1, 0, 1.0)
    assert "100%" in run("feedback", "report").out


def test_what_cannot_be_voted_about_is_refused(run: Run):
    """Each wrong use is one sentence."""
    assert "valid are useful, not_useful, wrong_team" in run("feedback", "add", "1", "great").err
    assert "valid is the number of an alert" in run("feedback", "add", "spike:1", "useful").err
    (first, *_) = json.loads(run("alerts", "list", "--json").out)
    done = run("feedback", "add", str(first["id"]), "useful", "--audience", "nobody 4111 1111 1111 1111")
    assert done.code == 2
    assert "valid are " + first["audience"] in done.err
    assert "4111" not in done.err
    done = run("feedback", "add", "999999", "useful")
    assert done.code == 1
    assert "alert 999999, which does not exist" in done.err
    assert "No feedback yet." in run("feedback", "list").out
    done = run("backtest", "--labelled", "feedback")
    assert done.code != 0
