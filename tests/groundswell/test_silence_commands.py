"""`groundswell silences`: added, listed, shown and ended from the command line."""

import json
from pathlib import Path

import pytest

from store.database import open_database, upgrade
from tests.alerts import launch_day
from tests.groundswell.front import Run, front_door

OWNERS = """
[[audience]]
name = "brazil"
match = { region = "BR" }
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with a launch day."""
    made = tmp_path_factory.mktemp("silences") / "groundswell.db"
    engine = open_database(f"sqlite:///{made}")
    upgrade(engine)
    launch_day.seed(engine)
    engine.dispose()
    return made


@pytest.fixture
def run(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return a way to run the command line with an ownership file on a copy of that database."""
    (tmp_path / "ownership.toml").write_text(OWNERS)
    (tmp_path / "groundswell.db").write_bytes(file.read_bytes())
    monkeypatch.setenv("GROUNDSWELL_ALERTS__OWNERSHIP", str(tmp_path / "ownership.toml"))
    monkeypatch.setenv("GROUNDSWELL_DATABASE__URL", f"sqlite:///{tmp_path}/groundswell.db")
    monkeypatch.setenv("GROUNDSWELL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROUNDSWELL_EMBEDDING__MODEL", "hashing")
    return front_door(monkeypatch, capfd)


def test_a_silence_from_the_command_line(run: Run) -> None:
    """It is added, listed, shown with what it hid, and ended; each as text and as JSON."""
    added = run("silences", "add", "--theme", "1", "--segment", "region=BR", "--for", "4h", "--reason", "deploy")
    assert (added.code, added.err) == (0, "")
    assert added.out.startswith("Silence 1 is in force from ")
    run("silences", "add", "--theme", "*coins*", "--mute", "--reason", "vendor test", "--owner", "brazil")
    rows = json.loads(run("silences", "list", "--json").out)
    assert [(row["id"], row["kind"], row["state"], row["hidden"]) for row in rows] == [
        (1, "silence", "active", 0), (2, "mute", "active", 0)
    ]  # fmt: skip
    assert rows[0]["matchers"] == {"themes": [1], "segment": {"region": "BR"}, "like": None, "audience": None}
    listed = run("silences", "list").out
    assert "themes 1; region BR" in listed
    assert "It has hidden nothing." in run("silences", "show", "1").out
    (ended,) = json.loads(run("silences", "expire", "1", "--json").out)
    assert ended["expired_by"]
    assert [row["id"] for row in json.loads(run("silences", "list", "--json").out)] == [2]
    assert [row["state"] for row in json.loads(run("silences", "list", "--all", "--json").out)] == ["ended", "active"]
    (shown,) = json.loads(run("silences", "show", "1", "--json").out)
    assert (shown["state"], shown["signals"]) == ("ended", [])


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add", "--for", "4h"), 2, "--reason"),
        (("add", "--for", "4h", "--reason", "x"), 2, "would silence everything"),
        (("add", "--theme", "*", "--for", "4h", "--reason", "x"), 2, "would silence everything"),
        (("add", "--theme", "1", "--for", "soon", "--reason", "x"), 2, "valid is a length such as 4h"),
        (("add", "--theme", "1", "--until", "2020-01-01", "--reason", "x"), 2, "is not after now"),
        (("add", "--theme", "1", "--until", "never", "--reason", "x"), 2, "received the time"),
        (("add", "--theme", "1", "--reason", "x"), 2, "received no end, or two"),
        (("add", "--theme", "999", "--for", "4h", "--reason", "x"), 1, "received theme 999"),
        (("add", "--theme", "1", "--for", "4h", "--reason", "x", "--audience", "nobody"), 2, "valid are brazil, everyone"),
        (("add", "--theme", "1", "--for", "4h", "--reason", "x", "--segment", "colour=red"), 2, "no counts are kept"),
        (("add", "--theme", "1", "--for", "4h", "--reason", "a\x1b[2Jb"), 2, "control characters"),
        (("add", "--theme", "1", "--for", "4111 1111 1111 1111", "--reason", "x"), 2, "received the length"),
        (("show", "7"), 1, "received silence 7"),
        (("expire", "7"), 1, "received silence 7"),
        (("expire", "0"), 2, "Usage"),
    ],
)  # fmt: skip
def test_what_silences_refuse(run: Run, arguments, code, sentence) -> None:
    """Each wrong use is one sentence on stderr, with no card number and nothing on stdout."""
    ran = run("silences", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert "4111" not in ran.err


def test_an_alert_names_its_stages(run: Run) -> None:
    """An alert from before decisions were kept says so; a theme at a time without signals says what the detector saw."""
    alert = json.loads(run("alerts", "list", "--json").out)[0]
    ran = run("alerts", "why", "--theme", "999")
    assert (ran.code, ran.out) == (1, "")
    assert run("alerts", "why").code == 2
    assert run("alerts", "why", str(alert["id"]), "--theme", "1").code == 2
    assert run("alerts", "why", str(alert["id"]), "--at", "2026-11-20").code == 2
