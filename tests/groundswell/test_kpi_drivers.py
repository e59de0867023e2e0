"""`groundswell kpis drivers`: what explains the change of a figure, from the command line."""

import json
from pathlib import Path

import pytest

from store.database import open_database, upgrade
from tests.console.figure_rows import write_figures
from tests.groundswell.front import Run, front_door_in

WEEK = ("--from", "2026-11-23", "--to", "2026-11-30")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line on a database with two weeks of tickets of three themes."""
    url = f"sqlite:///{tmp_path / 'g.db'}"
    engine = open_database(url)
    upgrade(engine)
    write_figures(engine)
    engine.dispose()
    return front_door_in(tmp_path, monkeypatch, capfd, url)


def test_a_change_is_explained_by_theme(run: Run):
    """One object has the change and its drivers, whose totals sum to it; the table has a row for each and the sentences."""
    (row,) = json.loads(run("kpis", "drivers", "sla", *WEEK, "--json").out)
    assert (row["metric"], row["before_from"], row["before_to"]) == (
        "sla",
        "2026-11-16T00:00:00Z",
        "2026-11-23T00:00:00Z",
    )
    change = row["after"]["value"] - row["before"]["value"]
    assert sum(one["total"]["value"] for one in row["drivers"]) == pytest.approx(change)
    assert row["total"]["low"] < change < row["total"]["high"]
    shown = " ".join(run("kpis", "drivers", "sla", *WEEK).out.split())
    assert "Promises kept went from" in shown
    assert "theme 1" in shown


def test_a_time_is_a_restricted_mean_within_a_horizon(run: Run):
    """The sentence says how long a time counts, and the medians are stated, too."""
    (row,) = json.loads(run("kpis", "drivers", "resolution", *WEEK, "--horizon", "6h", "--json").out)
    assert row["horizon_seconds"] == 6 * 3600
    assert all(one["after"]["value"] <= 6 * 3600 for one in row["drivers"])
    shown = " ".join(run("kpis", "drivers", "resolution", *WEEK, "--horizon", "6h").out.split())
    assert "what takes longer than 6 h counts as 6 h" in shown
    assert "The median, which is no sum over themes, went from" in shown


def test_what_cannot_be_explained_is_said(run: Run):
    """Without a case in the period before there is nothing to compare; a metric or horizon that is none is wrong usage."""
    alone = ("--from", "2026-11-16", "--to", "2026-11-30")
    assert json.loads(run("kpis", "drivers", "sla", *alone, "--json").out) == []
    assert "one of the two periods has no case" in run("kpis", "drivers", "sla", *alone).out
    assert run("kpis", "drivers", "mood").code == 2
    assert "received --horizon soon" in run("kpis", "drivers", "resolution", "--horizon", "soon").err
