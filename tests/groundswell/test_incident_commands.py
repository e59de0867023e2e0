"""`groundswell incidents`: the events behind the alerts, listed, shown, merged and split from the command line."""

import json
from pathlib import Path

import pytest

from store.database import open_database, upgrade
from tests.groundswell.front import Run, front_door_in
from tests.pipelines.incident_miner import IncidentMiner, spike


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with two incidents, the first of which has two alerts."""
    engine = open_database(f"sqlite:///{tmp_path / 'g.db'}")
    upgrade(engine)
    with engine.begin() as connection:
        miner = IncidentMiner(connection)
        miner.name(coins=7, payouts=8)
        miner.epoch(10, spike(1, 7), spike(2, 8))
        miner.epoch(20, spike(3, 7, at=15, where={"region": "BR"}))
    engine.dispose()
    return tmp_path / "g.db"


@pytest.fixture
def run(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on that database."""
    return front_door_in(tmp_path, monkeypatch, capfd, f"sqlite:///{file}")


def test_incidents_are_listed_and_shown(run: Run):
    """The list has each incident once with its alerts; `show` has its timeline; `alerts show` names the incident."""
    rows = json.loads(run("incidents", "list", "--json").out)
    assert [(row["id"], row["theme_name"], row["state"], row["alert_ids"]) for row in rows] == [
        (1, "coins", "open", [1, 3]), (2, "payouts", "open", [2]),
    ]  # fmt: skip
    assert "payouts" in run("incidents", "list").out
    shown = run("incidents", "show", "1").out
    assert "Incident 1: coins (open)" in shown
    assert "opened" in shown
    assert "it is the same theme" in shown
    (described,) = json.loads(run("incidents", "show", "1", "--json").out)
    assert [one["kind"] for one in described["events"]] == ["opened", "joined"]
    assert "Incident 1: coins (open), with alert 3." in run("alerts", "show", "1").out
    assert json.loads(run("alerts", "show", "1", "--json").out)[0]["incident"]["id"] == 1
    assert [row["incident_id"] for row in json.loads(run("alerts", "list", "--json").out)] == [1, 2, 1]


def test_acknowledging_from_the_command_line_moves_the_incident(run: Run):
    """Once none of its alerts is open, the incident is acknowledged, and resolved once all are."""
    run("alerts", "ack", "1")
    assert json.loads(run("incidents", "list", "--json").out)[0]["state"] == "open"
    run("alerts", "ack", "3")
    assert json.loads(run("incidents", "list", "--json").out)[0]["state"] == "acknowledged"
    run("alerts", "resolve", "1")
    run("alerts", "resolve", "3")
    assert json.loads(run("incidents", "list", "--json").out)[0]["state"] == "resolved"


def test_merges_and_splits_are_decisions(run: Run):
    """Before the first epoch both are pending, and are listed among the decisions with who made them and why."""
    assert (
        "Decision 1 (incident merge). It is pending"
        in run("incidents", "merge", "2", "--into", "1", "--why", "one outage").out
    )
    assert "Decision 2 (incident split). It is pending" in run("incidents", "split", "1", "--alert", "3").out
    decided = json.loads(run("themes", "decisions", "--json").out)
    assert [(row["kind"], row["state"], row["why"]) for row in decided] == [
        ("incident_merge", "pending", "one outage"), ("incident_split", "pending", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("show", "9"), 1, "groundswell incidents list"),
        (("merge", "1", "--into", "1"), 1, "there is nothing to merge"),
        (("merge", "9", "--into", "1"), 1, "incident 9, which does not exist"),
        (("merge", "1"), 2, "--into"),
        (("split", "1", "--alert", "1", "--alert", "3"), 1, "received all of the alerts"),
        (("split", "1", "--alert", "2"), 1, "alert 2 is not about incident 1"),
        (("split", "1"), 1, "received none of the alerts"),
        (("split", "1", "--spike", "99"), 1, "spike 99 is not about incident 1, or has an alert"),
        (("show", "0"), 2, "ID"),
    ],
)
def test_wrong_uses_of_incidents_are_one_sentence(run: Run, words: tuple[str, ...], code: int, says: str):
    """What is not possible is refused with a sentence that says what is, and changes nothing."""
    done = run("incidents", *words)
    assert done.code == code
    assert says in " ".join((done.err + done.out).split())
    assert json.loads(run("themes", "decisions", "--json").out) == []


def test_what_changes_something_prints_json_too(run: Run):
    """`ack`, `resolve` and `reopen` print the alert, `merge` and `split` the decision, each as one row."""
    for command, state in (("ack", "acknowledged"), ("resolve", "resolved"), ("reopen", "open")):
        (row,) = json.loads(run("alerts", command, "1", "--json").out)
        assert (row["id"], row["state"]) == (1, state)
    assert run("alerts", "reopen", "1").out == "Alert 1 is open.\n"
    (split,) = json.loads(run("incidents", "split", "1", "--alert", "3", "--json").out)
    assert (split["kind"], split["state"], split["payload"]) == (
        "incident_split",
        "pending",
        {"incident": 1, "alerts": [3]},
    )
    (merged,) = json.loads(run("incidents", "merge", "2", "--into", "1", "--why", "one event", "--json").out)
    assert (merged["kind"], merged["why"]) == ("incident_merge", "one event")
