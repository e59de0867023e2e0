"""`groundswell audiences check`: who gets what, from the command line."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.database import open_database, upgrade
from tests.alerts import launch_day
from tests.groundswell.front import Run, front_door

OWNERS = """
[[audience]]
name = "brazil"
match = { region = "BR" }
[[audience]]
name = "overview"
[[audience.subscription]]
everything = true
[[audience]]
name = "vendor"
[[audience.subscription]]
match = { vendor = "lisbon" }
"""


@pytest.fixture
def engine(sqlite_url: str) -> Engine:
    """Return a database with a launch day."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    launch_day.seed(opened)
    return opened


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sqlite_url: str) -> Run:
    """Return a way to run the command line with an ownership file on that database."""
    (tmp_path / "ownership.toml").write_text(OWNERS)
    monkeypatch.setenv("GROUNDSWELL_ALERTS__OWNERSHIP", str(tmp_path / "ownership.toml"))
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", sqlite_url)
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    return front_door(monkeypatch, capfd)


def test_each_theme_has_one_owner_and_its_subscribers(engine: Engine, run: Run):
    """Rows are JSON for programs; what nobody of the file owns is marked."""
    rows = json.loads(run("audiences", "check", "--json").out)
    owners = {row["theme_name"]: row["owner"] for row in rows}
    assert owners["Pix payment stays pending"] == "brazil"
    assert owners["Coins not credited after purchase"] == "everyone"
    assert {row["unowned"] for row in rows if row["owner"] == "everyone"} == {True}
    assert all(row["subscribers"] == [{"audience": "overview", "why": "subscribed to everything"}] for row in rows)


def test_the_table_says_what_nobody_gets(engine: Engine, run: Run):
    """People read which themes only everyone gets, and which audiences nothing reaches."""
    done = run("audiences", "check")
    assert done.code == 0
    assert "match no audience of the ownership file: only `everyone` gets them" in done.out + done.err
    assert "Nothing reaches vendor now." in done.out + done.err


def test_a_broken_ownership_file_is_named(engine: Engine, run: Run, tmp_path: Path):
    """One sentence names the file and the place."""
    (tmp_path / "ownership.toml").write_text(OWNERS.replace("everything = true", "evrything = true"))
    done = run("audiences", "check")
    assert done.code == 1
    assert "audience 'overview': subscription 1: received the key 'evrything'" in done.err
